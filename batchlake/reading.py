"""Finding what to read: the state of a lake that a question is put to.

In come a lake's tables and perhaps a fixed version, out comes an engine over the pinned files, made anew when
another run has finished.
"""

from __future__ import annotations

import os
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from batchlake import views
from batchlake.engine import Engine
from batchlake.errors import InvalidRequest, StateVacuumed
from batchlake.store import LakeTables, Ledger, Version


class State:
    """The state to read: one version, or always the newest. May be used from several threads.

    Args:
        tables: the lake's.
        fixed: the version to read; None follows the newest finished run.
        memory_limit: DuckDB's own limit, as `2GB`.
        threads: DuckDB's worker threads.
    """

    def __init__(
        self,
        tables: LakeTables,
        fixed: Version | None = None,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.fixed = fixed
        self.ledger = Ledger(tables)
        self.memory_limit = memory_limit
        self.threads = threads
        self._tables = tables
        self._opened: tuple[str, Engine] | None = None
        self._opening = threading.Lock()

    def version(self) -> Version:
        """The version to read at this moment.

        Raises:
            LakeNotFound, LakeTooNew: there is none, or none that can be read.
        """
        return self.fixed or self.ledger.newest()

    def at(self, version: Version) -> State:
        """The same lake at one version, read as this one is."""
        return State(self._tables, version, memory_limit=self.memory_limit, threads=self.threads)

    def engine(self) -> Engine:
        """The engine over the state to read; a new one when another run has finished."""
        with self._opening:
            state = self.fixed.run_id if self.fixed else self._tables.newest_commit("runs")
            if self._opened is None or self._opened[0] != state:
                self._opened = (state, self._open())
            return self._opened[1]

    def files(self, version: Version) -> dict[str, list[str]]:
        """The Parquet files of every table at a version."""
        return self._tables.all_files({**version.pins, "runs": None})

    def _open(self) -> Engine:
        # DuckDB makes the folder when a question overflows memory, and removes it again.
        spill = Path(tempfile.gettempdir()) / f"batchlake-{os.getpid()}"
        engine = Engine(
            self._tables.place.name, memory_limit=self.memory_limit, threads=self.threads, spill=spill
        )
        version = self.fixed or self.ledger.newest(engine)
        if self.fixed and self._is_vacuumed(version):
            raise StateVacuumed(version.run_id)
        snapshot = self._tables.snapshot({**version.pins, "runs": None})
        views.show(engine, snapshot.files)
        engine.narrow(snapshot.files_of_batches)
        return engine

    def _is_vacuumed(self, version: Version) -> bool:
        """Whether the lake lacks what only states before its newest need, of those that this one needs."""
        for name, pin in version.pins.items():
            if self._tables.is_cut_off(name, pin):
                return True
            if lost := self._tables.lost(name, pin):
                still_named = self._tables.sizes(name, self.ledger.newest().pins[name])
                return any(file not in still_named for file in lost)
        return False


def as_moment(given: datetime | str) -> datetime | str:
    """A time as an aware `datetime`; text that is no time is a run's id."""
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            return given
        if len(given) == len("2024-01-01"):
            moment = moment.replace(tzinfo=UTC)
    elif isinstance(given, datetime):
        moment = given
    else:
        raise InvalidRequest(
            f"{given!r} is neither a time nor a run. Give an aware datetime, a text such as "
            "2024-01-01T12:10:00Z or 2024-01-01, or a run's id.",
            at=repr(given),
        )
    if moment.tzinfo is None:
        raise InvalidRequest(
            f"the time {str(given)!r} has no offset; write it as 2024-01-01T12:10:00Z.", at=str(given)
        )
    return moment
