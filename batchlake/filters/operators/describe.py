"""A filter as one English sentence, as a person would write it.

Input: a filter. Output: "Calls whose status is completed or failed, that lasted between 30 and 300 seconds,
and cost at least 0.10." Each operator has a clause of its own; this module words its value and joins the
clauses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.text_keys import text_key
from batchlake.filters.operators.operator import given
from batchlake.text.escaping import quoted

if TYPE_CHECKING:
    from pydantic import BaseModel

_NOT_AMONG: Final = "that are not among those "
_MOST_NAMED: Final = 5
_SPEAKERS: Final = {
    None: "someone",
    "ai": "the agent",
    "human": "the person",
    "unknown": "an unknown speaker",
}


def describe(conditions: BaseModel | None, of: str = "") -> str:
    """The sentence for a filter, of calls that are narrowed already to those `of` ("batch b1 of svalync").

    Values are quoted where they aren't plain words, with what can't be printed escaped; of a list of more
    than five values the first are named, and how many others there are. None is the empty filter.
    """
    found = clauses(conditions) if conditions else []
    required = [clause for clause in found if not clause.startswith(_NOT_AMONG)]
    excepted = [clause.removeprefix(_NOT_AMONG) for clause in found if clause.startswith(_NOT_AMONG)]
    if len(excepted) == 1:
        excepted = [excepted[0][1:-1]]  # with nothing after it, it needs no parentheses
    parts = ["Calls" if required else "All calls", f"of {of}" if of else "", _joined(required)]
    sentence = " ".join(part for part in parts if part)
    if excepted:
        sentence += (
            ("," if required else "") + " except " + " and ".join(f"those {clause}" for clause in excepted)
        )
    return sentence + "."


def clauses(part: BaseModel) -> list[str]:
    """The relative clauses ("whose status is failed") of a part of a filter: all hold of a call that
    matches."""
    found: list[str] = []
    for sentence, alike in groupby(given(part), key=lambda pair: pair[0].operator.sentence):
        for worded in _merged([row.operator.shape.words(value) for row, value in alike]):
            found += [sentence.format(worded)] if isinstance(worded, str) else worded
    return found


def named(value: str) -> str:
    """A value in a sentence: as it is where that is one plain word, else in quotes."""
    return value if re.fullmatch(r"[\w+*.:@/-]{1,80}", value, re.ASCII) else quoted(value)


def values(several: Sequence[str]) -> str:
    """`a, b or c`."""
    return _or([named(value) for value in several])


def numbers(several: Sequence[str]) -> str:
    """Telephone numbers, and beginnings of some."""
    return _or([f"a number beginning with {named(n[:-1])}" if n.endswith("*") else named(n) for n in several])


def number(value: float | Decimal) -> str:
    """A number without needless digits; an amount as it was given."""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value).removesuffix(".0")


def at_least(value: float) -> str:
    """`at least 0.7`."""
    return f"at least {number(value)}"


def at_most(value: float) -> str:
    """`at most 0.7`."""
    return f"at most {number(value)}"


def between(bounds: Any, unit: str = "") -> str:
    """`between 30 and 300 seconds`."""
    low, high = bounds.min, bounds.max
    if high is None:
        words, last = at_least(low), low
    elif low is None:
        words, last = at_most(high), high
    elif low == high:
        words, last = f"exactly {number(high)}", high
    else:
        words, last = f"between {number(low)} and {number(high)}", high
    return f"{words} {unit}{'' if last == 1 else 's'}" if unit else words


def seconds_between(bounds: Any) -> str:
    """`at least 1 second`."""
    return between(bounds, "second")


def within(period: Any) -> str:
    """`on or after 2024-01-01 and before 2024-01-02 (UTC)`."""
    parts = []
    if period.start is not None:
        start = _time(period.start)
        parts.append(f"{'at' if 'T' in start else 'on'} or after {start}")
    if period.end is not None:
        parts.append(f"before {_time(period.end)}")
    return " and ".join(parts) + ("" if parts[-1].endswith("Z") else " (UTC)")


def extra(fields: Mapping[str, Any]) -> list[str]:
    """`whose campaign is autumn`, `that have a campaign`."""
    found = []
    for name, wanted in fields.items():
        if isinstance(wanted, tuple):
            found.append(f"whose {named(name)} is {values(wanted)}")
            continue
        if wanted.exists is not None:
            found.append(f"that have {'a' if wanted.exists else 'no'} {named(name)}")
        if wanted.min is not None or wanted.max is not None:
            found.append(f"whose {named(name)} is {between(wanted)}")
    return found


def flag(true: str, false: str) -> Callable[[bool], str]:
    """One wording for true and one for false."""
    return lambda value: true if value else false


def said(utterance: Any) -> str:
    """`the person said "refund"`: what is looked for, so folded."""
    return f"{_SPEAKERS[utterance.speaker]} said {quoted(sought(utterance.contains))}"


def sought(text: str) -> str:
    """What is looked for in what was said: the text folded, as it stands where nothing of it is left.

    >>> sought("“Refund!”"), sought("?!")
    ('refund', '?!')
    """
    return text_key(text) or text


def all_of(filters: Sequence[BaseModel]) -> list[str]:
    """The clauses of all filters."""
    return [clause for one in filters for clause in clauses(one)]


def any_of(filters: Sequence[BaseModel]) -> list[str]:
    """`that either lasted at most 5 seconds or cost at least 1`."""
    if len(filters) == 1:
        return clauses(filters[0])
    alternatives = [_grouped(clauses(one)) for one in filters]
    if all(clause.startswith("that ") for clause in alternatives):
        return ["that either " + " or ".join(clause.removeprefix("that ") for clause in alternatives)]
    return ["either " + " or ".join(alternatives)]


def none_of(unwanted: BaseModel) -> list[str]:
    """`that are not among those (whose status is failed)`."""
    return [f"{_NOT_AMONG}({_joined(clauses(unwanted))})"]


def _merged(worded: list[str | list[str]]) -> list[str | list[str]]:
    """Phrases for one and the same sentence as one phrase: `at least 0.2 and at most 0.7`."""
    phrases = [words for words in worded if isinstance(words, str)]
    return [" and ".join(phrases)] if phrases else worded


def _joined(found: list[str]) -> str:
    """`whose status is failed, that lasted 3 seconds, and cost 1`: a second `that` goes without saying."""
    texts = [
        clause.removeprefix("that ") if before.startswith("that ") else clause
        for before, clause in zip(["", *found], found, strict=False)
    ]
    return " and ".join(texts) if len(texts) < 3 else ", ".join([*texts[:-1], f"and {texts[-1]}"])


def _grouped(found: list[str]) -> str:
    return found[0] if len(found) == 1 else f"({_joined(found)})"


def _or(names: list[str]) -> str:
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"one of {len(names) - _MOST_NAMED:,} others"]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _time(moment: datetime) -> str:
    text = moment.isoformat().replace("+00:00", "Z")
    return text.removesuffix("T00:00:00Z")
