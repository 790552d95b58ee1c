"""Where answers go: files that are replaced as a whole, and terminals with or without colours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from batchlake.engine.whole_files import check_place, whole_file
from batchlake.errors import InvalidRequest
from batchlake.output.formats import SUFFIXES


def takes_colour(stream: TextIO) -> bool:
    """Whether to write colours: to a terminal that has them, or with FORCE_COLOR; never with NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def format_by_suffix(path: Path, formats: Iterable[str]) -> str | None:
    """The format of a file's suffix, in any case; None for a file without a suffix.

    Args:
        path: the file.
        formats: those that the answer can have.

    Raises:
        InvalidRequest: the suffix is of none of these; lists the suffixes that are.

    >>> format_by_suffix(Path("calls.PARQUET"), ["csv", "parquet"])
    'parquet'
    """
    if not path.suffix:
        return None
    choices = list(formats)
    suggested = next((name for name, several in SUFFIXES.items() if path.suffix.lower() in several), None)
    if suggested in choices:
        return suggested
    why = (
        f"is for {suggested}, and this answer is {' or '.join(choices)}"
        if suggested
        else "stands for no format"
    )
    known = ", ".join(suffix for name in choices for suffix in SUFFIXES.get(name, ()))
    raise InvalidRequest(
        f"cannot write {str(path)!r} by its suffix: {path.suffix} {why}. "
        f"Give one of {known}, or name the format.",
        path=str(path),
    )


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of what is at `path` when the block has ended without an error.

    Links, devices, pipes, and files in a folder that takes no new ones are written as it goes.

    Raises:
        OSError: it can't be written.
    """
    if _is_written_in_place(path):
        with path.open("wb") as file:
            yield file
        return
    with whole_file(path) as file:
        yield file
        if path.exists():
            shutil.copymode(path, file.name)


def check_target(path: Path, advice: str = "Name another file.") -> None:
    """Check that a file can be written, before what is to stand in it is computed; nothing is changed.

    Raises:
        InvalidRequest: it can't; ends with the advice.
    """
    with refused(path, advice):
        if not _is_written_in_place(path):
            check_place(path)
        elif path.is_file() or path.is_dir() or not os.path.lexists(path):
            # Opened to write at its end, a file stays as it is; nothing else of these can be opened so.
            path.open("ab").close()


@contextmanager
def refused(path: Path, advice: str = "Name another file.") -> Iterator[None]:
    """Say which file could not be written in this block, why, and what to do.

    Raises:
        InvalidRequest: it could not.
    """
    try:
        yield
    except OSError as error:
        raise InvalidRequest(
            f"cannot write {str(path)!r}: {error.strerror or error}. {advice}", path=str(path)
        ) from error


def _is_written_in_place(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_file()) or not os.access(path.parent, os.W_OK)
