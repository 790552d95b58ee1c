"""The rows of a verb, as it was asked: for people ranked and with their units, for programs as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batchlake.cli.arguments.parameters import refuse
from batchlake.cli.display.answers import column_help, write_rows, write_table
from batchlake.query.columns import verb
from batchlake.text.looks import counted

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request
    from batchlake.output.readable import Shown

_ONE: Final = {
    "calls": "call",
    "batches": "batch",
    "problems": "problem",
    "runs": "run",
    "exports": "export",
    "fields": "field",
}


def write_verb(request: Request, name: str, *, excel_safe: bool = False, **given: Any) -> None:
    """Write the rows of a verb in the format asked for."""
    if column_help(request, name):
        return
    lake = request.lake
    selection: dict[str, Any] = {"filter": request.filter, "period": request.period}
    if request.format in ("table", "markdown"):
        shown = lake.shown(name, request.row_options, wide=request.wide, **selection, **given)
        write_shown(request, shown, name)
        return
    if request.format == "xlsx" and (request.columns or name == "batches"):
        # Costs with their currencies, several of them where a batch has several.
        shown = lake.shown(name, request.row_options, wide=True, **selection, **given)
        answer, kinds = shown.result, {one.name: one.kind for one in shown.columns}
    else:
        answer = lake.plain(name, request.row_options, **selection, **given)
        kinds = {one.own or one.name: one.kind for one in verb(name).columns}
    write_rows(request, answer, excel_safe=excel_safe, kinds=kinds, title=name)


def write_shown(request: Request, shown: Shown, name: str) -> None:
    """Write a verb's rows as people read them."""

    def about(count: int) -> str:
        return f"{counted(count, _ONE[name], name)} {period_words(request)}".strip()

    def empty() -> str:
        if name == "calls":
            return nothing_matches(request)
        return f"There is no {_ONE[name]}{' in that period' if request.period else ''}."

    write_table(request, shown, about=about, empty=empty)


def period_words(request: Request) -> str:
    """`from 26 Nov 00:00 to now`, of the period asked for; nothing without one."""
    period = request.period
    if period is None:
        return ""
    clock = request.clock
    begins = (
        f"from {clock.minute(period.start)}" if period.start else "up to now" if period.is_running else ""
    )
    if period.end is None or period.is_running:
        return f"{begins} to now" if period.start else begins
    return f"{begins} to {clock.minute(period.end)}".strip()


def nothing_matches(request: Request) -> str:
    """Why an answer about calls is empty."""
    from batchlake.filters.selection import select

    held = request.lake.extent()
    if not held["calls_held"]:
        return "The lake holds no call yet."
    with_filter = request.lake.selected_filter(request.filter, request.period)
    asked = "" if with_filter is None else f" Asked were: {select(with_filter).description}"
    if held["first_call_time"] is None:
        return f"No call matches.{asked}"
    when = request.clock.days(held["first_call_time"], held["last_call_time"])
    return f"No call matches. The lake holds calls of {when}.{asked}"


def refuse_columns(request: Request, verb_name: str) -> None:
    """Nothing, where the answer is rows.

    Raises:
        click.UsageError: it is a document, and columns, an order or a number of rows were asked for.
    """
    if request.format == "json":
        parts = ": --metrics chooses its parts" if verb_name == "analytics" else ""
        refuse(("columns", "sort", "limit"), f"to {verb_name} as JSON, which is one document{parts}")
