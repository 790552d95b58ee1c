"""What `analytics` shows: the overview, a row a group, a comparison; JSON is one document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.parameters import refuse
from batchlake.cli.arguments.selection import read_comparison
from batchlake.cli.display.answers import no_currency, write_document, write_lines, write_rows, write_table
from batchlake.cli.display.listed import Listed, in_order
from batchlake.cli.display.verb_rows import nothing_matches, refuse_columns
from batchlake.errors import InvalidRequest
from batchlake.models.blocks import FAMILIES, FIRST_FAMILIES, Group
from batchlake.models.group_rows import FIGURES, OWN_NAMES, figure_values, list_rows
from batchlake.output.readable import Shown
from batchlake.query.columns import chosen, no_column, spelling
from batchlake.screens import groups
from batchlake.text.cells import CHANGE, Column

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period
    from batchlake.models.analytics import Analytics
    from batchlake.models.comparison import SelectionComparison
    from batchlake.screens.overview import Extent

_OPTIONS: Final = {"responses": "top", "patterns": "patterns", "timeline": "every"}
_LISTS: Final = frozenset(_OPTIONS)
"""Families that are lists, each with the option that is of it alone."""


def show_analytics(
    context: click.Context, request: Request, by: Sequence[str], given: Mapping[str, Any]
) -> None:
    """Ask for the figures, and write them as asked for."""
    refuse_columns(request, "analytics")
    dimensions = [name.strip() for name in by if name.strip()]
    if by and not dimensions:
        raise InvalidRequest("--by names nothing. It takes agent, batch, status, week or others: see --help.")
    families, metrics = _families(request, dimensions, given)
    is_overview = request.format == "table" and not dimensions
    compare = read_comparison(context, given["compare"], request.timezone)
    if compare is None:
        _refuse_unseen(request, families, is_grouped=bool(dimensions))
    else:
        refuse(_OPTIONS.values(), "beside --compare, which has no list")
    found = request.lake.analytics(
        request.filter,
        dimensions,
        period=request.period,
        compare=compare,
        timezone=request.timezone,
        top=given["top"],
        every="hour" if is_overview else given["every"],
        patterns=given["patterns"],
        metrics=metrics or None,
    )
    if compare is not None:
        # Filters are pydantic models, whose making takes longer than most questions: most name none.
        from batchlake.filters.other import PREVIOUS

        periods = None
        if compare == PREVIOUS and request.period is not None:
            periods = (request.period, request.period.previous())
        _compare(request, found, dimensions, families, periods)
    elif request.format == "json":
        write_document(request, found)
    elif not is_overview or request.is_arranged:
        _write_groups(request, found, families)
    elif not found.statistics.total_calls:
        write_lines(request, [], lambda: [nothing_matches(request)])
    else:
        from batchlake.screens.overview import overview

        if request.mask:
            from batchlake.screens.masking import without_numbers

            found = without_numbers(found)
        wanted = request.lake.selected_filter(request.filter, request.period)
        lines = overview(found, extent_of(request, wanted), request.page)
        write_lines(request, lines, lambda: _currency_notes(found))


def _families(
    request: Request, dimensions: Sequence[str], given: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """The families that are shown, and the metrics that are asked for; none are all of them.

    Raises:
        InvalidRequest: none is named, or lists are asked of groups in rows.
    """
    named = [name.strip() for text in given["metrics"] for name in text.split(",") if name.strip()]
    if given["metrics"] and not named:
        raise InvalidRequest(f"no metrics were named. The families are {', '.join(FAMILIES)}.")
    if "all" in named:
        # With those beside it, which may be mistaken.
        return [], named
    families = named
    if dimensions and not families:
        families = list(FIRST_FAMILIES)
        if given["patterns"] and request.format == "json":
            families.append("patterns")
    if dimensions and request.format != "json" and _LISTS.intersection(families):
        raise InvalidRequest(
            "responses, patterns and timeline are lists: ask of one group (--agent agent_ava), or with "
            "--json."
        )
    if not families:
        return [], []
    # A column that is named, or sorted by, brings its family.
    columns = [
        _named(name.lstrip("+-")).removesuffix(CHANGE)
        for name in (*request.row_options.columns, *request.row_options.sort)
    ]
    metrics = [*families, *(groups.FAMILY_OF[name] for name in columns if name in groups.FAMILY_OF)]
    if request.format == "table" and not dimensions and "calls" not in metrics:
        # How many there are is the first line of the screen.
        metrics.insert(0, "calls")
    return families, metrics


def _refuse_unseen(request: Request, families: Sequence[str], *, is_grouped: bool) -> None:
    """Refuse options of lists that the answer doesn't show.

    Raises:
        click.UsageError: one of them is given.
    """
    shown = set(families or FAMILIES)
    if request.format == "table" and not (is_grouped or request.is_arranged):
        # The screen has the patterns where they are named, and the hours of the day.
        shown = (shown - _LISTS) | (shown & {"responses"}) | ({"patterns"} & set(families))
    elif request.format != "json" and (is_grouped or len(families) != 1):
        shown -= _LISTS
    for family, name in _OPTIONS.items():
        if family not in shown:
            refuse({name}, f"to this answer, which has no {family}: ask with --metrics {family} --json")


def _currency_notes(*several: Analytics) -> list[str]:
    """A sentence where amounts stand without a currency."""
    named = {one.currency is not None for found in several if found.cost for one in found.cost.currencies}
    return [no_currency(some=True in named)] if False in named else []


def extent_of(request: Request, wanted: Filter | None) -> Extent:
    """Where the calls of the selection come from."""
    from batchlake.screens.overview import Extent

    row = request.lake.extent(wanted)
    return Extent(
        row["batches"],
        row["first_call_time"],
        row["last_call_time"],
        "All calls" if wanted is None else "Selected calls",
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
    asked = request.row_options
    wide = request.wide or bool(asked.columns or asked.sort)
    columns = groups.group_columns(found, families=families, wide=wide)
    if _column_help(request, columns):
        return
    grouped = groups.group_rows(found, columns, request.clock, request.period)
    usual = [one.name for one in groups.group_columns(found, families=families, wide=request.wide)]
    columns, grouped = _chosen(request, columns, grouped, len(found.by), usual)
    write_table(request, _shown(request, columns, grouped, found.by))


def _shown(
    request: Request, columns: Sequence[Column], rows: Sequence[groups.Row], by: Sequence[str]
) -> Shown:
    """Rows of groups for people; the key of the last one, of all, is no number."""
    if request.mask and by:
        from batchlake.screens.masking import masked_groups

        rows = masked_groups(rows, by)
    listed = Listed([one.name for one in columns], list(rows))
    return Shown(tuple(columns), listed, is_masked=bool(by))


def _column_help(request: Request, columns: Sequence[Column]) -> bool:
    """Whether `--columns help` was asked, and is answered."""
    if not request.asks_for_columns:
        return False
    own = {short: name for name, short in _ALIASES.items()}
    for name in (one.name for one in columns if one.kind != "bar"):
        print(f"{name}  ({own[name]})" if name in own else name)  # noqa: T201 - the answer
    return True


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
    request: Request, columns: list[Column], rows: list[groups.Row], keys: int, usual: Collection[str]
) -> tuple[list[Column], list[groups.Row]]:
    """Columns and order as asked for, `usual` those without being named; the row of all stays last.

    What rows are sorted by is shown, too.
    """
    names = [column.name for column in columns]
    body, last = rows[:-1], rows[-1:]
    asked = request.row_options
    body = in_order(body, asked.sort, lambda given: _place(given, names), _sortable)
    if request.limit is not None:
        body = body[: request.limit]
    besides = [name[1:] for name in asked.columns if name.startswith("+")]
    wanted = {names[_place(name, names)] for name in besides}
    if not asked.columns:
        wanted |= {names[_place(name.removeprefix("-"), names)] for name in asked.sort} - {*usual}
    places = (
        _places_asked(asked.columns, names, keys, usual)
        if asked.columns
        else _places_of({*usual, *wanted}, names)
    )
    shown = [replace(columns[place], wanted=names[place] in wanted) for place in places]
    return shown, [tuple(row[place] for place in places) for row in [*body, *last]]


def _places_asked(asked: Sequence[str], names: Sequence[str], keys: int, usual: Collection[str]) -> list[int]:
    """The places of the columns to show: the keys, and those asked for; a figure brings its change."""
    before = [at for at, name in enumerate(names) if name in usual]
    named = chosen(asked, before, lambda given: _place(given, names))
    changes = {at for at, name in enumerate(names) if name.endswith(CHANGE)}
    named = [at for place in named for at in (place, place + 1) if at == place or at in changes]
    return list(dict.fromkeys([*range(keys), *named]))


def _places_of(wanted: Collection[str], names: Sequence[str]) -> list[int]:
    """The places of these columns; a figure and its change stand together."""
    figures = {name.removesuffix(CHANGE) for name in wanted}
    return [at for at, name in enumerate(names) if name.removesuffix(CHANGE) in figures]


def _sortable(row: groups.Row, place: int) -> Any:
    """The value there; costs are sorted by currency, then amount."""
    value = row[place]
    if isinstance(value, list):
        return [(currency or "~", amount) for amount, currency in value if amount is not None] or None
    return value


_ALIASES: Final = {own: short for short, own in OWN_NAMES.items() if own != short} | {"total_calls": "calls"}
_PLAIN_KINDS: Final = {name: one.kind for one in FIGURES for name in (one.name, OWN_NAMES[one.name])}


def _named(given: str) -> str:
    """The name of a column, given by it or by the tables' own."""
    spelled = spelling(given)
    return _ALIASES.get(spelled, spelled)


def _place(given: str, names: Sequence[str]) -> int:
    spelled = _named(given)
    for name in (given, spelled, spelled.removesuffix("_id")):
        if name in names:
            return names.index(name)
    raise no_column(given, spelled, names)


def _chosen_plain(request: Request, rows: list[dict[str, Any]]) -> Listed:
    """The rows for programs with the columns and in the order asked for."""
    names = list(dict.fromkeys(name for row in rows for name in row))

    def own(given: str) -> str:
        spelled = spelling(given)
        name = given if given in names else OWN_NAMES.get(spelled, spelled)
        if name not in names:
            raise no_column(given, name, [*names, *OWN_NAMES])
        return name

    rows = in_order(rows, request.row_options.sort, own)
    asked = request.row_options.columns
    if not asked:
        return Listed.of(rows, names)
    columns = chosen(asked, names, own)
    heads = names if asked[0].startswith("+") else list(asked)
    return Listed(heads, [tuple(row[name] for name in columns) for row in rows])


def _compare(
    request: Request,
    found: Analytics,
    dimensions: list[str],
    families: Sequence[str],
    periods: tuple[Period, Period] | None,
) -> None:
    """The figures against those of another selection."""
    compared, other = found.comparison, found.other
    assert compared is not None  # noqa: S101 - it was asked for
    assert other is not None  # noqa: S101 - as above
    people = request.format in ("table", "markdown")
    if request.format == "json":
        write_document(request, compared)
    elif not people or (request.format == "markdown" and not dimensions):
        write_rows(request, _chosen_plain(request, compared.to_dicts()))
    elif dimensions:
        _write_changes(request, found, other, families, periods)
    else:
        _write_comparison(request, found, other, compared, periods)


def _write_comparison(
    request: Request,
    found: Analytics,
    other: Analytics,
    compared: SelectionComparison,
    periods: tuple[Period, Period] | None,
) -> None:
    """A row a figure, in their own order."""
    from batchlake.screens.comparison import COLUMNS, comparison

    asked = request.row_options
    if _column_help(request, [Column(name) for name in COLUMNS]):
        return
    if asked.sort:
        raise InvalidRequest(
            "the figures of a comparison stand in their own order: --sort goes with --by, or with --csv."
        )
    names = ["before" if (name := spelling(given)) == "other" else name for given in asked.columns]
    for given, name in zip(asked.columns, names, strict=True):
        if name not in COLUMNS:
            raise no_column(given, name, COLUMNS)
    shown = comparison(
        found, other, compared, request.page, periods,
        wide=request.wide, vertical=request.vertical, columns=names,
    )  # fmt: skip
    write_lines(
        request,
        shown.lines(request.limit),
        lambda: [*shown.notes(request.limit), *_currency_notes(found, other)],
    )


def _write_changes(
    request: Request,
    found: Analytics,
    other: Analytics,
    families: Sequence[str],
    periods: tuple[Period, Period] | None,
) -> None:
    """A row a group, each figure followed by its change, and last one of all."""
    from batchlake.screens.changes import change_columns, change_rows

    asked = request.row_options
    sorted_by = [_named(given.removeprefix("-")).removesuffix(CHANGE) for given in asked.sort]
    wide = request.wide or bool(asked.columns or asked.sort)
    columns = change_columns(found, families=families, wide=wide, first=sorted_by)
    if _column_help(request, columns):
        return
    rows = change_rows(found, other, columns, request.clock)
    usual = [one.name for one in change_columns(found, families=families, wide=request.wide)]
    columns, rows = _chosen(request, columns, rows, len(found.by), usual)
    shown = _shown(request, columns, rows, found.by)
    steps = [name for name in found.by if name in groups.TIME_STEPS]
    keys = [{tuple(group.keys.values()) for group in of.groups} for of in (found, other)]
    apart = []
    if periods and steps and keys[0].isdisjoint(keys[1]):
        apart = [
            f"No {steps[0]} is in both periods: --by weekday or --by hour_of_day compares like with like."
        ]
    write_table(request, shown, about_columns=apart)
