"""Merged rows in, Delta writes out: only what changed is written, and only where it lives.

A row that the lake holds and that changed is replaced together with the batch it lies in: the same SQL
predicate (`ReplaceScope`) tells Delta which rows go and DuckDB which of them come back unchanged. New rows
are added. A run that changes more batches than a predicate should name rewrites the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal
from batchlake.ingest.load.transcripts import TranscriptFile
from batchlake.ingest.merge.merge import Merged, MergeRule
from batchlake.schema import SEGMENTS, Table
from batchlake.store.delta.writer import Writer

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS: Final = 8_192
"""Delta's writer holds several batches at a time; larger ones save it no time."""

_MOST_NAMED: Final = 5_000
"""Past this many ids a predicate is not worth its parsing any more."""


@dataclass(frozen=True, slots=True)
class ReplaceScope:
    """Rows of one table by where they lie.

    Attributes:
        predicate: true of them, as SQL that DuckDB and Delta read alike. None is the whole table, an
            empty text for no row.
        batch_ids: the batches in which they lie; None where some lie in none, or anywhere.
    """

    predicate: str | None
    batch_ids: tuple[str, ...] | None = None

    @classmethod
    def of(cls, engine: Engine, places: str) -> ReplaceScope:
        """The rows in the batches of `places` (source, batch_id, call_id); without a batch, by their call."""
        found = engine.rows(
            "select distinct source, batch_id, case when batch_id is null then call_id end as call_id "
            f"from {places} order by all limit {2 * _MOST_NAMED + 1}"
        )
        batches = [
            {"source": row["source"], "id": row["batch_id"]} for row in found if row["batch_id"] is not None
        ]
        calls = [{"source": row["source"], "id": row["call_id"]} for row in found if row["batch_id"] is None]
        if len(batches) > _MOST_NAMED or len(calls) > _MOST_NAMED:
            return cls(None)
        named: dict[str, list[str]] = {}
        for source, ids in _by_source(batches).items():
            named.setdefault(source, []).append(f"batch_id in ({ids})")
        for source, ids in _by_source(calls).items():
            named.setdefault(source, []).append(f"(batch_id is null and call_id in ({ids}))")
        predicate = " or ".join(
            f"(source = {literal(source)} and ({' or '.join(conditions)}))"
            for source, conditions in named.items()
        )
        return cls(predicate, None if calls else tuple(row["id"] for row in batches))

    def write(self, engine: Engine, writer: Writer, table: Table, without: str, fresh: str) -> None:
        """Replace the rows in this scope.

        Args:
            engine: holds both relations.
            writer: takes the rows.
            table: the table to write.
            without: what the lake's rows lose, as the join `anti join changed using (...)`.
            fresh: a relation of the new and changed rows.
        """
        names = ", ".join(table.column_names())
        order = "order by " + ", ".join(
            name for name in ("source", "batch_id", *table.key) if name in table.column_names()
        )
        if self.predicate is None:
            everything = (
                f"select {names} from {table.name} {without} union all select {names} from {fresh} {order}"
            )
            writer.replace_all(table.name, materialized(engine, everything))
            return
        added = f"select {names} from {fresh}"
        if self.predicate:
            held = table.name if self.batch_ids is None else engine.pruned_scan(table, self.batch_ids)
            inside = (
                f"select {names} from (select * from {held} {without}) where {self.predicate} union all "
                f"select {names} from {fresh} where {self.predicate} {order}"
            )
            writer.replace(table.name, self.predicate, materialized(engine, inside))
            added += f" where not coalesce({self.predicate}, false)"
        append_if_any(engine, writer, table, f"{added} {order}")


def write_merged(engine: Engine, writer: Writer, rule: MergeRule, run_id: str, merged: Merged) -> None:
    """Write the rows of `merged_<table>` that are new or changed by this run."""
    if not merged.held:
        if merged.rows:
            ReplaceScope("").write(engine, writer, rule.table, "", f"merged_{rule.table.name}")
        return
    name, key = rule.table.name, rule.key()
    call_id = "call_id" if "call_id" in rule.table.key else "null::varchar as call_id"
    engine.run(
        f"create view changed_{name} as select * from merged_{name} where last_run_id = {literal(run_id)}"
    )
    if not engine.exists_any(f"from changed_{name}"):
        return
    engine.run(
        f"create view replaced_{name} as select source, batch_id, {call_id} "
        f"from held_{name} semi join changed_{name} using ({key})"
    )
    without = f"anti join changed_{name} using ({key})"
    ReplaceScope.of(engine, f"replaced_{name}").write(engine, writer, rule.table, without, f"changed_{name}")


def write_segments(
    engine: Engine, writer: Writer, files: Sequence[TranscriptFile], calls: Merged, show: Callable[[], None]
) -> int:
    """Write the transcripts that this run changed or moved to a batch; how many utterances they have.

    Args:
        engine: holds what was merged.
        writer: takes what changes.
        files: what this run wrote of the transcripts that it read.
        calls: what their merge came to.
        show: makes the lake's `segments` a view of the engine.
    """
    if not files and not calls.held:
        return 0
    query = sql_files.load("ingest/merge/rewritten_calls").text
    rewritten = engine.fill(f"create table rewritten_calls as {query}")
    if not rewritten:
        return 0
    engine.run("create table transcript_files as from given", given=_files_table(files))
    for table in ("kept_transcripts", "adopted_files"):
        engine.run(f"create table {table} as {sql_files.load(f'ingest/merge/{table}').text}")
    numbers = {row["number"] for row in engine.rows("from adopted_files")}
    adopted = [file for file in files if file.number in numbers]
    if adopted:
        writer.add_files(SEGMENTS.name, [file.path for file in adopted])
    # Each transcript of such a file is all there is of its call.
    if sum(file.transcripts for file in adopted) < rewritten:
        show()
        _write_other_segments(engine, writer, [file for file in files if file.number not in numbers])
    return int(engine.row(sql_files.load("ingest/merge/rewritten_utterances").text)["utterances"])


def _write_other_segments(engine: Engine, writer: Writer, files: Sequence[TranscriptFile]) -> None:
    paths = ", ".join(literal(str(file.path)) for file in files)
    written = (
        "select written.* exclude (filename), files.number as transcript_file "
        f"from read_parquet([{paths}], filename = true) written "
        "inner join transcript_files files on files.path = written.filename"
        if files
        else "select *, 0 as transcript_file from segments where false"
    )
    engine.run(f"create view written_segments as {written}")
    engine.run(f"create view fresh_segments as {sql_files.load('ingest/merge/fresh_segments').text}")
    engine.run(f"create view replaced_segments as {sql_files.load('ingest/merge/replaced_segments').text}")
    without = "anti join rewritten_calls using (source, call_id)"
    ReplaceScope.of(engine, "replaced_segments").write(engine, writer, SEGMENTS, without, "fresh_segments")


def _files_table(files: Sequence[TranscriptFile]) -> pa.Table:
    return columns.table(
        {
            "number": columns.integers([file.number for file in files]),
            "path": columns.texts([str(file.path) for file in files]),
            "transcripts": columns.integers([file.transcripts for file in files]),
        }
    )


def replace_by_export(
    engine: Engine,
    writer: Writer,
    table: Table,
    fresh: str,
    again: Sequence[Mapping[str, str]],
    resolved: Sequence[str] = (),
) -> None:
    """Write rows that belong to exports, in the place of what the same exports gave before.

    Args:
        engine: holds the relation.
        writer: takes the rows.
        table: `snapshots`, `problems` or `exports`.
        fresh: the relation of the rows.
        again: the exports (`source`, `id`) that were read before, too.
        resolved: ids of problems that go, whatever export they are of.
    """
    names = ", ".join(table.column_names())
    if not again and not resolved:
        everything = f"select {names} from {fresh} order by {', '.join(table.key)}"
        append_if_any(engine, writer, table, everything)
        return
    replaced = [
        f"(source = {literal(source)} and export_id in ({ids}))" for source, ids in _by_source(again).items()
    ]
    if resolved:
        replaced.append(f"problem_id in ({', '.join(map(literal, resolved))})")
    predicate = " or ".join(replaced)
    inside = f"select {names} from {fresh} where {predicate}"
    writer.replace(table.name, predicate, materialized(engine, inside))
    outside = f"select {names} from {fresh} where not coalesce({predicate}, false)"
    append_if_any(engine, writer, table, outside)


def append_if_any(engine: Engine, writer: Writer, table: Table, query: str) -> None:
    """Add the rows of a query, where it has any."""
    if engine.fill(f"create or replace table written_rows as {query}"):
        writer.append(table.name, engine.stream("from written_rows", batch_rows=_BATCH_ROWS))


def materialized(engine: Engine, query: str) -> pa.RecordBatchReader:
    """The rows of a query, made before they are read: a statement can ask for more memory, a stream can't."""
    engine.run(f"create or replace table written_rows as {query}")
    return engine.stream("from written_rows", batch_rows=_BATCH_ROWS)


def _by_source(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The ids of each source as a list of literals."""
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(row["source"], []).append(literal(row["id"]))
    return {source: ", ".join(literals) for source, literals in ids.items()}
