"""`SparkLake`: a lake on a cluster. Rows stay Spark's data frames, documents are batchlake's models.

Input: a lake and the user's session. Output: data frames in that session, lazy, to go on with; and models.
There is no ingest, compact, vacuum or erase here: writing stays with the one writer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.protocols import QueryRows
from batchlake.errors import InvalidRequest, QueryError
from batchlake.query import statements
from batchlake.query.result import Result, values_by_name
from batchlake.query.rows import RowOptions, VerbRows
from batchlake.query.snapshot import asks_again
from batchlake.reports.lake_documents import LakeDocuments
from batchlake.reports.lake_figures import LakeFigures
from batchlake.spark.engine import SparkEngine, SparkRows
from batchlake.spark.errors import quiet, translating
from batchlake.spark.rendering import Statement, render
from batchlake.spark.session import data_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from batchlake.filters.selection import Selection
    from batchlake.query.lake_rows import FilterLike, Names, PeriodLike, When
    from batchlake.reports.batch_report import BatchReport
    from batchlake.spark.state import SparkState

_READING: Final = frozenset({"select", "with", "from", "values", "("})


class _ClusterAnswers(LakeDocuments, LakeFigures):
    """The questions whose answers are models: arguments, answers and errors are those of `Lake`.

    Args:
        state: the state to read.
        location: the lake's folder or address.
        timezone: of periods, plain dates and groups by time.
    """

    def __init__(self, state: SparkState, location: str, timezone: str = "UTC") -> None:
        super().__init__(state, location, timezone)
        self._on_spark = state

    def report(self, /, *batch_ids: str, **options: Any) -> BatchReport:
        """Reports are made on one machine.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest("reports are made on one machine. Ask the lake itself: lake.report(...).")


class SparkLake(_ClusterAnswers):
    """A lake asked on Spark: rows are data frames of the user's session. Made by `Lake.on_spark`."""

    def __repr__(self) -> str:
        return f"SparkLake({self._location!r})"

    def calls(
        self,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        columns: Names = None,
        sort: Names = None,
        limit: int | None = None,
    ) -> DataFrame:
        """The matching calls as a data frame of the user's session, in no order without `sort` or `limit`."""
        options = RowOptions.of(columns, sort, limit)
        selection = self._selected(filter, self._period(period, since, until))
        if not (options.columns or options.sort or options.limit is not None):
            return self._frame(selection.over("select * from selected_calls"), selection.params)
        return self._rows(VerbRows(self._state.engine(), "calls", selection).plain(options))

    def segments(
        self,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
    ) -> DataFrame:
        """What was said in the matching calls, as a data frame, in no order."""
        selection = self._selected(filter, self._period(period, since, until))
        return self._frame(selection.over("select * from selected_segments"), selection.params)

    def batches(
        self,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        columns: Names = None,
        sort: Names = None,
        limit: int | None = None,
    ) -> DataFrame:
        """The batches with their counts and progress, newest first, as a data frame."""
        when = self._period(period, since, until)
        return self._rows(self._rows_of("batches", period=when).plain(RowOptions.of(columns, sort, limit)))

    def sql(
        self,
        query: str,
        params: Mapping[str, Any] | None = None,
        *,
        filter: FilterLike = None,
        dialect: str = "duckdb",
    ) -> DataFrame:
        """One query over the tables and views, as a data frame of the user's session.

        Args:
            query: in the SQL that a lake takes everywhere, `selected_calls` and `selected_segments` the calls
                and utterances that match; or in Spark's.
            params: values of its named parameters: `$name`, in Spark's SQL `:name`.
            filter: None matches all calls.
            dialect: `duckdb`, or `spark` for a query that is sent as it is.

        Raises:
            InvalidRequest: it holds what means another thing on Spark; says what to write instead.
            QueryError: it is wrong.
        """
        selection = self._selected(filter)
        if dialect == "duckdb":
            given = values_by_name(params)
            sql = _one_query(query, given)
            if filter is not None:
                sql = selection.over(sql)
            return self._frame(sql, {**selection.params, **given})
        if dialect != "spark":
            raise InvalidRequest(f"a query is in `duckdb`'s SQL or in `spark`'s, not {dialect!r}.")
        return self._own_frame(query, values_by_name(params), selection)

    def _own_frame(self, query: str, params: Mapping[str, Any], selection: Selection) -> DataFrame:
        """A query in Spark's SQL with the tables, and what is selected of them, in front."""
        heads = render(selection.over("select 1"), selection.params)
        text = heads.text.rpartition("SELECT\n  *\nFROM")[0].rstrip()
        return self._given(
            Statement(
                f"{text}\nSELECT * FROM (\n{query}\n)",
                {**heads.args, **params},
                heads.tables | {"batches", "snapshots"},
            )
        )

    def _rows(self, result: Result) -> DataFrame:
        return self._frame(result.query, result.params)

    @asks_again
    def _frame(self, sql: str, params: Mapping[str, Any]) -> DataFrame:
        return self._given(render(sql, params))

    def _given(self, statement: Statement) -> DataFrame:
        """A statement as a frame of the user's own session, with the tables read in it."""
        engine = self._on_spark.engine()
        engine.shown(statement)
        spark = engine.sessions.spark
        with translating(statement.text), quiet():
            return data_frame(spark, statement, lambda name: engine.tables.frame(spark, name))


class ClusterLake(_ClusterAnswers):
    """A lake asked on Spark whose rows are fetched, as the command line shows them."""

    def sql(
        self,
        query: str,
        params: Mapping[str, Any] | None = None,
        *,
        filter: FilterLike = None,
    ) -> Result:
        """The rows of one query."""
        selection = None if filter is None else self._selected(filter)
        sql = _one_query(query, values_by_name(params))
        result = Result(_Selecting(self._on_spark.engine(), selection), sql, params)
        result.columns  # noqa: B018 - what is wrong with the query is raised now
        return result

    def session(  # type: ignore[override]
        self,
        filter: FilterLike = None,
        *,
        timeout_seconds: float | None = None,
    ) -> SparkStatements:
        """Several queries, one after the other, over the lake as it is now."""
        engine = self._on_spark.engine().clone()
        engine.timeout_seconds = timeout_seconds
        return SparkStatements(_Selecting(engine, None if filter is None else self._selected(filter)))


class SparkStatements:
    """Queries of a person's, put to Spark in order; there is nothing of their own to make there."""

    def __init__(self, queries: _Selecting) -> None:
        self._queries = queries

    def __enter__(self) -> SparkStatements:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def run(self, text: str, params: Mapping[str, Any] | None = None) -> Iterator[QueryRows]:
        """The rows of each query of a text.

        Raises:
            QueryError: a statement is no query, or names no parameter of which a value is given.
        """
        found = statements.split(text)
        statements.check_parameters(found, values_by_name(params))
        for statement in found:
            yield self._queries.query(_checked(statement.text, statement.tokens), params)


class _Selecting:
    """Puts queries to an engine with what is selected in front of them."""

    def __init__(self, engine: SparkEngine, selection: Selection | None) -> None:
        self._engine = engine
        self._selection = selection

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> SparkRows:
        """The rows of a query, which runs when they are read."""
        given = values_by_name(params)
        if self._selection is None:
            return SparkRows(self._engine, render(sql, given))
        return SparkRows(self._engine, render(self._selection.over(sql), {**self._selection.params, **given}))


def _one_query(text: str, params: Mapping[str, Any]) -> str:
    """The one query of a text, whose parameters have these values.

    Raises:
        QueryError: it is none, or several, or lacks a parameter.
    """
    if not isinstance(text, str):
        raise InvalidRequest(f"SQL is text, not {text!r:.80}.", sql=repr(text))
    found = statements.split(text)
    if len(found) != 1:
        raise QueryError(f"one query is wanted here, not {len(found)} statements.", position=None)
    statements.check_parameters(found, params)
    (one,) = found
    return _checked(one.text, one.tokens)


def _checked(text: str, tokens: Sequence[statements.Token]) -> str:
    first = tokens[0].text.lower()
    if first not in _READING:
        raise QueryError(
            f"`{first}` is refused: on Spark SQL is queries alone. Leave --engine spark away for `explain`, "
            "`describe` and temporary tables, or go on with the data frames of `lake.on_spark`.",
            position=None,
        )
    return text
