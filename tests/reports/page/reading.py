"""A page read back as a program reads it: its numbers with their places, its structure, its texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Final

Attributes = dict[str, str | None]

VOID: Final = frozenset({"meta", "br", "img", "link", "hr", "input"})


@dataclass
class Number:
    """A number on the page: the exact value, what is shown, and in which table and cell it stands."""

    value: str
    text: str
    caption: str
    row: str
    cell: int


@dataclass
class _Table:
    caption: str = ""
    row: str = ""
    cell: int = -1
    row_told: bool = False


@dataclass
class Page(HTMLParser):
    """Everything that tests ask of a page."""

    numbers: list[Number] = field(default_factory=list)
    elements: list[tuple[str, Attributes]] = field(default_factory=list)
    text: str = ""
    style: str = ""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.numbers, self.elements, self.text, self.style = [], [], "", ""
        self._open: list[str] = []
        self._table = _Table()
        self.feed(html)
        self.close()
        assert self._open == [], "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self._open.append(tag)
        if tag == "table":
            self._table = _Table()
        elif tag == "tr":
            self._table.row, self._table.cell, self._table.row_told = "", -1, False
        elif tag in ("td", "th"):
            self._table.cell += 1
        elif tag == "data":
            value = dict(attrs)["value"]
            assert value is not None
            place = self._table if "table" in self._open else _Table()
            self.numbers.append(Number(value, "", place.caption, place.row, place.cell))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in ("th", "td"):
            self._table.row_told = True

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            self.style += data
            return
        self.text += data
        if "caption" in self._open:
            self._table.caption += data
        elif "th" in self._open and not self._table.row_told and "span" not in self._open:
            self._table.row += data
        if "data" in self._open:
            self.numbers[-1].text += data

    def all(self, tag: str) -> list[Attributes]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def table(self, caption: str) -> dict[str, list[Number]]:
        """The numbers of one table by its rows' heads."""
        found: dict[str, list[Number]] = {}
        for number in self.numbers:
            if number.caption.strip() == caption:
                found.setdefault(number.row.strip(), []).append(number)
        return found


_TIME: Final = re.compile(r"(?:([\d,]+) h )?(?:(\d+) min)?(?: ?([\d.]+) s)?")


def shown(text: str) -> tuple[Decimal, Decimal]:
    """What a shown number says, and how far the true one may be from it for having been rounded."""
    plain = text.replace("\u202f", " ").replace("−", "-").replace("+", "").strip()
    sign = -1 if plain.startswith("-") else 1
    plain = plain.removeprefix("-")
    if (match := _TIME.fullmatch(plain)) and any(match.groups()):
        hours, minutes, seconds = match.groups()
        if seconds is None and hours is None:  # minutes that something is divided by
            return sign * Decimal(minutes), Decimal("0.5")
        whole = 3600 * Decimal((hours or "0").replace(",", "")) + 60 * Decimal(minutes or 0)
        step = Decimal(30) if seconds is None else _half(seconds)
        return sign * (whole + Decimal(seconds or 0)), step
    number, _, unit = plain.partition(" ")
    digits = number.replace(",", "")
    scale = 100 if unit in ("%", "points") else 1
    return sign * Decimal(digits) / scale, _half(digits) / scale


def _half(digits: str) -> Decimal:
    """Half a unit of the last decimal."""
    return Decimal(5).scaleb(-len(digits.partition(".")[2]) - 1)
