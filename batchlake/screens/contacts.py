"""The people called, as a screen: how many were reached, on which attempt; the rows stand below as a
table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchlake.output.pager import fill
from batchlake.screens.page import Page, padded
from batchlake.text import looks
from batchlake.text.bars import bar

_MOST_ATTEMPTS = 5
_BAR = 18
_BAR_AT = 30
"""The columns that a line takes besides its bar and the words behind it."""


def contacts_head(attempts: Sequence[Mapping[str, Any]], without_number: int, page: Page) -> Iterator[str]:
    """The lines above the table.

    Args:
        attempts: for each number of attempts, how many contacts had at least so many (`tried`), and how
            many of them were first reached on just that one (`reached`); in order.
        without_number: calls without a number.
        page: what for.
    """
    contacts = attempts[0]["tried"] if attempts else 0
    reached = sum(one["reached"] for one in attempts)
    calls = sum(one["tried"] for one in attempts)
    each = f", {calls / contacts:.1f} attempts each" if contacts else ""
    rate = f" ({looks.rate(reached / contacts)})" if contacts else ""
    without = f"; {looks.counted(without_number, 'call')} without a number" if without_number else ""
    yield from fill(
        f"{looks.counted(contacts, 'contact')}, {reached:,} reached{rate}{each}{without}", page.width
    )
    shown = [one for one in attempts[:_MOST_ATTEMPTS] if one["reached"]]
    greatest = max((one["reached"] for one in shown), default=0)
    words = [f"{one['reached']:,} of {one['tried']:,}" for one in shown]
    room = min(_BAR, page.width - _BAR_AT - max(map(len, words), default=0))
    for number, (one, counted) in enumerate(zip(shown, words, strict=True)):
        label = "first reached on attempt" if not number else ""
        drawn = page.cyan(padded(bar(one["reached"], greatest, room), room)) + "  " if room > 0 else ""
        yield f"{label:<24} {one['attempt']}  {drawn}{counted}"
    yield ""
