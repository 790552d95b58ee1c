"""Finds the state of a lake to read, and opens an engine over it.

Input: a lake's tables and perhaps a fixed version. Output: an engine over the pinned files, made again when
another run has finished.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, partial, wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from batchlake.engine import forking
from batchlake.engine.engine import Engine
from batchlake.engine.processes import TemporaryFolder, clear_dead_folders
from batchlake.engine.protocols import QueryEngine
from batchlake.engine.quoting import whole_number
from batchlake.errors import (
    BatchlakeError,
    InvalidRequest,
    LakeDamaged,
    LakeError,
    LakeUnreachable,
    StateVacuumed,
)
from batchlake.privacy.errors import StateErased
from batchlake.query import views
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger, Version
from batchlake.store.storage import Storage
from batchlake.text.values import utc_stamp

_clear_dead_folders_once: Final = cache(clear_dead_folders)

_MOST_THREADS: Final = 1_024
_MOST_STATES: Final = 10
"""States that may vanish under one question."""

_FAILURES_OF_ONE_STATE: Final = 3
"""So many tell of damage: one may be of the state before, one of the log that was cut off meanwhile."""

T = TypeVar("T")
P = ParamSpec("P")


class LakeState:
    """The state to read: one version, or always the newest. May be used from several threads.

    Args:
        tables: the lake's.
        fixed: the version to read; None follows the newest finished run.
        memory_limit: DuckDB's own limit, as `2GB`.
        threads: DuckDB's worker threads, 1 to 1,024.

    Raises:
        InvalidRequest: fewer threads, or more.
    """

    def __init__(
        self,
        tables: LakeTables,
        fixed: Version | None = None,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> None:
        if threads is not None:
            threads = whole_number(f"give 1 to {_MOST_THREADS:,} threads", threads, 1, _MOST_THREADS)
        self.fixed = fixed
        self.ledger = Ledger(tables)
        self.memory_limit = memory_limit
        self.threads = threads
        self.tables = tables
        self._opened: tuple[str, Engine] | None = None
        self._opening = threading.Lock()

    @property
    def storage(self) -> Storage:
        """Where the lake lives."""
        return self.tables.storage

    def version(self) -> Version:
        """The version to read at this moment.

        Raises:
            LakeNotFound, LakeTooNew: there is none, or none that can be read.
        """
        return self.fixed or self.ledger.newest()

    def pinned(self) -> Version:
        """The version to read at this moment, all of whose files are there.

        Raises:
            LakeNotFound, LakeTooNew: there is none, or none that can be read.
            StateVacuumed, StateErased: its files are gone for good.
        """
        return self.look(self._pinned)

    def at(self, version: Version) -> LakeState:
        """The same lake at one version, read as this one is."""
        return LakeState(self.tables, version, memory_limit=self.memory_limit, threads=self.threads)

    def engine(self) -> Engine:
        """The engine over the state to read; a new one when another run has finished."""
        forking.check()
        with self._opening:
            state = self.fixed.run_id if self.fixed else self.tables.newest_commit("runs")
            if self._opened is None or self._opened[0] != state:
                self._opened = (state, self.look(self._open))
            return self._opened[1]

    def files(self) -> tuple[Version, dict[str, list[str]]]:
        """The version to read at this moment, and the Parquet files of every table at it."""
        return self.look(self._files)

    def look(self, read: Callable[[], T]) -> T:
        """What a reader of the lake returns; a reader of the newest state is called again if it fails.

        A `vacuum` may delete files while they are read, and does so again after each run; it cuts off a log
        that is being read, too, once in the life of a state.
        """
        failures: Counter[str] = Counter()
        while True:
            try:
                return read()
            except (LakeDamaged, StateVacuumed):
                newest = self.tables.newest_commit("runs")
                failures[newest] += 1
                if self.fixed or failures[newest] == _FAILURES_OF_ONE_STATE:
                    raise

    def _pinned(self) -> Version:
        version = self.version()
        self._refuse_vacuumed(version)
        return version

    def _files(self) -> tuple[Version, dict[str, list[str]]]:
        version = self._pinned()
        return version, self.tables.all_files({**version.pins, "runs": None})

    def _open(self) -> Engine:
        engine = Engine(
            self.tables.storage.name,
            memory_limit=self.memory_limit,
            threads=self.threads,
            spill=_spill_folder(),
        )
        version = self.fixed or self.ledger.newest(engine)
        self._refuse_vacuumed(version)
        snapshot = self.tables.snapshot({**version.pins, "runs": None})
        engine.explain(partial(self.why_gone, version, snapshot.files))
        views.register_tables(engine, snapshot.files)
        engine.set_file_pruner(snapshot.files_of_batches)
        engine.has_facts = version.has_facts
        return engine

    def why_gone(self, version: Version, files: Mapping[str, Sequence[str]]) -> BatchlakeError | None:
        """Why files of a state that was opened are gone; None where all are there."""
        for name, paths in files.items():
            gone = [path for path in paths if not Path(path).exists()]
            if gone:
                return self._error_of_gone(version, name, {Path(path).name for path in gone})
        return None

    def _error_of_gone(self, version: Version, name: str, gone: set[str]) -> BatchlakeError:
        try:
            newest = self.ledger.newest()
            lost = gone.intersection(self.tables.sizes(name, newest.pins.get(name)))
            # In object storage, what is gone may be only a local copy.
            self.tables.storage.local(name, sorted(lost))
        except LakeError as error:
            return error
        if lost.intersection(self.tables.storage.sizes(name)):
            return LakeUnreachable(self.tables.storage.name, "local copies of its files were deleted")
        if lost:
            return LakeDamaged(self.tables.storage.name, f"{min(lost)} of {name} is gone")
        return self._ended(version) or StateVacuumed(version.run_id)

    def _refuse_vacuumed(self, version: Version) -> None:
        if self.fixed and (ended := self._ended(version)):
            raise ended
        if self.fixed and self._is_vacuumed(version):
            raise StateVacuumed(version.run_id)

    def _ended(self, version: Version) -> StateErased | None:
        """The error for a version after which a person was erased, None where nobody was."""
        erased = self.ledger.erased_since(version)
        if erased is None:
            return None
        run_id, at = erased
        return StateErased(version.run_id, utc_stamp(at, "seconds"), run_id)

    def _is_vacuumed(self, version: Version) -> bool:
        """Whether files that this version needs, and the newest doesn't, were deleted."""
        for name, pin in version.pins.items():
            try:
                lost = self.tables.lost(name, pin)
            except LakeDamaged:
                if self.tables.is_cut_off(name, pin):
                    return True
                raise
            if lost:
                still_named = self.tables.sizes(name, self.ledger.newest().pins[name])
                return any(file not in still_named for file in lost)
        return False


def _spill_folder() -> TemporaryFolder | None:
    """A spill folder for one engine: two instances of DuckDB must not share one. None if none can be made."""
    _clear_dead_folders_once()
    try:
        return TemporaryFolder()
    except OSError:
        return None


class Fixable(Protocol):
    """A state that may be a fixed version."""

    fixed: Version | None


class State(Fixable, Protocol):
    """A state that questions are put to: `LakeState`, or one on a cluster."""

    @property
    def storage(self) -> Storage:
        """Where the lake lives."""
        ...

    def engine(self) -> QueryEngine:
        """The engine over the state."""
        ...


class Reader(Protocol):
    """What reads a state."""

    @property
    def _state(self) -> Fixable: ...


R = TypeVar("R", bound=Reader)


def asks_again(question: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """A method that is called again, on the newest state, if a `vacuum` deleted files that it was reading.

    Another run has finished then, so each try is of another state.
    """

    @wraps(question)
    def asked(lake: R, /, *args: P.args, **given: P.kwargs) -> T:
        for _ in range(0 if lake._state.fixed else _MOST_STATES - 1):
            with suppress(StateVacuumed):
                return question(lake, *args, **given)
        return question(lake, *args, **given)

    return asked


def as_moment(given: datetime | str, timezone: str = "UTC") -> datetime | str:
    """A time as an aware `datetime`; text that isn't a time, or an age, is a run's id.

    Raises:
        InvalidRequest: it is neither text nor an aware time.
    """
    if isinstance(given, str):
        from batchlake.filters.values.period import moment_named

        return moment_named(given, timezone) or given
    if not isinstance(given, datetime):
        raise InvalidRequest(
            f"{given!r} is neither a time nor a run. Give an aware datetime, a text such as "
            "2024-01-01T12:10:00Z, 2024-01-01 or yesterday, or a run's id.",
            at=repr(given),
        )
    if given.tzinfo is None:
        raise InvalidRequest(
            f"the time {str(given)!r} has no offset; write it as 2024-01-01T12:10:00Z.", at=str(given)
        )
    return given
