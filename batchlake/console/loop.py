"""The console's loop: a line is read, run and answered, until the person leaves.

Errors are shown and the loop continues; Ctrl-C stops a query and not the console.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from batchlake.console import commands
from batchlake.console.completion import LakeCompleter
from batchlake.console.prompt import PROMPT, make_prompt
from batchlake.console.state import Console, ReadFilter
from batchlake.errors import BatchlakeError, InvalidRequest, QueryError
from batchlake.output.formats import BINARY_FORMATS
from batchlake.output.rows import Limited, exact_layout, exact_table, write_rows
from batchlake.output.target import replacing
from batchlake.query.statements import is_complete, split
from batchlake.text import looks
from batchlake.text.ranked import RankedTable

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

    from batchlake.engine.cursor import Rows
    from batchlake.filters.model import Filter
    from batchlake.lake import Lake
    from batchlake.output.readable import Readable

ReadRows: TypeAlias = "Callable[[Rows], Readable]"

_OTHER = re.compile(r"[^\n]")
_MAKING = re.compile(r"\b(create|drop)\b", re.IGNORECASE)


def run_console(
    lake: Lake,
    *,
    filter: Filter | None = None,
    row_format: str = "table",
    timeout_seconds: float | None = None,
    max_rows: int | None = None,
    excel_safe: bool = False,
    read_filter: ReadFilter | None = None,
    pager: Sequence[str] | None = None,
    read_rows: ReadRows = lambda rows: rows,
) -> None:
    """Read statements from the terminal and answer them, until Ctrl-D or `\\q`.

    Args:
        lake: what is asked; it follows new runs only when `\\at` is called.
        filter: of the calls in `selected_calls` and `selected_segments`.
        row_format: how rows are written.
        timeout_seconds: for each statement that is run; None is no limit.
        max_rows: of each answer; None is all.
        excel_safe: in CSV, disarm texts that a spreadsheet would run.
        read_filter: makes a filter of what follows `\\filter`; None reads JSON and `@FILE`.
        pager: the command of the pager, empty for none; None takes the usual one.
        read_rows: an answer's rows as they are shown and written: as they are, or masked.

    Raises:
        LakeNotFound, LakeDamaged, LakeTooNew: there is nothing to ask.
    """
    console = Console(lake, filter, row_format, timeout_seconds, read_filter, pager)
    try:
        _Loop(console, max_rows, read_rows, excel_safe=excel_safe).run()
    finally:
        console.session.close()


class _Loop:
    """Reads lines, runs them on the console's state and shows what they give."""

    def __init__(
        self, console: Console, max_rows: int | None, read_rows: ReadRows, *, excel_safe: bool
    ) -> None:
        self._console = console
        self._max_rows = max_rows
        self._read_rows = read_rows
        self._excel_safe = excel_safe
        self._is_last = self._is_last_piece = self._is_alone = True

    def run(self) -> None:
        """Read and answer."""
        completer = LakeCompleter(self._console.catalogue)
        prompt = make_prompt(completer, lambda: self._console.catalogue, colour=self._console.screen.colour)
        self._console.screen.note(self._console.greeting())
        self._console.run = self._statements
        while True:
            completer.catalogue = self._console.catalogue
            try:
                self._turn(prompt)
            except KeyboardInterrupt:
                # At the prompt, or once more while an answer is being stopped.
                continue
            except EOFError:
                return

    def _turn(self, prompt: PromptSession[str]) -> None:
        """Read one line, or what was pasted, and answer it: after an error the rest is run all the same, as
        psql does, and after Ctrl-C it isn't."""
        found = list(pieces(prompt.prompt().strip()))
        try:
            for number, piece in enumerate(found, 1):
                self._is_last_piece = self._is_last = number == len(found)
                self._is_alone = len(found) == 1
                self._try(piece, partial(self._answer, piece))
        except KeyboardInterrupt:
            rest = "" if self._is_last and self._is_last_piece else " The rest is not run."
            self._console.screen.fault(f"Interrupted.{rest}")

    def _try(self, text: str, answer: Callable[[], None]) -> None:
        """Answer what was typed, and show the error that it ends in."""
        try:
            answer()
        except QueryError as error:
            self._console.screen.fault(
                _located(error, text, self._console.screen.width if self._is_alone else 0)
            )
        except (BatchlakeError, UnicodeDecodeError) as error:
            self._console.screen.fault(str(error))
        except OSError as error:
            place = f"{str(error.filename)!r}: " if error.filename else ""
            self._console.screen.fault(f"{place}{error.strerror or error}.")

    def _answer(self, text: str) -> None:
        """Run one line, a command or statements.

        Raises:
            BatchlakeError, OSError: it can't be done.
            EOFError: the person wants to leave.
        """
        if commands.is_command(text):
            commands.run(self._console, text)
        else:
            self._statements(text)

    def _statements(self, text: str) -> None:
        """Run statements, each by itself, and show what they give."""
        found = split(text)
        for number, one in enumerate(found, 1):
            self._is_last = number == len(found)
            self._is_alone &= len(found) == 1
            # Where it stood: places in errors are those of the whole text.
            before = _OTHER.sub(" ", text[: one.start])
            self._try(text, partial(self._statement, f"{before}{one.text};"))

    def _statement(self, text: str) -> None:
        """Run one statement and show what it gives."""
        if _MAKING.search(text):
            self._console.catalogue.forget()
        started = time.perf_counter()
        answers = 0
        waiting = self._console.screen.waiting
        try:
            waiting.begin()
            for rows in self._console.session.run(text):
                # Alone: what a statement before it has made can't be made twice.
                self._console.last = f"{rows.sql};"
                self._show(rows, started)
                started = time.perf_counter()
                answers += 1
                waiting.begin()
        finally:
            waiting.end()
        if not answers:
            self._console.screen.note(f"Done in {_duration(started)}.")

    def _show(self, rows: Rows, started: float) -> None:
        output, self._console.output = self._console.output, None
        if output is not None:
            self._write(rows, output, started)
        elif self._console.row_format == "table":
            self._show_table(rows, started)
        elif self._console.row_format in BINARY_FORMATS:
            raise InvalidRequest(f"{self._console.row_format} is binary; write it with \\o FILE.")
        else:
            self._show_text(rows, started)

    def _show_table(self, rows: Rows, started: float) -> None:
        console = self._console
        if rows.columns == ["explain_key", "explain_value"]:
            # A plan is drawn over many lines.
            console.screen.page(line for row in rows for line in str(row[1]).splitlines())
            return
        limited = Limited(self._read_rows(rows), self._max_rows)
        table, lines = self._laid_out(rows, limited)
        durations: list[str] = []
        console.screen.page(lines, lambda: durations.append(_duration(started)))
        counted = looks.counted(table.rows, "row")
        if not durations:
            counted = f"The pager was left before the end, when {counted} had been read."
        else:
            counted += f", {len(rows.columns)} columns" if table.is_vertical else ""
            counted += f", {durations[0]}" if console.timing else ""
        others = [*table.notes("\\wide", "\\wide or \\x"), *limited.notes()]
        console.screen.note(" ".join([f"{counted.rstrip('.')}.", *others]) if others else counted)

    def _laid_out(self, rows: Rows, limited: Limited) -> tuple[RankedTable, Iterator[str]]:
        """A table of the columns that fit; a wide answer one value a line where that takes no more than a
        screen."""
        console, screen = self._console, self._console.screen
        columns, types = rows.columns, rows.types if self._console.types else ()
        layout = replace(
            exact_layout(screen.width, colour=screen.colour),
            all_columns=console.wide,
            vertical=console.vertical == "on",
        )
        console.wide = False
        table = exact_table(columns, layout, types)
        height = screen.height
        rows_left = iter(limited)
        first = list(islice(rows_left, height))
        taken = sum(3 + sum(value is not None for value in row) for row in first)
        is_short = len(first) < height and taken < height
        if console.vertical == "auto" and not layout.all_columns and is_short and first:
            tried = exact_table(columns, layout, types)
            drawn = list(tried.lines(first))
            if tried.left_out or tried.cut_values:
                upright = exact_table(columns, replace(layout, vertical=True), types)
                return upright, upright.lines(first)
            return tried, iter(drawn)
        return table, table.lines(chain(first, rows_left))

    def _show_text(self, rows: Rows, started: float) -> None:
        """Formats of text go to the screen as they would to a file."""
        rows.run()
        self._console.screen.waiting.end()
        sys.stdout.flush()
        note = write_rows(
            self._read_rows(rows),
            self._console.row_format,
            sys.stdout.buffer,
            max_rows=self._max_rows,
            excel_safe=self._excel_safe,
        )
        sys.stdout.buffer.flush()
        self._console.screen.note(f"{_duration(started)}. {note}".rstrip())

    def _write(self, rows: Rows, path: Path, started: float) -> None:
        row_format = self._console.format_of(path)
        with replacing(path) as file:
            note = write_rows(
                self._read_rows(rows), row_format, file, max_rows=self._max_rows, excel_safe=self._excel_safe
            )
        self._console.screen.note(f"Written to {path} in {_duration(started)}. {note}".rstrip())


def pieces(text: str) -> Iterator[str]:
    """What was typed or pasted at once, cut around its lines that are commands: those between statements.

    Line feeds before each piece keep the numbers of its lines.

    >>> list(pieces("select 1,\\n2;\\n\\\\timing\\nselect 3;"))
    ['select 1,\\n2;', '\\n\\n\\\\timing', '\\n\\n\\nselect 3;']
    """
    lines = text.split("\n")
    first, in_command = 0, commands.is_command(lines[0])
    for number, line in enumerate(lines[1:], 1):
        begins = commands.is_command(line)
        if in_command or begins:
            begun = "\n".join(lines[first:number])
            if begun.count("{") <= begun.count("}") if in_command else is_complete(begun):
                yield "\n" * first + begun
                first, in_command = number, begins
    yield "\n" * first + "\n".join(lines[first:])


def _located(error: QueryError, text: str, width: int) -> str:
    """The error, with a caret under its place in the line that was just typed, on a screen of this width;
    elsewhere (0) the line again."""
    message, line, where = error.message.partition("\nline ")
    if match := _NO_COLUMN.match(message):
        near = ", ".join(re.findall(r'"(\w+)"', match[2] or "")[:_NEAR])
        near = f" Near it: {near}." if near else ""
        of = next(iter(_FROM.findall(text)), "")
        message = f"There is no column {match[1]}.{near} \\d{f' {of}' if of else ''} lists them."
    if error.position is None or not line:
        return message
    if "\n" in text or not text.isascii() or len(PROMPT) + len(text) > width:
        return f"{message}{line}{where}"
    return f"{' ' * (len(PROMPT) + error.position)}^\n{message}"


_NO_COLUMN = re.compile(
    r'Referenced column "([^"]+)" not found in FROM clause!(?:\s*Candidate bindings: (.*))?', re.DOTALL
)
_FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_NEAR = 3


def _duration(started: float) -> str:
    seconds = time.perf_counter() - started
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1_000 * seconds:.0f} ms"
