"""One value of a row in JSON's types, and as text.

Input: the values that DuckDB returns in Python. Output: JSON's types (`plain`) or one line of text (`text`).
Decimals are exact text and never floats; times with a zone are RFC 3339 in UTC; NaN and the infinities, which
JSON doesn't have, are null. An INTERVAL is a `timedelta`, in which a month has 30 days.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

NULL: Final = "NULL"
"""A missing value in a table for people."""

PLAIN_TYPES: Final = frozenset({str, bool, type(None)})
"""The types whose values `plain` leaves as they are."""

_LARGEST_INTEGER: Final = 2**63
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """The value in JSON's types.

    >>> from decimal import Decimal
    >>> plain({"cost": Decimal("1.500000"), "score": float("nan"), "tags": ("a", None)})
    {'cost': '1.50', 'score': None, 'tags': ['a', None]}
    """
    kind = type(value)
    if kind in PLAIN_TYPES:
        return value
    if convert := _CONVERSIONS.get(kind):
        return convert(value)
    return str(value)


def text(value: Any) -> str:
    """The value as one text; lists and structs as JSON. Not for None.

    >>> text(True), text(0.1), text([1, None]), text(float("inf"))
    ('true', '0.1', '[1,null]', 'Infinity')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else json.dumps(value)
    value = plain(value)
    return value if isinstance(value, str) else json_text(value)


def is_number(value: Any) -> bool:
    """Whether the value is a number; a truth value is none.

    >>> is_number(1), is_number(Decimal("0.5")), is_number(True)
    (True, True, False)
    """
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def json_text(value: Any) -> str:
    """A plain value as one line of JSON."""
    return _ENCODER.encode(value)


def decimal_text(amount: Decimal) -> str:
    """An amount without the zeros that its column's scale adds, with two decimals where it has as many.

    >>> decimal_text(Decimal("12.500000")), decimal_text(Decimal("0.123400")), decimal_text(Decimal("7"))
    ('12.50', '0.1234', '7')
    """
    whole, point, decimals = f"{amount:f}".partition(".")
    return f"{whole}{point}{decimals[:2]}{decimals[2:].rstrip('0')}"


def money_text(amount: Decimal) -> str:
    """An amount with at least two decimals and no zeros beyond.

    >>> money_text(Decimal("50")), money_text(Decimal("0.123400")), money_text(Decimal("1E+3"))
    ('50.00', '0.1234', '1000.00')
    """
    whole, _, decimals = f"{amount:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def utc_text(moment: datetime) -> str:
    """A time with a zone as RFC 3339 in UTC, with a fraction of a second only where there is one.

    >>> utc_text(datetime.fromisoformat("2024-01-01T13:00:00.500+01:00"))
    '2024-01-01T12:00:00.5Z'
    """
    return _trimmed(moment.astimezone(UTC).isoformat().removesuffix("+00:00")) + "Z"


def utc_stamp(moment: datetime, timespec: str = "microseconds") -> str:
    """The same with as many digits whatever they are, so that texts sort as times do.

    >>> noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    >>> utc_stamp(noon), utc_stamp(noon, "seconds")
    ('2024-01-01T12:00:00.000000Z', '2024-01-01T12:00:00Z')
    """
    return moment.astimezone(UTC).isoformat(timespec=timespec).removesuffix("+00:00") + "Z"


def utc_name(moment: datetime) -> str:
    """The same as part of the name of a run or a file: `20240101T120000.000000Z`."""
    return utc_stamp(moment).replace("-", "").replace(":", "")


def duration_text(length: timedelta) -> str:
    """A length of time in ISO 8601, in days and seconds.

    >>> duration_text(timedelta(days=1, seconds=3.5)), duration_text(timedelta(seconds=-1))
    ('P1DT3.5S', '-PT1S')
    """
    sign, length = ("-", -length) if length < timedelta() else ("", length)
    seconds = f"{length.seconds}.{length.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{length.days}D" if length.days else ""
    return f"{sign}P{days}" + (f"T{seconds}S" if seconds != "0" or not days else "")


def _datetime(moment: datetime) -> str:
    return utc_text(moment) if moment.tzinfo else _trimmed(moment.isoformat())


def _time(clock: time) -> str:
    return clock.isoformat() if clock.tzinfo else _trimmed(clock.isoformat())


def _trimmed(iso: str) -> str:
    """A time without a zone, its fraction without the zeros behind it."""
    return iso.rstrip("0") if "." in iso else iso


def _float(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _integer(number: int) -> int | str:
    """Most readers of JSON lose digits of what 64 bits don't hold."""
    return number if -_LARGEST_INTEGER <= number < _LARGEST_INTEGER else str(number)


def _mapping(items: dict[Any, Any]) -> dict[str, Any]:
    return {text(key): plain(value) for key, value in items.items()}


def _sequence(items: Any) -> list[Any]:
    return [plain(item) for item in items]


_CONVERSIONS: Final[dict[type, Callable[[Any], Any]]] = {
    bytes: bytes.hex,
    date: date.isoformat,
    datetime: _datetime,
    Decimal: decimal_text,
    dict: _mapping,
    float: _float,
    int: _integer,
    list: _sequence,
    time: _time,
    timedelta: duration_text,
    tuple: _sequence,
}
