"""`SparkEngine`: runs queries in DuckDB's place, with the same methods and the same answers.

Input: SQL text in the dialect of the files of `sql/`, and bound values. Output: rows. It may be used from
several threads; each query is one or several Spark jobs with its tag.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from batchlake.engine.cursor import unique_names
from batchlake.engine.interrupts import InterruptGuard, InterruptRegistry
from batchlake.errors import BatchlakeError, LakeDamaged
from batchlake.schema import TABLES
from batchlake.spark import decoding
from batchlake.spark.errors import FilesGone
from batchlake.spark.rendering import Statement, render
from batchlake.spark.session import Sessions, new_tag

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from batchlake.spark.tables import PinnedTables

T = TypeVar("T")
Params = Mapping[str, Any]
Shower = Callable[[Statement], None]


class SparkEngine:
    """One state of a lake on Spark, its clock in UTC.

    Args:
        sessions: the Spark sessions that run the queries.
        tables: the lake's tables at the versions of the state.
        lake: what to call the lake in an error about its files.
        explain: says why files are gone, where they are.
        show: is given each statement before it is sent.
        timeout_seconds: how long each question may take; None sets no limit.
    """

    is_cluster = True
    has_facts = True

    def __init__(
        self,
        sessions: Sessions,
        tables: PinnedTables,
        lake: str = "",
        *,
        explain: Callable[[], BatchlakeError | None] = lambda: None,
        show: Shower | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        self.sessions = sessions
        self.tables = tables
        self.lake = lake
        self.timezone = "UTC"
        self.timeout_seconds = timeout_seconds
        self._explain = explain
        self._show = show
        self._frames: dict[tuple[str, str], DataFrame] = {}
        self._reading = threading.RLock()
        self._running = InterruptRegistry()

    def clone(self) -> SparkEngine:
        """This engine again, with an `interrupt` of its own: it stops only what the clone runs."""
        other = copy.copy(self)
        other._running = InterruptRegistry()
        return other

    def in_timezone(self, timezone: str) -> SparkEngine:
        """This engine with its clock in another IANA time zone.

        Raises:
            InvalidRequest: there is no time zone of this name.
        """
        from batchlake.engine.quoting import zone_named

        other = self.clone()
        other.timezone = zone_named(timezone)
        return other

    def interrupt(self) -> None:
        """Stop what was asked through this engine and is running, from another thread."""
        self._running.interrupt()

    def once(self, name: str, statements: Callable[[], Iterable[str]]) -> None:
        """Nothing: views stand in front of each statement, and none is made on the cluster."""

    def rows(self, sql: str, params: Params | None = None) -> list[dict[str, Any]]:
        """All rows as dictionaries; times are aware, decimals are `Decimal`."""
        table = self.arrow(sql, params)
        names = unique_names(table.column_names)
        return [dict(zip(names, row, strict=True)) for row in decoding.rows(table, self.timezone)]

    def row(self, sql: str, params: Params | None = None) -> dict[str, Any]:
        """The one row of a query that always has exactly one."""
        (row,) = self.rows(sql, params)
        return row

    def exists_any(self, sql: str, params: Params | None = None) -> bool:
        """Whether a query has a row."""
        return bool(self.rows(f"select 1 as one from ({sql}) limit 1", params))

    def arrow(self, sql: str, params: Params | None = None) -> pa.Table:
        """The whole result as an Arrow table.

        Raises:
            QueryTimeout: it took too long.
        """
        statement = render(sql, params)
        guard = InterruptGuard(self.interrupt, self.timeout_seconds)
        return guard(lambda: self.answer(statement))

    def answer(self, statement: Statement) -> pa.Table:
        """The rows of a statement, asked in this thread."""
        self.shown(statement)
        tag = new_tag()
        with self._running.hold(_Jobs(self.sessions, tag)), self._plainly():
            return self.sessions.answer(statement, self._frame, self.timezone, tag)

    def shown(self, statement: Statement) -> None:
        """Show a statement, where somebody wants to see what is sent."""
        if self._show:
            known = sorted(name for name in statement.tables if name in TABLES)
            self._show(replace(statement, pinned=tuple(map(self.tables.described, known))))

    def query(self, sql: str, params: Params | None = None) -> SparkRows:
        """The rows of a query, which runs when they are read."""
        return SparkRows(self, render(sql, params))

    def described(self, statement: Statement) -> list[tuple[str, str]]:
        """The names and DuckDB's types of a statement's columns."""
        with self._plainly():
            found = self.sessions.described(statement, self._frame, self.timezone)
        names = unique_names([name for name, _ in found])
        return [(name, decoding.duckdb_type(kind)) for name, (_, kind) in zip(names, found, strict=True)]

    def plan(self, sql: str, params: Params | None = None) -> str:
        """Spark's plan of a query."""
        with self._plainly():
            return self.sessions.plan(render(sql, params), self._frame, self.timezone)

    def _frame(self, name: str) -> DataFrame:
        """A table in the session that is asked; a frame belongs to the session that read it."""
        with self._reading:
            key = (self.timezone, name)
            if key not in self._frames:
                self._frames[key] = self.tables.frame(self.sessions.in_zone(self.timezone), name)
            return self._frames[key]

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except FilesGone as error:
            raise self._explain() or LakeDamaged(self.lake, str(error)) from error


class SparkRows:
    """The rows of one statement, as `Rows` are DuckDB's: read once, from front to back.

    It comes through the driver's memory as a whole; a data frame doesn't.
    """

    def __init__(self, engine: SparkEngine, statement: Statement) -> None:
        self._engine = engine
        self._statement = statement
        self._guard = InterruptGuard(engine.interrupt, engine.timeout_seconds)
        self._described: list[tuple[str, str]] | None = None
        self._table: pa.Table | None = None

    @property
    def columns(self) -> list[str]:
        """The names of the columns; a name that occurs again has a number behind it."""
        self.bind()
        return [name for name, _ in self._described or []]

    @property
    def types(self) -> list[str]:
        """DuckDB's types of the columns."""
        self.bind()
        return [kind for _, kind in self._described or []]

    def bind(self) -> None:
        """Find out the columns, or what is wrong with the statement, without running it."""
        if self._described is None:
            self._described = self._guard(lambda: self._engine.described(self._statement))

    def run(self) -> None:
        """Run the query."""
        if self._table is None:
            self._table = self._guard(lambda: self._engine.answer(self._statement))

    def batches(self, size: int = 2_048) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, several at a time."""
        self.run()
        for part in self._table.to_batches(size) if self._table is not None else ():
            import pyarrow as pa

            yield decoding.rows(pa.Table.from_batches([part]), self._engine.timezone)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.batches():
            yield from batch

    def reader(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""
        self.run()
        assert self._table is not None  # noqa: S101 - it has just been asked for
        table = decoding.plain(self._table).rename_columns(unique_names(self._table.column_names))
        return table.to_reader(batch_rows)

    def close(self) -> None:
        """Read no further."""


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The jobs of one query, by their tag."""

    sessions: Sessions
    tag: str

    def interrupt(self) -> None:
        """End them, from another thread."""
        self.sessions.cancel(self.tag)
