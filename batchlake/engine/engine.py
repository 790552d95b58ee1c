"""An in-memory DuckDB over a lake's files.

Input: SQL text and bound values. Output: rows, Arrow tables or Arrow streams. An `Engine` is one in-memory
DuckDB; it may be used from several threads, each question on a cursor of its own. No extension is
downloaded.
"""

from __future__ import annotations

import copy
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import duckdb

from batchlake.engine import forking
from batchlake.engine.cursor import Rows
from batchlake.engine.errors import Explain, first_line, translating, user_query_error
from batchlake.engine.interrupts import InterruptGuard, InterruptRegistry
from batchlake.engine.quoting import literal, memory_size, rows_of, view_of, zone_named
from batchlake.errors import BatchlakeError, InvalidRequest, LakeDamaged
from batchlake.schema import TABLES, Table
from batchlake.text.statuses import status_names

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

Params = Mapping[str, Any]
Connection = duckdb.DuckDBPyConnection

_SCHEMAS: Final = itertools.count()


class Engine:
    """One in-memory DuckDB with its clock in UTC.

    Args:
        lake: what to call the lake in an error about its files.
        memory_limit: DuckDB's own limit, as `2GB`; None leaves DuckDB's default (80 % of the machine).
        max_memory: the limit from when a statement first needs more than that.
        threads: worker threads; None leaves one a core.
        spill: a folder of its own that intermediate results may overflow into; None allows none.
        keeps_order: rows come in the order of their tables where a query has none of its own.

    Attributes:
        is_cluster: whether queries run elsewhere: then all run at once, and no batch is held in memory.
        has_facts: whether the tables hold the facts of transcripts (`schema.TRANSCRIPT_FACTS`); a state that
            an earlier batchlake wrote doesn't.
    """

    is_cluster = False

    def __init__(
        self,
        lake: str = "",
        *,
        memory_limit: str | None = None,
        max_memory: str | None = None,
        threads: int | None = None,
        spill: os.PathLike[str] | None = None,
        keeps_order: bool = False,
    ) -> None:
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "temp_directory": os.fspath(spill) if spill else "",
            "preserve_insertion_order": keeps_order,
            # Tables in memory would be compressed with every 16 MB: most of the time of filling one.
            "checkpoint_threshold": "1TB",
        }
        if memory_limit:
            config["memory_limit"] = memory_size(memory_limit)
        if threads:
            config["threads"] = threads
        self.lake = lake
        self._connection = _connect(config)
        self._schema = ""
        self._running = InterruptRegistry()
        self._files_of_batches: Callable[[str, Iterable[str]], Sequence[str]] | None = None
        # A temporary folder goes with what holds it.
        self._spill = spill
        self._explain: Explain = lambda: None
        self.keeps_order = keeps_order
        self.has_facts = True
        self._max_memory = max_memory
        self._timezone = ""
        self._done: set[str] = set()
        self._doing = threading.Lock()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def in_timezone(self, timezone: str) -> Engine:
        """This engine with its clock in another IANA time zone, which decides when days begin.

        Raises:
            InvalidRequest: there is no time zone of this name.
        """
        other = self.clone()
        other._timezone = zone_named(timezone)
        return other

    def spill_to(self, folder: os.PathLike[str]) -> None:
        """From now on let intermediate results overflow into a folder; of an engine that had none."""
        self.run(f"set global temp_directory = {literal(os.fspath(folder))}")
        self._spill = folder

    def clone(self) -> Engine:
        """This engine again, with an `interrupt` of its own: it stops only what the clone runs."""
        other = copy.copy(self)
        other._running = InterruptRegistry()
        return other

    @contextmanager
    def temporary_schema(self) -> Iterator[Engine]:
        """This engine with a schema of its own while the block lasts.

        Tables made there hide the tables and views of the same names, for this engine alone.
        """
        other = self.clone()
        other._schema = f"own_{next(_SCHEMAS)}"
        try:
            self.run(f"create schema {other._schema}")
            yield other
        finally:
            # A broken file makes the database unusable: that error is raised, not the one of the drop.
            with suppress(duckdb.Error, BatchlakeError):
                self.run(f"drop schema if exists {other._schema} cascade")

    def close(self) -> None:
        """Let go of memory and files; the engine can't be used afterwards."""
        close(self._connection)
        self._spill = None

    def register_tables(self, files: Mapping[str, Sequence[str]]) -> None:
        """Make a view of every table of the schema over the Parquet files given for it (none: no rows)."""
        for table in TABLES.values():
            self.create_view(view_of(table, files.get(table.name, ())))

    def create_view(self, view: str) -> None:
        """Execute a statement that makes a view over the lake's files.

        Raises:
            LakeDamaged: it can't be made: a file doesn't hold what the schema says.
        """
        try:
            self.run(view)
        except duckdb.Error as error:
            raise LakeDamaged(self.lake, first_line(error)) from error

    def sandbox(self, paths: Iterable[str]) -> None:
        """From now on read no file but these, write none, and change no setting that matters to others.

        A cursor may still choose its time zone, its schema and the form of its errors. Their Parquet footers
        are kept in memory: every statement over the lake reads all of them.
        """
        allowed = ", ".join(literal(path) for path in paths)
        for setting in (
            f"allowed_paths = [{allowed}]",
            "allowed_configs = ['TimeZone', 'errors_as_json', 'schema']",
            "parquet_metadata_cache = true",
            "python_enable_replacements = false",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"set global {setting}")

    def once(self, name: str, statements: Callable[[], Iterable[str]]) -> None:
        """Execute statements for their effect, once for each name."""
        forking.check()
        with self._doing:
            if name not in self._done:
                for statement in statements():
                    self.run(statement)
                self._done.add(name)

    def set_file_pruner(self, files_of_batches: Callable[[str, Iterable[str]], Sequence[str]]) -> None:
        """Let `pruned_scan` ask which of a table's files may hold rows of some batches."""
        self._files_of_batches = files_of_batches

    def explain(self, missing: Explain) -> None:
        """Let errors about files ask why files that the engine shows are gone."""
        self._explain = missing

    def pruned_scan(self, table: Table, batch_ids: Iterable[str]) -> str:
        """A relation that holds the table's rows of these batches, and others: less to open than the table.

        Opening a file that holds no wanted row costs 0.1 ms; a large lake has thousands.
        """
        if self._files_of_batches is None:
            return table.name
        return f"({rows_of(table, self._files_of_batches(table.name, batch_ids))})"

    def name_statuses(self) -> None:
        """Make the table `status_names` (key, status, outcome, rank) that maps reported statuses."""
        values = zip(("key", "status", "outcome", "rank"), zip(*status_names(), strict=True), strict=True)
        self.run(
            "create table status_names as select unnest($key::varchar[]) as key, unnest($status::varchar[]) "
            "as status, unnest($outcome::varchar[]) as outcome, unnest($rank::integer[]) as rank",
            {name: list(column) for name, column in values},
        )

    def fill(self, sql: str, params: Params | None = None, **given: Any) -> int:
        """Make a table of a query, or add a query's rows to one; how many rows the query has."""
        with self._question(given) as cursor:
            result = self._executed(lambda: cursor.execute(sql, _values(params)))
            return int(result.fetchall()[0][0])

    def run(self, sql: str, params: Params | None = None, **given: Any) -> None:
        """Execute one statement for its effect; `given` names Arrow tables that it may read."""
        with self._question(given) as cursor:
            self._executed(lambda: cursor.execute(sql, _values(params)))

    def rows(self, sql: str, params: Params | None = None, **given: Any) -> list[dict[str, Any]]:
        """All rows as dictionaries; times are aware (UTC, or see `in_timezone`), decimals are `Decimal`."""
        with self._question(given) as cursor:
            result = self._executed(lambda: cursor.execute(sql, _values(params)))
            names = _names(result)
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def iterate(
        self, sql: str, params: Params | None = None, at_once: int = 2_048
    ) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries, fetched as they are read."""
        with self._question({}) as cursor:
            result = cursor.execute(sql, _values(params))
            names = _names(result)
            while rows := result.fetchmany(at_once):
                for row in rows:
                    yield dict(zip(names, row, strict=True))

    def columns(self, sql: str, params: Params | None = None) -> list[str]:
        """The names of a query's columns."""
        with self._question({}) as cursor:
            return _names(cursor.execute(f"select * from ({sql}) limit 0", _values(params)))

    def tried(self, sql: str, **given: Any) -> tuple[list[str], str | None]:
        """The columns of a query that a person wrote, run over these Arrow tables; or why it can't be run."""
        try:
            with self._question(given) as cursor:
                # Unlike a relation's, the error of a statement names the line.
                return _names(cursor.execute(sql)), None
        except duckdb.Error as error:
            return [], str(error)

    def row(self, sql: str, params: Params | None = None) -> dict[str, Any]:
        """The one row of a query that always has exactly one."""
        (row,) = self.rows(sql, params)
        return row

    def exists_any(self, sql: str, params: Params | None = None) -> bool:
        """Whether a query has a row."""
        return bool(self.rows(f"select 1 from ({sql}) limit 1", params))  # `exists` is planned as a join.

    def arrow(self, sql: str, params: Params | None = None, **given: Any) -> pa.Table:
        """The whole result as an Arrow table."""
        with self._question(given) as cursor:
            relation = cursor.sql(sql, params=_values(params))
            return self._executed(relation.to_arrow_table)

    def stream(
        self, sql: str, params: Params | None = None, batch_rows: int = 65_536
    ) -> pa.RecordBatchReader:
        """The result as Arrow record batches, made while they are read."""
        with translating(self.lake, self._explain):
            relation = self._cursor().sql(sql, params=_values(params))
            reader = self._executed(lambda: relation.to_arrow_reader(batch_rows))
            forking.keep(reader)
            return reader

    def query(self, sql: str, params: Params | None = None) -> Rows:
        """The rows of a query, on a cursor of their own, made while they are read."""
        cursor = self._cursor()
        watch = InterruptGuard(cursor.interrupt)

        def guard(call: Callable[[], T], /) -> T:
            with translating(self.lake, self._explain):
                return watch(call)

        return Rows(cursor, sql, params, guard, partial(close, cursor))

    def user_cursor(self) -> Connection:
        """A cursor for statements that a person typed: its errors say where (see `user_query_error`)."""
        cursor = self._cursor()
        cursor.execute("set errors_as_json = true")
        return cursor

    def user_query_error(self, error: duckdb.Error, sql: str) -> BatchlakeError:
        """What DuckDB raised for a statement on a `user_cursor`, as an error of batchlake's."""
        return user_query_error(error, sql, self.lake, self._explain)

    def interrupt(self) -> None:
        """Stop what was asked through this engine and is running, from another thread.

        Rows that are read while they are made (`query`, `stream`, a `user_cursor`) go on: each of these has a
        cursor of its own.
        """
        self._running.interrupt()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own; a setting that is not global holds for one cursor alone."""
        forking.check()
        cursor = self._connection.cursor()
        forking.keep(cursor)
        if self._timezone:
            cursor.execute(f"set TimeZone = {literal(self._timezone)}")
        if self._schema:
            cursor.execute(f"set schema = {literal(self._schema)}")
        return cursor

    def _executed(self, execute: Callable[[], T]) -> T:
        """What a statement returns; it is run again with `max_memory` where memory was too little."""
        try:
            return execute()
        except duckdb.OutOfMemoryException:
            limit, self._max_memory = self._max_memory, None
            if limit is None:
                raise
            self._connection.cursor().execute(f"set global memory_limit = {literal(limit)}")
            return execute()

    @contextmanager
    def _question(self, given: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._cursor()
        try:
            with self._running.hold(cursor), translating(self.lake, self._explain):
                for name, table in given.items():
                    cursor.register(name, table)
                yield cursor
        finally:
            close(cursor)


def _values(params: Params | None) -> dict[str, Any] | None:
    """Parameters as DuckDB takes them: it refuses an empty dictionary where a statement has none."""
    return dict(params) if params else None


def _names(result: Connection) -> list[str]:
    """The names of a result's columns."""
    return [column[0] for column in result.description or ()]


def close(connection: Connection) -> None:
    """Close a connection or cursor; a forked process keeps it, as closing would wait for ever there."""
    if not forking.is_forked():
        connection.close()


def connect(statements: Iterable[str]) -> Connection:
    """A DuckDB connection with nothing forbidden, in which these statements have been executed."""
    connection = _connect({"autoinstall_known_extensions": False})
    for statement in statements:
        connection.execute(statement)
    return connection


def statement_kinds(cursor: Connection, sql: str) -> set[str]:
    """The types of the statements in a text (`SELECT`, `COPY`, ...), as DuckDB parses it.

    Raises:
        DatabaseError: it can't be parsed.
    """
    try:
        return {statement.type.name for statement in cursor.extract_statements(sql)}
    except ValueError:
        # A type of statement that this DuckDB has and its Python module has no name for.
        return {"OTHER"}


def _connect(config: dict[str, Any]) -> Connection:
    """An in-memory DuckDB with its clock in UTC.

    Raises:
        InvalidRequest: the memory limit is none that DuckDB understands, or too small for it to begin; or
            this process was forked from one that had used DuckDB.
    """
    forking.begin()
    try:
        connection = duckdb.connect(":memory:", config=config)
    except duckdb.Error as error:
        limit = config.get("memory_limit")
        if limit is None:
            raise
        raise InvalidRequest(
            f"{limit!r} is not a usable memory limit ({first_line(error)}). Give a size as 500MB or 2GB.",
            memory_limit=limit,
        ) from error
    forking.keep(connection)
    connection.execute("set global TimeZone = 'UTC'")
    return connection
