"""The questions to a lake in SQL; those whose answers are rows of its own are in `lake_rows`.

Input: the state to read, and a filter or a query. Output: a `Result`, a session, a connection, or SQL text.
`Lake` offers these methods too; each looks up the state to read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batchlake.engine import sql_files
from batchlake.errors import InvalidRequest
from batchlake.query.lake_rows import LakeRows
from batchlake.query.result import Result
from batchlake.query.snapshot import LakeState, State, asks_again

if TYPE_CHECKING:
    from batchlake.engine.engine import Connection, Engine
    from batchlake.query.lake_rows import FilterLike
    from batchlake.query.session import Session


class LakeQueries(LakeRows):
    """The part of `Lake` that takes SQL.

    Args:
        state: the state to read.
        location: the lake's folder or address, as text.
        timezone: of periods, plain dates and groups by time.
    """

    def __init__(self, state: State, location: str, timezone: str = "UTC") -> None:
        super().__init__(state, timezone)
        self._location = location

    @asks_again
    def sql(
        self,
        query: str,
        params: Mapping[str, Any] | None = None,
        *,
        filter: FilterLike = None,
    ) -> Result:
        """The rows of one query over the tables and views, contained as in `batchlake sql`.

        Args:
            query: `selected_calls` and `selected_segments` in it are the calls and utterances that match.
            params: values of its named parameters, `$name`.
            filter: None matches all calls.

        Raises:
            QueryError: it is wrong, or refused: it would write, or read another file.
            InvalidRequest: `query` is not text, or `params` are not values by name.

        Example:
            >>> lake.sql(
            ...     "select status, count(*) as calls from selected_calls group by all order by all limit $n",
            ...     {"n": 2},
            ...     filter={"batch_id": "batch_xyz789"},
            ... )
            status     calls
            ─────────  ─────
            busy           1
            cancelled      1
            2 rows
        """
        from batchlake.query.session import Contained

        selection = None if filter is None else self._selected(filter)
        result = Result(Contained(self._zoned_engine(), selection), query, params)
        result.columns  # noqa: B018 - what is wrong with the query is raised now
        return result

    @asks_again
    def answer(self, name: str) -> list[dict[str, Any]]:
        """The rows of one of batchlake's own queries over the tables: a file of `sql/`, by its name there.

        `sql` makes every view first and a session for what a person wrote, which takes longer than most
        such questions.

        Raises:
            InvalidRequest: there is no such query, or it is not over the tables alone.

        Example:
            >>> lake.answer("sync/lake_counts")[0]["calls"]
            41
        """
        query = sql_files.over_tables(name).text
        return self._state.engine().rows(query)

    def session(
        self,
        filter: FilterLike = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Session:
        """A person's session of several statements, read-only and contained, over the lake as it is now.

        Args:
            filter: which calls `selected_calls` holds; None is all.
            timeout_seconds: how long each statement may run; None sets no limit.

        Example:
            >>> with lake.session() as session:
            ...     for rows in session.run("create temp table t as select 1 as one; select * from t"):
            ...         print(list(rows))
            [(1,)]
        """
        from batchlake.query.session import Session

        selection = None if filter is None else self._selected(filter)
        return Session(self._zoned_engine(), selection, timeout_seconds=timeout_seconds)

    def _here(self) -> LakeState:
        """The state as this machine's DuckDB reads it.

        Raises:
            InvalidRequest: the lake is asked on a cluster.
        """
        if not isinstance(self._state, LakeState):
            raise InvalidRequest("this is made on one machine, not on Spark. Ask the lake itself for it.")
        return self._state

    def _zoned_engine(self) -> Engine:
        """The engine for SQL that a person wrote: its days begin, and its times are, in the lake's zone."""
        engine = self._here().engine()
        return engine if self.timezone == "UTC" else engine.in_timezone(self.timezone)

    def connect(self) -> Connection:
        """A DuckDB connection of your own with tables, views and comments in place, and nothing forbidden.

        It is in memory, shows the lake as it is now until a `vacuum` takes the files away, and ends with
        `close` or a `with` block. Its errors are DuckDB's own; use a `cursor()` of it in each thread.

        Raises:
            LakeNotFound, LakeTooNew, LakeDamaged: there is nothing to connect to.

        Example:
            >>> with lake.connect() as connection:
            ...     connection.sql("select count(*), count(cost), sum(cost) from calls").fetchall()
            [(41, 31, Decimal('5.309400'))]
        """
        from batchlake.query import views

        return views.connection(self._here().files()[1])

    def views_script(self) -> str:
        """SQL that makes the same tables and views in any DuckDB, over the lake as it is now.

        Example:
            >>> "create or replace view batch_overview" in lake.views_script()
            True
        """
        from batchlake.query import views

        version, files = self._here().files()
        return views.script(files, f"The lake {self._location} as run {version.run_id} left it")
