"""Writes the Delta tables of a lake, each in a transaction of its own.

Input: Arrow streams and Parquet files. Output: Delta versions. What makes several tables one transaction is
the ledger. A table's rows are written in the order given, so a caller that sorts by batch lets Parquet's
statistics find one batch without a scan.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deltalake import DeltaTable, Field, Schema, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.schema import MapType, PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from batchlake.errors import LakeLocked, LakeNotWritable
from batchlake.schema import TABLES, Column, Table
from batchlake.store.delta.file_stats import (
    STATISTICS_PROPERTY,
    Snapshot,
    add_action,
    sizes,
    statistics_columns,
)
from batchlake.store.delta.log import (
    LAST_CHECKPOINT,
    LOG,
    Unneeded,
    commit_name,
    unneeded,
)
from batchlake.store.delta.parquet import FILE_BYTES, delta_options
from batchlake.store.delta.tables import LakeTables
from batchlake.store.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

_DELTA_TYPES: Final[dict[str, PrimitiveType | MapType]] = {
    "VARCHAR": PrimitiveType("string"),
    "DOUBLE": PrimitiveType("double"),
    "BIGINT": PrimitiveType("long"),
    "BOOLEAN": PrimitiveType("boolean"),
    "TIMESTAMPTZ": PrimitiveType("timestamp"),
    "DECIMAL(18,6)": PrimitiveType("decimal(18,6)"),
    "MAP(VARCHAR, TIMESTAMPTZ)": MapType(
        PrimitiveType("string"), PrimitiveType("timestamp"), value_contains_null=True
    ),
    "MAP(VARCHAR, BIGINT)": MapType(PrimitiveType("string"), PrimitiveType("long"), value_contains_null=True),
}

MOST_SMALL_FILES: Final = 48
"""A run that leaves a table with more files under a quarter of `FILE_BYTES` compacts it."""

_CHECKPOINT_INTERVAL: Final = 50
_FOREVER: Final = "interval 36500 days"


class Writer:
    """Writes to the tables of one lake, and knows which it has written. Hold the writer's lock meanwhile."""

    def __init__(self, tables: LakeTables) -> None:
        self._tables = tables
        self._storage = tables.storage
        self._first_version: dict[str, int] = {}
        self._opened: dict[str, DeltaTable] = {}

    def prepare(self, pins: dict[str, int]) -> None:
        """Make the tables and columns that don't exist; roll back what a run that died left past the pins.

        A column that a table lacks must be nullable: rows written before have no value in it.
        """
        with _writing(self._storage):
            made = [name for name in TABLES if self._tables.exists(name)]
            self._storage.check_writable(made)
            self._opened = self._tables.open_all(dict.fromkeys(made))
            for table in TABLES.values():
                if table.name not in made:
                    self._create(table)
                    continue
                if table.name != "runs":
                    self._roll_back(table.name, pins.get(table.name, 0))
                self._bring_up_to_date(table)

    def snapshot(self, pins: Mapping[str, int | None]) -> Snapshot:
        """The tables at these versions; `prepare` has opened most of them already."""
        return self._tables.snapshot(pins, self._opened)

    def append(self, table: str, rows: pa.RecordBatchReader) -> None:
        """Add rows."""
        self._write(table, rows, mode="append")

    def add_files(self, table: str, files: Sequence[Path]) -> None:
        """Add Parquet files with the table's columns as they are; they are moved into its folder."""
        self.swap_files(table, {}, files)

    def swap_files(self, table: str, gone: Mapping[str, int], files: Sequence[Path]) -> None:
        """Replace files (`gone`: sizes by name) by others, in one commit."""
        with self._changing(table) as delta:
            now = int(time.time() * 1000)
            actions: list[AddAction | RemoveAction] = [
                RemoveAction(name, data_change=True, deletion_timestamp=now, size=size)
                for name, size in gone.items()
            ]
            for file in files:
                name = f"part-{uuid.uuid4()}-c000.zstd.parquet"
                actions.append(add_action(file, name, delta))
                self._storage.move_in(file, table, name)
            delta.create_write_transaction(actions, "append", delta.schema())
            delta.update_incremental()

    def purge(self, table: str, pin: int | None = None) -> Unneeded:
        """Delete all files of a table but those of a version, named in the log or not; returns them.

        Interrupted anywhere, that version is readable, and the next purge continues.

        Args:
            table: its name.
            pin: the version; None for the newest. What was written past it stays, to be rolled back.
        """
        with _writing(self._storage):
            self._storage.assert_locked()
            newest = self._tables.version(table)
            version = newest if pin is None else pin
            self._checkpoint(table, version)
            kept = {LAST_CHECKPOINT}
            for one in range(version, newest + 1):
                kept |= {commit_name(one), f"{one:020}.checkpoint.parquet"}
            named = set().union(*(sizes(self._tables.open(table, one)) for one in {version, newest}))
            there = [
                path.removeprefix(f"{table}/")
                for path in self._storage.everything()
                if path.startswith(f"{table}/")
            ]
            logged = sorted(path for path in there if path.startswith(f"{LOG}/"))
            found = Unneeded(
                sorted(path for path in there if not path.startswith(f"{LOG}/") and path not in named),
                [path for path in logged if path.removeprefix(f"{LOG}/") not in kept],
                version,
            )
            self._storage.delete(table, found.files)
            self._storage.delete(table, found.log_entries)
            return found

    def replace(self, table: str, predicate: str, rows: pa.RecordBatchReader) -> None:
        """Replace the rows that match the SQL predicate by these, which must match it too."""
        self._write(table, rows, mode="overwrite", predicate=predicate)

    def replace_all(self, table: str, rows: pa.RecordBatchReader) -> None:
        """Replace all rows by these."""
        self._write(table, rows, mode="overwrite")

    def compact(self, table: str) -> dict[str, Any]:
        """Fold the table's small files into larger ones, the rows unchanged; returns Delta's figures."""
        with self._changing(table) as delta:
            return delta.optimize.compact(target_size=FILE_BYTES, writer_properties=delta_options(table))

    def compact_if_needed(self) -> None:
        """Compact the tables that this writer changed and that now have too many small files."""
        for table in self.written():
            small = [size for size in sizes(self._opened[table]).values() if size < FILE_BYTES // 4]
            if len(small) > MOST_SMALL_FILES:
                self.compact(table)

    def vacuum(self, table: str, kept: Collection[int], *, dry_run: bool) -> Unneeded:
        """Delete the files that no kept version of a table needs, in the log or not; returns them.

        Interrupted anywhere, every kept version is readable, and the next vacuum continues.

        Args:
            table: the table's name.
            kept: versions that stay readable; the newest is always one, except in a dry run.
            dry_run: delete nothing.
        """
        with _writing(self._storage):
            found = unneeded(self._storage, table, kept if dry_run else {*kept, self._tables.version(table)})
            if not dry_run:
                self._storage.assert_locked()
                if found.log_entries:
                    self._checkpoint(table, found.cut)
                self._storage.delete(table, found.files)
                self._storage.delete(table, found.log_entries)
            return found

    def versions(self) -> dict[str, int]:
        """The newest version of every table but `runs`: what this run leaves behind.

        Raises:
            LakeLocked: another writer has changed one of them.
        """
        return {name: self._newest(name).version() for name in TABLES if name != "runs"}

    def file_count(self, table: str) -> int:
        """How many data files the newest version of a table has."""
        return len(self._newest(table).file_uris())

    def assert_locked(self) -> None:
        """Make sure, right before a run is committed, that no other writer has taken over.

        Raises:
            LakeLocked: one has.
        """
        self._storage.assert_locked()

    def sync(self, tables: Iterable[str]) -> None:
        """Bring what was written to these tables onto the disk: data, logs and folders."""
        with _writing(self._storage):
            self._storage.sync(
                {
                    table: range(self._first_version[table], self._opened[table].version() + 1)
                    for table in tables
                    if table in self._first_version
                }
            )

    def written(self) -> list[str]:
        """The tables that this writer changed."""
        return list(self._first_version)

    def _checkpoint(self, table: str, version: int) -> None:
        """Write a checkpoint, so that the log is readable from this version on without earlier entries."""
        name = f"{version:020}.checkpoint.parquet"
        if version and name not in self._storage.log_entries(table):
            self._tables.open(table, version).create_checkpoint()
            self._storage.sync_entries(table, [name, LAST_CHECKPOINT])

    def _create(self, table: Table) -> None:
        configuration = {
            "delta.logRetentionDuration": _FOREVER,
            "delta.checkpointInterval": str(_CHECKPOINT_INTERVAL),
            STATISTICS_PROPERTY: statistics_columns(table),
        }
        self._opened[table.name] = DeltaTable.create(
            self._storage.table(table.name),
            schema=Schema([_field(column) for column in table.columns]),
            description=table.grain,
            configuration=configuration,
            storage_options=self._storage.storage_options,
        )
        self._first_version[table.name] = 0

    def _bring_up_to_date(self, table: Table) -> None:
        """Add columns that the schema has gained, and change which have statistics; a rollback undoes it."""
        delta = self._opened[table.name]
        before = delta.version()
        there = {field.name for field in delta.schema().fields}
        if missing := [_field(column) for column in table.columns if column.name not in there]:
            delta.alter.add_columns(missing)
        bounded = statistics_columns(table)
        if delta.metadata().configuration.get(STATISTICS_PROPERTY) != bounded:
            delta.alter.set_table_properties({STATISTICS_PROPERTY: bounded})
        if delta.version() > before:
            self._first_version.setdefault(table.name, before + 1)

    def _roll_back(self, table: str, pin: int) -> None:
        delta = self._opened[table]
        if delta.version() > pin and delta.file_uris() != self._tables.open(table, pin).file_uris():
            self._first_version.setdefault(table, delta.version() + 1)
            delta.restore(pin)

    def _write(self, table: str, rows: pa.RecordBatchReader, **how: Any) -> None:
        with self._changing(table) as delta:
            write_deltalake(
                delta,
                rows,
                target_file_size=FILE_BYTES,
                writer_properties=delta_options(table),
                **how,
            )

    @contextmanager
    def _changing(self, table: str) -> Iterator[DeltaTable]:
        """A table to be changed in the block."""
        with _writing(self._storage):
            delta = self._newest(table)
            self._first_version.setdefault(table, delta.version() + 1)
            yield delta

    def _newest(self, table: str) -> DeltaTable:
        """The newest version of a table, which this writer has made once it has opened the table.

        Raises:
            LakeLocked: another writer has changed it meanwhile: the lock must have been lost.
        """
        if table not in self._opened:
            self._opened[table] = self._tables.open(table)
        elif self._opened[table].version() != self._tables.version(table):
            raise LakeLocked(self._storage.name, "another writer, which took over", None)
        return self._opened[table]


def _field(column: Column) -> Field:
    return Field(
        column.name,
        _DELTA_TYPES[column.type],
        nullable=column.nullable,
        metadata={"comment": column.comment},
    )


@contextmanager
def _writing(storage: Storage) -> Iterator[None]:
    try:
        yield
    except (OSError, DeltaError) as error:
        raise LakeNotWritable(storage.name, storage.reason(error)) from error
