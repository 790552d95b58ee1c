"""How a value looks to a person: a rate, a length of time, money, a time, a count, a word.

Input: values in the units of the tables (ratios, seconds, decimals, aware times). Output: text with its
unit. A missing value is `NOTHING`. `values` writes them for programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final
from zoneinfo import ZoneInfo

NOTHING: Final = "–"
"""No value."""

MINUS: Final = "−"
CENTS: Final = 2
"""Decimals of a sum of money."""

PRICE: Final = 4
"""Decimals of the price of one thing: a call, a minute."""

EXACT: Final = -1
"""All the decimals that an amount has, two at least."""

_MOST_DECIMALS: Final = 6


def rate(ratio: float) -> str:
    """A ratio in per cent, with more decimals where it would read 0 or 100 without being so.

    >>> rate(0.6188), rate(1.0), rate(0.00004), rate(0.99996)
    ('61.9 %', '100.0 %', '0.004 %', '99.996 %')
    """
    decimals = 1
    while decimals < _MOST_DECIMALS and ratio not in (0, 1) and round(100 * ratio, decimals) in (0, 100):
        decimals += 1
    return f"{100 * ratio:,.{decimals}f} %".replace("-", MINUS)


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of ratios in percentage points.

    >>> points(0.0262), points(-0.052), points(0.052, signed=False)
    ('+2.6 points', '−5.2 points', '5.2 points')
    """
    decimals = 1
    while decimals < _MOST_DECIMALS and difference and not round(100 * difference, decimals):
        decimals += 1
    sign = "+" if signed and difference > 0 else ""
    return f"{sign}{100 * difference:,.{decimals}f} points".replace("-", MINUS)


def duration(seconds: float, *, signed: bool = False) -> str:
    """A length of time: to a tenth of a second below a minute, to a second below an hour.

    What reads 0 has no sign.

    >>> duration(9.5), duration(139), duration(3_725), duration(-59.96)
    ('9.5 s', '2 min 19 s', '1 h 02 min', '−1 min 00 s')
    >>> duration(9.5, signed=True), duration(0.04, signed=True), duration(-0.04)
    ('+9.5 s', '0.0 s', '0.0 s')
    """
    shown = _length(abs(seconds))
    if not any(digit in shown for digit in "123456789"):
        return shown
    return f"{MINUS if seconds < 0 else '+' if signed else ''}{shown}"


def _length(seconds: float) -> str:
    """The same of what isn't below 0."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes:02} min"


def age(seconds: float) -> str:
    """A length of time as people say how old something is.

    >>> age(40), age(5_400), age(82_800), age(700_000)
    ('40 s', '90 min', '23 h', '8 d')
    """
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length):,} {unit}"
    return f"{int(seconds)} s" if seconds < 60 else "1 min"


def decimals_for(amounts: Iterable[Decimal], least: int) -> int:
    """How many decimals these amounts are shown with: `least`, or more where one would read 0 without
    being so.

    >>> decimals_for([Decimal("94.288"), Decimal("0.5")], CENTS), decimals_for([Decimal("0.0004")], CENTS)
    (2, 4)
    >>> decimals_for([Decimal("1.5"), Decimal("0.1234")], EXACT)
    4
    """
    found = list(amounts)
    if least == EXACT:
        shown = [-int(amount.normalize().as_tuple().exponent) for amount in found if amount]
        return max([CENTS, *shown])
    decimals = least
    while decimals < _MOST_DECIMALS and any(one and not round(one, decimals) for one in found):
        decimals += 1
    return decimals


def amount(value: Decimal, decimals: int, *, signed: bool = False) -> str:
    """An amount of money without its currency.

    >>> amount(Decimal("1234.567"), 2), amount(Decimal("-0.25"), 2), amount(Decimal("29.39"), 2, signed=True)
    ('1,234.57', '−0.25', '+29.39')
    """
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    sign = "+" if signed and rounded > 0 else ""
    rounded = rounded or abs(rounded)
    return f"{sign}{rounded:,.{decimals}f}".replace("-", MINUS)


def money(value: Decimal, currency: str | None, least: int = CENTS, *, signed: bool = False) -> str:
    """An amount with its currency, where that is named.

    >>> money(Decimal("94.288"), "EUR"), money(Decimal("0.42788"), "EUR", PRICE)
    ('94.29 EUR', '0.4279 EUR')
    >>> money(Decimal("0.001"), None)
    '0.001'
    """
    shown = amount(value, decimals_for([value], least), signed=signed)
    return f"{shown} {currency}" if currency else shown


def count(number: int) -> str:
    """A whole number with separators between thousands.

    >>> count(1262), count(-3)
    ('1,262', '−3')
    """
    return f"{number:,}".replace("-", MINUS)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "batch", "batches"), counted(1262, "call")
    ('1 batch', '1,262 calls')
    """
    return f"{count(number)} {noun if number == 1 else plural or f'{noun}s'}"


def word(text: str) -> str:
    """One of batchlake's own words (`no_answer`) as people write it."""
    return text.replace("_", " ")


def yes_no(value: bool) -> str:
    """A truth value."""
    return "yes" if value else "no"


def size(number: int) -> str:
    """A number of bytes.

    >>> size(812), size(438_214), size(65_100_000)
    ('812 B', '438 kB', '65.1 MB')
    """
    if number < 1_000:
        return f"{number} B"
    if number < 1_000_000:
        return f"{number / 1_000:.0f} kB"
    return f"{number / 1e6:,.1f} MB" if number < 1e9 else f"{number / 1e9:,.1f} GB"


def listed(names: Iterable[str], most: int = 2) -> str:
    """`a, b and 5 more`; all of them where there are no more than `most`.

    >>> listed("ab"), listed("abcdefg"), listed("abc")
    ('a and b', 'a, b and 5 more', 'a, b and 1 more')
    """
    several = list(names)
    if len(several) > most:
        return f"{', '.join(several[:most])} and {len(several) - most:,} more"
    return " and ".join([", ".join(several[:-1]), several[-1]]) if len(several) > 1 else "".join(several)


@dataclass(frozen=True, slots=True)
class Clock:
    """Times as clocks of one zone show them.

    Attributes:
        timezone: the zone's IANA name.
        now: what counts as this year.
    """

    timezone: str = "UTC"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def zone(self) -> ZoneInfo:
        """The zone."""
        return ZoneInfo(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """The time there."""
        return moment.astimezone(self.zone)

    def is_this_year(self, moment: datetime) -> bool:
        """Whether the time there is of the year that it is now."""
        return self.local(moment).year == self.local(self.now).year

    def minute(
        self, moment: datetime, *, year: bool | None = None, seconds: bool = False, pad: bool = False
    ) -> str:
        """`26 Nov 15:42`, with the offset in the hour that an autumn night has twice.

        Args:
            moment: an aware time.
            year: whether to name the year; None names it where it isn't this.
            seconds: with seconds.
            pad: with a blank before a day of one digit.
        """
        there = self.local(moment)
        clock = f"{there:%H:%M:%S}" if seconds else f"{there:%H:%M}"
        offset = f" {there.isoformat()[-6:]}" if is_twice(there) else ""
        return f"{self.day(moment, year=year, pad=pad)} {clock}{offset}"

    def day(self, moment: datetime, *, year: bool | None = None, pad: bool = False) -> str:
        """`26 Nov`; `year` and `pad` as in `minute`."""
        there = self.local(moment)
        with_year = year if year is not None else not self.is_this_year(moment)
        day = f"{there.day:>2}" if pad else f"{there.day}"
        return f"{day} {there:%b}" + (f" {there.year}" if with_year else "")

    def days(self, first: datetime, last: datetime) -> str:
        """`14 to 26 Nov 2026`, of the days from one time to another."""
        begun, ended = self.local(first), self.local(last)
        if begun.date() == ended.date():
            return f"{ended.day} {ended:%b %Y}"
        if (begun.year, begun.month) == (ended.year, ended.month):
            return f"{begun.day} to {ended.day} {ended:%b %Y}"
        year = "" if begun.year == ended.year else f" {begun.year}"
        return f"{begun.day} {begun:%b}{year} to {ended.day} {ended:%b %Y}"


def is_twice(there: datetime) -> bool:
    """Whether the clocks of its zone show this time twice, in a night of autumn."""
    # In spring the two differ as well, for times that no clock shows; none of those is made from UTC.
    return there.utcoffset() != there.replace(fold=1 - there.fold).utcoffset()
