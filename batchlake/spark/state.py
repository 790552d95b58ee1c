"""Which state of a lake is asked on Spark: the newest finished run's, or a fixed one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from batchlake.errors import BatchlakeError, InvalidRequest
from batchlake.spark.engine import SparkEngine
from batchlake.spark.session import Sessions
from batchlake.spark.tables import PinnedTables, reader_named

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from batchlake.query.snapshot import LakeState
    from batchlake.spark.rendering import Statement
    from batchlake.store.ledger import Version
    from batchlake.store.storage import Storage


class SparkState:
    """The state to read, as `LakeState` finds it, and the engine over it. May be used from several threads.

    Args:
        state: of the lake.
        spark: the user's session.
        reader: `delta` or `parquet`; None takes Delta's where the cluster has it.
        tables: where a catalog has the tables (`main.lake`); None reads the lake's own place.
        show: is given each statement before it is sent.
        timeout_seconds: how long each question may take.

    Raises:
        InvalidRequest: there is no such reader.
    """

    def __init__(
        self,
        state: LakeState,
        spark: SparkSession,
        *,
        reader: str | None = None,
        tables: str | None = None,
        show: Callable[[Statement], None] | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        self.sessions = Sessions(spark)
        self.fixed = state.fixed
        self._state = state
        self._reader = reader_named(reader)
        self._catalog = tables
        self._show = show
        self._timeout_seconds = timeout_seconds
        self._opened: tuple[str, SparkEngine] | None = None
        self._opening = threading.Lock()

    @property
    def storage(self) -> Storage:
        """Where the lake lives."""
        return self._state.storage

    def engine(self) -> SparkEngine:
        """The engine over the state to read; a new one when another run has finished.

        Raises:
            LakeNotFound, LakeTooNew, StateVacuumed: there is none to read.
            InvalidRequest: the state is of a batchlake that didn't keep what transcripts tell of their calls.
        """
        with self._opening:
            version = self._state.pinned()
            if self._opened is None or self._opened[0] != version.run_id:
                self._opened = (version.run_id, self._open(version))
            return self._opened[1]

    def _open(self, version: Version) -> SparkEngine:
        if not version.has_facts:
            raise InvalidRequest(
                f"run {version.run_id} is of an earlier batchlake, whose calls don't tell of their "
                "transcripts: on Spark only later states can be read. `batchlake compact` makes one.",
                run_id=version.run_id,
            )
        tables = PinnedTables(
            self._state.tables,
            {**version.pins, "runs": None},
            reader=self._reader,
            catalog=self._catalog,
        )
        return SparkEngine(
            self.sessions,
            tables,
            self._state.tables.storage.name,
            explain=partial(self._explanation, version, tables),
            show=self._show,
            timeout_seconds=self._timeout_seconds,
        )

    def _explanation(self, version: Version, tables: PinnedTables) -> BatchlakeError | None:
        """Why files of the state are gone; None where all are there."""
        files = {name: tables.files(name, here=True) for name in version.pins}
        return self._state.why_gone(version, files)
