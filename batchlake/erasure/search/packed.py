"""What packed files hold, such as a report beside a lake's tables: whatever an ingest could have read, and
workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from batchlake.ingest.find.archives import COMPRESSED, ZIPS, Archive, decompressed


@dataclass(frozen=True, slots=True)
class _Held:
    """A file whose bytes are here."""

    data: bytes

    def open(self, _mode: str) -> BytesIO:
        """It, to be read."""
        return BytesIO(self.data)


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What a file unpacks to, or the members of an archive, each with its name; nothing of any other.

    Raises:
        UnpackError: something in it can't be unpacked.
    """
    if data[:4] in ZIPS:
        archive = Archive(_Held(data))
        with archive.kept_open():
            for member in archive.members():
                with member.open() as file:
                    yield member.name, file.read()
    elif data[:4].startswith(COMPRESSED):
        yield "", decompressed(BytesIO(data), len(data)).read()
