"""One ingest from paths to a committed run: find, read, stage, merge, write, pin.

All tables of a run become visible at once, with its row in the ledger; whatever stops it before that leaves
the lake as it was. The bytes of an export are known by their SHA-256, so an export that was read before costs
its reading and no more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal, typed_columns, view_of
from batchlake.ingest.find.held_exports import HeldExports, files_held, none_held
from batchlake.ingest.find.sources import Found, find
from batchlake.ingest.load.macros import make_macros
from batchlake.ingest.load.staging import Staging
from batchlake.ingest.load.transcripts import TranscriptFiles
from batchlake.ingest.merge.delta_writes import replace_by_export, write_merged, write_segments
from batchlake.ingest.merge.merge import BATCH_RULE, CALL_RULE, merge
from batchlake.ingest.options import IngestOptions, most_memory_bytes, usual_memory_bytes
from batchlake.ingest.parse.platforms.recognition import own_platforms
from batchlake.ingest.reading import ExportReading, Progress, tell_step
from batchlake.ingest.report import IngestReport
from batchlake.privacy.key import read_policy
from batchlake.schema import BATCHES, CALLS, EXPORTS, PROBLEMS, SEGMENTS, SNAPSHOTS, Table
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import BegunRun, Ledger, begin
from batchlake.store.upgrade import upgrade_if_needed

if TYPE_CHECKING:
    from batchlake.ingest.load.gate import Gate
    from batchlake.ingest.load.redaction import Redaction

_CLOCK_SECONDS: Final = 300
"""How far a platform's clock may be ahead of ours before its times are said to lie in the future."""

_NOTHING_NEW: Final[Mapping[str, Any]] = {
    "run_id": None,
    **dict.fromkeys(
        ("exports_read", "records", "calls_new", "calls_updated", "calls_unchanged", "calls_not_understood",
         "batches_new", "batches_updated", "segments_written"),
        0,
    ),
    "problems_by_code": {},
    "unknown_statuses": {},
}  # fmt: skip
"""What the report says of a run that found nothing but what the lake holds."""


def utc_now() -> datetime:
    """The time of the machine's clock."""
    return datetime.now(UTC)


def ingest(
    root: str | os.PathLike[str],
    paths: Iterable[str | os.PathLike[str]],
    options: IngestOptions,
    progress: Progress = lambda location, size: None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> IngestReport:
    """Read exports into the lake at `root` (a folder or an address), which is made if there is none.

    Args:
        root: the lake.
        paths: files, folders and addresses of exports.
        options: how to read them.
        progress: called with each export that is read.
        now: the clock that the run's id and times are taken from.

    Raises:
        ExportUnreadable: a path doesn't exist or can't be opened; nothing was ingested.
        LakeLocked, LakeNotWritable, LakeDamaged, LakeTooNew: the lake is as it was.
    """
    begun = begin("ingest", now())
    tables = LakeTables(root).kept_open()
    with engine_of(tables, options) as engine:
        ledger = Ledger(tables, engine)
        reads_all = options.force or options.reads_all
        held = none_held if reads_all else files_held(tables, ledger, engine, options.sources)
        found = find(paths, held)
        run = Run(tables, ledger, engine, options, progress, begun, now)
        if options.dry_run:
            return run.execute(found, None)
        tables.storage.refuse_other_things()
        with tables.storage.lock(wait_seconds=options.wait_seconds):
            upgrade_if_needed(tables, ledger)
            return run.execute(found, Writer(tables))


def engine_of(tables: LakeTables, options: IngestOptions) -> Engine:
    """The one engine of a run: to start one takes longer than most of its statements."""
    given = options.memory_limit
    return Engine(
        tables.storage.name,
        memory_limit=given or f"{usual_memory_bytes()}B",
        max_memory=None if given else f"{most_memory_bytes()}B",
        keeps_order=True,
    )


class Run:
    """The state of one ingest. Hold the writer's lock while it executes with a writer.

    Args:
        tables: the lake's.
        ledger: its ledger.
        engine: `engine_of` these tables, with nothing of another run in it.
        options: how to read.
        progress: called with each export that is read.
        run: as it began.
        now: the clock that tells when it ended.
    """

    def __init__(
        self,
        tables: LakeTables,
        ledger: Ledger,
        engine: Engine,
        options: IngestOptions,
        progress: Progress,
        run: BegunRun,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._lake = tables.storage.name
        self._options = options
        self._progress = progress
        self._run = run
        self._now = now
        self._tables = tables
        self._ledger = ledger
        self._engine = engine
        self._shown: set[Table] = set()

    def execute(self, found: Found, writer: Writer | None, resolved: Sequence[str] = ()) -> IngestReport:
        """Do it all; without a writer, all but the writing.

        Args:
            found: the exports to read.
            writer: takes what changes.
            resolved: ids of problems that this run puts an end to; what is still wrong is found again.
        """
        self._clock = time.monotonic()
        self._gate, self._redaction = self._cleaners(writer)
        with (
            columns.system_memory(),
            self._scratch(writer) as spill,
            Staging(
                self._engine, transcripts := TranscriptFiles(spill, self._lake), self._gate, self._redaction
            ) as staging,
        ):
            self._show_lake(writer)
            self._read(found, staging)
            if not self._reading.exports:
                # The lake holds all that there is.
                return self._report(found, **_NOTHING_NEW, exports_skipped=self._reading.skipped)
            staging.finish()
            self._merge(staging)
            self._note_problems()
            facts = self._facts()
            is_retried = any(not export.is_whole for export in self._reading.exports)
            changed = bool(facts["exports_read"] or facts["problems"] or is_retried)
            segments = 0
            versions: dict[str, int] = {}
            if changed and writer:
                tell_step(self._progress, "writing", lambda: facts["calls_new"] + facts["calls_updated"])
                segments = self._write(writer, staging, transcripts, resolved)
                writer.compact_if_needed()
                versions = writer.versions()
                self._commit(writer, facts)
            run_id = self._run.run_id if changed and writer else None
            return self._report(
                found, run_id=run_id, segments_written=segments, table_versions=versions,
                **self._details(facts), **facts,
            )  # fmt: skip

    def _show_lake(self, writer: Writer | None) -> None:
        """Take back what a run that died has left, and show what the lake holds to the engine."""
        before = self._ledger.find()
        pins = dict(before.pins) if before else {}
        if writer:
            writer.prepare(pins)
        self._snapshot = (writer or self._tables).snapshot(pins)
        self._show(EXPORTS)
        self._engine.set_file_pruner(self._snapshot.files_of_batches)

    def _read(self, found: Found, staging: Staging) -> None:
        """Read the exports that the lake doesn't hold."""
        held = HeldExports(self._engine, self._options.sources, is_forced=self._options.force)
        self._reading = ExportReading(staging, held, self._options, self._progress, found.held)
        tell_step(self._progress, "reading", found.total_bytes)
        with own_platforms(self._options.own):
            self._reading.read(found)
        records = sum(export.records for export in self._reading.exports)
        tell_step(self._progress, "merging", lambda: records)

    def _show(self, table: Table) -> None:
        """Make a table of the lake a view of the engine, where it isn't yet."""
        if table not in self._shown:
            self._shown.add(table)
            self._engine.create_view(view_of(table, self._snapshot.files.get(table.name, ())))

    def _merge(self, staging: Staging) -> None:
        """Make the merged tables from what was read."""
        engine, run_id = self._engine, self._run.run_id
        files = {name: len(paths) for name, paths in self._snapshot.files.items()}
        self._show(CALLS)
        self._show(BATCHES)
        batches = merge(engine, BATCH_RULE, run_id, staging.batches, files.get(BATCHES.name, 0))
        calls = merge(engine, CALL_RULE, run_id, staging.calls, files.get(CALLS.name, 0), batches)
        self._merged_batches, self._merged_calls = batches, calls

    def _note_problems(self) -> None:
        """Make the table `fresh_problems`."""
        engine = self._engine
        possible = engine.row(sql_files.load("ingest/run/possible_problems").text)
        asked = {"found_problems": possible["may_be_found"], "merged_problems": possible["may_be_merged"]}
        queries = [sql_files.load(f"ingest/run/{name}").text for name, may_be in asked.items() if may_be]
        engine.run(f"create table fresh_problems ({typed_columns(PROBLEMS)})")
        if not queries:
            return
        self._show(PROBLEMS)
        make_macros(engine, *queries)
        problems = " union all by name ".join(f"({query})" for query in queries)
        run = literal(self._run.run_id)
        # By name: what was found in merging alone has no place in an export.
        engine.run(f"insert into fresh_problems by name select *, {run} as run_id from ({problems})")

    def _cleaners(self, writer: Writer | None) -> tuple[Gate | None, Redaction | None]:
        """What keeps erased people out of this run, and what redacts it, by the lake's policy or, in the run
        that makes the lake, the options."""
        options = self._options
        if options.redact is None and not read_policy(self._tables.storage):
            return None, None
        # Most runs need neither, and importing them takes 20 ms.
        from batchlake.ingest.load.gate import Gate
        from batchlake.ingest.load.redaction import Redaction

        gate = Gate.of(self._tables, self._ledger, options.sources)
        redaction = Redaction.of(
            self._tables,
            options.redact,
            is_new=options.redact is None or self._ledger.find() is None,
            dry_run=writer is None,
        )
        return gate, redaction

    @contextmanager
    def _scratch(self, writer: Writer | None) -> Iterator[Path | None]:
        """A folder for what overflows memory; none for a dry run, which may not have the lock."""
        if writer is None:
            yield None
        else:
            with self._tables.storage.scratch() as folder:
                self._engine.spill_to(folder)
                try:
                    yield folder
                finally:
                    # What has overflowed goes with the engine, and the folder then.
                    self._engine.close()

    def _facts(self) -> dict[str, Any]:
        """This run's counts, as the ledger keeps them."""
        facts = self._engine.row(sql_files.load("ingest/run/run_counts").text)
        return facts | {
            "exports_read": sum(
                export.export_id is not None and export.is_whole for export in self._reading.exports
            ),
            "exports_skipped": self._reading.skipped,
            "records": sum(export.records for export in self._reading.exports),
        }

    def _write(
        self, writer: Writer, staging: Staging, transcripts: TranscriptFiles, resolved: Sequence[str]
    ) -> int:
        engine, run_id = self._engine, self._run.run_id
        write_merged(engine, writer, CALL_RULE, run_id, self._merged_calls)
        segments = write_segments(
            engine, writer, transcripts.files, self._merged_calls, lambda: self._show(SEGMENTS)
        )
        write_merged(engine, writer, BATCH_RULE, run_id, self._merged_batches)
        run = literal(run_id)
        if staging.batch_records:
            self._show(SNAPSHOTS)
            snapshots = sql_files.load("ingest/run/snapshots").text
            make_macros(engine, snapshots)
            engine.run(f"create table fresh_snapshots as select *, {run} as run_id from ({snapshots})")
        else:
            engine.run(f"create table fresh_snapshots ({typed_columns(SNAPSHOTS)})")
        exports = sql_files.load("ingest/run/fresh_exports").text
        engine.run(f"create view fresh_exports as select *, {run} as run_id from ({exports})")
        # Unless a run is forced, it reads none again.
        again: list[dict[str, Any]] = []
        if self._options.force:
            read_again = sql_files.load("ingest/run/exports_read_again").text
            again = engine.rows(f"select distinct source, export_id as id from ({read_again}) order by all")
        for table in (SNAPSHOTS, PROBLEMS, EXPORTS):
            ended = resolved if table is PROBLEMS else ()
            if again or table is not SNAPSHOTS or staging.batch_records:
                if again or ended:
                    self._show(table)
                replace_by_export(engine, writer, table, f"fresh_{table.name}", again, ended)
        return segments

    def _commit(self, writer: Writer, facts: dict[str, Any]) -> None:
        """Write the run's row into the ledger, which makes all of it visible."""
        not_kept = ("calls_unchanged", "calls_not_understood")
        figures = {name: figure for name, figure in facts.items() if name not in not_kept}
        redacted = self._redaction.counts if self._redaction else None
        figures |= {"redacted": redacted, "finished_at": self._now()}
        self._ledger.commit(writer, self._run, figures, is_private=self._redaction is not None)

    def _details(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What the report says of the records besides their counts."""
        engine = self._engine
        by_code = engine.rows(sql_files.load("ingest/run/problem_codes").text) if facts["problems"] else []
        statuses = sql_files.load("ingest/run/unknown_statuses").text
        make_macros(engine, statuses)
        unknown = engine.rows(statuses)
        extra: dict[str, dict[str, int]] = {}
        for row in engine.rows(sql_files.load("ingest/run/extra_fields").text):
            extra.setdefault(row["table_name"], {})[row["field"]] = row["records"]
        after = self._run.started_at + timedelta(seconds=_CLOCK_SECONDS)
        future = engine.row(sql_files.load("ingest/run/future_observations").text, {"after": after})
        return {
            "problems_by_code": {row["code"]: row["problems"] for row in by_code},
            "unknown_statuses": {row["spelling"]: row["calls"] for row in unknown},
            "extra_fields": extra,
            "future_observations": future["observations"],
            "newest_observation": future["newest"],
        }

    def _report(self, found: Found, **facts: Any) -> IngestReport:
        """The report of this run: what it counted, and `facts`."""
        facts.pop("problems", None)
        return IngestReport(
            lake=self._lake,
            dry_run=self._options.dry_run,
            started_at=self._run.started_at,
            seconds=time.monotonic() - self._clock,
            bytes_read=sum(export.bytes for export in self._reading.exports),
            unkept_fields=dict(self._reading.unkept.most_common()),
            skipped_files=tuple(found.skipped_files),
            kept_out=self._gate.kept_out if self._gate else 0,
            came_after=self._gate.came_after if self._gate else 0,
            redacted=self._redaction.counts if self._redaction else {},
            **facts,
        )
