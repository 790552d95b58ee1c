"""Rewrites the files of a lake that hold a value, and no others: `erasure.rewrite` with another cleaner."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from batchlake.erasure.redacting.rows import NOBODY, RowRedactor
from batchlake.erasure.rewrite import Rewrite, read_rows
from batchlake.erasure.rows import IDS
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.schema import BATCHES, CALLS, PROBLEMS, SNAPSHOTS
from batchlake.store.delta.tables import LakeTables

_KINDS = {"call_id": "call", "batch_id": "batch"}


class RedactingRewrite(Rewrite):
    """One redaction of what a lake holds.

    Args:
        tables: the lake's.
        versions: where the tables are now.
        redactor: redacts, and counts.
        folder: takes files before they are the lake's; None for a dry run.
    """

    def __init__(
        self, tables: LakeTables, versions: dict[str, int], redactor: Redactor, folder: Path | None
    ) -> None:
        super().__init__(tables, versions, NOBODY, "remove", redactor.key, folder)
        self._redactor = redactor
        self._documents = DocumentRedactor(redactor)
        self._names: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
        self._cleaner: RowRedactor = RowRedactor(redactor, self._names, self._renamed, self.changes)

    @property
    def numbers(self) -> set[str]:
        """The numbers that were replaced in their columns, as they stood."""
        return self._cleaner.numbers

    def _rename(self) -> None:
        """Find new names for ids that hold a value, and the names that each call's own fields hold."""
        for table in (CALLS, BATCHES, SNAPSHOTS, PROBLEMS):
            for _, path in self._paths(table):
                wanted: list[str] = [name for name in ("source", *IDS) if name in table.column_names()]
                rows = read_rows(path, [*wanted, "extra"] if table is CALLS else wanted)
                sources = rows["source"].to_pylist()
                for name in set(IDS) & set(wanted):
                    for source, value in zip(sources, rows[name].to_pylist(), strict=True):
                        new = self._redactor.id_of(_KINDS[name], value)
                        if value is not None and new is not None and new != value:
                            self._renamed[name][source, value] = new
                if table is CALLS and "name" in self._redactor.rules.kinds:
                    self._note_names(sources, rows["call_id"].to_pylist(), rows["extra"].to_pylist())

    def _note_names(self, sources: list[str], ids: list[str], extras: list[str | None]) -> None:
        for source, call_id, extra in zip(sources, ids, extras, strict=True):
            if extra and (words := self._documents.names_of_text(extra)):
                self._names[source, call_id] |= words
