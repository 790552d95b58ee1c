"""`Lake`: what a user holds. It finds the state to read, and hands each question to the room that answers it.

A `Lake` reads the newest finished run, looked up again at each question, unless it is fixed to an earlier one
with `at`. It may be used from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from batchlake.erasure.lake import ErasingLake
from batchlake.query.lake_care import LakeCare
from batchlake.query.lake_queries import LakeQueries
from batchlake.query.snapshot import LakeState, as_moment, asks_again
from batchlake.reports.lake_figures import LakeFigures
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Version

if TYPE_CHECKING:
    from batchlake.ingest.parse.platforms.own import OwnPlatforms
    from batchlake.ingest.reading import Progress
    from batchlake.ingest.report import IngestReport
    from batchlake.models.batches import BatchDetails
    from batchlake.models.calls import CallDetails
    from batchlake.privacy.redaction.rules import Rules
    from batchlake.query.lake_rows import FilterLike, PeriodLike, When


class Lake(LakeFigures, LakeQueries, ErasingLake, LakeCare):
    """The lake in one folder or bucket. Made by `batchlake.open`; nothing is read until a question is asked.

    Args:
        root: the lake's folder, or its address (`s3://bucket/prefix`) as text; it need not exist before the
            first ingest.
        version: the state to read; None follows the newest finished run.
        memory_limit: DuckDB's own limit for questions, as `2GB`.
        threads: DuckDB's worker threads.
        platforms: platforms of your own, for each name its files in the form of `sql/sources`, under `calls`
            and `batches`: what an ingest reads beside those that it knows.
        timezone: the IANA zone of periods, plain dates and groups by time.

    Raises:
        InvalidRequest: there is no such time zone.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        version: Version | None = None,
        memory_limit: str | None = None,
        threads: int | None = None,
        platforms: OwnPlatforms | None = None,
        timezone: str = "UTC",
    ) -> None:
        tables = self._tables = LakeTables(root)
        state = LakeState(tables, version, memory_limit=memory_limit, threads=threads)
        super().__init__(state, tables.storage.location, timezone)
        self.root = tables.storage.root
        self._platforms = platforms or {}

    def __repr__(self) -> str:
        at = f", at run {self._state.fixed.run_id}" if self._state.fixed else ""
        return f"Lake({str(self.root)!r}{at})"

    def ingest(
        self,
        *paths: str | os.PathLike[str],
        source: str | None = None,
        force: bool = False,
        read_all: bool = False,
        dry_run: bool = False,
        wait_seconds: float = 0,
        memory_limit: str | None = None,
        redact: Iterable[str] | Rules = (),
        region: str | None = None,
        progress: Progress | None = None,
        batch: str | None = None,
    ) -> IngestReport:
        """Read exports (files, folders, globs, `-`) into the lake, as one transaction.

        Args:
            paths: where the exports are.
            source: the platform or account they are of, part of a call's identity; by default the platform
                that each record is recognised as.
            force: read exports again whose bytes are known.
            read_all: read also files whose size and modification time are those of an export held.
            dry_run: report what would change and write nothing.
            wait_seconds: how long to wait for another writer.
            memory_limit: DuckDB's own limit while ingesting, as `2GB`; by default at most a quarter of all.
            redact: kinds of values to redact before anything is stored (`phone`, `email`, `card`, `iban`,
                `national_id`, `digits`, `name`, or `all`), from the first ingest of a lake on; afterwards the
                lake knows. `batchlake.Rules.of` says more: countries, our own lines, own fields.
            region: of numbers without `+`, as `US`, where kinds are given by name.
            progress: called with each export's location and the bytes read.
            batch: the id of the batch of calls that name none, as those of some platforms never do.

        Raises:
            InvalidConfiguration: a file of a platform of your own is faulty; nothing was ingested.
            ExportUnreadable: a path doesn't exist or can't be opened; nothing was ingested.
            LakeLocked: another writer is at work.
            LakeNotWritable: the disk is full, read-only or forbidden; the lake is as it was.

        Example:
            >>> report = batchlake.open("another").ingest("sample_data/")
            >>> report.exports_read, report.calls_new, report.problems
            (12, 41, 7)
        """
        from batchlake.ingest.options import IngestOptions
        from batchlake.ingest.run import ingest
        from batchlake.privacy.redaction.rules import as_rules

        self.finish_erasure(wait_seconds=wait_seconds)
        options = IngestOptions(
            source, force, dry_run, wait_seconds, memory_limit, reads_all=read_all, batch=batch,
            own=self._own(), redact=as_rules(redact, region),
        )  # fmt: skip
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

        Raises:
            InvalidRequest: these problems are of several sources.

        Example:
            >>> report = lake.replay(code="not_an_amount")
            >>> report.exports_read, report.calls_new
            (1, 0)
        """
        from batchlake.ingest.replay import replay

        self.finish_erasure(wait_seconds=wait_seconds)
        problems = self.problems(run=run, code=code, file=file).to_dicts()
        reported = {"progress": progress} if progress else {}
        return replay(self.root, problems, wait_seconds, own=self._own(), **reported)

    def _own(self) -> tuple[str, ...]:
        """The names of the formats of the user's own platforms, whose files are read anew."""
        if not self._platforms:
            return ()
        from batchlake.ingest.parse.platforms.own import own_formats

        return own_formats(self._platforms)

    @asks_again
    def batch(
        self,
        batch_id: str,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        source: str | None = None,
    ) -> BatchDetails:
        """A batch's details in the documented shape, its figures recomputed from the calls held.

        Durations are seconds, costs decimals, times UTC, rates from 0 to 1; None is unknown, never 0.

        Args:
            batch_id: the batch's id on its platform.
            filter: only calls that match; `batch.selection` then says how many of how many.
            period, since, until: only calls of this time, as in `calls`.
            include_analytics: with `analytics` of the batch and of each call.
            include_transcripts: with each call's transcript.
            source: whose batch, where several platforms use the id.

        Raises:
            InvalidBatchId, InvalidFilter: invalid request.
            BatchNotFound: names the nearest ids.
            AnalyticsUnavailable: analytics were asked for and the lake holds no call of the batch.

        Example:
            >>> batch = lake.batch("batch_xyz789", {"duration": {"min": 120}}).batch
            >>> batch.selection, batch.statistics.total_cost, batch.calls[0].id
            (SelectedCalls(matched=6, of=24), Decimal('3.04'), 'call_abc123')
        """
        # The engine first, here and below: what is imported then may be coming on another thread (`_lazy`).
        engine = self._state.engine()
        from batchlake.analytics.details.batch_details import BatchRequest, batch_details

        wanted = self._filter(filter, self._period(period, since, until))
        request = BatchRequest(source, batch_id, wanted, include_analytics, include_transcripts)
        return batch_details(engine, request)

    def write_batch(
        self,
        file: IO[bytes],
        batch_id: str,
        filter: FilterLike = None,  # noqa: A002 - the documented name
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        source: str | None = None,
    ) -> None:
        """Write the JSON of `batch` to a binary file, call by call, in bounded memory.

        Example:
            >>> with open("batch.json", "wb") as file:
            ...     lake.write_batch(file, "batch_xyz789", include_transcripts=True)
            >>> json.loads(Path("batch.json").read_bytes())["batch"]["statistics"]["completed"]
            17
        """
        wanted = self._filter(filter, self._period(period, since, until))
        for piece in self._batch_json(source, batch_id, wanted, include_analytics, include_transcripts):
            file.write(piece.encode())

    @asks_again
    def _batch_json(self, *request: Any) -> Iterator[str]:
        """The pieces of a batch's JSON; what is wrong with the request is raised before the first."""
        engine = self._state.engine()
        from batchlake.analytics.details.batch_details import BatchRequest, batch_json

        pieces = batch_json(engine, BatchRequest(*request))
        return chain([next(pieces)], pieces)

    @asks_again
    def call(self, call_id: str, *, source: str | None = None) -> CallDetails:
        """One call with everything known of it, in the documented shape; None is what no export said.

        Raises:
            CallNotFound: names the nearest ids.

        Example:
            >>> call = lake.call("call_abc123").call
            >>> call.duration, call.cost, call.transcript.segments[1].text
            (125.0, Decimal('0.50'), 'Hi, yes I can hear you.')
        """
        engine = self._state.engine()
        from batchlake.analytics.details.call_details import call_details

        return call_details(engine, source, call_id)

    def at(self, moment: datetime | str) -> Lake:
        """The lake as it was at a time, or as a run left it.

        Args:
            moment: an aware time; text as `since` takes it (`2026-11-01`, `2026-11-01T14:00`, `yesterday`,
                `24h`), in the lake's zone; or a run's id, or a beginning or end that only this one has.

        Raises:
            InvalidRequest: no run had finished then, or none has this id.

        Example:
            >>> (first,) = (run["run_id"] for run in lake.runs())
            >>> lake.at(first).sql("select count(*) as calls from calls").to_dicts()
            [{'calls': 41}]
        """
        state = self._state
        version = state.ledger.at(as_moment(moment, self.timezone))
        return Lake(
            self.root, version=version, memory_limit=state.memory_limit, threads=state.threads,
            timezone=self.timezone,
        )  # fmt: skip


def open(root: str | os.PathLike[str] = "lake", **settings: Any) -> Lake:  # noqa: A001 - the documented name
    """The lake in a folder, or at an address such as `s3://bucket/lake`; it is made by the first ingest.

    Example:
        >>> batchlake.open("lake", memory_limit="2GB", threads=2)
        Lake('lake')
    """
    return Lake(root, **settings)
