"""The columns of a table for people: what kind of value each holds, and how its cells look.

Input: a column's values; those of the first rows all at once, so that money has the same decimals and times
the same parts in every row. Output: cells, each one or several lines of text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final

from batchlake.text import looks
from batchlake.text.bars import bar
from batchlake.text.escaping import printable
from batchlake.text.terminal import display_width
from batchlake.text.values import NULL, text

RED, YELLOW, CYAN = "31", "33", "36"
LONGEST_ID: Final = 24
_DIGEST: Final = 8
_RUN: Final = 6
_RUNNING: Final = frozenset({"in_progress", "queued", "ringing", "scheduled", "running"})

MONEY: Final = frozenset({"money", "price", "exact_money", "money_change", "price_change"})
RIGHT: Final = MONEY | {
    "count", "rate", "seconds", "score", "size", "points", "count_change", "seconds_change", "score_change",
}  # fmt: skip
"""Kinds that stand to the right."""

CHANGE: Final = "_change"
"""How the name of a column of changes ends, behind that of its figure."""

PROSE: Final = frozenset({"prose"})
"""Kinds whose text matters: they wrap."""


_CHANGES: Final = frozenset(
    {"points", "count_change", "seconds_change", "money_change", "price_change", "score_change"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as `--columns` takes it; its heading, with blanks for `_`.
        kind: of its values: `text`, `word` (one of batchlake's own), `id`, `digest`, `run`, `path`, `prose`,
            `count`, `score` (0 to 1), `rate`, `seconds`, `money` (a sum), `price`, `exact_money`, `time`,
            `flag`, `bar`, `number` (of phones), a change (`count_change`, `money_change` ...), or `exact`: as
            SQL gives it.
        alarming: whether a value above 0 needs attention.
        note: what stands under its heading, such as its type in SQL.
        beside: it says something of the column before it: both are shown, or neither.
        behind: the name of a later column: where there is no room for both, that one comes in first.
        wanted: it was asked for besides the usual ones: it is never left out.
    """

    name: str
    kind: str = "text"
    alarming: bool = False
    note: str = ""
    beside: bool = False
    behind: str = ""
    wanted: bool = False

    @property
    def heading(self) -> str:
        """What stands above it."""
        if self.kind == "exact":
            return self.name
        # A change stands behind its figure.
        if self.kind in _CHANGES:
            return "change"
        return "" if self.kind == "bar" else self.name.replace("_", " ")

    @property
    def told(self) -> str:
        """What a note calls it, where its heading doesn't stand beside another."""
        if self.kind in _CHANGES and self.name.endswith(CHANGE):
            return f"change of {self.name.removesuffix(CHANGE).replace('_', ' ')}"
        return self.heading or "bars"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is shown.

    Attributes:
        lines: of text, one at least.
        style: its colour, empty for none; `2` is dim.
        cut: whether it isn't shown whole.
    """

    lines: tuple[str, ...]
    style: str = ""
    cut: bool = False

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        # Nearly all have one, and a table asks each twice.
        return display_width(self.lines[0]) if len(self.lines) == 1 else max(map(display_width, self.lines))


@dataclass(frozen=True, slots=True)
class Style:
    """How the values of one table look.

    Attributes:
        clock: whose times.
        whole: nothing is shortened.
        seconds: times have their seconds.
        bar_width: of the greatest bar.
    """

    clock: looks.Clock
    whole: bool = False
    seconds: bool = False
    bar_width: int = 24


Maker = Callable[[Any], Cell]
_NOTHING: Final = Cell((looks.NOTHING,), "2")
_NULL: Final = Cell((NULL,), "2")


def maker(column: Column, values: Sequence[Any], style: Style) -> Maker:
    """A function that makes a column's cells; the first values decide their decimals and widths."""
    held = [value for value in values if value is not None]
    if column.kind == "exact":
        return _exact_with_points(held)
    if column.kind in MONEY:
        return _money(column.kind, held)
    if column.kind == "time":
        return _time(held, style)
    if column.kind == "bar":
        greatest = max(held, default=0)
        return lambda value: Cell((bar(value or 0, greatest, style.bar_width),), CYAN)
    simple = _SIMPLE.get(column.kind, _text)
    return _or_nothing(lambda value: simple(value, style), column)


def _or_nothing(make: Maker, column: Column) -> Maker:
    def cell(value: Any) -> Cell:
        if value is None:
            return _NOTHING
        made = make(value)
        return Cell(made.lines, RED, made.cut) if column.alarming and value else made

    return cell


def _exact(value: Any) -> Cell:
    """As SQL gives it; a DOUBLE in the digits that are surely its own."""
    if value is None:
        return _NULL
    if isinstance(value, float):
        short = f"{value:.15g}"
        return Cell((short if "e" not in short and "n" not in short else text(value),))
    if isinstance(value, datetime) and value.utcoffset():
        # Of a session in another time zone than UTC.
        return Cell((value.isoformat(),))
    return Cell((printable(text(value)),))


def _exact_with_points(held: Sequence[Any]) -> Maker:
    """As SQL gives it; numbers are aligned at their decimal points."""
    if not held or not all(isinstance(value, float | Decimal) for value in held):
        return _exact
    decimals = max(len(_exact(value).lines[0].partition(".")[2]) for value in held)

    def cell(value: Any) -> Cell:
        made = _exact(value)
        if value is None or not decimals:
            return made
        _, point, fraction = made.lines[0].partition(".")
        blank = " " * max(0, decimals + 1 - len(point + fraction))
        return Cell((made.lines[0] + blank,))

    return cell


def _money(kind: str, held: Sequence[Any]) -> Maker:
    """Amounts with their currencies, a line for each, aligned at their decimal points."""
    pairs = [pair for value in held for pair in amounts(value)]
    signed = kind in _CHANGES
    kind = kind.removesuffix("_change")
    least = {"money": looks.CENTS, "price": looks.PRICE, "exact_money": looks.EXACT}[kind]
    # A change has as many decimals as what changed.
    decimals = least if signed else looks.decimals_for((amount for amount, _ in pairs), least)
    named = (currency or "" for value in held for _, currency in _with_unknown(value))
    room = max(map(len, named), default=0)

    def cell(value: Any) -> Cell:
        found = [] if value is None else _with_unknown(value)
        if not found:
            return _NOTHING
        lines = [
            f"{_amount(amount, decimals, signed=signed)} {currency or '':<{room}}"
            if room
            else _amount(amount, decimals, signed=signed)
            for amount, currency in found
        ]
        return Cell(tuple(lines))

    return cell


def _amount(amount: Decimal | None, decimals: int, *, signed: bool) -> str:
    return looks.NOTHING if amount is None else looks.amount(amount, decimals, signed=signed)


def _with_unknown(value: Any) -> list[tuple[Decimal | None, str | None]]:
    """As `amounts`; of a list of pairs those without an amount, too: each has its line, as in the cells
    beside it."""
    if isinstance(value, list) and all(isinstance(one, tuple) for one in value):
        return value
    return [*amounts(value)]


def amounts(value: Any) -> list[tuple[Decimal, str | None]]:
    """What a cell of money holds: `{"amount": ..., "currency": ...}`, a pair, or several; those without an
    amount are left out."""
    if isinstance(value, Decimal | int):
        return [(Decimal(value), None)]
    if isinstance(value, Mapping):
        return [] if value["amount"] is None else [(value["amount"], value.get("currency"))]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Decimal | None):
        return [] if value[0] is None else [value]
    return [pair for one in value or () for pair in amounts(one)]


def _time(held: Sequence[datetime], style: Style) -> Maker:
    clock = style.clock
    year = not all(clock.is_this_year(moment) for moment in held)
    pad = any(clock.local(moment).day > 9 for moment in held)

    def cell(value: datetime | None) -> Cell:
        if value is None:
            return _NOTHING
        return Cell((clock.minute(value, year=year, seconds=style.seconds, pad=pad),))

    return cell


def _text(value: Any, _: Style) -> Cell:
    return Cell((printable(text(value)),))


def _word(value: str, _: Style) -> Cell:
    return Cell((looks.word(printable(value)),), YELLOW if value in _RUNNING else "")


def _id(value: str, style: Style) -> Cell:
    shown = printable(value)
    if style.whole or len(shown) <= LONGEST_ID:
        return Cell((shown,))
    return Cell((f"{shown[:10]}…{shown[-6:]}",), cut=True)


def _digest(value: str, style: Style) -> Cell:
    return Cell((printable(value) if style.whole else printable(value)[:_DIGEST],))


def _run(value: str, style: Style) -> Cell:
    return Cell((printable(value) if style.whole else printable(value)[-_RUN:],))


def _path(value: str, style: Style) -> Cell:
    return Cell((printable(value if style.whole else PurePath(value).name or value),))


_SIMPLE: Final[dict[str, Callable[[Any, Style], Cell]]] = {
    "word": _word,
    "id": _id,
    "digest": _digest,
    "run": _run,
    "path": _path,
    "count": lambda value, _: Cell((looks.count(int(value)),)),
    "score": lambda value, _: Cell((f"{value:,.2f}",)),
    "rate": lambda value, _: Cell((looks.rate(value),)),
    "points": lambda value, _: Cell((looks.points(value),)),
    "count_change": lambda value, _: Cell((f"{'+' if value > 0 else ''}{looks.count(int(value))}",)),
    "score_change": lambda value, _: Cell((_score_change(value),)),
    "seconds_change": lambda value, _: Cell((looks.duration(value, signed=True),)),
    "seconds": lambda value, _: Cell((looks.duration(value),)),
    "flag": lambda value, _: Cell((looks.yes_no(value),)),
    "size": lambda value, _: Cell((looks.size(value),)),
}


def _score_change(value: float) -> str:
    shown = f"{value:+,.2f}".replace("-", looks.MINUS)
    return shown if any(digit in shown for digit in "123456789") else shown[1:]


def wrapped(words: str, width: int, most: int | None) -> tuple[tuple[str, ...], bool]:
    """A text in lines of a width, broken between words, and whether anything of it is missing.

    Args:
        words: on one line, printable.
        width: of a line.
        most: how many lines; what is beyond becomes `…`. None is all.

    >>> wrapped("the document is cut off here", 12, 2)
    (('the document', 'is cut off…'), True)
    """
    lines: list[str] = []
    line = ""
    for word in _pieces(words.split(" "), width):
        if line and display_width(line) + 1 + display_width(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    if most is None or len(lines) <= most:
        return tuple(lines), False
    last = lines[most - 1]
    while display_width(last) >= width:
        last = last[:-1]
    return (*lines[: most - 1], f"{last.rstrip()}…"), True


def _pieces(words: Iterable[str], width: int) -> Iterable[str]:
    """Words, those wider than a line cut into pieces."""
    for word in words:
        piece = ""
        for character in word:
            if piece and display_width(piece + character) > width:
                yield piece
                piece = ""
            piece += character
        yield piece
