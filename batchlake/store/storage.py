"""Where a lake lives: a folder, or a prefix in object storage, behind one interface, `Storage`.

Input: names of tables and of their files. Output: local paths that DuckDB reads, sizes in bytes, and locks.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from batchlake.errors import LakeDamaged, LakeError, LakeNotWritable
from batchlake.schema import TABLES

SCRATCH: Final = "_scratch"
"""The folder of a lake that intermediate results overflow into."""

PRIVACY_NOTE: Final = "_privacy.json"
"""Which privacy key the lake's digests were made with, and what is redacted; no value of anybody."""

ERASURE_NOTE: Final = "_erasure.json"
"""An erasure that has begun and not ended; no value of anybody."""

_OWN_ENTRIES: Final = frozenset({*TABLES, SCRATCH, "_lock", "_lock.json", PRIVACY_NOTE, ERASURE_NOTE})


class Storage(ABC):
    """Where one lake lives.

    Attributes:
        name: what messages call it, and what names it on the command line.
        root: what `Lake.root` shows: a folder's path, or an address.
        location: what names it from anywhere.
        storage_options: what delta-rs needs to know about the storage, None where that is nothing.
    """

    name: str
    root: Path | str
    location: str
    storage_options: dict[str, str] | None = None

    @abstractmethod
    def table(self, table: str) -> str:
        """The location of one table, for delta-rs."""

    @abstractmethod
    def newest_commit(self, table: str) -> str:
        """The name of the last commit in a table's log, empty where there is none."""

    @abstractmethod
    def local(self, table: str, names: Sequence[str]) -> list[str]:
        """The absolute local paths of data files of a table, in the same order."""

    @abstractmethod
    def sizes(self, table: str) -> dict[str, int]:
        """The sizes in bytes of the data files that are there, by name, named in the log or not."""

    @abstractmethod
    def size(self, table: str) -> int:
        """The size of a table in bytes, its log included."""

    @abstractmethod
    def log_entries(self, table: str) -> list[str]:
        """The names of everything that is in a table's log; none where there is no log."""

    @abstractmethod
    def commits(self, table: str, numbers: Sequence[int]) -> Iterator[bytes]:
        """The content of these commits of a table's log, in the same order.

        Raises:
            LakeDamaged: one is gone.
        """

    @abstractmethod
    def delete(self, table: str, names: Sequence[str]) -> None:
        """Delete the files at these paths in a table's folder, in their order; missing ones are skipped."""

    def note(self, name: str) -> bytes | None:
        """The content of one of the lake's own files next to its tables, None where it doesn't exist."""
        try:
            return self.content(name)
        except FileNotFoundError:
            return None

    def json_note(self, name: str) -> dict[str, Any] | None:
        """One of these that holds a JSON object, None where it doesn't exist.

        Raises:
            LakeDamaged: it holds something else.
        """
        data = self.note(name)
        if data is None:
            return None
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise LakeDamaged(self.name, f"{name} holds no JSON object any more; restore it from a backup")
        return found

    @abstractmethod
    def write_note(self, name: str, data: bytes) -> None:
        """Write one of these, whole and safe from a power cut.

        Raises:
            LakeNotWritable: it can't be written.
        """

    @abstractmethod
    def delete_note(self, name: str) -> None:
        """Delete one of these; a missing one is skipped.

        Raises:
            LakeNotWritable: it can't be deleted.
        """

    @abstractmethod
    def everything(self) -> dict[str, int]:
        """The sizes in bytes of all files, by path from the lake's root, whoever wrote them."""

    @abstractmethod
    def content(self, path: str) -> bytes:
        """The content of the file at a path of `everything`.

        Raises:
            FileNotFoundError: there is none, or not any more.
            LakeDamaged, LakeUnreachable: it can't be read.
        """

    @abstractmethod
    def delete_copies(self, named: Mapping[str, Collection[str]]) -> int:
        """Delete the local copies of data files except these of each table; returns how many were deleted."""

    def versions_kept(self) -> bool:
        """Whether the storage keeps deleted and replaced files, as a versioned bucket does."""
        return False

    @abstractmethod
    def sync_entries(self, table: str, names: Iterable[str]) -> None:
        """Make sure that these entries of a table's log outlive a power cut."""

    @abstractmethod
    def lock(self, *, wait_seconds: float = 0) -> AbstractContextManager[None]:
        """Be the only writer for the block; temporary folders of killed processes are removed.

        Args:
            wait_seconds: how long to wait for another writer; 0 gives up at once.

        Raises:
            LakeLocked: another writer is at work; says which and since when.
            LakeNotWritable: the storage can't be written.
        """

    @abstractmethod
    def assert_locked(self) -> None:
        """Make sure that the lock is still held.

        Raises:
            LakeLocked: another writer has taken over.
        """

    @abstractmethod
    def scratch(self) -> AbstractContextManager[Path]:
        """A local folder for results that overflow memory, removed after the block. The lock must be held."""

    @abstractmethod
    def move_in(self, file: Path, table: str, name: str) -> None:
        """Move a local file into a table's folder under this name; the log doesn't name it yet."""

    @abstractmethod
    def sync(self, written: Mapping[str, range]) -> None:
        """Make sure that these commits (of each table, by number) and their files outlive a power cut."""

    @abstractmethod
    def check_writable(self, tables: Iterable[str]) -> None:
        """Check that these tables take files, where that is known before any is written.

        Raises:
            LakeNotWritable: one doesn't.
        """

    @abstractmethod
    def refuse_other_things(self) -> None:
        """Check that a lake is there or may be made there.

        Raises:
            LakeNotWritable: something else is there, more likely a mistyped name than a storage for a lake.
        """

    @abstractmethod
    def reason(self, error: Exception) -> str:
        """Why something could not be written there, from what delta-rs or the system said."""

    @abstractmethod
    def unreadable(self, what: str, error: OSError) -> LakeError:
        """The error for something that can't be read there."""


def refuse_others(lake: str, entries: Collection[str]) -> None:
    """Refuse to make a lake among files of something else."""
    foreign = sorted(set(entries) - _OWN_ENTRIES)
    if foreign and "runs" not in entries:
        raise LakeNotWritable(lake, f"other things are there already ({', '.join(foreign[:3])})")
