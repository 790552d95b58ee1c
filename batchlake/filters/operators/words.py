"""Values in the sentence of a filter: names and numbers, lists, ranges, times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from batchlake.engine.text_keys import text_key
from batchlake.text.escaping import quoted

_MOST_NAMED: Final = 5


def named(value: str) -> str:
    """A value in a sentence: as it is where that is one plain word, else in quotes."""
    return value if re.fullmatch(r"[\w+*.:@/-]{1,80}", value, re.ASCII) else quoted(value)


def listed(names: Sequence[str]) -> str:
    """`a, b or c`; of more than five the first, and how many others there are."""
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"one of {len(names) - _MOST_NAMED:,} others"]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def values(several: Sequence[str]) -> str:
    """Values, each named."""
    return listed([named(value) for value in several])


def number(value: float | Decimal) -> str:
    """A number without needless digits; an amount as it was given."""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value).removesuffix(".0")


def between(bounds: Any, unit: str = "") -> str:
    """`between 30 and 300 seconds`."""
    low, high = bounds.min, bounds.max
    if high is None:
        words, last = f"at least {number(low)}", low
    elif low is None:
        words, last = f"at most {number(high)}", high
    elif low == high:
        words, last = f"exactly {number(high)}", high
    else:
        words, last = f"between {number(low)} and {number(high)}", high
    return f"{words} {unit}{'' if last == 1 else 's'}" if unit else words


def moment(of: datetime) -> str:
    """A time in UTC; a midnight as its day."""
    return of.isoformat().replace("+00:00", "Z").removesuffix("T00:00:00Z")


def sought(text: str) -> str:
    """The text that utterances are searched for: folded, or as it stands where nothing is left of it.

    >>> sought("“Refund!”"), sought("?!")
    ('refund', '?!')
    """
    return text_key(text) or text
