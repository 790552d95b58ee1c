"""Rows that aren't a query's: groups, figures of an audit, observations, definitions; in every format of
rows.

Input: dictionaries. Output: for people tables by rank, for programs all columns or those asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from batchlake.cli.arguments.request import Request
from batchlake.cli.display.answers import write_rows, write_table
from batchlake.output.readable import Shown
from batchlake.query.columns import chosen, no_column, spelling
from batchlake.text.cells import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.query.result import Result

Row = tuple[Any, ...]

COLUMNS: Final[dict[str, tuple[tuple[str, Column, bool], ...]]] = {
    "metrics": (
        ("name", Column("metric", "text"), True),
        ("unit", Column("unit", "text"), True),
        ("definition", Column("definition", "prose"), True),
        ("numerator", Column("numerator", "prose"), True),
        ("denominator", Column("denominator", "prose"), True),
        ("file", Column("file", "path"), True),
    ),
    "audit": (
        ("batch_id", Column("batch", "id"), True),
        ("figure", Column("figure", "text"), True),
        ("reported", Column("reported", "exact"), True),
        ("in_the_calls", Column("in_the_calls", "exact"), True),
        ("difference", Column("difference", "exact"), True),
        ("currency", Column("currency", "text"), True),
        ("unit", Column("unit", "text"), True),
        ("why", Column("why", "text"), True),
        ("reported_at", Column("reported_at", "time"), True),
        ("listed", Column("listed", "count"), True),
        ("held", Column("held", "count"), True),
        ("tolerance", Column("tolerance", "exact"), True),
        ("detail", Column("detail", "prose"), True),
        ("agrees", Column("agrees", "flag"), False),
        ("source", Column("source", "text"), False),
    ),
    "said": (
        ("time", Column("time", "time"), True),
        ("call", Column("call", "id"), True),
        ("number", Column("number", "number"), True),
        ("agent", Column("agent", "text"), True),
        ("speaker", Column("speaker", "word"), True),
        ("offset", Column("offset", "seconds"), True),
        ("text", Column("text", "prose"), True),
        ("before", Column("before", "text"), True),
        ("status", Column("status", "word"), False),
        ("duration", Column("duration", "seconds"), False),
        ("source", Column("source", "text"), False),
        ("position", Column("position", "count"), False),
    ),
    "contacts": (
        ("number", Column("number", "number"), True),
        ("attempts", Column("attempts", "count"), True),
        ("reached_on", Column("reached_on", "text"), True),
        ("first_reached", Column("first_reached", "time"), True),
        ("last_call", Column("last_call", "time"), True),
        ("last_status", Column("last_status", "word"), True),
        ("talk_time", Column("talk_time", "seconds"), True),
        ("agent", Column("agent", "text"), True),
        ("cost", Column("cost", "money"), True),
        ("completed", Column("completed", "count"), True),
        ("first_call", Column("first_call", "time"), True),
        ("batches", Column("batches", "count"), True),
        ("source", Column("source", "text"), False),
    ),
    "platforms": (
        ("platform", Column("platform", "text"), True),
        ("records", Column("records", "text"), True),
        ("recognised_by", Column("recognised_by", "prose"), True),
        ("fields", Column("fields", "count"), True),
        ("file", Column("file", "path"), True),
    ),
    "platform_fields": (
        ("field", Column("field", "text"), True),
        ("column", Column("column", "text"), True),
        ("count", Column("count", "count"), True),
        ("unit", Column("unit", "text"), True),
        ("records", Column("records", "text"), True),
        ("platform", Column("platform", "text"), True),
        ("location", Column("file", "path"), True),
    ),
    "platform_records": (
        ("record", Column("record", "count"), True),
        ("records", Column("records", "text"), True),
        ("id", Column("id", "id"), True),
        ("batch_id", Column("batch", "id"), True),
        ("platform", Column("platform", "text"), True),
        ("line", Column("line", "count"), True),
        ("location", Column("file", "path"), True),
    ),
    "erasures": (
        ("erased_at", Column("erased", "time"), True),
        ("mode", Column("mode", "word"), True),
        ("calls", Column("calls", "count"), True),
        ("mentions", Column("mentions", "count"), True),
        ("hits", Column("hits", "count", alarming=True), True),
        ("reference", Column("reference", "text"), True),
        ("batches", Column("batches", "text"), True),
        ("erasure_id", Column("erasure_id", "text"), True),
        ("run_id", Column("run", "run"), True),
    ),
    "progress": (
        ("observed_at", Column("observed", "time"), True),
        ("done", Column("done", "count"), True),
        ("failed", Column("failed", "count"), True),
        ("in_progress", Column("in_progress", "count"), True),
        ("total", Column("total", "count"), True),
        ("completed", Column("completed", "count"), True),
        ("unknown", Column("unknown", "count"), True),
        ("counted", Column("counted", "word"), True),
    ),
}
"""The columns of each, by rank: their names in the rows, how they are shown, and whether without being
named."""


_FIGURES: Final = dict.fromkeys(("reported", "in_the_calls", "difference", "tolerance"), "figure")
"""Columns whose unit another one names: a workbook formats their cells by it."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows in memory, read as those of a query are.

    Attributes:
        columns: their names.
        values: the rows.
    """

    columns: list[str]
    values: list[Row]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], names: Sequence[str] | None = None) -> Listed:
        """Dictionaries, which may lack some of the names."""
        found = (
            list(names) if names is not None else list(dict.fromkeys(name for row in rows for name in row))
        )
        return cls(found, [tuple(row.get(name) for name in found) for row in rows])

    def rows(self) -> Listed:
        """Itself, as the answer to a query has rows."""
        return self

    def __iter__(self) -> Iterator[Row]:
        return iter(self.values)

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]

    def reader(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""
        from batchlake.models.group_rows import arrow_table

        return arrow_table(self.dicts()).to_reader(batch_rows)

    def close(self) -> None:
        """Nothing is held open."""


def write_listed(
    request: Request,
    listed: Listed,
    name: str,
    *,
    worded: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row,
    before: Sequence[str] = (),
    empty: Callable[[], str] = lambda: "",
) -> None:
    """Write rows in the format asked for.

    Args:
        request: how.
        listed: the rows.
        name: of their columns, in `COLUMNS`.
        worded: a row as a table has it.
        before: lines above the table.
        empty: what to say where there are no rows.

    Raises:
        InvalidRequest: a column isn't there.
    """
    known = {column.name: (key, column) for key, column, _ in COLUMNS[name]}
    by_own = {key: (key, replace(column, name=key)) for key, column, _ in COLUMNS[name]}

    def find(given: str) -> tuple[str, Column]:
        spelled = spelling(given)
        found = known.get(spelled) or by_own.get(spelled)
        if found is None:
            raise no_column(given, spelled, [*known, *by_own])
        return found

    rows = in_order(listed.dicts(), request.row_options.sort, lambda given: find(given)[0], dict.get)
    if request.asks_for_columns:
        for column_name in known:
            click.echo(column_name)
        return
    if request.is_for_people:
        is_whole = request.wide or request.format == "xlsx"
        usual = [(key, column) for key, column, ranked in COLUMNS[name] if ranked or is_whole]
    else:
        usual = [by_own.get(key, (key, Column(key))) for key in listed.columns]
    wanted = chosen(request.row_options.columns, usual, find) or usual
    columns = tuple(column for _, column in wanted)
    is_table = request.format in ("table", "markdown")
    rows = list(map(worded, rows)) if is_table else rows
    found = Listed([one.name for one in columns], [tuple(row.get(key) for key, _ in wanted) for row in rows])
    if is_table:
        write_table(request, Shown(columns, found), before=before, empty=empty)
        return
    kinds = {column.name: _FIGURES.get(key, column.kind) for key, column in wanted}
    write_rows(request, found, kinds=kinds, title=name)


def write_result(request: Request, found: Result, name: str, **more: Any) -> None:
    """The same of a query's rows; programs read them one by one, unless columns or an order are asked for."""
    if request.is_for_people or request.columns or request.sort:
        write_listed(request, Listed.of(found.to_dicts(), found.columns), name, **more)
    else:
        write_rows(request, found)


_NOTHING: Final[tuple[object, ...]] = (None, [])
"""What a row without a value has."""


def _comparable(value: Any) -> Any:
    """A value as one that Python orders: amounts of several currencies by their currencies first."""
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, dict):
        # No currency is one of its own.
        is_amount = value.keys() == {"amount", "currency"}
        return (value["currency"] or "", value["amount"]) if is_amount else list(map(str, value.values()))
    return value


def in_order(
    rows: list[T],
    sort: Sequence[str],
    key: Callable[[str], K],
    value: Callable[[T, K], Any] = lambda row, key: row[key],  # type: ignore[index]
) -> list[T]:
    """Rows sorted by the names given, `-` before those downwards; those without a value come last.

    Args:
        rows: what to sort.
        sort: the names, the most important first.
        key: where a row has the value of a name; raises for one that isn't there, also without a row.
        value: what a row has there.
    """
    for given in reversed(sort):
        place = key(given.removeprefix("-"))
        keyed = [(value(row, place), row) for row in rows]
        held = [pair for pair in keyed if pair[0] not in _NOTHING]
        held.sort(key=lambda pair: _comparable(pair[0]), reverse=given.startswith("-"))
        rows = [row for _, row in held] + [row for found, row in keyed if found in _NOTHING]
    return rows
