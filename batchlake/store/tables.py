"""Delta tables in a folder: made from the schema, read at a version, written in a transaction each.

In come Arrow streams, out go Delta versions and lists of Parquet files. Each table commits on its own; what
makes several of them one transaction is the ledger. A table's rows are written in the order given, so a
caller that sorts by batch lets Parquet's statistics find one batch without a scan.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from deltalake import DeltaTable, Field, Schema, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.schema import MapType, PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from batchlake.errors import LakeDamaged, LakeNotWritable
from batchlake.schema import TABLES, Table

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

_FILE_BYTES: Final = 16 * 1024 * 1024
"""Target size of a Parquet file: small enough that replacing one batch rewrites little."""

MOST_SMALL_FILES: Final = 48
"""A run that leaves a table with more files under a quarter of that size compacts it."""

_WRITER_PROPERTIES: Final = WriterProperties(
    compression="ZSTD", compression_level=3, max_row_group_size=65_536
)

_STATISTICS: Final = "source,batch_id,call_id,call_time,observed_at"
"""Columns with statistics in the Delta log; Parquet keeps its own for every column."""

_FOREVER: Final = "interval 36500 days"


class LakeTables:
    """The Delta tables below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, table: str) -> Path:
        """The folder of one table."""
        return self.root / table

    def exists(self, table: str) -> bool:
        """Whether the table has been made: its log holds a commit."""
        return any((self.path(table) / "_delta_log").glob("*.json"))

    def files(self, table: str, version: int | None = None) -> list[str]:
        """The Parquet files of a version (None: the newest), as absolute paths.

        Raises:
            LakeDamaged: the log can't be read, or lacks that version.
        """
        # delta-rs writes a folder's blanks and accents as an address does.
        return [unquote(uri) for uri in self.open(table, version).file_uris()]

    def sizes(self, table: str, version: int | None = None) -> list[int]:
        """The sizes in bytes of the files of a version, as its log says, in the order of `files`."""
        import pyarrow as pa

        delta = self.open(table, version)
        actions = pa.table(delta.get_add_actions(flatten=True)).select(["path", "size_bytes"]).to_pylist()
        by_name = {action["path"]: action["size_bytes"] for action in actions}
        return [by_name[Path(file).name] for file in delta.file_uris()]

    def version(self, table: str) -> int:
        """The newest version that the table's own log holds, pinned or not."""
        return self.open(table).version()

    def newest_commit(self, table: str) -> str:
        """The name of the last commit in a table's log: a cheap way to see that nothing has changed."""
        return max((entry.name for entry in (self.path(table) / "_delta_log").glob("*.json")), default="")

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """The table through delta-rs, at a version (None: the newest)."""
        try:
            return DeltaTable(str(self.path(table)), version=version)
        except (DeltaError, OSError) as error:
            at = "" if version is None else f" at version {version}"
            raise LakeDamaged(str(self.root), f"table {table}{at} cannot be opened ({error})") from error


class Writer:
    """Writes to the tables of one lake, and knows which it has written. Hold the writer's lock meanwhile."""

    def __init__(self, tables: LakeTables) -> None:
        self._tables = tables
        self._first_version: dict[str, int] = {}

    def prepare(self, pins: dict[str, int]) -> None:
        """Make the tables that don't exist, and take back what a run that died left beyond its pins."""
        with _writing(self._tables.root):
            for table in TABLES.values():
                if not self._tables.exists(table.name):
                    self._create(table)
                elif table.name != "runs":
                    self._roll_back(table.name, pins.get(table.name, 0))

    def append(self, table: str, rows: pa.RecordBatchReader) -> None:
        """Add rows."""
        self._write(table, rows, mode="append")

    def adopt(self, table: str, files: Sequence[Path]) -> None:
        """Take Parquet files that hold the table's columns as they are; they are moved."""
        with _writing(self._tables.root):
            delta = self._tables.open(table)
            self._first_version.setdefault(table, delta.version() + 1)
            folder = self._tables.path(table)
            actions: list[AddAction | RemoveAction] = []
            for file in files:
                place = folder / f"part-{uuid.uuid4()}-c000.zstd.parquet"
                actions.append(_add_action(file, place.name, delta))
                file.replace(place)
            delta.create_write_transaction(actions, "append", delta.schema())

    def replace(self, table: str, predicate: str, rows: pa.RecordBatchReader) -> None:
        """Put these rows in the place of those that the SQL predicate holds for; they must satisfy it too."""
        self._write(table, rows, mode="overwrite", predicate=predicate)

    def replace_all(self, table: str, rows: pa.RecordBatchReader) -> None:
        """Put these rows in the place of all."""
        self._write(table, rows, mode="overwrite")

    def compact(self, table: str) -> dict[str, Any]:
        """Fold the table's small files into larger ones, the rows unchanged; returns Delta's figures."""
        with _writing(self._tables.root):
            delta = self._tables.open(table)
            self._first_version.setdefault(table, delta.version() + 1)
            return delta.optimize.compact(target_size=_FILE_BYTES, writer_properties=_WRITER_PROPERTIES)

    def tidy(self) -> None:
        """Compact the tables that this writer changed and that have come to too many small files."""
        for table in self.written():
            small = [size for size in self._tables.sizes(table) if size < _FILE_BYTES // 4]
            if len(small) > MOST_SMALL_FILES:
                self.compact(table)

    def vacuum(self, table: str, kept_versions: list[int], *, dry_run: bool) -> list[str]:
        """Delete the files that neither the newest nor a kept version names; returns them."""
        with _writing(self._tables.root):
            return self._tables.open(table).vacuum(
                retention_hours=0,
                dry_run=dry_run,
                enforce_retention_duration=False,
                keep_versions=kept_versions or None,
            )

    def versions(self) -> dict[str, int]:
        """The newest version of every table but `runs`: what this run leaves behind."""
        return {name: self._tables.version(name) for name in TABLES if name != "runs"}

    def sync(self, tables: Iterable[str]) -> None:
        """Bring what was written to these tables onto the disk: data, logs and folders."""
        with _writing(self._tables.root):
            for table in tables:
                if table in self._first_version:
                    self._sync_table(table)
            _sync_path(self._tables.root)

    def written(self) -> list[str]:
        """The tables that this writer changed."""
        return list(self._first_version)

    def _create(self, table: Table) -> None:
        fields = [
            Field(
                column.name,
                _DELTA_TYPES[column.type],
                nullable=column.nullable,
                metadata={"comment": column.comment},
            )
            for column in table.columns
        ]
        statistics = [name for name in _STATISTICS.split(",") if name in table.column_names()]
        configuration = {
            "delta.logRetentionDuration": _FOREVER,
            "delta.checkpointInterval": "50",
            "delta.dataSkippingStatsColumns": ",".join(statistics) or table.columns[0].name,
        }
        DeltaTable.create(
            str(self._tables.path(table.name)),
            schema=Schema(fields),
            description=table.grain,
            configuration=configuration,
        )
        self._first_version[table.name] = 0

    def _roll_back(self, table: str, pin: int) -> None:
        delta = self._tables.open(table)
        if delta.version() > pin and delta.file_uris() != self._tables.open(table, pin).file_uris():
            self._first_version.setdefault(table, delta.version() + 1)
            delta.restore(pin)

    def _write(self, table: str, rows: pa.RecordBatchReader, **how: Any) -> None:
        with _writing(self._tables.root):
            delta = self._tables.open(table)
            self._first_version.setdefault(table, delta.version() + 1)
            write_deltalake(
                delta,
                rows,
                target_file_size=_FILE_BYTES,
                writer_properties=_WRITER_PROPERTIES,
                **how,
            )

    def _sync_table(self, table: str) -> None:
        folder = self._tables.path(table)
        log = folder / "_delta_log"
        last = self._tables.version(table)
        for version in range(self._first_version[table], last + 1):
            commit = log / f"{version:020}.json"
            for data_file in _added_files(commit):
                _sync_path(folder / data_file)
            _sync_path(commit)
        _sync_path(log)
        _sync_path(folder)


def _add_action(file: Path, name: str, delta: DeltaTable) -> AddAction:
    """What the log says of a file that joins a table: its statistics are those of its Parquet footer."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(file)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    wanted = delta.metadata().configuration["delta.dataSkippingStatsColumns"].split(",")
    least, greatest, nulls = {}, {}, {}
    for place, column in enumerate(footer.schema.names):
        statistics = [group.column(place).statistics for group in groups] if column in wanted else []
        if statistics and all(known and known.has_null_count for known in statistics):
            nulls[column] = sum(known.null_count for known in statistics)
            bounds = [(known.min, known.max) for known in statistics if known.has_min_max]
            if bounds:
                least[column] = min(low for low, _ in bounds)
                greatest[column] = max(high for _, high in bounds)
    stats = {
        "numRecords": footer.num_rows,
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }
    facts = file.stat()
    modified = int(facts.st_mtime * 1000)
    return AddAction(name, facts.st_size, {}, modified, data_change=True, stats=json.dumps(stats))


def _added_files(commit: Path) -> Iterator[str]:
    for line in commit.read_text(encoding="utf-8").splitlines():
        if added := json.loads(line).get("add"):
            yield added["path"]


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeNotWritable(str(root), error.strerror or str(error)) from error
    except DeltaError as error:
        raise LakeNotWritable(str(root), str(error)) from error
