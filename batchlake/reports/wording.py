"""A figure's value as people read it: with its unit, rounded to what is worth reading, money exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from batchlake.text.values import money_text

NO_DATA: Final = "no data"
NO_CURRENCY: Final = "currency not named"


def shown(value: int | float | Decimal | None, unit: str, currency: str | None = None) -> str:
    """The value in words.

    >>> shown(0.6583, "ratio"), shown(1234, "calls"), shown(201.53, "seconds"), shown(None, "ratio")
    ('65.8 %', '1,234', '201.5 s', 'no data')
    >>> shown(Decimal("1234.500000"), "money", "EUR"), shown(Decimal("1"), "money"), shown(0.4966, "0 to 1")
    ('1,234.50 EUR', '1.00 (currency not named)', '0.50')
    """
    if value is None:
        return NO_DATA
    if unit == "ratio":
        return f"{100 * value:.1f} %"
    if unit == "0 to 1":
        return f"{value:.2f}"
    if unit == "seconds":
        return f"{value:,.1f} s"
    if unit == "money":
        return f"{Decimal(money_text(Decimal(value))):,} {currency or f'({NO_CURRENCY})'}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def over(numerator: int | float | Decimal | None, denominator: int | float | Decimal | None) -> str:
    """What a value is a ratio of, or how many it is over.

    >>> over(395, 600), over(None, 1395), over(None, None)
    ('395 of 600', '1,395', '')
    """
    if denominator is None:
        return ""
    return f"{_count(numerator)} of {_count(denominator)}" if numerator is not None else _count(denominator)


def _count(number: int | float | Decimal) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"
