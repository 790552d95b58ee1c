"""The questions to a lake that are answered with rows: calls, batches, problems, runs, and any SQL.

Input: the state to read, and a filter or a query. Output: a `Result`, a session, a connection, or SQL text.
`Lake` offers these methods too; each looks up the state to read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from batchlake.query.result import Result
from batchlake.query.snapshot import LakeState, asks_again
from batchlake.store.ledger import NEWEST_FIRST

if TYPE_CHECKING:
    from batchlake.engine.engine import Connection
    from batchlake.filters.model import Filter
    from batchlake.filters.selection import Selection
    from batchlake.query.session import Session

    FilterLike: TypeAlias = Filter | Mapping[str, Any] | None


class LakeQueries:
    """What of a lake comes as rows.

    Args:
        state: the state to read.
        location: the lake's folder or address, as text.
    """

    def __init__(self, state: LakeState, location: str) -> None:
        self._state = state
        self._location = location

    def calls(self, filter: FilterLike = None) -> Result:  # noqa: A002 - the documented name
        """The matching calls as rows, ordered by `call_time`, `call_id`.

        Durations are seconds, costs decimals, times UTC. None is an unknown value, never 0: a call without a
        duration matches no condition on it.

        Example:
            >>> long = lake.calls({"duration": {"min": 300}})
            >>> [(call["call_id"], call["duration_seconds"], call["cost"]) for call in long]
            [('call_007', 412.0, Decimal('0.820000'))]
        """
        selection = select(filter)
        query = selection.over("select * from selected_calls order by call_time, call_id, source")
        return Result(self._state.engine(), query, selection.params)

    @asks_again
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

        selection = None if filter is None else select(filter)
        result = Result(Contained(self._state.engine(), selection), query, params)
        result.columns  # noqa: B018 - what is wrong with the query is raised now
        return result

    def session(
        self,
        filter: FilterLike = None,  # noqa: A002 - the documented name
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

        selection = None if filter is None else select(filter)
        return Session(self._state.engine(), selection, timeout_seconds=timeout_seconds)

    def connect(self) -> Connection:
        """A DuckDB connection of your own with tables, views and comments in place, and nothing forbidden.

        It is in memory, shows the lake as it is now until a `vacuum` takes the files away, and ends with
        `close` or a `with` block. Its errors are DuckDB's own; use a `cursor()` of it in each thread.

        Raises:
            LakeNotFound, LakeTooNew, LakeDamaged: there is nothing to connect to.

        Example:
            >>> with lake.connect() as connection:
            ...     connection.sql("select count(*), count(cost), sum(cost) from calls").fetchall()
            [(31, 21, Decimal('4.744000'))]
        """
        from batchlake.query import views

        return views.connection(self._state.files()[1])

    def views_script(self) -> str:
        """SQL that makes the same tables and views in any DuckDB, over the lake as it is now.

        Example:
            >>> "create or replace view batch_overview" in lake.views_script()
            True
        """
        from batchlake.query import views

        version, files = self._state.files()
        return views.script(files, f"The lake {self._location} as run {version.run_id} left it")

    def batches(self) -> Result:
        """The batches with their counts and progress, newest first.

        `total_cost` is None where no cost is known, or where there are several currencies.

        Example:
            >>> [(one["batch_id"], one["completed"], one["total_cost"]) for one in lake.batches()][1:3]
            [('batch_xyz789', 17, Decimal('4.560000')), ('batch_mixed', 2, None)]
        """
        return self._view("batch_overview", "created_at desc nulls last, batch_id, source")

    def fields(self) -> Result:
        """The exports' own fields, kept in `extra`: where, in how many rows, an example; frequent first.

        `share` is of all rows that the source has in the table, from 0 to 1.

        Example:
            >>> lake.fields().to_dicts()[1]["field"], lake.fields().to_dicts()[1]["example"]
            ('campaign', 'new-year')
        """
        return self._view("own_fields", "records desc, field, source, table_name")

    def problems(self, *, run: str | None = None, code: str | None = None, file: str | None = None) -> Result:
        """What could not be used, newest first.

        Args:
            run: only of the run with this id.
            code: only of this kind.
            file: only where the export's location holds this text.

        Example:
            >>> [(row["location"], row["line"], row["raw"]) for row in lake.problems(code="not_an_amount")]
            [('sample_data/07-calls.ndjson', 2, '12,50')]
        """
        given = {"run": run, "code": code, "file": file}
        conditions = {"run": "run_id = $run", "code": "code = $code", "file": "contains(location, $file)"}
        params = {name: str(value) for name, value in given.items() if value is not None}
        where = " and ".join(["true", *(conditions[name] for name in params)])
        return self._rows(
            f"select * from problems where {where} order by run_id desc, location, record, field", params
        )

    def runs(self) -> Result:
        """Every run, newest first; its `run_id` goes with `at`.

        Example:
            >>> [(run["kind"], run["exports_read"], run["calls_new"]) for run in lake.runs()]
            [('ingest', 9, 31)]
        """
        return self._rows(f"select * from runs order by {NEWEST_FIRST}")

    def erasures(self) -> Result:
        """Every erasure, newest first; it names nobody.

        Example:
            >>> report = lake.forget(calls=["call_abc123"], expect=1)
            >>> [(one["mode"], one["calls"], one["batches"]) for one in lake.erasures()]
            [('remove', 1, {'batch_xyz789': 1})]
        """
        return self._rows("select * exclude (report) from erasures order by erased_at desc, erasure_id")

    def exports(self) -> Result:
        """Every export read, newest first; `observed_at` is its time (UTC), where its records have none.

        Example:
            >>> [(one["location"], one["bytes"], one["records"]) for one in lake.exports()][0]
            ('sample_data/01-batch-running.json', 1567, 10)
        """
        return self._rows("select * from exports order by run_id desc, location, export_id")

    def _view(self, name: str, order: str) -> Result:
        from batchlake.query import views

        views.create_views(engine := self._state.engine())
        return Result(engine, f"select * from {name} order by {order}")

    def _rows(self, query: str, params: Mapping[str, Any] | None = None) -> Result:
        return Result(self._state.engine(), query, params)


def select(given: FilterLike) -> Selection:
    """The calls that a filter leaves."""
    from batchlake.filters.selection import select

    return select(given)
