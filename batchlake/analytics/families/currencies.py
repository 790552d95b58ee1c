"""Amounts in several currencies: their order, and the total that there is where they are all in one.

Input: names of currencies, None for one that the export doesn't name, and totals by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal


def currencies(found: Iterable[str | None]) -> list[str | None]:
    """Currencies in their order."""
    return sorted(found, key=currency_order)


def currency_order(name: str | None) -> tuple[bool, str]:
    """What sorts currencies: by name, the one that the export doesn't name last."""
    return name is None, name or ""


def only_total(totals: Mapping[str | None, Decimal]) -> Decimal | None:
    """The total where all of it is in one currency; None over several, and over none."""
    return next(iter(totals.values())) if len(totals) == 1 else None
