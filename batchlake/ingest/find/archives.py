"""Containers of exports: compressed streams (gzip, Zstandard, bzip2, xz), zip archives and their members,
read as they are unpacked.

Input: a file or an object. Output: streams of bytes, and the members of an archive with their own times. A
container is known by its first bytes. Nothing is unpacked to disk, so that a member's name can't escape.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Literal, Protocol, cast

import zstandard

from batchlake.ingest.find.object_exports import StoredObject

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_BZIP2: Final = b"BZh"
_XZ: Final = b"\xfd7zX"
COMPRESSED: Final = (_GZIP, _ZSTD, _BZIP2, _XZ)
"""How compressed streams begin: their first four bytes, or fewer."""

ZIPS: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""An archive, and one that holds nothing."""

_OFFICE: Final = "[Content_Types].xml"
"""The member that a document of an office program has, which is a zip archive of XML."""

_DEEPEST_WRAPPING: Final = 3
_PIECE_BYTES: Final = 1 << 16
_PACKED_BYTES: Final = 1 << 12
"""So many compressed bytes are unpacked at once: they may expand a thousandfold and more."""

_UNIX_TIME: Final = 0x5455
"""The extra field of a zip member that holds its time in UTC."""

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""What a member has whose packer named no time."""

_EXPANSION_LIMIT: Final = 2_000
_EXPANSION_FREE_BYTES: Final = 1 << 30
"""An archive may expand this many bytes before the ratio to its own size is looked at."""


def _decoder_faults() -> tuple[type[Exception], ...]:
    """What the decoders of containers raise of data that is broken or cut off."""
    # What the system says of the file itself is an `OSError`, too.
    faults = (EOFError, OSError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile)
    try:
        from lzma import LZMAError
    except ImportError:
        # This Python was built without it, and opens no member that is packed so.
        return faults
    return (*faults, LZMAError)


_DECODER_FAULTS: Final = _decoder_faults()


class UnpackError(Exception):
    """A container that does not unpack; `byte` counts decompressed bytes that came before."""

    def __init__(self, code: str, message: str, byte: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.byte = byte


class Openable(Protocol):
    """What can be read like a file."""

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """It, for reading."""


class Archive:
    """A zip archive. By itself it is opened for each of its members, which reads what all of them are called.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path | StoredObject | Openable) -> None:
        self._path = path
        self._block: ExitStack | None = None
        self._kept: zipfile.ZipFile | None = None

    def members(self) -> list[Member]:
        """The files in it.

        Raises:
            UnpackError: it doesn't open.
        """
        with self.opened() as archive:
            return [Member(self, info) for info in archive.infolist() if not info.is_dir()]

    def exports(self) -> list[Member]:
        """The files in it, each of which may hold exports.

        Raises:
            UnpackError: it doesn't open, or is a workbook or another document of an office program.
        """
        members = self.members()
        if any(member.name == _OFFICE for member in members):
            message = "not JSON, but a workbook or another office document: export the calls as JSON"
            raise UnpackError("not_json", message, 0)
        return members

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """A block in which it stays open from when it is opened first."""
        with ExitStack() as self._block:
            try:
                yield
            finally:
                self._block = self._kept = None

    @contextmanager
    def opened(self) -> Iterator[zipfile.ZipFile]:
        """It, open for the block.

        Raises:
            UnpackError: it doesn't open.
        """
        with ExitStack() as opened:
            archive = self._kept or self._open((self._block or opened).enter_context)
            self._kept = archive if self._block else None
            yield archive

    def _open(self, enter: Callable[[Any], Any]) -> zipfile.ZipFile:
        try:
            archive: zipfile.ZipFile = enter(zipfile.ZipFile(enter(self._path.open("rb"))))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise UnpackError("bad_archive", f"the zip archive does not open: {error}", 0) from error
        return archive


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, as the archive describes it."""

    archive: Archive
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """Its path in the archive."""
        return self.info.filename

    def modified_at(self) -> datetime | None:
        """When it was last written, UTC, as unpacking it would say; None where the archive doesn't.

        A zip archive keeps local times, and often the time in UTC as well.
        """
        extra = self.info.extra
        while len(extra) >= 4:
            kind, size = struct.unpack("<HH", extra[:4])
            if kind == _UNIX_TIME and size >= 5 and extra[4] & 1:
                return datetime.fromtimestamp(struct.unpack("<i", extra[5:9])[0], UTC)
            extra = extra[4 + size :]
        if tuple(self.info.date_time) == _NO_TIME:
            return None
        try:
            return datetime(*self.info.date_time).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes, decompressed as they are read, where it is compressed itself, too.

        Raises:
            UnpackError: it doesn't open; from a later read, where it breaks.
        """
        with self.archive.opened() as archive, ExitStack() as opened:
            try:
                file = opened.enter_context(archive.open(self.info))
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
                raise UnpackError("bad_archive", f"the zip member does not open: {error}", 0) from error
            unpacking = _Unpacking(file, self.info.compress_size)
            yield decompressed(io.BufferedReader(unpacking), self.info.file_size)


def decompressed(file: BinaryIO | io.BufferedIOBase, size: int | None, depth: int = 0) -> BinaryIO:
    """The stream behind the wrappings of a compressed one, or the stream itself."""
    buffered: Any = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)
    magic = buffered.peek(4)[:4]
    if magic in ZIPS:
        raise UnpackError("nested_archive", "a zip archive inside another container is not read", 0)
    if not magic.startswith(COMPRESSED) or depth == _DEEPEST_WRAPPING:
        return cast(BinaryIO, buffered)
    unpacking = _Unpacking(_unpacking(buffered, magic), size)
    return decompressed(io.BufferedReader(unpacking), size, depth + 1)


def _unpacking(packed: io.BufferedReader, magic: bytes) -> Any:
    """The stream that unpacks a compressed one, which begins with `magic`."""
    if magic == _ZSTD:
        return _Frames(packed, zstandard.ZstdDecompressor().decompressobj)
    if magic.startswith(_GZIP):
        return gzip.GzipFile(fileobj=packed)
    # Few exports come in these, and not every Python can unpack them.
    try:
        if magic.startswith(_BZIP2):
            import bz2

            return _Frames(packed, bz2.BZ2Decompressor)
        import lzma

        return _Frames(packed, lzma.LZMADecompressor)
    except ImportError as error:
        message = f"this Python was built without `{error.name}`, which unpacks it: unpack it first"
        raise UnpackError("bad_archive", message, 0) from error


class _Frames(io.RawIOBase):
    """Compressed streams in a row, perhaps with zeros between them.

    Unlike the libraries' own readers, it notices a cut, and that something else follows.

    Args:
        packed: the bytes.
        begin: makes what unpacks one stream.
    """

    def __init__(self, packed: io.BufferedReader, begin: Callable[[], Any]) -> None:
        super().__init__()
        self._packed = packed
        self._begin = begin
        self._frame: Any = None
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Some bytes of what is unpacked, as many as the next piece gives; none at the end."""
        while True:
            piece = self._rest or self._packed.read(_PACKED_BYTES)
            self._rest = b""
            if not piece:
                if self._frame:
                    raise EOFError("the last frame is cut off")
                return b""
            if self._frame is None:
                piece = piece.lstrip(b"\0")
                if not piece:
                    continue
                self._frame = self._begin()
            data: bytes = self._frame.decompress(piece)
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
            if data:
                return data


class _Unpacking(io.RawIOBase):
    """A decompressing stream whose faults are `UnpackError`s and that stops before it expands without end."""

    def __init__(self, stream: IO[bytes] | io.RawIOBase, packed_size: int | None) -> None:
        super().__init__()
        # A piece at a time: of a longer reading that fails, nobody would know how far it came.
        self._read = getattr(stream, "read1", stream.read)
        self._packed_size = packed_size
        self._unpacked = 0
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            data = self._next(len(buffer))
            if not data:
                return 0
            self._rest = data
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _next(self, size: int) -> bytes:
        try:
            data: bytes = self._read(min(size, _PIECE_BYTES)) or b""
        except _DECODER_FAULTS as error:
            # That has a number; what a decoder says has none.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise UnpackError(
                "bad_archive", f"the compressed data breaks off: {error}", self._unpacked
            ) from error
        self._unpacked += len(data)
        if (
            self._unpacked > _EXPANSION_FREE_BYTES
            and self._packed_size
            and self._unpacked > self._packed_size * _EXPANSION_LIMIT
        ):
            raise UnpackError(
                "expands_without_end",
                f"{self._packed_size} packed bytes expand past {self._unpacked}; unpack it yourself if meant",
                self._unpacked,
            )
        return data
