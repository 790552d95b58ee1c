"""`Lake`: what a user holds. It finds the state to read, and hands each question to the room that answers it.

A `Lake` reads the newest finished run, looked up anew at each question, unless it is fixed to an earlier one
with `at`. It may be used from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from batchlake.errors import InvalidRequest
from batchlake.query.result import Result
from batchlake.query.snapshot import LakeState, as_moment, asks_again
from batchlake.schema import DEFAULT_SOURCE
from batchlake.store.ledger import NEWEST_FIRST, Version
from batchlake.store.tables import LakeTables

if TYPE_CHECKING:
    from batchlake.engine.engine import Connection
    from batchlake.filters.model import Filter
    from batchlake.filters.selection import Selection
    from batchlake.ingest.reading import Progress
    from batchlake.ingest.report import IngestReport
    from batchlake.models.analytics import Analytics
    from batchlake.models.audits import Audit
    from batchlake.models.audits import Progress as BatchProgress
    from batchlake.models.batches import BatchDetails
    from batchlake.models.calls import CallDetails
    from batchlake.query.session import Session
    from batchlake.reports.batch_report import BatchReport
    from batchlake.store.maintenance import Finding, MaintenanceReport

    FilterLike: TypeAlias = Filter | Mapping[str, Any] | None


class Lake:
    """The lake in one folder or bucket. Made by `batchlake.open`; nothing is read until a question is asked.

    Args:
        root: the lake's folder, or its address (`s3://bucket/prefix`) as text; it need not exist before the
            first ingest.
        version: the state to read; None follows the newest finished run.
        memory_limit: DuckDB's own limit for questions, as `2GB`.
        threads: DuckDB's worker threads.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        version: Version | None = None,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> None:
        tables = LakeTables(root)
        self._place = tables.storage
        self.root = tables.storage.root
        self._state = LakeState(tables, version, memory_limit=memory_limit, threads=threads)

    def __repr__(self) -> str:
        fixed = self._state.fixed
        at = f", at run {fixed.run_id}" if fixed else ""
        return f"Lake({str(self.root)!r}{at})"

    def ingest(
        self,
        *paths: str | os.PathLike[str],
        source: str = DEFAULT_SOURCE,
        force: bool = False,
        read_all: bool = False,
        dry_run: bool = False,
        wait_seconds: float = 0,
        memory_limit: str | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Read exports (files, folders, globs, `-`) into the lake, as one transaction.

        Args:
            paths: where the exports are.
            source: the platform or account they are of; part of a call's identity.
            force: read exports again whose bytes are known.
            read_all: read also files whose size and modification time are those of an export held.
            dry_run: report what would change and write nothing.
            wait_seconds: how long to wait for another writer.
            memory_limit: DuckDB's own limit while ingesting, as `2GB`; by default at most a quarter of all.
            progress: called with each export's location and the bytes read.

        Raises:
            ExportUnreadable: a path doesn't exist or can't be opened; nothing was ingested.
            LakeLocked: another writer is at work.
            LakeNotWritable: the disk is full, read-only or forbidden; the lake is as it was.
        """
        from batchlake.ingest.options import IngestOptions
        from batchlake.ingest.run import ingest

        options = IngestOptions(source, force, dry_run, wait_seconds, memory_limit, reads_all=read_all)
        return ingest(self.root, paths, options, *([progress] if progress else []))

    def replay(
        self,
        *,
        run: str | None = None,
        code: str | None = None,
        file: str | None = None,
        wait_seconds: float = 0,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Try problems again: files that are still there as a whole, records of others by their raw text.

        Args:
            run, code, file: which problems, as in `problems`; all of them by default.
            wait_seconds: how long to wait for another writer.
            progress: called with each export's location and the bytes read.
        """
        from batchlake.ingest.options import IngestOptions
        from batchlake.ingest.replay import replay

        problems = self.problems(run=run, code=code, file=file).to_dicts()
        sources = {row["source"] for row in problems} or {DEFAULT_SOURCE}
        if len(sources) > 1:
            names = ", ".join(sorted(sources))
            raise InvalidRequest(
                f"these problems are of several sources ({names}); choose by run, code or file."
            )
        options = IngestOptions(source=sources.pop(), force=True, wait_seconds=wait_seconds)
        return replay(self.root, problems, options, *([progress] if progress else []))

    @asks_again
    def batch(
        self,
        batch_id: str,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        source: str | None = None,
    ) -> BatchDetails:
        """A batch's details in the documented shape, its figures recomputed from the calls held.

        Args:
            batch_id: the batch's id on its platform.
            filter: only calls that match; `batch.selection` then says how many of how many.
            include_analytics: with `analytics` of the batch and of each call.
            include_transcripts: with each call's transcript.
            source: whose batch, where several platforms use the id.

        Raises:
            InvalidBatchId, InvalidFilter: the request can't be meant.
            BatchNotFound: names the nearest ids.
            AnalyticsUnavailable: analytics were asked for and the lake holds no call of the batch.
        """
        # The engine first, here and below: what is imported then may be coming on another thread (`late`).
        engine = self._state.engine()
        from batchlake.analytics.batch_details import batch_details

        return batch_details(
            engine,
            source,
            batch_id,
            filter,
            include_analytics=include_analytics,
            include_transcripts=include_transcripts,
        )

    def write_batch(
        self,
        file: IO[bytes],
        batch_id: str,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        source: str | None = None,
    ) -> None:
        """Write the JSON of `batch` to a binary file, call by call, in bounded memory."""
        for piece in self._batch_json(source, batch_id, filter, include_analytics, include_transcripts):
            file.write(piece.encode())

    @asks_again
    def _batch_json(self, *request: Any) -> Iterator[str]:
        """The pieces of a batch's JSON; what is wrong with the request is raised before the first."""
        engine = self._state.engine()
        from batchlake.analytics.batch_details import batch_json

        pieces = batch_json(engine, *request)
        return chain([next(pieces)], pieces)

    @asks_again
    def call(self, call_id: str, *, source: str | None = None) -> CallDetails:
        """One call with everything known of it, in the documented shape.

        Raises:
            CallNotFound: names the nearest ids.
        """
        engine = self._state.engine()
        from batchlake.analytics.call_details import call_details

        return call_details(engine, source, call_id)

    def calls(self, filter: FilterLike = None) -> Result:  # noqa: A002 - the documented name
        """The matching calls as rows, ordered by `call_time`, `call_id`."""
        selection = _select(filter)
        query = selection.over("select * from selected_calls order by call_time, call_id, source")
        return Result(self._state.engine(), query, selection.params)

    @asks_again
    def analytics(
        self,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        by: str | Iterable[str] = (),
        *,
        top: int = 10,
        timezone: str = "UTC",
        every: Literal["hour", "day"] = "day",
        patterns: Path | None = None,
    ) -> Analytics:
        """Every metric over the matching calls, grouped by the dimensions `by`."""
        engine = self._state.engine()
        from batchlake.analytics.metrics import analyse

        return analyse(
            engine, _select(filter), by=(by,) if isinstance(by, str) else tuple(by),
            top=top, timezone=timezone, every=every, patterns=patterns,
        )  # fmt: skip

    @asks_again
    def sql(
        self,
        query: str,
        params: Mapping[str, Any] | None = None,
        *,
        filter: FilterLike = None,  # noqa: A002 - the documented name
    ) -> Result:
        """The rows of one query over the tables and views, contained as in `batchlake sql`.

        Args:
            query: `selected_calls` and `selected_segments` in it are the calls and utterances that match.
            params: values of its named parameters, `$name`.
            filter: None matches all calls.

        Raises:
            QueryError: it is wrong, or refused: it would write, or read another file.
            InvalidRequest: `query` is no text, or `params` are no values by name.
        """
        from batchlake.query.session import Contained

        wanted = None if filter is None else _select(filter)
        result = Result(Contained(self._state.engine(), wanted), query, params)
        result.columns  # noqa: B018 - what is wrong with the query is told now
        return result

    def session(
        self,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        *,
        timeout_seconds: float | None = None,
    ) -> Session:
        """A person's session of several statements, read-only and contained, over the lake as it is now."""
        from batchlake.query.session import Session

        selection = None if filter is None else _select(filter)
        return Session(self._state.engine(), selection, timeout_seconds=timeout_seconds)

    def connect(self) -> Connection:
        """A DuckDB connection of your own with tables, views and comments in place, and nothing forbidden.

        It is in memory, shows the lake as it is now until a `vacuum` takes the files away, and ends with
        `close` or a `with` block. Its errors are DuckDB's own; use a `cursor()` of it in each thread.

        Raises:
            LakeNotFound, LakeTooNew, LakeDamaged: there is nothing to connect to.
        """
        from batchlake.query import views

        return views.connection(self._state.files()[1])

    def views_script(self) -> str:
        """SQL that makes the same tables and views in any DuckDB, over the lake as it is now."""
        from batchlake.query import views

        version, files = self._state.files()
        return views.script(files, f"The lake {self._place.location} as run {version.run_id} left it")

    @asks_again
    def audit(
        self,
        batch_id: str | None = None,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        *,
        only_differences: bool = False,
        source: str | None = None,
    ) -> Audit:
        """Each reported figure beside the recomputed one, of one batch or of all."""
        engine = self._state.engine()
        from batchlake.analytics.audit import audit

        batch = (source, batch_id) if batch_id is not None else None
        return audit(engine, batch, filter, only_differences=only_differences)

    @asks_again
    def progress(self, batch_id: str, *, source: str | None = None) -> BatchProgress:
        """How far a batch is: done of total, rate, estimated completion, and the history of observations."""
        engine = self._state.engine()
        from batchlake.analytics.progress import progress

        return progress(engine, source, batch_id, datetime.now(UTC))

    @asks_again
    def report(
        self,
        /,
        *batch_ids: str,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        **options: Any,
    ) -> BatchReport:
        """A report of batches, or of any selection: `.document`, and `.write("report.html")`.

        Args:
            batch_ids: which batches; none for all calls.
            filter: which of their calls.
            options: `by`, `compare` and the others of `batchlake.reports.ReportOptions`.

        Raises:
            InvalidBatchId, InvalidFilter, InvalidRequest: the request can't be meant.
            BatchNotFound: names the nearest ids.
            AnalyticsUnavailable: the lake holds no call at all.
        """
        from batchlake.reports.batch_report import report
        from batchlake.reports.build import ReportOptions

        version = self._state.version()
        engine, name = self._state.at(version).engine(), PurePath(self._place.location).name
        return report(engine, name, version, batch_ids, filter, ReportOptions(**options))

    def batches(self) -> Result:
        """The batches with their counts and progress, newest first."""
        return self._view("batch_overview", "created_at desc nulls last, batch_id, source")

    def fields(self) -> Result:
        """The exports' own fields, kept in `extra`: where, in how many rows, an example; frequent first."""
        return self._view("own_fields", "records desc, field, source, table_name")

    def problems(self, *, run: str | None = None, code: str | None = None, file: str | None = None) -> Result:
        """What could not be used, newest first; `file` is a part of the location."""
        given = {"run": run, "code": code, "file": file}
        conditions = {"run": "run_id = $run", "code": "code = $code", "file": "contains(location, $file)"}
        params = {name: str(value) for name, value in given.items() if value is not None}
        where = " and ".join(["true", *(conditions[name] for name in params)])
        return self._rows(
            f"select * from problems where {where} order by run_id desc, location, record, field", params
        )

    def runs(self) -> Result:
        """Every run, newest first."""
        return self._rows(f"select * from runs order by {NEWEST_FIRST}")

    def exports(self) -> Result:
        """Every export read, newest first."""
        return self._rows("select * from exports order by run_id desc, location, export_id")

    def _view(self, name: str, order: str) -> Result:
        from batchlake.query import views

        views.create_views(engine := self._state.engine())
        return Result(engine, f"select * from {name} order by {order}")

    def _rows(self, query: str, params: Mapping[str, Any] | None = None) -> Result:
        return Result(self._state.engine(), query, params)

    def check(self) -> list[Finding]:
        """Everything that is wrong with the lake; an empty list, or notes alone, is a sound lake."""
        from batchlake.store.maintenance import check

        return check(self.root)

    def compact(self, *, wait_seconds: float = 0) -> MaintenanceReport:
        """Fold small files into larger ones; no row changes."""
        from batchlake.store.maintenance import compact

        return compact(self.root, wait_seconds=wait_seconds)

    def vacuum(
        self, *, keep_for: timedelta = timedelta(days=7), dry_run: bool = False, wait_seconds: float = 0
    ) -> MaintenanceReport:
        """Delete files that no state of the last `keep_for` needs; earlier ones can't be read afterwards."""
        from batchlake.store import maintenance

        return maintenance.vacuum(self.root, keep_for=keep_for, dry_run=dry_run, wait_seconds=wait_seconds)

    def at(self, moment: datetime | str) -> Lake:
        """The lake as it was: at a time (aware, or RFC 3339 text), or as the run of an id left it."""
        state = self._state
        version = state.ledger.at(as_moment(moment))
        return Lake(self.root, version=version, memory_limit=state.memory_limit, threads=state.threads)


def _select(given: FilterLike) -> Selection:
    from batchlake.filters.selection import select

    return select(given)


def open(root: str | os.PathLike[str] = "lake", **settings: Any) -> Lake:  # noqa: A001 - the documented name
    """The lake in a folder, or at an address such as `s3://bucket/lake`; it is made by the first ingest."""
    return Lake(root, **settings)
