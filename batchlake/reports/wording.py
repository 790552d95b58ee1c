"""Numbers and times as people read them, alike in every format that is text.

Input: values in their units. Output: text, rounded to what is worth reading. CSV, JSON and spreadsheets hold
the exact values, and so does the page with each number shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from batchlake.text import looks
from batchlake.text.values import money_text

NO_DATA: Final = "no data"
NOT_KNOWN: Final = "not known"
NO_CURRENCY: Final = "currency not named"

COLOURS: Final = {
    "ink": "#1b2330",
    "muted": "#596475",
    "grid": "#e2e6ec",
    "accent": "#46699b",
    "completed": "#2a7d8c",
    "failed": "#c05c34",
    "in_progress": "#cf9a2f",
    "unknown": "#8a94a2",
    "positive": "#3a8a66",
    "neutral": "#98a3b0",
    "negative": "#b9532f",
}
"""What charts are painted with in every format, each by its own name; the page has others for the dark."""

_THIN: Final = "\u202f"
_MINUS: Final = "−"

Number = int | float | Decimal


def amount_text(
    value: Number | None,
    unit: str,
    currency: str | None = None,
    decimals: int | None = None,
    *,
    signed: bool = False,
) -> str:
    """A value with its unit; `signed` is a difference, one of ratios in percentage points.

    Money has at least so many `decimals`, or every digit (`looks.EXACT`); in a sentence, where none are
    named, as many as are worth reading.

    >>> amount_text(0.645161, "ratio"), amount_text(94.83, "seconds"), amount_text(None, "calls")
    ('64.5\\u202f%', '1\\u202fmin 35\\u202fs', 'no data')
    >>> amount_text(-0.042, "ratio", signed=True), amount_text(3, "calls", signed=True)
    ('−4.2 points', '+3')
    >>> amount_text(Decimal("0.214"), "money", "EUR", looks.PRICE)
    '0.2140 EUR'
    """
    if value is None:
        return NO_DATA
    if signed:
        if not value:
            return "0"
        size = amount_text(
            value if value > 0 else -value, "points" if unit == "ratio" else unit, currency, decimals
        )
        return f"{'+' if value > 0 else _MINUS}{size}"
    if unit == "money":
        if decimals is not None:
            return looks.money(Decimal(value), currency, decimals)
        return _money(Decimal(value), currency)
    words = _WORDS.get(unit)
    return words(float(value)) if words else _plain(value)


def over_text(numerator: Number | None, denominator: Number) -> str:
    """What a value is a ratio of, or how many it is over; what isn't whole is minutes.

    >>> over_text(395, 600), over_text(151, 36), over_text(None, 1395), over_text(None, 35.81)
    ('395 of 600', '151 / 36', '1,395', '35.8\\u202fmin')
    """
    below = amount_text(denominator, "calls" if isinstance(denominator, int) else "minutes")
    if numerator is None:
        return below
    # What is more than the whole is no part of it: words of turns.
    return f"{amount_text(numerator, 'calls')} {'of' if numerator <= denominator else '/'} {below}"


def unit_for(number: int, unit: str) -> str:
    """A unit as it stands behind a number: `calls`, or `call` of one."""
    return unit.removesuffix("s") if number == 1 else unit


def sentence(words: str) -> str:
    """With a capital in front and a full stop behind."""
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")


class ReportClock:
    """Times as reports write them, on a clock of one IANA time zone: always with the year."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)

    def local(self, moment: datetime) -> datetime:
        """The time there."""
        return moment.astimezone(self._zone)

    def minute(self, moment: datetime) -> str:
        """`1 Jan 2024, 12:30`; with the offset in the hour that an autumn night has twice."""
        there = self.local(moment)
        offset = f" ({there:%z})" if looks.is_twice(there) else ""
        return f"{there.day} {there:%b %Y, %H:%M}{offset}"

    def day(self, moment: datetime) -> str:
        """`1 Jan 2024`."""
        there = self.local(moment)
        return f"{there.day} {there:%b %Y}"


def _money(amount: Decimal, currency: str | None) -> str:
    """An amount and its currency, where the exports name one; to the cent from 10 on, else closer.

    >>> _money(Decimal("1234.567"), "USD"), _money(Decimal("-0.268235"), None)
    ('1,234.57 USD', '−0.2682')
    >>> _money(Decimal("0.000004"), None)
    '0.000004'
    """
    rounded = round(abs(amount), 2 if abs(amount) >= 10 else 4)
    whole, _, decimals = money_text(rounded or abs(amount)).partition(".")
    sign = _MINUS if amount < 0 else ""
    return f"{sign}{int(whole):,}.{decimals}" + (f" {currency}" if currency else "")


def _seconds(seconds: float) -> str:
    """A length of time, to a tenth of a second below a minute.

    >>> _seconds(0), _seconds(12.34), _seconds(119.9), _seconds(3_725)
    ('0\\u202fs', '12.3\\u202fs', '2\\u202fmin 00\\u202fs', '1\\u202fh 02\\u202fmin')
    """
    if seconds < 0:
        return _MINUS + _seconds(-seconds)
    if round(seconds, 1) < 60:
        return _scaled(seconds, 1).removesuffix(".0") + f"{_THIN}s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{_THIN}min {left:02}{_THIN}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,}{_THIN}h {minutes:02}{_THIN}min"


def _count(value: float) -> str:
    return f"{value:,.0f}".replace("-", _MINUS)


def _plain(value: Number) -> str:
    number = float(value)
    if isinstance(value, int) or not number or abs(number) >= 1000:
        return _count(number)
    return _scaled(number, 2 if abs(number) < 10 else 1)


def _scaled(value: float, decimals: int) -> str:
    """Rounded, with as many more decimals as keep what isn't 0 from looking like it.

    >>> _scaled(0.012, 1), _scaled(1234.5678, 2)
    ('0.01', '1,234.57')
    """
    while value and decimals < 6 and not round(value, decimals):
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


_WORDS: Final[dict[str, Callable[[float], str]]] = {
    "ratio": lambda value: f"{_scaled(100 * value, 1)}{_THIN}%",
    "points": lambda value: f"{_scaled(100 * value, 1)} points",
    "seconds": _seconds,
    "minutes": lambda value: f"{_scaled(value, 1)}{_THIN}min",
    **dict.fromkeys(("calls", "utterances", "words", "turns"), _count),
}
