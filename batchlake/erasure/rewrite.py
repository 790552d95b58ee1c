"""Rewrites the files of the tables that hold a row or a mention of what is erased, and no others.

Input: what to erase, and the tables at the version that a writer prepared. Output: one commit a table that
names files and nothing else, and counts. Rows stay sorted as they were; columns are written from plain
values, as a column filtered while dictionary-encoded keeps what it lost in its dictionary.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchlake.engine import columns
from batchlake.erasure.rows import IDS, Changes, Renamed, RowCleaner, random_id
from batchlake.erasure.search.tables import Held, holds_any
from batchlake.erasure.targets import Mode, Targets
from batchlake.privacy.key import PrivacyKey
from batchlake.schema import BATCHES, CALLS, EXPORTS, PROBLEMS, SEGMENTS, SNAPSHOTS, Table
from batchlake.store.delta.parquet import ROW_GROUP_ROWS, pyarrow_options
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.text.ids import batch_of_source

if TYPE_CHECKING:
    import pyarrow as pa

ERASED_TABLES: Final = (SEGMENTS, CALLS, BATCHES, SNAPSHOTS, PROBLEMS, EXPORTS)
"""In this order: what was said decides about a call's digest."""

_WANTED: Final = ("source", *IDS, "outcome_label")


class Rewrite:
    """One rewriting of a lake's tables.

    Args:
        tables: the lake's.
        versions: where the tables are now.
        targets: what to erase.
        mode: whether the calls go or stay as figures.
        key: makes the digests of transcripts that lose a mention; None for a dry run.
        folder: takes files before they are the lake's; None for a dry run.
        held: in which columns of which files something was found; a file that isn't named is read.
    """

    def __init__(
        self,
        tables: LakeTables,
        versions: dict[str, int],
        targets: Targets,
        mode: Mode,
        key: PrivacyKey | None,
        folder: Path | None,
        held: Held | None = None,
    ) -> None:
        self._tables = tables
        self._versions = versions
        self._targets = targets
        self._finder = targets.finder
        self._mode = mode
        self._folder = folder
        self._key = key
        self._places = targets.places
        self._held = held or {}
        self._renamed: Renamed = {name: {} for name in IDS}
        self.changes = Changes()
        self._cleaner = RowCleaner(targets, mode, key, self._renamed, self.changes)

    def execute(self, writer: Writer | None) -> Changes:
        """Do it; without a writer, count what would be done."""
        self._rename()
        for call in self._targets.calls:
            if call.batch_id is not None:
                name = self._renamed["batch_id"].get((call.source, call.batch_id), call.batch_id)
                self.changes.batches[batch_of_source(call.source, name)] += 1
        for table in ERASED_TABLES:
            gone: dict[str, int] = {}
            files: list[Path] = []
            sizes = self._tables.sizes(table.name, self._versions[table.name])
            for name, path in self._paths(table):
                if not self._is_concerned(table, name, path):
                    continue
                before = read_rows(path)
                rows = self._cleaner.cleaned(table, before)
                if rows is before:
                    continue
                gone[name] = sizes[name]
                self.changes.files += 1
                if self._folder and len(rows):
                    files.append(self._write(table, rows))
            if writer:
                # Also where nothing changed: the commit before may name what is erased.
                writer.swap_files(table.name, gone, files)
        return self.changes

    def _is_concerned(self, table: Table, name: str, path: str) -> bool:
        """Whether a file holds something, or what follows from something in another file."""
        columns_held = self._held.get((table.name, name))
        if columns_held is None or columns_held:
            return True
        return any(
            holds_any(path, column, values)
            for column, values in self._cleaner.following(table).items()
            if values
        )

    def _paths(self, table: Table) -> Iterable[tuple[str, str]]:
        names = list(self._tables.sizes(table.name, self._versions[table.name]))
        return zip(names, self._tables.storage.local(table.name, names), strict=True)

    def _rename(self) -> None:
        """Find new names for ids that hold a value, and for anonymised calls and batches of one such call."""
        held: Counter[tuple[str, str]] = Counter()
        labels: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for table in (CALLS, BATCHES, SNAPSHOTS, PROBLEMS):
            for name, path in self._paths(table):
                columns_held = self._held.get((table.name, name))
                is_counted = table is CALLS and self._mode == "anonymise"
                if columns_held is not None and not is_counted and columns_held.isdisjoint(IDS):
                    continue
                wanted = [name for name in table.column_names() if name in _WANTED]
                rows = read_rows(path, wanted)
                for name in IDS:
                    if name in rows.column_names:
                        self._rename_values(rows, name)
                if is_counted:
                    sources, batches = rows["source"].to_pylist(), rows["batch_id"].to_pylist()
                    held.update(pair for pair in zip(sources, batches, strict=True) if pair[1] is not None)
                    _note_labels(rows, labels)
        if self._mode == "anonymise":
            for call in self._targets.calls:
                self._renamed["call_id"][call.source, call.call_id] = random_id()
                if call.batch_id is not None and held[call.source, call.batch_id] == 1:
                    self._renamed["batch_id"].setdefault((call.source, call.batch_id), random_id())
            self._cleaner.kept_labels = {label for label, calls in labels.items() if calls - self._places}

    def _rename_values(self, rows: pa.Table, name: str) -> None:
        values = rows[name]
        found = self._finder.candidates(values)
        sources = rows["source"].take(columns.from_numpy(found)).to_pylist()
        for source, value in zip(sources, values.take(columns.from_numpy(found)).to_pylist(), strict=True):
            is_own = name == "call_id" and (source, value) in self._places
            if value is not None and not is_own and self._finder.finds(value):
                # A call's id is its own in its column, and a mention in any other.
                if name == "call_id" and value in self._finder.ids:
                    continue
                # The same for a later export, which the gate renames alike.
                new = self._key.pseudonym("erased", value) if self._key else random_id()
                self._renamed[name].setdefault((source, value), new)

    def _write(self, table: Table, rows: pa.Table) -> Path:
        import pyarrow.parquet as pq

        assert self._folder is not None  # noqa: S101 - only what is written has a folder
        path = self._folder / f"{table.name}-{uuid.uuid4()}.parquet"
        pq.write_table(rows, path, row_group_size=ROW_GROUP_ROWS, **pyarrow_options(table.name))
        return path


def read_rows(path: str, names: list[str] | None = None) -> pa.Table:
    """A file's rows, no column as a dictionary."""
    import pyarrow.parquet as pq

    # `read_table` imports what reads folders, and pandas with it: half a second.
    with pq.ParquetFile(path) as file:
        rows = file.read(columns=names)
    return columns.plain(rows).combine_chunks()


def _note_labels(rows: pa.Table, labels: dict[str, set[tuple[str, str]]]) -> None:
    """Note which calls have each outcome label; two are enough to know that it is no one's own."""
    found = zip(
        rows["outcome_label"].to_pylist(),
        rows["source"].to_pylist(),
        rows["call_id"].to_pylist(),
        strict=True,
    )
    for label, source, call_id in found:
        if label is not None:
            labels[label].add((source, call_id))
