"""`Lake`, the class that users work with: it finds the state to read and passes each question to its room.

A `Lake` reads the newest finished run, looked up again at each question, unless `at` has fixed it to an
earlier one. It may be used from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from batchlake._lazy import extra
from batchlake.engine.arguments import checked_methods
from batchlake.erasure.lake import ErasingLake
from batchlake.query.lake_care import LakeCare
from batchlake.query.snapshot import LakeState, as_moment
from batchlake.reports.lake_documents import LakeDocuments
from batchlake.reports.lake_figures import LakeFigures
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Version

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from batchlake.ingest.parse.platforms.own import OwnPlatforms
    from batchlake.ingest.reading import Progress
    from batchlake.ingest.report import IngestReport
    from batchlake.privacy.redaction.rules import Rules
    from batchlake.spark.lake import ClusterLake, SparkLake
    from batchlake.spark.rendering import Statement


@checked_methods
class Lake(LakeDocuments, LakeFigures, ErasingLake, LakeCare):
    """The lake in one folder or bucket. Made by `batchlake.open`; nothing is read until a question is asked.

    Args:
        root: the lake's folder, or its address (`s3://bucket/prefix`) as text; it need not exist before the
            first ingest.
        version: the state to read; None follows the newest finished run.
        memory_limit: DuckDB's own limit for questions, as `2GB`.
        threads: DuckDB's worker threads.
        platforms: platforms of your own, for each name its files in the form of `sql/sources`, under `calls`
            and `batches`: what an ingest reads besides those that it knows.
        timezone: the IANA zone of periods, plain dates and groups by time.

    Raises:
        InvalidRequest: there is no such time zone.
    """

    _state: LakeState

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
        self._platforms = platforms or {}

    @property
    def root(self) -> str | Path:
        """Where the lake is: an address, or its folder as it was named; its whole path once the process has
        gone to another folder."""
        storage = self._tables.storage
        if isinstance(storage.root, str):
            return storage.root
        with suppress(FileNotFoundError):
            # A process can be in a folder that is gone.
            if str(storage.root.absolute()) == storage.location:
                return storage.root
        return Path(storage.location)

    def __repr__(self) -> str:
        at = f", at run {self._state.fixed.run_id}" if self._state.fixed else ""
        return f"Lake({str(self.root)!r}{at})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, also in a spawned process, opens the lake for itself."""
        state = self._state
        return partial(
            Lake, self._tables.storage.location, version=state.fixed,
            memory_limit=state.memory_limit, threads=state.threads,
            platforms=self._platforms, timezone=self.timezone,
        ), ()  # fmt: skip

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
        file: str | os.PathLike[str] | None = None,
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

    def on_spark(
        self,
        spark: SparkSession,
        *,
        reader: Literal["delta", "parquet"] | None = None,
        tables: str | None = None,
        show: Callable[[Statement], None] | None = None,
        timeout_seconds: float | None = None,
    ) -> SparkLake:
        """This lake asked on Spark: rows are data frames of that session, documents the same models.

        The session is neither changed nor stopped. `batchlake/spark/README.md` says when it is worth it.

        Args:
            spark: a session, classic or Connect, of 3.5 or later.
            reader: `delta` reads tables by Delta's own reader, `parquet` the files that the version names;
                None takes the first where the cluster has it.
            tables: where a catalog has the tables, as `main.lake`; None reads the lake's own place.
            show: is called with each statement (`.text`, `.args`) before it is sent.
            timeout_seconds: how long each question may take; None sets no limit.

        Raises:
            InvalidRequest: the extra `spark` isn't installed, or there is no such reader.

        Example:
            >>> lake.on_spark(spark).analytics().success_rate  # doctest: +SKIP
            0.6097560975609756
        """
        with extra("spark", "questions to Spark"):
            from batchlake.spark.lake import SparkLake
            from batchlake.spark.state import SparkState

        state = SparkState(
            self._state, spark, reader=reader, tables=tables, show=show, timeout_seconds=timeout_seconds
        )
        return SparkLake(state, self._location, self.timezone)

    def on_cluster(
        self, spark: SparkSession, *, show: Callable[[Statement], None] | None = None
    ) -> ClusterLake:
        """This lake asked on Spark, its rows fetched as `Result`s: what `--engine spark` asks.

        Example:
            >>> lake.on_cluster(spark).calls().to_dicts()  # doctest: +SKIP
            [{'source': 'bland', ...
        """
        with extra("spark", "questions to Spark"):
            from batchlake.spark.lake import ClusterLake
            from batchlake.spark.state import SparkState

        return ClusterLake(SparkState(self._state, spark, show=show), self._location, self.timezone)

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
