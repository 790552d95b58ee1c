"""The Delta tables of a lake, read at a version.

Input: a lake's location and versions. Output: lists of Parquet files with the batches that bound them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

from deltalake import DeltaTable

from batchlake.engine import forking
from batchlake.errors import InvalidRequest
from batchlake.schema import TABLES
from batchlake.store.delta.file_stats import (
    BoundedFile,
    Snapshot,
    batch_bounds,
    sizes,
)
from batchlake.store.delta.log import (
    newest_version,
    oldest_version,
    open_table,
)
from batchlake.store.local import LocalStorage
from batchlake.store.object_storage.object_store import is_object_address
from batchlake.store.storage import Storage


def open_storage(root: str | os.PathLike[str]) -> Storage:
    """The storage that a path or an address names.

    Raises:
        InvalidRequest: no lake can live there.
        LakeUnreachable: its storage can't be used from here.
    """
    if isinstance(root, str) and is_object_address(root):
        from batchlake.store.object_storage.bucket import BucketStorage

        return BucketStorage(root)
    if not os.fspath(root):
        # Often a variable that isn't set; pathlib would take it for the folder one is in.
        raise InvalidRequest("the lake's folder is empty text. Name it; `.` is the folder you are in.")
    return LocalStorage(Path(root))


class LakeTables:
    """The Delta tables of one lake.

    Args:
        root: the lake's folder, or its address in object storage.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        forking.check()
        self.storage: Storage = open_storage(root)
        self._opened: dict[str, DeltaTable] | None = None

    def kept_open(self) -> LakeTables:
        """The same tables for one run, which keeps them open and takes them again at the same version; its
        writer moves them on to the versions that it makes."""
        tables = copy(self)
        tables._opened = {}
        return tables

    def exists(self, table: str) -> bool:
        """Whether the table has been made: its log holds a commit."""
        return bool(self.newest_commit(table))

    def files(self, table: str, version: int | None = None) -> list[str]:
        """The Parquet files of a version (None: the newest), as absolute local paths.

        Raises:
            LakeDamaged: the log can't be read, or lacks that version.
            LakeUnreachable: the lake's storage can't be asked.
        """
        return self.all_files({table: version})[table]

    def all_files(self, versions: Mapping[str, int | None]) -> dict[str, list[str]]:
        """The same of several tables at the versions given."""
        return self.snapshot(versions).files

    def snapshot(
        self, versions: Mapping[str, int | None], opened: Mapping[str, DeltaTable] | None = None
    ) -> Snapshot:
        """The files of several tables at the versions given; tables `opened` at these are used."""
        at_version = {
            name: delta
            for name, delta in (opened or {}).items()
            if name in versions and delta.version() == versions[name]
        }
        others = {name: version for name, version in versions.items() if name not in at_version}
        tables = {**at_version, **self.open_all(others)}
        return Snapshot({name: self._bounded_files(name, tables[name]) for name in versions})

    def _bounded_files(self, table: str, delta: DeltaTable) -> list[BoundedFile]:
        names, least, greatest = batch_bounds(delta)
        return list(map(BoundedFile, self.storage.local(table, names), least, greatest))

    def sizes(self, table: str, version: int | None = None) -> dict[str, int]:
        """The sizes in bytes of the files of a version by their names, as its log says."""
        return sizes(self.open(table, version))

    def lost(self, table: str, version: int) -> list[str]:
        """The names of a version's files that don't exist any more."""
        there = self.storage.sizes(table)
        return [name for name in self.sizes(table, version) if name not in there]

    def is_cut_off(self, table: str, version: int) -> bool:
        """Whether the table's log no longer reaches back to a version, which then can't be opened."""
        return version < oldest_version(self.storage, table)

    def version(self, table: str) -> int:
        """The newest version that the table's own log holds, pinned or not."""
        return newest_version(self.storage, table)

    def newest_commit(self, table: str) -> str:
        """The name of the last commit in a table's log: a cheap way to see that nothing has changed."""
        return self.storage.newest_commit(table)

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """The table through delta-rs, at a version (None: the newest)."""
        if self._opened is None:
            return open_table(self.storage, table, version)
        wanted = version
        if wanted is None and self.exists(table):
            # By its number, else delta-rs would list the log to find it.
            wanted = self.version(table)
        held = self._opened.get(table)
        if held is None or held.version() != wanted:
            held = self._opened[table] = open_table(self.storage, table, wanted)
        return held

    def open_all(self, versions: Mapping[str, int | None]) -> dict[str, DeltaTable]:
        """Several tables at the versions given.

        In a bucket all at once, as each takes half a dozen requests; in a folder that takes longer than one
        after another.
        """
        if isinstance(self.storage, LocalStorage):
            return {name: self.open(name, version) for name, version in versions.items()}
        with ThreadPoolExecutor(len(TABLES)) as pool:
            return dict(zip(versions, pool.map(self.open, versions, versions.values()), strict=True))
