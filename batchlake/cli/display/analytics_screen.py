"""What `analytics` shows: the overview, a row a group, a comparison; JSON is one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.selection import read_comparison
from batchlake.cli.display.answers import (
    no_currency,
    write_document,
    write_lines,
    write_rows,
    write_table,
)
from batchlake.cli.display.listed import Listed, in_order
from batchlake.cli.display.verb_rows import nothing_matches, refuse_columns
from batchlake.errors import InvalidRequest
from batchlake.filters.other import PREVIOUS
from batchlake.models.blocks import FAMILIES, Group
from batchlake.models.group_rows import figure_values, list_rows
from batchlake.output.readable import Shown
from batchlake.query.columns import no_column, spelling
from batchlake.screens import groups
from batchlake.text.cells import Column

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period
    from batchlake.models.analytics import Analytics
    from batchlake.screens.overview import Extent

_FIRST_FAMILIES: Final = ("calls", "success", "duration", "cost")
_LISTS: Final = frozenset({"responses", "patterns", "timeline"})


def show_analytics(
    context: click.Context, request: Request, by: Sequence[str], given: Mapping[str, Any]
) -> None:
    """Ask for the figures, and write them as asked for."""
    refuse_columns(request, "analytics")
    dimensions = [name.strip() for name in by if name.strip()]
    families = [name.strip() for text in given["metrics"] for name in text.split(",") if name.strip()]
    if given["metrics"] and not families:
        raise InvalidRequest(f"no metrics were named. The families are {', '.join(FAMILIES)}.")
    if "all" in families:
        families = []
    elif dimensions and not families and request.format != "json":
        # The columns of the rows need no more, and the others take most of the time.
        families = list(_FIRST_FAMILIES)
    if dimensions and request.format != "json" and _LISTS.intersection(families):
        raise InvalidRequest(
            "responses, patterns and timeline are lists: ask of one group (--agent agent_ava), or with "
            "--json."
        )
    options: dict[str, Any] = {"top": given["top"], "every": given["every"], "patterns": given["patterns"]}
    if families:
        options["metrics"] = families
    is_overview = request.format == "table" and not dimensions
    if is_overview:
        options["every"] = "hour"
        if families and "calls" not in families:
            # How many there are is the first line of the screen.
            options["metrics"] = ["calls", *families]
    compare = read_comparison(context, given["compare"], request.timezone)
    found = request.lake.analytics(
        request.filter,
        dimensions,
        period=request.period,
        compare=compare,
        timezone=request.timezone,
        **options,
    )
    wanted = request.lake.selected_filter(request.filter, request.period)
    if compare is not None:
        periods = None
        if compare == PREVIOUS and request.period is not None:
            periods = (request.period, request.period.previous())
        _compare(request, found, dimensions, periods)
    elif request.format == "json":
        write_document(request, found)
    elif (
        dimensions or not is_overview or request.columns or request.sort or request.limit or request.vertical
    ):
        _write_groups(request, found, families)
    elif not found.statistics.total_calls:
        write_lines(request, [], lambda: [nothing_matches(request)])
    else:
        from batchlake.screens.overview import overview

        lines = overview(found, extent_of(request, wanted), request.page)
        write_lines(request, lines, lambda: _currency_notes(found))


def _currency_notes(*several: Analytics) -> list[str]:
    """A sentence where amounts stand without a currency."""
    named = {one.currency is not None for found in several if found.cost for one in found.cost.currencies}
    return [no_currency(some=True in named)] if False in named else []


def extent_of(request: Request, wanted: Filter | None) -> Extent:
    """Where the calls of the selection come from."""
    from batchlake.screens.overview import Extent

    rows = request.lake.sql(
        "select count(distinct batch_id) as batches, min(call_time) as first, max(call_time) as last "
        "from selected_calls",
        filter=wanted,
    )
    (row,) = rows.to_dicts()
    return Extent(
        row["batches"], row["first"], row["last"], "All calls" if wanted is None else "Selected calls"
    )


def _write_groups(request: Request, found: Analytics, families: Sequence[str]) -> None:
    """A row a group, in any format of rows; of one family that is a list, its rows."""
    lists = _LISTS.intersection(families)
    if lists and not found.by and request.format != "table":
        if len(families) > 1:
            raise InvalidRequest(
                "responses, patterns and timeline are lists: ask for one of them by itself, or with --json."
            )
        write_rows(request, Listed.of(list_rows(found, families[0])))
        return
    if request.format not in ("table", "markdown"):
        rows = found.to_dicts()
        listed, kinds = Listed.of(rows), _PLAIN_KINDS
        if request.columns or request.sort:
            listed = _chosen_plain(request, rows)
        elif request.format == "xlsx":
            listed, kinds = _sheet(found)
        write_rows(request, listed, kinds=kinds, title="analytics")
        return
    columns = groups.group_columns(found, families=families, wide=request.wide or bool(request.columns))
    grouped = groups.group_rows(found, columns, request.clock, request.period)
    columns, grouped = _chosen(request, columns, grouped, len(found.by))
    write_table(request, Shown(tuple(columns), Listed([one.name for one in columns], grouped)))


def _sheet(found: Analytics) -> tuple[Listed, dict[str, str]]:
    """The groups as a spreadsheet has them: keys as they are, every figure, amounts with their currencies."""
    columns = [one for one in groups.group_columns(found, wide=True) if one.kind != "bar"]
    figures = columns[len(found.by) :]
    of: Sequence[Analytics | Group] = found.groups if found.by else [found]
    rows = [
        (
            *(group.keys.values() if isinstance(group, Group) else ()),
            *(figure_values(group).get(one.name) for one in figures),
        )
        for group in of
    ]
    return Listed([one.name for one in columns], rows), {one.name: one.kind for one in figures}


def _chosen(
    request: Request, columns: list[Column], rows: list[groups.Row], keys: int
) -> tuple[list[Column], list[groups.Row]]:
    """Columns and order as asked for; the row of all stays last."""
    names = [column.name for column in columns]
    body, last = rows[:-1], rows[-1:]
    body = in_order(body, request.asked.sort, lambda given: _place(given, names), _sortable)
    if request.limit is not None:
        body = body[: request.limit]
    asked = request.asked.columns
    if asked:
        places = [_place(name.removeprefix("+"), names) for name in asked]
        places = [*range(keys), *(place for place in places if place >= keys)] if keys else places
    else:
        places = list(range(len(columns)))
    return [columns[place] for place in places], [
        tuple(row[place] for place in places) for row in [*body, *last]
    ]


def _sortable(row: groups.Row, place: int) -> Any:
    """The value there; costs are sorted by currency, then amount."""
    value = row[place]
    if isinstance(value, list):
        return [(currency or "~", amount) for amount, currency in value]
    return value


_ALIASES: Final = {
    "success_rate": "success",
    "average_duration_seconds": "avg_call",
    "median_duration_seconds": "median",
    "p95_duration_seconds": "p95",
    "total_cost": "cost",
    "cost_per_completed_call": "per_completed",
    "cost_per_minute": "per_minute",
    "total_calls": "calls",
}
_PLAIN_NAMES: Final = {short: own for own, short in _ALIASES.items() if own != "total_calls"}
_PLAIN_KINDS: Final[dict[str, str]] = {
    "calls": "count",
    "completed": "count",
    "failed": "count",
    "success_rate": "rate",
    "average_duration_seconds": "seconds",
    "median_duration_seconds": "seconds",
    "p95_duration_seconds": "seconds",
    "total_cost": "money",
    "cost_per_completed_call": "price",
    "cost_per_minute": "price",
}


def _place(given: str, names: Sequence[str]) -> int:
    spelled = spelling(given)
    spelled = _ALIASES.get(spelled, spelled)
    if spelled in names:
        return names.index(spelled)
    if spelled.removesuffix("_id") in names:
        return names.index(spelled.removesuffix("_id"))
    raise no_column(given, spelled, names)


def _chosen_plain(request: Request, rows: list[dict[str, Any]]) -> Listed:
    """The rows for programs with the columns and in the order asked for."""
    names = list(dict.fromkeys(name for row in rows for name in row))

    def own(given: str) -> str:
        spelled = given.strip().replace(" ", "_")
        name = _PLAIN_NAMES.get(spelled, spelled)
        if name not in names:
            raise no_column(given, name, [*names, *_PLAIN_NAMES])
        return name

    rows = in_order(rows, request.asked.sort, own)
    asked = request.asked.columns
    if not asked:
        return Listed.of(rows, names)
    heads = [given.removeprefix("+") for given in asked]
    return Listed(heads, [tuple(row[own(head)] for head in heads) for row in rows])


def _compare(
    request: Request, found: Analytics, dimensions: list[str], periods: tuple[Period, Period] | None
) -> None:
    """The figures against those of another selection."""
    from batchlake.screens.comparison import comparison

    compared, other = found.comparison, found.other
    assert compared is not None  # noqa: S101 - it was asked for
    assert other is not None  # noqa: S101 - as above
    if request.format == "json":
        write_document(request, compared)
        return
    people = request.format in ("table", "markdown")
    if not people or (request.format == "markdown" and not dimensions):
        write_rows(request, Listed.of(compared.to_dicts()))
    elif dimensions:
        _write_changes(request, found, other)
    else:
        lines = comparison(found, other, compared, request.page, periods)
        write_lines(request, lines, lambda: _currency_notes(found, other))


def _write_changes(request: Request, found: Analytics, other: Analytics) -> None:
    """A row a group, each figure followed by its change, and last one of all."""
    columns = groups.group_columns(found, wide=request.wide)
    keys, figures = columns[: len(found.by)], columns[len(found.by) :]
    figures = [one for one in figures if one.kind in groups.CHANGES]
    added, changed = groups.changes(found, other, figures)
    rows = []
    shown: list[Analytics | Group] = [*found.groups, found]
    for group in shown:
        of = group.keys if isinstance(group, Group) else {}
        words = [groups.key_words(name, value, request.clock) for name, value in of.items()]
        values = figure_values(group)
        pairs = zip(figures, changed[tuple(of.values())], strict=True)
        told = [one for figure, change in pairs for one in (values.get(figure.name), change)]
        rows.append((*(words or ["all", *[""] * (len(keys) - 1)]), *told))
    heads = [*keys, *(one for pair in zip(figures, added, strict=True) for one in pair)]
    write_table(request, Shown(tuple(heads), Listed([one.name for one in heads], rows)))
