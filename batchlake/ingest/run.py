"""One ingest from paths to a committed run: find, read, stage, merge, write, pin.

All tables of a run become visible at once, with its row in the ledger; whatever stops it before that leaves
the lake as it was. The bytes of an export are known by their SHA-256, so an export that was read before costs
its reading and no more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal
from batchlake.ingest.find.held_exports import HeldExports, files_held, none_held
from batchlake.ingest.find.sources import (
    Found,
    find,
)
from batchlake.ingest.load.gate import Gate
from batchlake.ingest.load.redaction import Redaction
from batchlake.ingest.load.staging import Staging
from batchlake.ingest.load.transcripts import TranscriptFiles
from batchlake.ingest.merge.delta_writes import replace_by_export, write_merged, write_segments
from batchlake.ingest.merge.merge import BATCH_RULE, CALL_RULE, merge
from batchlake.ingest.options import IngestOptions, most_memory_bytes, usual_memory_bytes
from batchlake.ingest.parse.platforms.recognition import own_platforms
from batchlake.ingest.reading import ExportReading, Progress, tell_step
from batchlake.ingest.report import IngestReport
from batchlake.schema import EXPORTS, PROBLEMS, SNAPSHOTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import BegunRun, Ledger, begin
from batchlake.store.upgrade import upgrade_if_needed

_CLOCK_SECONDS: Final = 300
"""How far a platform's clock may be ahead of ours before its times are said to lie in the future."""


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
    run = begin("ingest", now())
    tables = LakeTables(root)
    held = none_held if options.force or options.reads_all else files_held(tables, options.sources)
    found = find(paths, held)
    if options.dry_run:
        return Run(tables, options, progress, run, now).execute(found, None)
    tables.storage.refuse_other_things()
    with tables.storage.lock(wait_seconds=options.wait_seconds):
        upgrade_if_needed(tables)
        return Run(tables, options, progress, run, now).execute(found, Writer(tables))


class Run:
    """The state of one ingest. Hold the writer's lock while it executes with a writer."""

    def __init__(
        self,
        tables: LakeTables,
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
        self._clock = time.monotonic()
        self._tables = tables
        self._ledger = Ledger(self._tables)

    def execute(self, found: Found, writer: Writer | None, resolved: Sequence[str] = ()) -> IngestReport:
        """Do it all; without a writer, all but the writing.

        Args:
            found: the exports to read.
            writer: takes what changes.
            resolved: ids of problems that this run puts an end to; what is still wrong is found again.
        """
        self._gate = Gate.of(self._tables, self._options.sources)
        self._redaction = self._redaction_of(writer)
        with (
            columns.system_memory(),
            self._scratch(writer) as spill,
            self._engine(spill) as engine,
            Staging(
                engine, transcripts := TranscriptFiles(spill, self._lake), self._gate, self._redaction
            ) as staging,
        ):
            before = self._ledger.find(engine)
            pins = dict(before.pins) if before else {}
            if writer:
                writer.prepare(pins)
            snapshot = (writer or self._tables).snapshot(pins)
            engine.register_tables(snapshot.files)
            engine.set_file_pruner(snapshot.files_of_batches)
            held = HeldExports(engine, self._options.sources, is_forced=self._options.force)
            reading = self._reading = ExportReading(staging, held, self._options, self._progress, found.held)
            tell_step(self._progress, "reading", found.total_bytes)
            with own_platforms(self._options.own):
                reading.read(found)
            records = sum(export.records for export in reading.exports)
            tell_step(self._progress, "merging", lambda: records)
            staging.finish()
            merge(engine, BATCH_RULE, self._run.run_id)
            merge(engine, CALL_RULE, self._run.run_id)
            problems = " union all by name ".join(
                f"({sql_files.load(f'ingest/run/{name}').text})"
                for name in ("found_problems", "merged_problems")
            )
            run = literal(self._run.run_id)
            engine.run(f"create table fresh_problems as select *, {run} as run_id from ({problems})")
            facts = self._facts(engine)
            is_retried = any(not export.is_whole for export in self._reading.exports)
            changed = bool(facts["exports_read"] or facts["problems"] or is_retried)
            segments = 0
            versions: dict[str, int] = {}
            if changed and writer:
                tell_step(self._progress, "writing", lambda: facts["calls_new"] + facts["calls_updated"])
                segments = self._write(engine, writer, transcripts, resolved)
                writer.compact_if_needed()
                versions = writer.versions()
                self._commit(engine, writer, facts)
            return self._report(engine, found, facts, segments, versions, changed=changed)

    def _redaction_of(self, writer: Writer | None) -> Redaction | None:
        """What redacts this run, by the lake's policy or the options of the run that makes the lake."""
        options = self._options
        return Redaction.of(
            self._tables,
            options.redact,
            is_new=options.redact is None or self._ledger.find() is None,
            dry_run=writer is None,
        )

    @contextmanager
    def _scratch(self, writer: Writer | None) -> Iterator[Path | None]:
        """A folder for what overflows memory; none for a dry run, which may not have the lock."""
        if writer is None:
            yield None
        else:
            with self._tables.storage.scratch() as folder:
                yield folder

    def _engine(self, spill: Path | None) -> Engine:
        given = self._options.memory_limit
        return Engine(
            self._lake,
            memory_limit=given or f"{usual_memory_bytes()}B",
            max_memory=None if given else f"{most_memory_bytes()}B",
            spill=spill,
            keeps_order=True,
        )

    def _facts(self, engine: Engine) -> dict[str, Any]:
        """This run's counts, as the ledger keeps them."""
        facts = engine.row(sql_files.load("ingest/run/run_counts").text)
        return facts | {
            "exports_read": sum(
                export.export_id is not None and export.is_whole for export in self._reading.exports
            ),
            "exports_skipped": self._reading.skipped,
            "records": sum(export.records for export in self._reading.exports),
        }

    def _write(
        self, engine: Engine, writer: Writer, transcripts: TranscriptFiles, resolved: Sequence[str]
    ) -> int:
        write_merged(engine, writer, CALL_RULE, self._run.run_id)
        segments = write_segments(engine, writer, transcripts.files)
        write_merged(engine, writer, BATCH_RULE, self._run.run_id)
        run = literal(self._run.run_id)
        again = sql_files.load("ingest/run/exports_read_again").text
        engine.run(
            f"create table fresh_snapshots as select *, {run} as run_id "
            f"from ({sql_files.load('ingest/run/snapshots').text})"
        )
        exports = sql_files.load("ingest/run/fresh_exports").text
        engine.run(f"create view fresh_exports as select *, {run} as run_id from ({exports})")
        for table in (SNAPSHOTS, PROBLEMS, EXPORTS):
            ended = resolved if table is PROBLEMS else ()
            replace_by_export(engine, writer, table, f"fresh_{table.name}", again, ended)
        return segments

    def _commit(self, engine: Engine, writer: Writer, facts: dict[str, Any]) -> None:
        not_kept = ("calls_unchanged", "calls_not_understood")
        figures = {name: figure for name, figure in facts.items() if name not in not_kept}
        redacted = self._redaction.counts if self._redaction else None
        figures |= {"redacted": redacted, "finished_at": self._now()}
        self._ledger.commit(writer, self._run, figures, engine, is_private=self._redaction is not None)

    def _report(
        self,
        engine: Engine,
        found: Found,
        facts: dict[str, Any],
        segments: int,
        versions: dict[str, int],
        *,
        changed: bool,
    ) -> IngestReport:
        by_code = engine.rows(sql_files.load("ingest/run/problem_codes").text)
        unknown = engine.rows(sql_files.load("ingest/run/unknown_statuses").text)
        extra: dict[str, dict[str, int]] = {}
        for row in engine.rows(sql_files.load("ingest/run/extra_fields").text):
            extra.setdefault(row["table_name"], {})[row["field"]] = row["records"]
        after = self._run.started_at + timedelta(seconds=_CLOCK_SECONDS)
        future = engine.row(sql_files.load("ingest/run/future_observations").text, {"after": after})
        return IngestReport(
            lake=self._lake,
            run_id=self._run.run_id if changed and not self._options.dry_run else None,
            dry_run=self._options.dry_run,
            started_at=self._run.started_at,
            seconds=time.monotonic() - self._clock,
            bytes_read=sum(export.bytes for export in self._reading.exports),
            segments_written=segments,
            problems_by_code={row["code"]: row["problems"] for row in by_code},
            unknown_statuses={row["spelling"]: row["calls"] for row in unknown},
            extra_fields=extra,
            unkept_fields=dict(self._reading.unkept.most_common()),
            future_observations=future["observations"],
            newest_observation=future["newest"],
            skipped_files=tuple(found.skipped_files),
            table_versions=versions,
            kept_out=self._gate.kept_out if self._gate else 0,
            came_after=self._gate.came_after if self._gate else 0,
            redacted=self._redaction.counts if self._redaction else {},
            **{name: value for name, value in facts.items() if name != "problems"},
        )
