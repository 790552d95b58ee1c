"""Which exports the lake holds already: by a file's or an object's tag, or by the SHA-256 of its bytes.

Both are joins of these files with the table `exports`: what they cost follows what a run reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence, Set

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.schema import EXPORTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger

Tagged = tuple[str, str]
"""A file's path or an object's address, and its tag: the entity tag of an object, size and time of a file."""

FilesHeld = Callable[[Sequence[Tagged]], Set[str]]
"""Gives the paths and addresses of those that the lake holds as they are."""


def files_held(tables: LakeTables, ledger: Ledger, engine: Engine, sources: Sequence[str]) -> FilesHeld:
    """What a lake holds of some files, asked of an engine of this run; the lake need not be locked."""

    def held(files: Sequence[Tagged]) -> Set[str]:
        if not files or not tables.exists("runs"):
            return frozenset()
        given = columns.table(
            {
                "location": columns.texts([location for location, _ in files]),
                "etag": columns.texts([tag for _, tag in files]),
            }
        )
        version = ledger.find()
        if version is None:
            return frozenset()
        engine.create_view(view_of(EXPORTS, tables.files(EXPORTS.name, version.pins[EXPORTS.name])))
        query = sql_files.load("ingest/find/held_files").text
        rows = engine.rows(query, {"sources": list(sources)}, given_files=given)
        return frozenset(row["location"] for row in rows)

    return held


def none_held(files: Sequence[Tagged]) -> Set[str]:
    """Of a run that reads everything."""
    return frozenset()


class HeldExports:
    """The exports of some sources that the lake held when the run began.

    Args:
        engine: shows the table `exports`.
        sources: whose.
        is_forced: whether to act as if there were none.
    """

    def __init__(self, engine: Engine, sources: Sequence[str], *, is_forced: bool) -> None:
        self._engine = engine
        self._sources = list(sources)
        self._is_forced = is_forced

    def ids_among(self, export_ids: Collection[str]) -> Set[str]:
        """Those of these ids (SHA-256 in hexadecimal) that are held."""
        if self._is_forced or not export_ids:
            return frozenset()
        given = columns.table({"export_id": columns.texts(list(export_ids))})
        query = sql_files.load("ingest/find/held_exports").text
        rows = self._engine.rows(query, {"sources": self._sources}, given_exports=given)
        return frozenset(row["export_id"] for row in rows)

    def may_hold(self, size: int | None, window_bytes: int) -> bool:
        """Whether one of this many bytes may be held; where that isn't known, one of a window or more."""
        if self._is_forced:
            return False
        condition = "bytes >= $bytes" if size is None else "bytes = $bytes"
        return self._engine.exists_any(
            f"from exports where list_contains($sources, source) and {condition}",
            {"sources": self._sources, "bytes": window_bytes if size is None else size},
        )
