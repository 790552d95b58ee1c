"""The units in which platforms give durations, money and times, and how each becomes ours.

Input: a field's text, without outer blanks. Output: the same in seconds, in units of the currency, or as a
time in UTC; None where it is not of the unit, and `code` and `expected` say why and what would be. Decimal
from end to end: neither money nor seconds pass through a float.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from batchlake.ingest.parse.json_values import is_time

_CONTEXT: Final = Context(prec=40, rounding=ROUND_HALF_UP)
_MILLIONTH: Final = Decimal("0.000001")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[+-]?(\d{1,15}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?")
_MONTHS: Final = {
    name: f"{number:02}"
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d:\d\d(?::\d\d)?) ([+-]\d{4}|GMT|UTC|Z)"
)
_LATEST_SECONDS: Final = 10**11
"""A Unix time in seconds is below this, one in milliseconds is not."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: what text of it becomes, the problem's code where it is none, what is expected."""

    convert: Callable[[str], str | None]
    code: str
    expected: str


def _plain(number: Decimal) -> str:
    return format(number.normalize(_CONTEXT), "f") if number else "0"


def _scaled(factor: Decimal, digits: Decimal | None = None) -> Callable[[str], str | None]:
    def convert(text: str) -> str | None:
        if not _NUMBER.fullmatch(text):
            return None
        number = _CONTEXT.multiply(Decimal(text), factor)
        return _plain(number if digits is None else number.quantize(digits, context=_CONTEXT))

    return convert


def _unix(microseconds: int, low: int, high: int) -> Callable[[str], str | None]:
    def convert(text: str) -> str | None:
        if not _NUMBER.fullmatch(text):
            # Some give the same field as a date at times.
            return text if is_time(text) else None
        number = Decimal(text)
        if not low <= number < high:
            return None
        return (
            (_EPOCH + timedelta(microseconds=int(number * microseconds))).isoformat().replace("+00:00", "Z")
        )

    return convert


def _from_rfc_2822(text: str) -> str | None:
    found = _RFC_2822.fullmatch(text)
    if not found or (month := _MONTHS.get(found[2].lower())) is None:
        return text if is_time(text) and not _NUMBER.fullmatch(text) else None
    offset = "Z" if found[5] in ("+0000", "-0000", "GMT", "UTC", "Z") else f"{found[5][:3]}:{found[5][3:]}"
    time = f"{found[3]}-{month}-{found[1]:0>2}T{found[4]}{offset}"
    # A day that no month has is told as the platform spells it.
    return time if is_time(time) else None


UNITS: Final = {
    "minutes": Unit(_scaled(Decimal(60)), "not_a_duration", "minutes, such as 1.5"),
    "milliseconds": Unit(_scaled(Decimal("0.001")), "not_a_duration", "milliseconds, such as 36000"),
    "cents": Unit(
        _scaled(Decimal("0.01"), _MILLIONTH), "not_an_amount", "hundredths of the currency, such as 4.56"
    ),
    "charged below zero": Unit(
        _scaled(Decimal(-1)),
        "not_an_amount",
        "an amount that is negative where it was charged, such as -0.200",
    ),
    "Unix seconds": Unit(
        _unix(1_000_000, 0, _LATEST_SECONDS), "not_a_time", "a Unix time in seconds, such as 1739537297"
    ),
    "Unix milliseconds": Unit(
        _unix(1_000, _LATEST_SECONDS, 10**14),
        "not_a_time",
        "a Unix time in milliseconds, such as 1739537297000",
    ),
    "RFC 2822": Unit(_from_rfc_2822, "not_a_time", "a time such as Wed, 05 Nov 2025 10:15:00 +0000"),
}
"""Every unit, by the name that stands behind a path in the header of a file of `sql/sources`."""
