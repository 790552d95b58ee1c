"""Exports in object storage: the objects that an address names, listed and read in pieces.

Input: an address. Output: `StoredObject`s that open like files. Only reads are made.
"""

from __future__ import annotations

import glob
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from batchlake.errors import ExportUnreadable
from batchlake.ingest.find.skipped import is_skipped
from batchlake.store.object_storage.object_store import ObjectAddress, open_store, plainly

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_PIECE_BYTES: Final = 8 * 1024 * 1024
_FIRST_BYTES: Final = 4
_AT_ONCE: Final = 16


class _Bucket:
    """Gives pieces of a bucket's objects, and keeps the last: an archive's members are in the same few."""

    def __init__(self, address: ObjectAddress) -> None:
        self._address = address
        self._store: ObjectStore = open_store(address)
        self._kept: tuple[tuple[str, str | None, int] | None, bytes] = (None, b"")

    def piece(self, path: str, etag: str | None, start: int, end: int) -> bytes:
        """The bytes of an object from `start` to before `end`.

        Raises:
            OSError: they can't be read, or the object was replaced.
        """
        import obstore

        with plainly(self._address):
            found = obstore.get(self._store, path, options={"range": (start, end), "if_match": etag})
            return bytes(found.bytes())

    def kept_piece(self, path: str, etag: str | None, start: int, end: int) -> bytes:
        """Like `piece`, and the same again costs nothing."""
        kept = self._kept
        if kept[0] != (path, etag, start):
            self._kept = kept = ((path, etag, start), self.piece(path, etag, start, end))
        return kept[1]

    def object(self, path: str) -> ObjectMeta | None:
        """The object of exactly this path, None where there is none."""
        import obstore

        try:
            with plainly(self._address):
                return obstore.head(self._store, path)
        except FileNotFoundError:
            return None

    def objects(self, folder: str) -> Iterator[ObjectMeta]:
        """Every object below a path, in the store's order, as the list comes in."""
        import obstore

        with plainly(self._address):
            for page in obstore.list(self._store, prefix=folder or None):
                yield from page


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object: its address, its size in bytes, when it was last written (UTC), and its entity tag.

    `first_bytes` are its first four, where they have been looked at.
    """

    address: str
    size: int
    modified_at: datetime
    etag: str | None
    _bucket: _Bucket = field(repr=False, compare=False)
    _path: str = field(repr=False, compare=False)
    first_bytes: bytes = b""

    def __str__(self) -> str:
        return self.address

    def open(self, _mode: str = "rb") -> BinaryIO:
        """Its bytes as a file that can be searched; they are fetched as they are read, in pieces.

        Raises:
            OSError: from a later read, when it can't be read, or was replaced since it was listed.
        """
        return cast(BinaryIO, io.BufferedReader(_Reader(self)))

    def piece(self, start: int) -> bytes:
        """The piece of its bytes that begins there."""
        return self._bucket.kept_piece(self._path, self.etag, start, min(start + _PIECE_BYTES, self.size))

    def looked_at(self) -> StoredObject:
        """Itself with its first bytes, or none where they can't be read: reading it will say why."""
        try:
            first = self._bucket.piece(self._path, self.etag, 0, min(_FIRST_BYTES, self.size))
        except OSError:
            first = b""
        return replace(self, first_bytes=first)


def objects_at(address: str) -> Iterator[StoredObject]:
    """The object of this address, else every object below it, in the store's order, as the list comes in.

    What is hidden (a part of its name begins with a dot) or Markdown is left out, as in folders, and so are
    empty objects, which consoles put in the place of folders.

    Raises:
        ExportUnreadable: there is none, or the store can't be asked.
    """
    try:
        yield from _objects_at(ObjectAddress.parse(address))
    except OSError as error:
        raise ExportUnreadable(address, str(error)) from error


def look_at(objects: Iterable[StoredObject]) -> Iterator[StoredObject]:
    """The same objects with their first bytes, several fetched at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(StoredObject.looked_at, objects)


def there_is(address: str) -> bool:
    """Whether this address is that of an object.

    Raises:
        ExportUnreadable: the store can't be asked.
    """
    try:
        parsed = ObjectAddress.parse(address)
        return bool(parsed.path) and _Bucket(parsed).object(parsed.path) is not None
    except OSError as error:
        raise ExportUnreadable(address, str(error)) from error


def _objects_at(address: ObjectAddress) -> Iterator[StoredObject]:
    bucket = _Bucket(address)

    def stored(facts: ObjectMeta) -> StoredObject:
        path = facts["path"]
        return StoredObject(
            f"{address.root}/{path}", facts["size"], facts["last_modified"], facts["e_tag"], bucket, path
        )

    path = address.path
    if path and not path.endswith("/") and (named := bucket.object(path)) and named["size"]:
        yield stored(named)
        return
    folder = path.rstrip("/")
    found = False
    for facts in bucket.objects(folder):
        found = True
        inner = PurePosixPath(facts["path"].removeprefix(folder).lstrip("/"))
        if facts["size"] and not is_skipped(inner):
            yield stored(facts)
    if not found:
        hint = "; patterns are for files, name a prefix instead" if glob.has_magic(path) else ""
        raise FileNotFoundError(f"there is no object of this name, and none below it{hint}")


class _Reader(io.RawIOBase):
    """An object's pieces as Python's own kind of file."""

    def __init__(self, stored: StoredObject) -> None:
        super().__init__()
        self._stored = stored
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._stored.size:
            return 0
        within = self._at % _PIECE_BYTES
        data = memoryview(self._stored.piece(self._at - within))[within : within + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._stored.size}[whence]
        if base + offset < 0:
            raise OSError(f"there is nothing before the beginning of {self._stored.address}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at
