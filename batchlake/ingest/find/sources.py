"""Finds exports: what a path, folder, glob or `-` names becomes a sequence of streams of JSON bytes.

Input: paths as a person gave them. Output: `Export`s, each a location, a time and a stream that is
decompressed as it is read. A container (gzip, Zstandard, bzip2, xz, zip) is known by its first bytes, never
by its name. An archive's members are read where they lie; nothing is unpacked to disk, so a member's name
can't escape.
"""

from __future__ import annotations

import glob
import hashlib
import io
import itertools
import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO, Final

from batchlake.errors import ExportUnreadable, InvalidRequest
from batchlake.ingest.find.archives import COMPRESSED, ZIPS, Archive, Member, UnpackError, decompressed
from batchlake.ingest.find.held_exports import FilesHeld, none_held
from batchlake.ingest.find.object_exports import StoredObject, look_at, objects_at
from batchlake.ingest.find.skipped import is_skipped
from batchlake.store.local import is_lake
from batchlake.store.object_storage.object_store import is_object_address
from batchlake.text.escaping import path_text

STANDARD_INPUT: Final = "-"
_STDIN_LOCATION: Final = "<standard input>"

_TICK_NS: Final = 20_000_000
_COARSE_TICK_NS: Final = 2_000_000_000
"""How long after its last writing a file may be written once more without a later time."""


@dataclass(frozen=True, slots=True)
class RecordAgain:
    """A record by the text that `problems` kept of it: the text, its export, its place there, its batch."""

    data: bytes
    export_id: str | None
    number: int
    line: int | None
    batch_id: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """One file (or member of an archive, or standard input) that may hold exports.

    Attributes:
        location: its path or address, with a member's name behind `!`.
        path: the file or object; None for standard input, and where `data` is given.
        member: of an archive.
        observed_at: its modification time (a member's own), else the time of finding it, UTC.
        record: one record that is tried again, of an export that was read before.
        etag: what changes when its file or object does: an object's entity tag,
            else size and time; None where that can't be relied on (a pipe, a file written a moment ago).
    """

    location: str
    path: Path | StoredObject | None
    member: Member | None
    observed_at: datetime
    record: RecordAgain | None = None
    etag: str | None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes, decompressed as they are read.

        Raises:
            UnpackError: from here or from a later read, when the container is broken.
            OSError: when the file can't be opened or read.
        """
        if self.record is not None:
            yield io.BytesIO(self.record.data)
        elif self.path is None:
            yield decompressed(sys.stdin.buffer, None)
        elif self.member is None:
            with self.path.open("rb") as file:
                yield decompressed(file, _size_bytes(self.path))
        else:
            with self.member.open() as file:
                yield file

    def size(self) -> int | None:
        """How many bytes it has, None where that can't be known before it is read.

        That is so of what is packed, of a pipe, and of a file that can't be opened: reading it says why.
        """
        if self.record is not None:
            return len(self.record.data)
        if self.path is None or self.member is not None:
            return None
        try:
            if not _is_regular(self.path):
                return None
            is_packed = _first_bytes(self.path).startswith(COMPRESSED)
            return None if is_packed else _size_bytes(self.path)
        except OSError:
            return None


def in_turn(exports: Iterable[Export]) -> Generator[Export]:
    """The exports; while those of an archive are read one after another, it stays open."""
    for archive, several in itertools.groupby(
        exports, lambda export: export.member and export.member.archive
    ):
        with archive.kept_open() if archive else nullcontext():
            yield from several


class Fingerprint:
    """A stream's bytes as they are read: their SHA-256 and how many they are.

    Args:
        stream: what is read.
        progress: called with the number of bytes of each reading.
    """

    def __init__(self, stream: BinaryIO, progress: Callable[[int], None]) -> None:
        self.bytes = 0
        self._stream = stream
        self._progress = progress
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none at the end."""
        piece = self._stream.read(size)
        self._digest.update(piece)
        self.bytes += len(piece)
        self._progress(len(piece))
        return piece

    def sha256(self) -> str:
        """The digest of what was read so far, in hexadecimal."""
        return self._digest.hexdigest()


@dataclass(slots=True)
class Found:
    """What the given paths hold: exports, archives that don't open, and files skipped in folders.

    `held` counts files and objects that were not even opened, because the lake holds them as they are.
    """

    exports: list[Export]
    broken: list[tuple[Export, UnpackError | OSError]]
    skipped_files: list[str]
    held: int = 0

    def total_bytes(self) -> int | None:
        """How many bytes will be read, None where that can't be known of one of the exports."""
        total = 0
        for export in self.exports:
            size = export.size()
            if size is None:
                return None
            total += size
        return total


def find(paths: Iterable[str | os.PathLike[str]], held: FilesHeld = none_held) -> Found:
    """All exports at these paths, in a fixed order: as given, folders walked by name.

    A folder is walked with all in it but hidden files, Markdown and lakes, and so is an archive; a file that
    is named itself is always read.

    Args:
        paths: as a person gave them: files, folders, globs, `-`, addresses of objects.
        held: gives the files and objects that need not be read, for the lake holds them as they are.

    Raises:
        ExportUnreadable: a path doesn't exist, can't be opened, is a lake, or a glob matches nothing.
    """
    found = Found([], [], [])
    seen: set[str] = set()
    named: set[Path | StoredObject] = set()
    places: list[Path | StoredObject | None] = []
    for given in map(_path, paths):
        if not given:
            raise ExportUnreadable(given, "the path is empty; `.` is the folder you are in")
        if given == STANDARD_INPUT:
            if sys.stdin is None:
                raise ExportUnreadable(given, "standard input is closed")
            if given not in seen:
                seen.add(given)
                places.append(None)
        elif is_object_address(given):
            fresh = [one for one in objects_at(given) if one.address not in seen]
            seen.update(one.address for one in fresh)
            places += fresh
        else:
            for path, is_named in _files(given, found):
                if (real := os.path.realpath(path)) not in seen:
                    seen.add(real)
                    places.append(path)
                    named.update([path] if is_named else [])
    for place in _not_held(places, held, found):
        if place is None:
            found.exports.append(Export(_STDIN_LOCATION, None, None, datetime.now(UTC)))
        else:
            _add(place, found, named=place in named)
    return found


def _path(given: Any) -> str:
    try:
        return os.fsdecode(given)
    except TypeError as error:
        raise InvalidRequest(
            f"a path is text or a pathlib.Path, not {given!r}. Give several by themselves: ingest(*paths)."
        ) from error


def containers_of(location: str) -> Iterator[str]:
    """What a location may name, the longest first: a file, or an archive with a member's name behind `!`.

    A file's name, and a member's, may hold `!` itself.
    """
    parts = location.split("!")
    for count in range(len(parts), 0, -1):
        yield "!".join(parts[:count])


def _files(given: str, found: Found) -> Iterator[tuple[Path, bool]]:
    """The regular files that one given path means, each with whether it was named itself."""
    path = Path(given)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        matches = matches if glob.has_magic(given) else []
        if not matches:
            reason = "the pattern matches nothing" if glob.has_magic(given) else error.strerror or str(error)
            raise ExportUnreadable(given, reason) from error
        for match in matches:
            yield from _files(glob.escape(match) if not Path(match).exists() else match, found)
        return
    except ValueError as error:
        raise ExportUnreadable(given, str(error)) from error
    if stat.S_ISDIR(mode):
        if is_lake(path):
            raise ExportUnreadable(given, "it is a lake, not a folder of exports")
        yield from ((file, False) for file in _walk(path, found))
    elif stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        yield path, True
    else:
        raise ExportUnreadable(given, "it is a device or a socket, not a file; `-` is standard input")


def _walk(folder: Path, found: Found) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise ExportUnreadable(str(error.filename), error.strerror or str(error)) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        within = sorted(name for name in folders if not name.startswith("."))
        # `os.walk` follows no link to a folder, which may lead around in a circle.
        closed = [name for name in within if is_lake(path := Path(parent, name)) or path.is_symlink()]
        found.skipped_files += [str(Path(parent, name)) for name in closed]
        folders[:] = [name for name in within if name not in closed]
        for name in sorted(names):
            path = Path(parent, name)
            if is_skipped(PurePath(name)):
                found.skipped_files.append(str(path))
            elif _is_file(path):
                yield path
            else:
                # A link that leads nowhere, a pipe, a socket.
                found.skipped_files.append(str(path))


def _is_file(path: Path) -> bool:
    """Whether a folder's entry is a file, or may be one: reading it says why it can't be looked at."""
    try:
        return path.is_file()
    except OSError:
        return True


def _not_held(
    places: Sequence[Path | StoredObject | None], held: FilesHeld, found: Found
) -> list[Path | StoredObject | None]:
    """Those that have to be read; the others are counted."""
    tagged = [(_location(one), tag) for one in places if one is not None and (tag := _tag(one)) is not None]
    those_held = held(tagged)
    fresh = [one for one in places if one is None or _location(one) not in those_held]
    found.held += len(places) - len(fresh)
    stored = [one for one in fresh if isinstance(one, StoredObject)]
    looked_at = dict(zip(stored, look_at(stored), strict=True))
    return [looked_at[one] if isinstance(one, StoredObject) else one for one in fresh]


def _location(path: Path | StoredObject) -> str:
    return path.address if isinstance(path, StoredObject) else path_text(path)


def _tag(path: Path | StoredObject) -> str | None:
    if isinstance(path, StoredObject):
        return path.etag
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    # A file system that keeps whole seconds can't tell two writings within one.
    settled_ns = _TICK_NS if status.st_mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    is_fresh = time.time_ns() - status.st_mtime_ns < settled_ns
    return None if is_fresh else f"{status.st_size}-{status.st_mtime_ns}"


def _size_bytes(path: Path | StoredObject) -> int:
    return path.size if isinstance(path, StoredObject) else path.stat().st_size


def _modified_at(path: Path | StoredObject) -> datetime:
    if isinstance(path, StoredObject):
        return path.modified_at
    if not _is_regular(path):
        return datetime.now(UTC)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _first_bytes(path: Path | StoredObject) -> bytes:
    if isinstance(path, StoredObject):
        return path.first_bytes
    if not _is_regular(path):
        # A pipe can be opened once.
        return b""
    with path.open("rb") as file:
        return file.read(4)


def _is_regular(path: Path | StoredObject) -> bool:
    """Whether it can be read more than once."""
    return isinstance(path, StoredObject) or stat.S_ISREG(path.stat().st_mode)


def _add(path: Path | StoredObject, found: Found, *, named: bool) -> None:
    location = _location(path)
    try:
        observed_at = _modified_at(path)
        etag = _tag(path)
        whole = Export(location, path, None, observed_at, etag=etag)
        magic = _first_bytes(path)
        members = Archive(path).exports() if magic in ZIPS else None
    except OSError as error:
        if named:
            raise ExportUnreadable(location, error.strerror or str(error)) from error
        found.broken.append((Export(location, path, None, datetime.now(UTC)), error))
    except UnpackError as error:
        found.broken.append((whole, error))
    else:
        if members is None:
            found.exports.append(whole)
        else:
            for member in members:
                name = f"{location}!{path_text(member.name)}"
                if is_skipped(PurePosixPath(member.name)):
                    found.skipped_files.append(name)
                else:
                    member_at = member.modified_at() or observed_at
                    found.exports.append(Export(name, path, member, member_at, etag=etag))
