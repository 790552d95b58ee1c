"""Rows as a table of text, for a terminal, a file or a notebook.

Input: the names of the columns and rows of Python's values. Output: lines. Rows are read 500 at a time, the
first of which decide the widths of the columns. A long value is cut, and counted in `notes`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from batchlake.text.escaping import printable
from batchlake.text.terminal import cut, display_width
from batchlake.text.values import NULL, is_number, text

_AT_ONCE: Final = 500
_GAP: Final = "  "
_NARROWEST: Final = 20
_READ_TIMES: Final = 4
"""How many times the width of a cell is read of a value: some characters have no width."""

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Grid:
    """A table of text.

    Args:
        names: of the columns.
        width: of the terminal: columns are made narrower until they fit, and left out from the right where
            even that is not enough. None makes lines as long as it takes.
        cell_width: where a value is cut.
        colour: with a bold head and dim NULLs.
    """

    def __init__(
        self, names: Sequence[str], *, width: int | None = None, cell_width: int = 80, colour: bool = False
    ) -> None:
        self._names = [printable(name) for name in names]
        self._width = width
        self._cell_width = cell_width
        self._colour = colour
        self._shown = len(names)
        self._widths = [0] * len(names)
        self._right: list[bool] = []
        self.rows = 0
        self.cut_values = 0

    def lines(self, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
        """The lines of the table, its head first."""
        waiting = iter(rows)
        while (several := list(islice(waiting, _AT_ONCE))) or not self._right:
            cells = [[self._cell(value) for value in row] for row in several]
            first = not self._right
            if first:
                self._begin(several, cells)
                yield self._line(self._names, _BOLD)
                yield self._line(["─" * width for width in self._widths])
            for place in range(self._shown):
                widest = max((display_width(row[place]) for row in cells), default=0)
                self._widths[place] = max(self._widths[place], min(widest, self._limit))
            self.rows += len(several)
            yield from map(self._line, cells)
            if not self._names:
                return

    def notes(self) -> list[str]:
        """What the table doesn't show, in a sentence each."""
        notes = []
        if self._shown < len(self._names):
            notes.append(f"{self._shown} of {len(self._names)} columns fit; the others are left out.")
        if self.cut_values:
            values = "1 long value is" if self.cut_values == 1 else f"{self.cut_values:,} long values are"
            notes.append(f"{values} cut.")
        return notes

    def _begin(self, values: list[Sequence[Any]], cells: list[list[str]]) -> None:
        """Settle the columns' widths and sides by the first rows."""
        columns = list(zip(*values, strict=True)) or [()] * len(self._names)
        held = [[value for value in column if value is not None] for column in columns]
        self._right = [bool(column) and all(map(is_number, column)) for column in held] or [False]
        self._limit = self._cell_width
        widths = [
            max([display_width(name), *(display_width(row[place]) for row in cells)])
            for place, name in enumerate(self._names)
        ]
        while self._width and self._limit > _NARROWEST and self._total(widths) > self._width:
            self._limit -= 1
        while self._width and self._shown > 1 and self._total(widths[: self._shown]) > self._width:
            self._shown -= 1
        self._widths = [min(width, self._limit) for width in widths[: self._shown]]

    def _total(self, widths: list[int]) -> int:
        return sum(min(width, self._limit) for width in widths) + len(_GAP) * (len(widths) - 1)

    def _cell(self, value: Any) -> str:
        if value is None:
            return NULL
        return printable(text(value)[: _READ_TIMES * self._cell_width])

    def _line(self, cells: Sequence[str], style: str = "") -> str:
        parts = []
        for place in range(self._shown):
            cell = cut(cells[place], self._widths[place])
            self.cut_values += cell is not cells[place]
            blank = " " * (self._widths[place] - display_width(cell))
            if self._colour and (style or cell == NULL):
                cell = f"{style or _DIM}{cell}{_PLAIN}"
            parts.append(blank + cell if self._right[place] else cell + blank)
        return _GAP.join(parts).rstrip()


def html_table(names: Sequence[str], rows: Iterable[Sequence[Any]], *, cell_width: int = 200) -> str:
    """The rows as an HTML table, values cut at `cell_width` characters."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = [f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>"]
    for row in rows:
        cells = []
        for value in row:
            side = ' style="text-align:right"' if is_number(value) else ""
            shown = "<em>NULL</em>" if value is None else html.escape(cut(text(value), cell_width))
            cells.append(f"<td{side}>{shown}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody>\n</table>"])
