"""Files that are at their path whole, or as before; and texts that are read whole."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final

_LONGEST_TEXT: Final = 64 * 1024 * 1024


def read_text(path: Path) -> str:
    """The text of a file that a person named: SQL, a filter, settings. One without end isn't read for ever.

    Raises:
        OSError: it can't be read, or is too large.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open(encoding="utf-8") as file:
        text = file.read(_LONGEST_TEXT + 1)
    if len(text) > _LONGEST_TEXT:
        raise OSError(errno.EFBIG, "it holds more than 64 MB of text", str(path))
    return text


@contextmanager
def whole_file(
    path: Path, *, is_durable: bool = False, modified_at: datetime | None = None
) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of what is at `path` when the block has ended without an error.

    Args:
        path: where to; its folder exists.
        is_durable: the file outlives a power cut once the block has ended.
        modified_at: the time of modification that it gets.

    Raises:
        OSError: it can't be written.
    """
    part = _part_of(path)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            if modified_at:
                os.utime(part, (modified_at.timestamp(),) * 2)
            if is_durable:
                os.fsync(file.fileno())
        part.replace(path)
        if is_durable:
            sync_path(path.parent)
    finally:
        part.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Check that `whole_file` can make one at this path, by making its beginning and taking that away.

    Raises:
        OSError: it can't.
    """
    part = _part_of(path)
    part.touch()
    part.unlink()


def _part_of(path: Path) -> Path:
    """Where a file is written until it is whole."""
    return path.with_name(f".batchlake-{uuid.uuid4().hex}.part")


def sync_path(path: Path) -> None:
    """Make sure that a file, or a folder's list of files, outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
