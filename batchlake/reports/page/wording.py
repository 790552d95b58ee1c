"""Numbers and times as a reader of the page sees them.

In come values in their units, out comes text; the page keeps the exact value beside it. A number that isn't
known has no text here: `NO_DATA` stands for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from batchlake.reports.comparison import Amount
from batchlake.text.values import money_text

NO_DATA: Final = "no data"

_THIN: Final = "\u202f"
_MINUS: Final = "−"


def amount_text(value: Amount, unit: str, currency: str | None = None) -> str:
    """A value with its unit.

    >>> amount_text(0.645161, "ratio"), amount_text(94.83, "seconds"), amount_text(31, "calls")
    ('64.5\\u202f%', '1\\u202fmin 35\\u202fs', '31')
    """
    if unit == "money":
        return money(Decimal(value), currency)
    words = _WORDS.get(unit)
    return words(float(value)) if words else _plain(value)


def money(amount: Decimal, currency: str | None) -> str:
    """An amount and its currency, where the exports name one; to the cent from 10 on, else closer.

    >>> money(Decimal("1234.567"), "USD"), money(Decimal("0.268235"), None), money(Decimal("0.000004"), None)
    ('1,234.57 USD', '0.2682', '0.000004')
    >>> money(Decimal("-0.25"), "USD")
    '−0.25 USD'
    """
    rounded = round(abs(amount), 2 if abs(amount) >= 10 else 4)
    whole, _, decimals = money_text(rounded or abs(amount)).partition(".")
    sign = _MINUS if amount < 0 else ""
    return f"{sign}{int(whole):,}.{decimals}" + (f" {currency}" if currency else "")


def duration(seconds: float) -> str:
    """A length of time, to a tenth of a second below a minute.

    >>> duration(0), duration(12.34), duration(119.9), duration(3_725)
    ('0\\u202fs', '12.3\\u202fs', '2\\u202fmin 00\\u202fs', '1\\u202fh 02\\u202fmin')
    """
    if seconds < 0:
        return _MINUS + duration(-seconds)
    if round(seconds, 1) < 60:
        return f"{_trimmed(seconds, 1)}{_THIN}s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{_THIN}min {left:02}{_THIN}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,}{_THIN}h {minutes:02}{_THIN}min"


def share(ratio: float) -> str:
    """A ratio in per cent; a small one is not rounded to nothing.

    >>> share(0.5), share(0.00012), share(1)
    ('50.0\\u202f%', '0.01\\u202f%', '100.0\\u202f%')
    """
    return f"{_scaled(100 * ratio, 1)}{_THIN}%"


def points(ratio: float) -> str:
    """A difference of ratios, in percentage points."""
    return f"{_signed(100 * ratio, 1)} points"


def count(value: float) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,.0f}".replace("-", _MINUS)


class Clock:
    """Times as they are on a clock of one IANA time zone."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)

    def local(self, moment: datetime) -> datetime:
        """The time there."""
        return moment.astimezone(self._zone)

    def minute(self, moment: datetime) -> str:
        """`1 Jan 2024, 12:30`; with the offset in the hour that an autumn night has twice."""
        there = self.local(moment)
        twice = self.local(datetime.fromtimestamp(moment.timestamp() + 3600, UTC)).hour == there.hour
        twice |= self.local(datetime.fromtimestamp(moment.timestamp() - 3600, UTC)).hour == there.hour
        offset = f" ({there:%z})" if twice else ""
        return f"{there.day} {there:%b %Y, %H:%M}{offset}"

    def day(self, moment: datetime) -> str:
        """`1 Jan 2024`."""
        there = self.local(moment)
        return f"{there.day} {there:%b %Y}"


def stamp(moment: datetime) -> str:
    """A time for machines, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Amount) -> str:
    number = float(value)
    if isinstance(value, int) or not number or abs(number) >= 1000:
        return count(number)
    return _scaled(number, 2 if abs(number) < 10 else 1)


def _scaled(value: float, decimals: int) -> str:
    """Rounded, with as many more decimals as keep what isn't 0 from looking like it."""
    while value and decimals < 6 and not round(value, decimals):
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


def _signed(value: float, decimals: int) -> str:
    return ("+" if value > 0 else "") + _scaled(value, decimals)


def _trimmed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".removesuffix(".0")


_WORDS: Final[dict[str, Callable[[float], str]]] = {
    "ratio": share,
    "seconds": duration,
    "minutes": lambda value: f"{_scaled(value, 1)}{_THIN}min",
    "calls": count,
    "utterances": count,
    "words": count,
    "turns": count,
}
