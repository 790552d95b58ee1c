"""What a verb was asked: the lake, which calls and when, what to show of them, how and where.

Input: the parameters of the running command. Output: a `Request`. Verbs take these options together
(`answer_options`), so that each has the same, and none is read by one verb and forgotten by another.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.completion import columns as column_names
from batchlake.cli.arguments.completion import zones
from batchlake.cli.arguments.engine_options import on_engine
from batchlake.cli.arguments.options import (
    at_option,
    check_answer,
    format_option,
    lake_option,
    open_lake,
    output_option,
    quiet_option,
)
from batchlake.cli.arguments.parameters import Command, Count, option, refuse
from batchlake.cli.arguments.selection import read_period, read_selection
from batchlake.cli.arguments.settings import config_option, settings_of
from batchlake.errors import InvalidRequest
from batchlake.text.cells import Style
from batchlake.text.looks import Clock
from batchlake.text.ranked import Layout

if TYPE_CHECKING:
    from batchlake.cli.arguments.engine_options import AskedLake
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period
    from batchlake.query.rows import RowOptions
    from batchlake.screens.page import Page

SCREEN_WIDTH: Final = 80
"""What screens are laid out for where there is no terminal."""

_WIDEST_SCREEN: Final = 120
_BAR: Final = 24
_PEOPLE: Final = frozenset({"table", "markdown", "xlsx"})


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    Attributes:
        lake: the lake to ask.
        filter: which calls; None is all.
        period: when; None is any time.
        timezone: whose days, and in which times are shown.
        columns, sort, limit: as the flags give them.
        wide, vertical: how a table is laid out.
        pager: the command of the pager, empty without one.
        mask: whether phone numbers are masked.
        output: the file to write, None for standard output.
        quiet: no notes.
        format: of the answer.
    """

    lake: AskedLake
    filter: Filter | None
    period: Period | None
    timezone: str
    columns: str | None
    sort: str | None
    limit: int | None
    wide: bool
    vertical: bool
    pager: tuple[str, ...]
    mask: bool
    output: Path | None
    quiet: bool
    format: str

    @property
    def row_options(self) -> RowOptions:
        """Columns, order and limit: one row more than asked for, by which the writer sees that some were left
        out. Without it, all rows of the lake would be sorted for the first few."""
        from batchlake.query.rows import RowOptions

        return RowOptions.of(self.columns, self.sort, None if self.limit is None else self.limit + 1)

    @property
    def asks_for_columns(self) -> bool:
        """Whether `--columns help` was given: the answer is the names that can be chosen."""
        return (self.columns or "").strip() == "help"

    @property
    def is_for_people(self) -> bool:
        """Whether values look as people read them."""
        return self.format in _PEOPLE

    @property
    def is_arranged(self) -> bool:
        """Whether rows were asked for in columns, an order, a number or a layout of their own."""
        return bool(self.columns or self.sort or self.limit or self.vertical or self.wide)

    @property
    def is_terminal(self) -> bool:
        """Whether the answer goes to a terminal."""
        return self.output is None and sys.stdout.isatty()

    @property
    def colour(self) -> bool:
        """Whether to write colours there."""
        from batchlake.output.target import takes_colour

        return self.output is None and takes_colour(sys.stdout)

    @property
    def clock(self) -> Clock:
        """In which times are shown."""
        return Clock(self.timezone)

    @property
    def layout(self) -> Layout:
        """What a table is laid out for."""
        width = shutil.get_terminal_size().columns if self.is_terminal else None
        bars = _BAR * min(max(width or SCREEN_WIDTH, SCREEN_WIDTH), _WIDEST_SCREEN) // SCREEN_WIDTH
        style = Style(
            self.clock,
            whole=self.wide or width is None,
            seconds=self.wide,
            bar_width=bars,
        )
        return Layout(
            width,
            style,
            colour=self.colour,
            all_columns=self.wide,
            vertical=self.vertical,
            chosen=bool(self.columns) and "+" not in (self.columns or ""),
        )

    @property
    def screen_width(self) -> int:
        """What a screen is laid out for: the terminal, from a narrow one up to 120 columns."""
        if not self.is_terminal:
            return SCREEN_WIDTH
        return min(shutil.get_terminal_size().columns, _WIDEST_SCREEN)

    @property
    def page(self) -> Page:
        """What a screen is laid out for, and how."""
        from batchlake.screens.page import Page

        return Page(self.screen_width, self.clock, self.colour)


def answer_options(
    formats: tuple[str, ...], *, at: bool = True, lake: bool = True
) -> Callable[[Command], Command]:
    """`--lake`, `--at`, `-o`, `-q`, `--format`, and how people see answers."""

    def add(command: Command) -> Command:
        for one in (
            format_option(formats),
            quiet_option,
            output_option,
            option("--mask-numbers", is_flag=True, help="Show phone numbers as +49 *** 52."),
            option("--no-pager", is_flag=True, help="Print, however long it is."),
            *([at_option] if at else []),
            timezone_option,
            lake_option if lake else config_option,
        ):
            command = one(command)
        return command

    return add


def timezone_option(command: Command) -> Command:
    """`--timezone ZONE`."""
    return option(
        "--timezone", default="UTC", envvar="BATCHLAKE_TIMEZONE", show_default=True, metavar="ZONE",
        shell_complete=zones,
        help="Of periods, plain dates, groups by time, and of times shown.",
    )(command)  # fmt: skip


def table_options(verb: str) -> Callable[[Command], Command]:
    """`--columns`, `--sort`, `--limit`, `--wide`, `-x`."""

    def add(command: Command) -> Command:
        complete = column_names(verb)
        for one in (
            option("-x", "--vertical", is_flag=True, help="Rows one below the other."),
            option("--wide", is_flag=True, help="Every column, every value whole."),
            option("--limit", "--max-rows", "limit", type=Count(), metavar="N",
                   help="At most so many rows."),
            option("--sort", metavar="COLUMNS", shell_complete=complete,
                   help="As -cost,time: - is downwards."),
            option("--columns", metavar="COLUMNS", shell_complete=complete,
                   help="In this order; +name is besides the usual; `help` lists them."),
        ):  # fmt: skip
            command = one(command)
        return command

    return add


def read_request(context: click.Context, given: Mapping[str, Any], *, needs: str | None = None) -> Request:
    """What the parameters of the running command ask.

    Raises:
        InvalidFilter, InvalidRequest: they are invalid.
    """
    timezone = given.get("timezone") or "UTC"
    wide, vertical = bool(given.get("wide")), bool(given.get("vertical"))
    output_format = str(given["output_format"])
    if (wide or vertical) and output_format != "table":
        raise InvalidRequest(f"--wide and -x are for tables; {output_format} has every column, whole.")
    if output_format != "csv" and not given.get("at_prompt"):
        refuse({"excel_safe"}, f"to {output_format}: it is for CSV")
    output = given.get("output")
    check_answer(output, output_format)
    lake = open_lake(
        given.get("lake_path", "lake"), given.get("at"), needs=needs, timezone=timezone,
        memory_limit=given.get("memory_limit"), threads=given.get("threads"),
    )  # fmt: skip
    asked = on_engine(lake, given)
    return Request(
        lake=asked,
        filter=read_selection(context, given, timezone),
        period=read_period(given, timezone),
        timezone=asked.timezone,
        columns=given.get("columns"),
        sort=given.get("sort"),
        limit=given.get("limit"),
        wide=wide,
        vertical=vertical,
        pager=_pager(context, given, output),
        mask=bool(given.get("mask_numbers")),
        output=output,
        quiet=bool(given.get("quiet")),
        format=output_format,
    )


def _pager(context: click.Context, given: Mapping[str, Any], output: Path | None) -> tuple[str, ...]:
    if given.get("no_pager") or output is not None or not sys.stdout.isatty():
        return ()
    from batchlake.output.pager import pager_command

    settings = settings_of(context)
    return tuple(pager_command(settings.pager if settings else None))
