"""One ingest from paths to a committed run: find, read, stage, merge, write, pin.

All tables of a run become visible at once, with its row in the ledger; whatever stops it before that leaves
the lake as it was. The bytes of an export are known by their SHA-256, so an export that was read before costs
its reading and no more.
"""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal
from batchlake.ingest.find.archives import UnpackError
from batchlake.ingest.find.sources import (
    Export,
    Fingerprint,
    Found,
    HeldObject,
    RecordAgain,
    containers_of,
    find,
)
from batchlake.ingest.load.staging import ReadExport, Staging
from batchlake.ingest.load.transcripts import TranscriptFiles
from batchlake.ingest.merge.delta_writes import replace_by_export, write_merged, write_segments
from batchlake.ingest.merge.merge import BATCH_RULE, CALL_RULE, merge
from batchlake.ingest.options import IngestOptions, most_memory_bytes, usual_memory_bytes
from batchlake.ingest.parse.parts import Envelope, Unkept
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, Item, RawRecords, StartOver
from batchlake.ingest.parse.reader import Readable, RecordReader, read_fully
from batchlake.ingest.report import IngestReport
from batchlake.schema import EXPORTS, FORMAT_VERSION, PROBLEMS, SNAPSHOTS
from batchlake.store.ledger import Ledger
from batchlake.store.tables import LakeTables, Writer
from batchlake.version import VERSION

_COPIED_BYTES: Final = 1 << 20
_CLOCK_SECONDS: Final = 300
"""How far a platform's clock may be ahead of ours before its times are said to lie in the future."""

Progress = Callable[[str, int], None]
"""Called with an export's location when it begins, and with the bytes read since the last call."""


def ingest(
    root: str | os.PathLike[str],
    paths: Iterable[str | os.PathLike[str]],
    options: IngestOptions,
    progress: Progress = lambda location, size: None,
) -> IngestReport:
    """Read exports into the lake at `root` (a folder or an address), which is made if there is none.

    Raises:
        ExportUnreadable: a path doesn't exist or can't be opened; nothing was ingested.
        LakeLocked, LakeNotWritable, LakeDamaged, LakeTooNew: the lake is as it was.
    """
    started = datetime.now(UTC)
    tables = LakeTables(root)
    found = find(paths, partial(_held_objects, tables, options))
    if options.dry_run:
        return Run(tables, options, progress, started).execute(found, None)
    tables.storage.refuse_other_things()
    with tables.storage.lock(wait_seconds=options.wait_seconds):
        return Run(tables, options, progress, started).execute(found, Writer(tables))


class Run:
    """The state of one ingest. Hold the writer's lock while it executes with a writer."""

    def __init__(
        self, tables: LakeTables, options: IngestOptions, progress: Progress, started: datetime
    ) -> None:
        self._lake = tables.storage.name
        self._options = options
        self._progress = progress
        self._started = started
        self._clock = time.monotonic()
        self._tables = tables
        self._ledger = Ledger(self._tables)
        self._run_id = f"{started:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"
        self._read: list[ReadExport] = []
        self._skipped = 0
        self._unkept: Counter[str] = Counter()
        self._seen: dict[str, int] = {}

    def execute(
        self, found: Found, writer: Writer | None, *, kind: str = "ingest", resolved: Sequence[str] = ()
    ) -> IngestReport:
        """Do it all; without a writer, all but the writing.

        Args:
            found: the exports to read.
            writer: takes what changes.
            kind: what the ledger calls the run.
            resolved: ids of problems that this run puts an end to; what is still wrong is found anew.
        """
        self._skipped = found.held
        with (
            self._scratch(writer) as spill,
            self._engine(spill) as engine,
            Staging(engine, transcripts := TranscriptFiles(spill, self._lake)) as staging,
        ):
            before = self._ledger.find(engine)
            pins = dict(before.pins) if before else {}
            if writer:
                writer.prepare(pins)
            snapshot = (writer or self._tables).snapshot(pins)
            engine.register_tables(snapshot.files)
            engine.set_file_pruner(snapshot.files_of_batches)
            known = self._known(engine)
            for broken, error in found.broken:
                self._note_broken(staging, broken, error)
            for export in found.exports:
                self._read_export(staging, export, known)
            staging.finish()
            merge(engine, BATCH_RULE, self._run_id)
            merge(engine, CALL_RULE, self._run_id)
            problems = " union all by name ".join(
                f"({sql_files.load(f'ingest/{name}').text})" for name in ("found_problems", "merged_problems")
            )
            run = literal(self._run_id)
            engine.run(f"create table fresh_problems as select *, {run} as run_id from ({problems})")
            facts = self._facts(engine)
            is_retried = any(not export.is_whole for export in self._read)
            changed = bool(facts["exports_read"] or facts["problems"] or is_retried)
            segments = 0
            versions: dict[str, int] = {}
            if changed and writer:
                segments = self._write(engine, writer, transcripts, resolved)
                writer.compact_if_needed()
                versions = writer.versions()
                self._commit(engine, writer, facts, versions, kind)
            return self._report(engine, found, facts, segments, versions, changed=changed)

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

    def _known(self, engine: Engine) -> dict[str, int]:
        """The exports that need not be read: their sizes in bytes by their ids."""
        if self._options.force:
            return {}
        of_source = "select export_id, bytes from exports where source = $source"
        rows = engine.rows(of_source, {"source": self._options.source})
        return {row["export_id"]: row["bytes"] for row in rows}

    def _read_export(self, staging: Staging, export: Export, known: dict[str, int]) -> None:
        """Stage one export, unless its bytes are known (`known`: sizes in bytes by id)."""
        self._progress(export.location, 0)
        read = self._new_export(export)
        staging.begin(read)
        if export.record:
            self._read_again(staging, read, export.record)
            self._read.append(read)
            return
        try:
            # Equal files of one run are one export, whatever is forced.
            is_known = not self._stage(staging, export, read, ChainMap(self._seen, known))
        except (UnpackError, OSError) as error:
            staging.drop(read)
            self._note_broken(staging, export, error)
            return
        if is_known:
            staging.drop(read)
            self._skipped += 1
            return
        self._seen[str(read.export_id)] = read.bytes
        self._read.append(read)

    def _new_export(self, export: Export) -> ReadExport:
        number = len(self._read) + self._skipped + 1
        again = export.record
        return ReadExport(
            number, self._options.source, again.export_id if again else None, export.location,
            export.observed_at, etag=export.etag, is_whole=again is None,
        )  # fmt: skip

    def _read_again(self, staging: Staging, read: ReadExport, again: RecordAgain) -> None:
        """Stage a record by its text: it stays a record of its export, at its place."""
        reader = RecordReader(first_record=again.number)
        for item in reader.read_record(again.data, again.line, Envelope(again.batch_id)):
            self._stage_item(staging, read, item)
        read.records = reader.records

    def _stage(self, staging: Staging, export: Export, read: ReadExport, known: Mapping[str, int]) -> bool:
        """Read it and stage its records; False if its bytes turn out to be known."""
        with export.open() as stream:
            printed = Fingerprint(stream, lambda size: self._progress(export.location, size))
            window_bytes = self._options.window_bytes
            head = read_fully(printed, window_bytes)
            if len(head) < window_bytes:
                if printed.sha256() in known:
                    return False
                self._stage_records(staging, read, head, printed)
            elif _may_be_known(export, known, window_bytes):
                # Reading twice is cheap beside typing what is known.
                while printed.read(_COPIED_BYTES):
                    pass
                if printed.sha256() in known:
                    return False
                with export.open() as again:
                    self._stage_records(staging, read, read_fully(again, window_bytes), again, export)
            else:
                self._stage_records(staging, read, head, printed, export)
                # It may have been read again from its beginning.
                while printed.read(_COPIED_BYTES):
                    pass
        read.export_id, read.bytes = printed.sha256(), printed.bytes
        return read.export_id not in known

    def _stage_records(
        self, staging: Staging, read: ReadExport, head: bytes, stream: Readable, export: Export | None = None
    ) -> None:
        again = export.open if export and export.path else None
        reader = RecordReader(self._options.window_bytes, again=again)
        for item in reader.read_on(head, stream):
            self._stage_item(staging, read, item)
        read.records = reader.records

    def _stage_item(self, staging: Staging, read: ReadExport, item: Item) -> None:
        if isinstance(item, RawRecords):
            staging.add(read, item)
        elif isinstance(item, BadRecord):
            self._note_unusable(staging, read, item)
        elif isinstance(item, Unkept):
            self._unkept.update(item.keys)
        elif isinstance(item, StartOver):
            staging.forget(read)
        else:
            self._note_break(staging, read, item)

    def _note_unusable(self, staging: Staging, read: ReadExport, item: BadRecord) -> None:
        staging.problem(
            read, item.document, level="record" if item.path is None else "field", code=item.code,
            message=item.message, raw=item.raw.decode("utf-8", "backslashreplace"), field=item.path,
            record=item.number, line=item.line,
        )  # fmt: skip

    def _note_break(self, staging: Staging, read: ReadExport, broken: CorruptExport) -> None:
        if broken.document is not None:
            staging.forget(read, broken.document)
        raw = broken.raw.decode("utf-8", "backslashreplace") or None
        staging.problem(
            read, level="file", code=broken.code, message=f"{broken.message} (byte {broken.byte})",
            byte=broken.byte, raw=raw,
        )  # fmt: skip

    def _note_broken(self, staging: Staging, export: Export, error: UnpackError | OSError) -> None:
        read = self._new_export(export)
        self._read.append(read)
        staging.begin(read)
        if isinstance(error, UnpackError):
            message = f"{error.message} (byte {error.byte})"
            staging.problem(read, level="file", code=error.code, message=message, byte=error.byte)
        else:
            staging.problem(read, level="file", code="unreadable", message=error.strerror or str(error))

    def _facts(self, engine: Engine) -> dict[str, Any]:
        """This run's counts, as the ledger keeps them."""
        facts = engine.row(sql_files.load("ingest/run_counts").text)
        return facts | {
            "exports_read": sum(export.export_id is not None and export.is_whole for export in self._read),
            "exports_skipped": self._skipped,
            "records": sum(export.records for export in self._read),
        }

    def _write(
        self, engine: Engine, writer: Writer, transcripts: TranscriptFiles, resolved: Sequence[str]
    ) -> int:
        write_merged(engine, writer, CALL_RULE, self._run_id)
        segments = write_segments(engine, writer, transcripts.files)
        write_merged(engine, writer, BATCH_RULE, self._run_id)
        run = literal(self._run_id)
        again = (
            "select source, export_id from read_exports semi join exports using (source, export_id) "
            "where is_whole"
        )
        engine.run(
            f"create table fresh_snapshots as select *, {run} as run_id "
            f"from ({sql_files.load('ingest/snapshots').text})"
        )
        engine.run(
            "create view fresh_exports as select read_exports.* exclude (is_whole), "
            f"coalesce(found.problems, 0) as problems, {run} as run_id from read_exports left join "
            "(select export_id, count(*) as problems from fresh_problems group by all) found "
            "using (export_id) where export_id is not null and is_whole"
        )
        for table in (SNAPSHOTS, PROBLEMS, EXPORTS):
            ended = resolved if table is PROBLEMS else ()
            replace_by_export(engine, writer, table, f"fresh_{table.name}", again, ended)
        return segments

    def _commit(
        self, engine: Engine, writer: Writer, facts: dict[str, Any], versions: dict[str, int], kind: str
    ) -> None:
        row = facts | {
            "run_id": self._run_id,
            "kind": kind,
            "started_at": self._started,
            "finished_at": datetime.now(UTC),
            "batchlake_version": VERSION,
            "host": platform.node(),
            "format_version": FORMAT_VERSION,
            "table_versions": versions,
        }
        for name in ("calls_unchanged", "calls_not_understood"):
            row.pop(name)
        self._ledger.commit(writer, row, engine)

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
        by_code = engine.rows(
            "select code, count(*) as count from fresh_problems group by code order by code"
        )
        unknown = engine.rows(
            "select status_reported as spelling, count(*) as count from observed_calls "
            "where outcome = 'unknown' and status_reported is not null "
            "and status_key(status_reported) <> 'unknown' group by all order by all"
        )
        problems = {row["code"]: row["count"] for row in by_code}
        extra: dict[str, dict[str, int]] = {}
        for row in engine.rows(sql_files.load("ingest/extra_fields").text):
            extra.setdefault(row["table_name"], {})[row["field"]] = row["records"]
        after = self._started + timedelta(seconds=_CLOCK_SECONDS)
        future = engine.row(sql_files.load("ingest/future_observations").text, {"after": after})
        return IngestReport(
            lake=self._lake,
            run_id=self._run_id if changed and not self._options.dry_run else None,
            dry_run=self._options.dry_run,
            started_at=self._started,
            seconds=time.monotonic() - self._clock,
            bytes_read=sum(export.bytes for export in self._read),
            segments_written=segments,
            problems_by_code=problems,
            unknown_statuses={row["spelling"]: row["count"] for row in unknown},
            extra_fields=extra,
            unkept_fields=dict(self._unkept.most_common()),
            future_observations=future["observations"],
            newest_observation=future["newest"],
            passed_over=tuple(found.passed_over),
            table_versions=versions,
            **{name: value for name, value in facts.items() if name != "problems"},
        )


def _may_be_known(export: Export, known: Mapping[str, int], window_bytes: int) -> bool:
    """Whether an export that can be read twice may be one of those read before, by its size."""
    if export.path is None or not known:
        return False
    size = export.size()
    return size in known.values() if size is not None else max(known.values()) >= window_bytes


def _held_objects(tables: LakeTables, options: IngestOptions, address: str) -> frozenset[HeldObject]:
    """The objects below an address that the lake holds as they are; none where all are to be read again."""
    version = None if options.force else Ledger(tables).find()
    if version is None:
        return frozenset()
    with Engine(tables.storage.name) as engine:
        engine.register_tables({"exports": tables.files("exports", version.pins["exports"])})
        rows = engine.rows(
            "select location, etag from exports "
            "where source = $source and etag is not null and starts_with(location, $address)",
            {"source": options.source, "address": address},
        )
    return frozenset((name, row["etag"]) for row in rows for name in containers_of(row["location"]))
