"""Where answers go: files that are there whole or as before, and terminals with or without colours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, TextIO

_SUFFIXES: Final = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "ndjson",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "ndjson",
    ".parquet": "parquet",
    ".txt": "table",
    ".xlsx": "xlsx",
}


def takes_colour(stream: TextIO) -> bool:
    """Whether to write colours: to a terminal that has them, where the person hasn't set NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def format_by_suffix(path: Path) -> str | None:
    """The format that a file's suffix says, in any case; None where it says none.

    >>> format_by_suffix(Path("calls.PARQUET"))
    'parquet'
    """
    return _SUFFIXES.get(path.suffix.lower())


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of what is at `path` when the block has ended without an error.

    Links, devices, pipes, and files in a folder that takes no new ones are written as it goes.

    Raises:
        OSError: it can't be written.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()) or not os.access(path.parent, os.W_OK):
        with path.open("wb") as file:
            yield file
        return
    unfinished = path.with_name(f".batchlake-{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
