"""`Lake`: what a user holds. It finds the state to read, and hands each question to the room that answers it.

A `Lake` reads the newest finished run, looked up anew at each question, unless it is fixed to an earlier one
with `at`. It may be used from several threads.
"""

from __future__ import annotations

import os
import tempfile
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal, TypeAlias

from batchlake.engine import Engine
from batchlake.errors import BatchNotFound, CallNotFound, InvalidBatchId, InvalidRequest
from batchlake.result import Result
from batchlake.schema import DEFAULT_SOURCE
from batchlake.store import LakeTables, Ledger, Version

if TYPE_CHECKING:
    from batchlake.engine import Connection
    from batchlake.filters import Filter
    from batchlake.ingest import IngestReport, Progress
    from batchlake.maintenance import CareReport, Finding
    from batchlake.responses import Analytics, Audit, BatchDetails, CallDetails
    from batchlake.responses import Progress as BatchProgress
    from batchlake.session import Session

    FilterLike: TypeAlias = Filter | Mapping[str, Any] | None

_LONGEST_ID: Final = 256
_MOST_NEAREST: Final = 3


class Lake:
    """The lake in one folder. Made by `batchlake.open`; nothing is read until a question is asked.

    Args:
        root: the lake's folder; it need not exist before the first ingest.
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
        self.root = Path(root)
        self._version = version
        self._memory_limit = memory_limit
        self._threads = threads
        self._tables = LakeTables(self.root)
        self._ledger = Ledger(self._tables)
        self._opened: tuple[str, Engine] | None = None
        self._opening = threading.Lock()

    def __repr__(self) -> str:
        at = f", at run {self._version.run_id}" if self._version else ""
        return f"Lake({str(self.root)!r}{at})"

    # Writing

    def ingest(
        self,
        *paths: str | os.PathLike[str],
        source: str = DEFAULT_SOURCE,
        force: bool = False,
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
            dry_run: report what would change and write nothing.
            wait_seconds: how long to wait for another writer.
            memory_limit: DuckDB's own limit while ingesting, as `2GB`; a quarter of the machine's by default.
            progress: called with each export's location and the bytes read.

        Raises:
            ExportUnreadable: a path doesn't exist or can't be opened; nothing was ingested.
            LakeLocked: another writer is at work.
            LakeNotWritable: the disk is full, read-only or forbidden; the lake is as it was.
        """
        from batchlake.ingest import IngestOptions, ingest

        options = IngestOptions(source, force, dry_run, wait_seconds, memory_limit)
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
        from batchlake.ingest import IngestOptions, replay

        problems = self.problems(run=run, code=code, file=file).to_dicts()
        sources = {row["source"] for row in problems} or {DEFAULT_SOURCE}
        if len(sources) > 1:
            names = ", ".join(sorted(sources))
            raise InvalidRequest(
                f"these problems are of several sources ({names}); choose by run, code or file."
            )
        options = IngestOptions(source=sources.pop(), force=True, wait_seconds=wait_seconds)
        return replay(self.root, problems, options, *([progress] if progress else []))

    # Questions

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
        from batchlake import analytics

        engine = self._engine()
        found = self._find_batch(engine, batch_id, source)
        return analytics.batch_details(
            engine,
            *found,
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
        """Write the JSON of `batch` to a binary file, call by call, without holding the calls in memory."""
        from batchlake import analytics

        engine = self._engine()
        found = self._find_batch(engine, batch_id, source)
        analytics.write_batch(
            engine,
            file,
            *found,
            filter,
            include_analytics=include_analytics,
            include_transcripts=include_transcripts,
        )

    def call(self, call_id: str, *, source: str | None = None) -> CallDetails:
        """One call with everything known of it, in the documented shape.

        Raises:
            CallNotFound: names the nearest ids.
        """
        from batchlake import analytics

        engine = self._engine()
        rows = engine.rows("select source from calls where call_id = $id order by source", {"id": call_id})
        sources = [row["source"] for row in rows if source in (None, row["source"])]
        if not sources:
            raise CallNotFound(call_id, _nearest(engine, "calls", "call_id", call_id))
        return analytics.call_details(engine, sources[0], call_id)

    def calls(self, filter: FilterLike = None) -> Result:  # noqa: A002 - the documented name
        """The matching calls as rows, ordered by `call_time`, `call_id`."""
        from batchlake.filters import select

        selection = select(filter)
        query = selection.over("select * from selected_calls order by call_time, call_id, source")
        return Result(self._engine(), query, selection.params)

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
        from batchlake import analytics
        from batchlake.filters import select

        engine = self._engine()
        dimensions = (by,) if isinstance(by, str) else tuple(by)
        return analytics.analyse(
            engine,
            select(filter),
            by=dimensions,
            top=top,
            timezone=timezone,
            every=every,
            patterns=patterns,
        )

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
            filter: all calls match without one.

        Raises:
            QueryError: it is wrong, or refused: it would write, or read another file.
        """
        from batchlake.filters import select
        from batchlake.session import Contained

        contained = Contained(self._engine(), None if filter is None else select(filter))
        result = Result(contained, query, params)
        result.columns  # noqa: B018 - what is wrong with the query is told now
        return result

    def session(
        self,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        *,
        timeout_seconds: float | None = None,
    ) -> Session:
        """A person's session of several statements, read-only and contained, over the lake as it is now."""
        from batchlake.session import Session

        selection = None
        if filter is not None:
            from batchlake.filters import select

            selection = select(filter)
        return Session(self._engine(), selection, timeout_seconds=timeout_seconds)

    def connect(self) -> Connection:
        """A DuckDB connection of your own with tables, views and comments in place, and nothing forbidden."""
        from batchlake import views

        return views.connection(self._files(self._version or self._ledger.newest()))

    def views_script(self) -> str:
        """SQL that makes the same tables and views in any DuckDB, over the lake as it is now."""
        from batchlake import views

        version = self._version or self._ledger.newest()
        title = f"The lake {self.root.absolute()} as run {version.run_id} left it"
        return views.script(self._files(version), title)

    def audit(
        self,
        batch_id: str | None = None,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        *,
        only_differences: bool = False,
        source: str | None = None,
    ) -> Audit:
        """Each reported figure beside the recomputed one, of one batch or of all."""
        from batchlake import analytics

        engine = self._engine()
        found = self._find_batch(engine, batch_id, source) if batch_id is not None else None
        return analytics.audit(engine, found, filter, only_differences=only_differences)

    def progress(self, batch_id: str, *, source: str | None = None) -> BatchProgress:
        """How far a batch is: done of total, rate, estimated completion, and the history of observations."""
        from batchlake import analytics

        engine = self._engine()
        return analytics.progress(engine, *self._find_batch(engine, batch_id, source), datetime.now(UTC))

    def batches(self) -> Result:
        """The batches with their counts and progress, newest first."""
        newest_first = "order by created_at desc nulls last, batch_id, source"
        return self._rows(f"select * from batch_overview {newest_first}")

    def problems(self, *, run: str | None = None, code: str | None = None, file: str | None = None) -> Result:
        """What could not be used, newest first; `file` is a part of the location."""
        given = {"run": run, "code": code, "file": file}
        conditions = {
            "run": "run_id = $run",
            "code": "code = $code",
            "file": "contains(location, $file)",
        }
        params = {name: value for name, value in given.items() if value is not None}
        where = " and ".join(["true", *(conditions[name] for name in params)])
        return self._rows(
            f"select * from problems where {where} order by run_id desc, location, record, field", params
        )

    def runs(self) -> Result:
        """Every run, newest first."""
        return self._rows("select * from runs order by finished_at desc, run_id desc")

    def exports(self) -> Result:
        """Every export read, newest first."""
        return self._rows("select * from exports order by run_id desc, location, export_id")

    def _rows(self, query: str, params: Mapping[str, Any] | None = None) -> Result:
        return Result(self._engine(), query, params)

    # Care

    def check(self) -> list[Finding]:
        """Everything that is wrong with the lake; an empty list, or notes alone, is a sound lake."""
        from batchlake.maintenance import check

        return check(self.root)

    def compact(self, *, wait_seconds: float = 0) -> CareReport:
        """Fold small files into larger ones; no row changes."""
        from batchlake.maintenance import compact

        return compact(self.root, wait_seconds=wait_seconds)

    def vacuum(
        self, *, keep_for: timedelta = timedelta(days=7), dry_run: bool = False, wait_seconds: float = 0
    ) -> CareReport:
        """Delete files that no state of the last `keep_for` needs; earlier ones can't be read afterwards."""
        from batchlake.maintenance import vacuum

        return vacuum(self.root, keep_for=keep_for, dry_run=dry_run, wait_seconds=wait_seconds)

    # Time travel

    def at(self, moment: datetime | str) -> Lake:
        """The lake as it was: at a time (aware, or RFC 3339 text), or as the run of an id left it."""
        return Lake(
            self.root,
            version=self._ledger.at(_moment(moment)),
            memory_limit=self._memory_limit,
            threads=self._threads,
        )

    # Opening

    def _engine(self) -> Engine:
        """The engine over the state to read; a new one when another run has finished."""
        with self._opening:
            state = self._version.run_id if self._version else self._tables.newest_commit("runs")
            if self._opened is None or self._opened[0] != state:
                version = self._version or self._ledger.newest()
                self._opened = (state, self._open(version))
            return self._opened[1]

    def _open(self, version: Version) -> Engine:
        from batchlake import views

        files = self._files(version)
        if self._version and not all(Path(file).exists() for table in files.values() for file in table):
            raise InvalidRequest(
                f"the state of run {version.run_id} can't be read any more: its files have been vacuumed. "
                "`batchlake runs` lists later ones.",
                at=version.run_id,
            )
        # DuckDB makes the folder when a question overflows memory, and removes it again.
        spill = Path(tempfile.gettempdir()) / f"batchlake-{os.getpid()}"
        engine = Engine(str(self.root), memory_limit=self._memory_limit, threads=self._threads, spill=spill)
        views.show(engine, files)
        return engine

    def _files(self, version: Version) -> dict[str, list[str]]:
        files = {name: self._tables.files(name, pin) for name, pin in version.pins.items()}
        return files | {"runs": self._tables.files("runs")}

    def _find_batch(self, engine: Engine, batch_id: str, source: str | None) -> tuple[str, str]:
        _check_id(batch_id)
        rows = engine.rows(
            "select source from batches where batch_id = $id order by source", {"id": batch_id}
        )
        sources = [row["source"] for row in rows if source in (None, row["source"])]
        if not sources:
            raise BatchNotFound(batch_id, _nearest(engine, "batches", "batch_id", batch_id))
        return sources[0], batch_id


def _check_id(batch_id: str) -> None:
    if not batch_id.strip():
        raise InvalidBatchId(batch_id, "it is empty")
    if len(batch_id) > _LONGEST_ID:
        raise InvalidBatchId(batch_id, f"it is {len(batch_id)} characters long, the most is {_LONGEST_ID}")
    if any(unicodedata.category(character) == "Cc" for character in batch_id):
        raise InvalidBatchId(batch_id, "it holds control characters")


def _nearest(engine: Engine, table: str, column: str, wanted: str) -> list[str]:
    """The ids most like the one that isn't there, nearest first."""
    rows = engine.rows(
        f"select distinct {column} as id from {table} "
        f"order by jaro_winkler_similarity({column}, $wanted) desc, id limit {_MOST_NEAREST}",
        {"wanted": wanted},
    )
    return [row["id"] for row in rows]


def _moment(given: datetime | str) -> datetime | str:
    """A time as an aware `datetime`; text that is no time is a run's id."""
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            return given
        if len(given) == len("2024-01-01"):
            moment = moment.replace(tzinfo=UTC)
    else:
        moment = given
    if moment.tzinfo is None:
        raise InvalidRequest(
            f"the time {str(given)!r} has no offset; write it as 2024-01-01T12:10:00Z.", at=str(given)
        )
    return moment


def open(root: str | os.PathLike[str] = "lake", **settings: Any) -> Lake:  # noqa: A001 - the documented name
    """The lake in a folder; it is made by the first ingest."""
    return Lake(root, **settings)
