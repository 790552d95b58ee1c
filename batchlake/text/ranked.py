"""Rows as a table for people, at any width: as many columns as fit, in the order of their rank.

Input: ranked columns and rows of Python's values. Output: lines, made while the rows are read; the first
500 rows decide the layout. What isn't shown is reported: `left_out`, `constant`, `cut_values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from batchlake.text import looks
from batchlake.text.cells import MONEY, PROSE, RIGHT, Cell, Column, Maker, Style, amounts, maker, wrapped
from batchlake.text.escaping import markdown
from batchlake.text.terminal import cut, display_width
from batchlake.text.values import is_number

FIRST_ROWS: Final = 500
_GAP: Final = "  "
_FEWEST: Final = 3
"""If fewer columns than this fit, rows are written one below the other."""

_PROSE_LEAST: Final = 24
_PROSE_ENOUGH: Final = 40
_PROSE_LINES: Final = 3
_PROSE_MOST: Final = 100
_DIGEST: Final = re.compile(r"[0-9a-f]{32,}")
_MOST_NAMED: Final = 2
"""How many constant columns are named with their values."""

_ALIKE_FROM: Final = 3
"""From so many rows on, a column with one value in all of them is named below the table instead."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the table is laid out for.

    Attributes:
        width: of the terminal; None shows every column whole.
        style: how values look.
        colour: whether to use colours.
        all_columns: leave no column out, and cut nothing (`--wide`).
        vertical: rows one below the other (`-x`).
        chosen: the columns were named: none is left out, and lines run on.
    """

    width: int | None = None
    style: Style = field(default_factory=lambda: Style(looks.Clock()))
    colour: bool = False
    all_columns: bool = False
    vertical: bool = False
    chosen: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether the width decides what is shown."""
        return self.width is not None and not self.all_columns


class RankedTable:
    """A table for people.

    Args:
        columns: in the order of their rank.
        layout: what for.

    Attributes:
        rows: how many were read.
        constant: columns with one value in all rows, and that value.
        left_out: headings of the columns that there was no room for.
        cut_values: how many values aren't shown whole.
        shows_times: whether a column of times is shown.
        is_vertical: whether rows stand one below the other.
        unnamed_money, named_money: whether amounts without a currency are shown, and amounts with one.
    """

    def __init__(self, columns: Sequence[Column], layout: Layout) -> None:
        self._columns = list(columns)
        self._layout = layout
        self.rows = 0
        self.constant: list[tuple[str, str]] = []
        self.left_out: list[str] = []
        self.cut_values = 0
        self.shows_times = False
        self.unnamed_money = self.named_money = False
        self.is_vertical = layout.vertical
        self._same: dict[int, tuple[str, ...]] = {}
        self._empty: list[int] = []
        self._all_alike = True
        self._prose = {place for place, column in enumerate(columns) if column.kind in PROSE}

    def lines(self, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
        """The lines of the table, its head first."""
        waiting = iter(rows)
        first = list(islice(waiting, FIRST_ROWS))
        places = self._filled(first)
        makers = {
            place: maker(column, [row[place] for row in first], self._layout.style)
            for place, column in enumerate(self._columns)
        }
        shown: list[int] = []
        if not self.is_vertical:
            made = {place: [makers[place](row[place]) for row in first] for place in places}
            self._find_constants(places, made)
            shown, widths = self._fitting(places, first, made)
        if self.is_vertical:
            # All of them: what all of these rows have, or lack, is told of a table alone.
            yield from self._records(chain(first, waiting), list(makers), makers)
            return
        kinds = {self._columns[place].kind for place in shown}
        self.shows_times = "time" in kinds
        for place in [one for one in shown if self._columns[one].kind in MONEY]:
            self._note_money(row[place] for row in first)
        right = [self._stands_right(place, first) for place in shown]
        yield self._line([Cell((self._columns[place].heading,), "1") for place in shown], widths, right)[0]
        if any(self._columns[place].note for place in shown):
            yield self._line([Cell((self._columns[place].note,), "2") for place in shown], widths, right)[0]
        yield self._styled(_GAP.join("─" * width for width in widths).rstrip(), "2")
        later = ([makers[place](row[place]) for place in shown] for row in self._watched(waiting, makers))
        for cells in chain(zip(*(made[place] for place in shown), strict=True), later):
            self.rows += 1
            fitted = list(map(self._fitted, shown, cells, widths))
            self.cut_values += sum(cell.cut for cell in fitted)
            yield from self._line(fitted, widths, right)

    def _watched(self, rows: Iterable[Sequence[Any]], makers: dict[int, Maker]) -> Iterator[Sequence[Any]]:
        """The rows after the first ones; they may differ in columns that were constant or empty in those."""
        for row in rows:
            for place, said in list(self._same.items()):
                if makers[place](row[place]).lines != said:
                    del self._same[place]
                    self._all_alike = False
            for place in list(self._empty):
                if row[place] is not None and row[place] != []:
                    self._empty.remove(place)
                    self.left_out.append(self._columns[place].told)
            yield row

    def notes(self, whole_by: str = "--wide", more_by: str = "--wide, --columns or -x") -> list[str]:
        """What the table doesn't show, in sentences.

        Args:
            whole_by: what shows values whole, as it is typed where the table is shown.
            more_by: what shows the other columns.
        """
        notes = []
        if self.constant:
            told = [f"{name} {value}" for name, value in self.constant]
            named = ", ".join(told) if len(told) <= _MOST_NAMED else looks.listed(told, _MOST_NAMED)
            which = "all" if self._all_alike else f"the first {FIRST_ROWS}"
            notes.append(f"In {which} of them: {named}.")
        if self.left_out:
            notes.append(f"No room for {looks.listed(self.left_out)}: {more_by}.")
        if self.cut_values:
            values = "1 value is" if self.cut_values == 1 else f"{self.cut_values:,} values are"
            whole = "it" if self.cut_values == 1 else "them"
            notes.append(f"{values} cut: {whole_by} shows {whole} whole.")
        return notes

    def _filled(self, first: Sequence[Sequence[Any]]) -> list[int]:
        """The places of the columns that hold a value."""
        everything = range(len(self._columns))
        if not self._layout.is_bound or self._layout.chosen or not first or self.is_vertical:
            return list(everything)
        filled = [
            place
            for place in everything
            if not place
            or self._columns[place].kind == "bar"
            or any(row[place] is not None and row[place] != [] for row in first)
        ]
        self._empty = [place for place in everything if place not in filled]
        return filled

    def _find_constants(self, places: list[int], made: dict[int, list[Cell]]) -> None:
        """Take the columns out whose first rows, as cells, are all alike."""
        rows = len(made[places[0]]) if places else 0
        if not self._layout.is_bound or self._layout.chosen or rows < _ALIKE_FROM:
            return
        for place in places[1:]:
            column = self._columns[place]
            if column.kind in ("exact", "bar") or self._is_paired(place):
                continue
            said = {cell.lines for cell in made[place]}
            if len(said) > 1:
                continue
            (lines,) = said
            if (words := " ".join(lines)) and display_width(words) <= _PROSE_ENOUGH:
                self.constant.append((column.told, words.strip()))
                self._same[place] = lines
                places.remove(place)

    def _fitting(
        self, places: list[int], first: Sequence[Sequence[Any]], made: dict[int, list[Cell]]
    ) -> tuple[list[int], list[int]]:
        """The places of the columns that fit, by rank, and their widths; of the first rows, and cells."""
        natural = {
            place: max(
                display_width(self._columns[place].heading),
                display_width(self._columns[place].note),
                *(cell.width for cell in made[place]),
            )
            for place in places
        }
        width = self._layout.width
        if not self._layout.is_bound or width is None:
            return places, [natural[place] for place in places]
        self._prose |= {
            place
            for place in places
            if self._columns[place].kind == "exact"
            and natural[place] > _PROSE_ENOUGH
            and not all(row[place] is None or is_number(row[place]) for row in first)
        }
        if sum(natural[place] + len(_GAP) for place in places) - len(_GAP) > width:
            places = self._digests_last(places, first)
        units = self._by_rank(places)
        shown, widths = self._taken_in(units, natural, width)
        if len(shown) < min(_FEWEST, len(places)) and not self._layout.chosen:
            self.is_vertical = True
            self.constant = []
            return [], []
        self._widen(shown, widths, natural, width)
        # What is said of a figure goes with it, and needs no name of its own.
        self.left_out = [self._columns[unit[0]].told for unit in units if unit[0] not in shown]
        width_of = dict(zip(shown, widths, strict=True))
        shown = [place for place in places if place in width_of]
        return shown, [width_of[place] for place in shown]

    def _taken_in(
        self, units: list[list[int]], natural: dict[int, int], width: int
    ) -> tuple[list[int], list[int]]:
        """The places for which there is room, unit by unit, and their widths; prose may still be widened."""
        shown: list[int] = []
        widths: list[int] = []
        for unit in units:
            taken = sum(widths) + len(_GAP) * len(widths)
            least = [
                min(natural[place], _PROSE_LEAST) if place in self._prose else natural[place]
                for place in unit
            ]
            wanted = self._layout.chosen or self._is_wanted(unit)
            if shown and taken + sum(least) + len(_GAP) * (len(unit) - 1) > width and not wanted:
                break
            shown += unit
            widths += [
                min(natural[place], _PROSE_ENOUGH) if place in self._prose else natural[place]
                for place in unit
            ]
            self._shrink(shown, widths, width)
        return shown, widths

    def _is_paired(self, place: int) -> bool:
        """Whether the column is of two that say something together."""
        return any(self._columns[one].beside for one in (place, place + 1) if one < len(self._columns))

    def _by_rank(self, places: list[int]) -> list[list[int]]:
        """The places in the order in which they come in; those that are shown both or neither together."""
        units: list[list[int]] = []
        for place in places:
            if self._columns[place].beside and units and units[-1][-1] == place - 1:
                units[-1].append(place)
            else:
                units.append([place])
        for unit in [one for one in units if self._columns[one[0]].behind]:
            name = self._columns[unit[0]].behind
            later = [
                number
                for number, one in enumerate(units)
                if any(self._columns[place].name == name for place in one)
            ]
            if later:
                units.insert(later[0] + 1, unit)
                units.remove(unit)
        return [*units[:1], *sorted(units[1:], key=lambda unit: not self._is_wanted(unit))]

    def _is_wanted(self, unit: list[int]) -> bool:
        """Whether one of the columns was asked for besides the usual ones."""
        return any(self._columns[place].wanted for place in unit)

    def _digests_last(self, places: list[int], first: Sequence[Sequence[Any]]) -> list[int]:
        """The places, with SQL columns of digests moved behind the others."""
        digests = [
            place
            for place in places
            if self._columns[place].kind == "exact"
            and first
            and all(isinstance(row[place], str) and _DIGEST.fullmatch(row[place]) for row in first)
        ]
        return [place for place in places if place not in digests] + digests

    def _shrink(self, shown: list[int], widths: list[int], width: int) -> None:
        """Narrow the columns of prose where a line would be too wide."""
        for number, place in enumerate(shown):
            beyond = sum(widths) + len(_GAP) * (len(widths) - 1) - width
            if beyond > 0 and place in self._prose:
                widths[number] = max(min(_PROSE_LEAST, widths[number]), widths[number] - beyond)

    def _widen(self, shown: list[int], widths: list[int], natural: dict[int, int], width: int) -> None:
        """Widen the columns of prose to the room that is left."""
        for number, place in enumerate(shown):
            left = width - sum(widths) - len(_GAP) * (len(widths) - 1)
            if left > 0 and place in self._prose:
                widths[number] = min(natural[place], _PROSE_MOST, widths[number] + left)

    def _fitted(self, place: int, cell: Cell, width: int) -> Cell:
        """The cell within its column."""
        if cell.width <= width:
            return cell
        if place in self._prose and self._layout.is_bound:
            lines, is_cut = wrapped(cell.lines[0], width, _PROSE_LINES)
            return Cell(lines, cell.style, is_cut)
        if not self._layout.is_bound:
            return cell
        return Cell(tuple(cut(line, width) for line in cell.lines), cell.style, cut=True)

    def _records(
        self, rows: Iterable[Sequence[Any]], places: list[int], makers: dict[int, Maker]
    ) -> Iterator[str]:
        """Rows one below the other: a line for each value that isn't missing."""
        heads = {
            place: f"{self._columns[place].heading} {self._columns[place].note}".strip() for place in places
        }
        width = max(map(display_width, heads.values()), default=0)
        room = self._layout.width
        kinds: set[str] = set()
        for row in rows:
            self.rows += 1
            if self.rows > 1:
                yield ""
            yield self._styled(f"─ row {self.rows:,}", "2")
            for place in places:
                cell = makers[place](row[place])
                if self._columns[place].kind == "bar" or row[place] is None:
                    continue
                kinds.add(self._columns[place].kind)
                if self._columns[place].kind in MONEY:
                    self._note_money([row[place]])
                name = heads[place]
                lines = cell.lines
                if room is not None and not self._layout.all_columns and room - width - 2 >= _PROSE_LEAST:
                    lines = tuple(
                        part for line in cell.lines for part in wrapped(line, room - width - 2, None)[0]
                    )
                for number, line in enumerate(lines):
                    head = self._styled(f"{'' if number else name:<{width}}", "1")
                    yield f"{head}{_GAP}{self._styled(line.rstrip(), cell.style)}".rstrip()
            missing = [self._columns[place].heading for place in places if row[place] is None]
            if missing:
                is_sql = self._columns[places[0]].kind == "exact"
                columns = f"{len(missing)} column{'s' * (len(missing) > 1)}"
                told = f"NULL in {columns}" if is_sql else "no value"
                yield self._styled(f"{told}: {looks.listed(missing, 3)}", "2")
        self.shows_times = "time" in kinds

    def _note_money(self, values: Iterable[Any]) -> None:
        """Note whether amounts that are shown name their currency."""
        for value in values:
            named = [bool(currency) for _, currency in amounts(value)]
            self.named_money |= any(named)
            self.unnamed_money |= not all(named)

    def _stands_right(self, place: int, first: Sequence[Sequence[Any]]) -> bool:
        kind = self._columns[place].kind
        if kind != "exact":
            return kind in RIGHT
        held = [row[place] for row in first if row[place] is not None]
        return bool(held) and all(map(is_number, held))

    def _line(self, cells: Sequence[Cell], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
        """One row, as many lines as its longest cell."""
        lines = []
        for number in range(max((len(cell.lines) for cell in cells), default=1)):
            parts = []
            for cell, width, to_right in zip(cells, widths, right, strict=True):
                words = cell.lines[number] if number < len(cell.lines) else ""
                blank = " " * (width - display_width(words))
                words = self._styled(words, cell.style)
                parts.append(blank + words if to_right else words + blank)
            lines.append(_GAP.join(parts).rstrip())
        return lines

    def _styled(self, words: str, style: str) -> str:
        return f"\x1b[{style}m{words}\x1b[0m" if self._layout.colour and style and words else words


def markdown_rows(columns: Sequence[Column], rows: Iterable[Sequence[Any]], style: Style) -> Iterator[str]:
    """The rows as lines of a Markdown table, values as people read them; numbers stand to the right."""
    waiting = iter(rows)
    first = list(islice(waiting, FIRST_ROWS))
    makers = [maker(column, [row[place] for row in first], style) for place, column in enumerate(columns)]
    yield f"| {' | '.join(markdown(column.heading) for column in columns)} |"
    yield f"|{''.join('---:|' if column.kind in RIGHT else '---|' for column in columns)}"
    for row in chain(first, waiting):
        cells = [make(value).lines for make, value in zip(makers, row, strict=True)]
        yield f"| {' | '.join('<br>'.join(markdown(line.strip()) for line in lines) for lines in cells)} |"
