"""What files outside of the lake hold, unpacked: whatever an ingest could have read, and workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from batchlake.ingest.find.archives import COMPRESSED, ZIPS, Archive, decompressed


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """What a file holds, each with its name: itself, and what it unpacks to or the members of an archive.

    Raises:
        UnpackError: from the second on, where something in it can't be unpacked.
        OSError: it can't be read.
    """
    data = path.read_bytes()
    yield str(path), data
    if data[:4] in ZIPS:
        archive = Archive(path)
        with archive.kept_open():
            for member in archive.members():
                with member.open() as file:
                    yield f"{path}!{member.name}", file.read()
    elif data[:4].startswith(COMPRESSED):
        with path.open("rb") as file:
            yield f"{path}!", decompressed(file, len(data)).read()
