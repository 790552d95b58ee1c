"""What a table's log says of its Parquet files: their sizes, and the least and greatest values in them.

Only columns that files are pruned by have bounds in the log: a value there outlives its row.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deltalake import DeltaTable
from deltalake.transaction import AddAction

from batchlake.schema import Table

_BOUNDED_COLUMNS: Final = ("source", "batch_id", "call_time", "observed_at")
"""Without `call_id`: questions look for batches only, and to replace calls without a batch in a table of 391
files takes a tenth to a quarter longer than with it, in one of 12 files no longer."""

STATISTICS_PROPERTY: Final = "delta.dataSkippingStatsColumns"
"""The property of a Delta table that names the columns with statistics in its log, with commas between."""


def statistics_columns(table: Table) -> str:
    """The value of `STATISTICS_PROPERTY` for a table; Parquet has statistics of every column regardless."""
    bounded = [name for name in _BOUNDED_COLUMNS if name in table.column_names()]
    # Without a name delta-rs takes the first 32 columns.
    return ",".join(bounded) or table.columns[0].name


@dataclass(frozen=True, slots=True)
class BoundedFile:
    """A Parquet file: its absolute local path, and the least and greatest batch in it; None where unknown."""

    path: str
    least: str | None
    greatest: str | None

    def may_hold(self, batch_ids: Sequence[str]) -> bool:
        """Whether a row of one of these batches may be in it; they are sorted."""
        if self.least is None or self.greatest is None:
            return True
        at = bisect_left(batch_ids, self.least)
        return at < len(batch_ids) and batch_ids[at] <= self.greatest


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a lake's tables at one version each, as their logs name them."""

    tables: Mapping[str, Sequence[BoundedFile]]

    @property
    def files(self) -> dict[str, list[str]]:
        """The paths of each table's files."""
        return {name: [file.path for file in files] for name, files in self.tables.items()}

    def files_of_batches(self, table: str, batch_ids: Iterable[str]) -> list[str]:
        """The files that may hold rows of these batches; none where the snapshot lacks the table."""
        sorted_ids = sorted(batch_ids)
        return [file.path for file in self.tables.get(table, ()) if file.may_hold(sorted_ids)]


def sizes(delta: DeltaTable) -> dict[str, int]:
    """The sizes in bytes of a table's files by their names."""
    added = delta.get_add_actions(flatten=True)
    return dict(zip(added["path"].to_pylist(), added["size_bytes"].to_pylist(), strict=True))


def batch_bounds(delta: DeltaTable) -> tuple[list[str], list[str | None], list[str | None]]:
    """The names of a table's files, and the least and the greatest batch in each; None where unknown."""
    added = delta.get_add_actions(flatten=True)
    names, known = added["path"].to_pylist(), added.schema.names
    least, greatest = (
        added[name].to_pylist() if name in known else [None] * len(names)
        for name in ("min.batch_id", "max.batch_id")
    )
    return list(names), list(least), list(greatest)


def add_action(file: Path, name: str, delta: DeltaTable) -> AddAction:
    """The log's entry for a file that joins a table, with the statistics of its Parquet footer."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(file)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    bounded = delta.metadata().configuration[STATISTICS_PROPERTY].split(",")
    least, greatest, nulls = {}, {}, {}
    for storage, column in enumerate(footer.schema.names):
        statistics = [group.column(storage).statistics for group in groups] if column in bounded else []
        if statistics and all(known and known.has_null_count for known in statistics):
            nulls[column] = sum(known.null_count for known in statistics)
            # Delta writes times in a way of its own, and to ask for one imports pandas. A column without
            # bounds is only read more often.
            is_time = statistics[0].logical_type.type == "TIMESTAMP"
            bounds = [(known.min, known.max) for known in statistics if known.has_min_max and not is_time]
            # A row group has none where all is null, and where a value is too long to be one.
            is_whole = all(known.has_min_max or not known.num_values for known in statistics)
            if bounds and is_whole and isinstance(bounds[0][0], str | int):
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
    # Escaped, a character beyond U+FFFF is two surrogates, which delta-rs reads as another character.
    text = json.dumps(stats, ensure_ascii=False)
    return AddAction(name, facts.st_size, {}, modified, data_change=True, stats=text)
