"""The ledger: one row a run, naming the version of every table that the run left behind.

Readers open the tables at the versions of one row, the newest unless asked for another; that is what makes a
run over many Delta tables one transaction, and every earlier run readable. The `runs` table itself is always
read at its newest version.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.errors import InvalidRequest, LakeDamaged, LakeNotFound, LakeTooNew
from batchlake.schema import FACTS_FORMAT, FORMAT_VERSION, PLAIN_FORMAT, PRIVACY_KINDS, RUNS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.text.values import utc_name
from batchlake.version import VERSION

NEWEST_FIRST: Final = "list_sum(map_values(table_versions)) desc, finished_at desc, run_id desc"
"""The order of `runs`: each run leaves greater versions than the one before, whatever its clock said."""

RUN_NAMED: Final = (
    "(run_id = $run or ($run <> '' and (starts_with(run_id, $run) or ends_with(run_id, $run))))"
)
"""Whether a run is meant by its id, or by the beginning or end of it, as tables show it."""

_MOST_FILES: Final = 24
"""Past this many files, the run that adds another folds the ledger into one."""


@dataclass(frozen=True, slots=True)
class Version:
    """The lake as one run left it: its id, when it was committed (UTC), and the tables' Delta versions.

    `format_version` is the layout that the run wrote.
    """

    run_id: str
    finished_at: datetime
    pins: Mapping[str, int]
    format_version: int = FORMAT_VERSION

    @property
    def has_facts(self) -> bool:
        """Whether its tables hold the facts of transcripts (`TRANSCRIPT_FACTS`)."""
        return self.format_version >= FACTS_FORMAT


@dataclass(frozen=True, slots=True)
class BegunRun:
    """A run that has begun: its id, what it does (`ingest`, `replay`, `compact`), and when it began (UTC)."""

    run_id: str
    kind: str
    started_at: datetime


def begin(kind: str, started_at: datetime | None = None) -> BegunRun:
    """Begin a run, by default now; ids sort by when runs began."""
    started = started_at or datetime.now(UTC)
    return BegunRun(f"{utc_name(started)}-{secrets.token_hex(3)}", kind, started)


class Ledger:
    """Reads and writes the `runs` table of one lake.

    Args:
        tables: the lake's.
        engine: reads the ledger, if the caller has one that lasts as long: starting one takes longer than
            reading. The newest run is then read once, and again only when there is a newer one.
    """

    def __init__(self, tables: LakeTables, engine: Engine | None = None) -> None:
        self._tables = tables
        self._lake = tables.storage.name
        self._engine = engine
        self._newest: tuple[str, Version] | None = None

    @contextmanager
    def reader(self, engine: Engine | None = None) -> Iterator[Engine]:
        """The engine given, else the ledger's own, else one for the block."""
        engine = engine or self._engine
        with nullcontext(engine) if engine else Engine(self._lake) as reader:
            yield reader

    def newest(self, engine: Engine | None = None) -> Version:
        """The lake as the newest finished run left it.

        Args:
            engine: reads the ledger, if the caller has one: starting one takes longer than reading.

        Raises:
            LakeNotFound: no run has finished here.
            LakeTooNew: a newer batchlake wrote it.
        """
        commit = self._tables.newest_commit("runs") if self._engine else ""
        if commit and self._newest and self._newest[0] == commit:
            return self._newest[1]
        rows = self._rows("true", {}, engine=engine)
        if not rows:
            raise LakeNotFound(self._lake, "no ingest has finished there")
        version = self._version(rows[0])
        self._newest = (commit, version)
        return version

    def find(self, engine: Engine | None = None) -> Version | None:
        """Like `newest`, None where no run has finished yet."""
        try:
            return self.newest(engine)
        except LakeNotFound:
            return None

    def at(self, moment: datetime | str) -> Version:
        """The lake as it was at a time (aware), or as the run of this id, or a part of it, left it.

        Raises:
            InvalidRequest: no run had finished then, or none has this id.
        """
        if isinstance(moment, str):
            rows = self._rows(RUN_NAMED, {"run": moment}, most=2)
            missing = f"no run {moment!r}"
            if len(rows) > 1 and all(row["run_id"] != moment for row in rows):
                named = " and ".join(row["run_id"] for row in rows)
                raise InvalidRequest(
                    f"{moment!r} is the beginning or end of several runs, such as {named}. Give more of one.",
                    at=moment,
                )
            rows.sort(key=lambda row: row["run_id"] != moment)
        else:
            rows = self._rows("finished_at <= $moment", {"moment": moment})
            missing = f"no run had finished at {moment.isoformat()}"
        if not rows:
            self.newest()
            raise InvalidRequest(
                f"{missing} in the lake {self._lake!r}. `batchlake runs` lists all of them.", at=str(moment)
            )
        return self._version(rows[0])

    def erased_since(self, version: Version) -> tuple[str, datetime] | None:
        """The newest run after a version that erased or redacted, and when it ended; None for none."""
        rows = self._rows(
            "kind in ('forget', 'redact') and list_sum(map_values(table_versions)) > $since",
            {"since": sum(version.pins.values())},
        )
        return (rows[0]["run_id"], rows[0]["finished_at"]) if rows else None

    def holds(self, run_id: str) -> bool:
        """Whether a run of this id has finished."""
        return bool(self._rows("run_id = $run_id", {"run_id": run_id}))

    def since(self, moment: datetime) -> list[Version]:
        """The states that have been the newest since a time (aware): the one of then, and all later ones."""
        with self.reader() as engine:
            newest = self._rows("finished_at <= $moment", {"moment": moment}, engine=engine)
            later = self._rows("finished_at > $moment", {"moment": moment}, most=None, engine=engine)
            # If a clock was set back, the newest state may have an earlier time than others.
            kept = {row["run_id"]: row for row in (*newest, *later, *self._rows("true", {}, engine=engine))}
        return [self._version(row) for row in kept.values()]

    def all(self, engine: Engine | None = None) -> list[Version]:
        """The states that finished runs left, newest first; an engine as for `newest`."""
        return [self._version(row) for row in self._rows("true", {}, most=None, engine=engine)]

    def commit(
        self,
        writer: Writer,
        run: BegunRun,
        figures: Mapping[str, Any],
        engine: Engine | None = None,
        *,
        is_private: bool = False,
    ) -> None:
        """End a run: everything written is synced, then its row is added, then that is synced too.

        Args:
            writer: has written the run's tables.
            run: as it began.
            figures: further columns of `runs`; those that are not given are null.
            engine: makes the row, where there is one already.
            is_private: whether a batchlake that doesn't know redaction must leave the lake alone.
        """
        import pyarrow as pa

        writer.sync(writer.written())
        row = {
            "finished_at": datetime.now(UTC),
            **figures,
            **asdict(run),
            "batchlake_version": VERSION,
            "host": platform.node(),
            "format_version": FORMAT_VERSION if is_private or run.kind in PRIVACY_KINDS else PLAIN_FORMAT,
            "table_versions": writer.versions(),
        }
        columns = ", ".join(
            f"{f'${column.name}' if column.name in row else 'null'}::{column.type} as {column.name}"
            for column in RUNS.columns
        )
        with self.reader(engine) as maker:
            table = maker.arrow(f"select {columns}", row)
        writer.assert_locked()
        _Commits.running = (run.run_id, Ledger(self._tables))
        writer.append("runs", pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))
        writer.sync(["runs"])
        _Commits.newest, _Commits.running = run.run_id, None
        if writer.file_count("runs") > _MOST_FILES:
            writer.compact("runs")

    def _rows(
        self, condition: str, params: Mapping[str, Any], most: int | None = 1, engine: Engine | None = None
    ) -> list[dict[str, Any]]:
        """The runs for which the condition holds, newest first, at most so many (None: all)."""
        if not self._tables.exists("runs"):
            raise LakeNotFound(self._lake)
        limit = "" if most is None else f"limit {most}"
        with self.reader(engine) as reader:
            reader.create_view(view_of(RUNS, self._tables.files("runs")))
            rows = reader.rows(
                "select run_id, finished_at, table_versions, format_version, newest_format "
                "from (select *, max(format_version) over () as newest_format from runs) "
                f"where {condition} order by {NEWEST_FIRST} {limit}",
                params,
            )
        newest_format = rows[0]["newest_format"] if rows else None
        if newest_format is not None and newest_format > FORMAT_VERSION:
            raise LakeTooNew(self._lake, newest_format, FORMAT_VERSION)
        return rows

    def _version(self, row: Mapping[str, Any]) -> Version:
        pins = row["table_versions"]
        if not pins:
            raise LakeDamaged(self._lake, f"run {row['run_id']} names no table versions")
        return Version(row["run_id"], row["finished_at"], dict(pins), row["format_version"])


def committed() -> str | None:
    """The id of the newest run that this process has committed, None where it has committed none.

    If a run was just being committed, the ledger is read: the message of an interruption has to be right.
    """
    if _Commits.running is not None:
        run_id, ledger = _Commits.running
        if ledger.holds(run_id):
            return run_id
    return _Commits.newest


class _Commits:
    """The commits of this process: the run that is being committed, and the newest that was."""

    running: tuple[str, Ledger] | None = None
    newest: str | None = None
