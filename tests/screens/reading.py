"""Reads screens back: a table into its cells, and a cell into the interval that its rounding leaves.

Written from what the screens promise (a tenth of a per cent, whole seconds from a minute on, cents), not from
the code that makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from unicodedata import east_asian_width

_HALF: Final = Fraction(1, 2)
_LENGTHS: Final = (("h", 3600), ("min", 60), ("s", 1))


def table(lines: Sequence[str]) -> list[dict[str, list[str]]]:
    """The rows of a table by its headings; each cell its lines. A row that goes on begins with blanks."""
    lines = ["".join(one + "\0" * (east_asian_width(one) in "WF") for one in line) for line in lines]
    rule = next(number for number, line in enumerate(lines) if line.startswith("──"))
    spans = [found.span() for found in re.finditer("─+", lines[rule])]
    heads = [lines[rule - 1][begin:end].strip() for begin, end in spans]
    rows: list[dict[str, list[str]]] = []
    for line in lines[rule + 1 :]:
        parts = [line[begin:end].replace("\0", "").strip() for begin, end in spans]
        if parts[0]:
            rows.append({head: [part] for head, part in zip(heads, parts, strict=True)})
            continue
        for head, part in zip(heads, parts, strict=True):
            if part:
                rows[-1][head].append(part)
    return rows


def says(words: str, value: Any, *, unit: str = "") -> bool:
    """Whether the words can be what is said of the value: `–` of None, else a number rounded to it."""
    if value is None or words == "–":
        return value is None and words == "–"
    shown, step = _number(words, unit)
    return abs(shown - Fraction(str(value))) <= step * _HALF


def _number(words: str, unit: str) -> tuple[Fraction, Fraction]:
    """A number, and the unit of its last digit."""
    words = words.replace("−", "-").replace(",", "")
    if unit == "%":
        digits = words.removesuffix(" %")
        assert digits != words, words
        return _plain(digits, 100)
    if unit != "s":
        return _plain(words, 1)
    sign = -1 if words.startswith("-") else 1
    total, step = Fraction(0), Fraction(1)
    parts = words.removeprefix("-").split(" ")
    for digits, name in zip(parts[::2], parts[1::2], strict=True):
        length = dict(_LENGTHS)[name]
        found, last = _plain(digits, 1)
        total, step = total + found * length, last * length
    return sign * total, step


def _plain(digits: str, scale: int) -> tuple[Fraction, Fraction]:
    _, _, decimals = digits.partition(".")
    return Fraction(digits) / scale, Fraction(1, 10 ** len(decimals) * scale)


def says_money(lines: Iterable[str], amounts: Iterable[tuple[Any, str | None]]) -> bool:
    """Whether the lines of a cell say these amounts, each with its currency, in whatever order."""
    shown = [line.partition(" ") for line in lines if line != "–"]
    known = [(Decimal(str(amount)), currency) for amount, currency in amounts if amount is not None]
    if len(shown) != len(known):
        return False
    left = {words.strip() or None: number for number, _, words in shown}
    return all(currency in left and says(left[currency], amount) for amount, currency in known)
