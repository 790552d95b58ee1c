"""Tells a file that looks half-written from one that may be read: by its end, whatever wraps it.

A JSON document ends with a bracket, JSON lines end a line; a container unpacks to its end. It is a guess that
costs little, for a watcher that would rather wait: what is broken inside is for the ingest to say.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from batchlake.ingest.find.archives import COMPRESSED, UnpackError
from batchlake.ingest.find.sources import Export

_TAIL_BYTES: Final = 4096
_PIECE_BYTES: Final = 1 << 20
_ZIP: Final = b"PK"


def looks_whole(path: Path) -> bool:
    """Whether a file looks finished. One that can't be read does not; nor does an empty one."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            if head.startswith(_ZIP):
                import zipfile

                return zipfile.is_zipfile(file)
            if not head.startswith(COMPRESSED):
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
                return _ends_well(file.read())
        export = Export(str(path), path, None, datetime.now(UTC))
        tail = b""
        with export.open() as stream:
            while piece := stream.read(_PIECE_BYTES):
                tail = (tail + piece)[-_TAIL_BYTES:]
        return _ends_well(tail)
    except (OSError, UnpackError):
        return False


def _ends_well(tail: bytes) -> bool:
    return tail.rstrip()[-1:] in (b"}", b"]")
