"""A filter as one English sentence, as a person would write it.

Input: a filter. Output: "Calls whose status is completed or failed, that lasted between 30 and 300 seconds,
and cost at least 0.10." Each operator has its clause; this module fills in the values and joins the clauses.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from batchlake.filters.operators.operator import given

if TYPE_CHECKING:
    from pydantic import BaseModel

NOT_AMONG: Final = "that are not among those "
"""How clauses of calls that must not match begin: `describe` puts them behind an "except"."""


def describe(conditions: BaseModel | None, of: str = "") -> str:
    """The sentence for a filter, of calls that are narrowed already to those `of` ("batch b1 of svalync").

    Values are quoted where they aren't plain words, with what can't be printed escaped; of a list of more
    than five values the first are named, and how many others there are. None is the empty filter.
    """
    found = clauses(conditions) if conditions else []
    required = [clause for clause in found if not clause.startswith(NOT_AMONG)]
    excepted = [clause.removeprefix(NOT_AMONG) for clause in found if clause.startswith(NOT_AMONG)]
    if len(excepted) == 1:
        excepted = [excepted[0][1:-1]]  # with nothing after it, it needs no parentheses
    parts = ["Calls" if required else "All calls", f"of {of}" if of else "", joined(required)]
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


def _merged(worded: list[str | list[str]]) -> list[str | list[str]]:
    """Phrases for one and the same sentence as one phrase: `at least 0.2 and at most 0.7`."""
    phrases = [words for words in worded if isinstance(words, str)]
    return [" and ".join(phrases)] if phrases else worded


def joined(found: list[str]) -> str:
    """`whose status is failed, that lasted 3 seconds, and cost 1`: without a second `that` in a row."""
    texts = [
        clause.removeprefix("that ") if before.startswith("that ") else clause
        for before, clause in zip(["", *found], found, strict=False)
    ]
    return " and ".join(texts) if len(texts) < 3 else ", ".join([*texts[:-1], f"and {texts[-1]}"])


def grouped(found: list[str]) -> str:
    """Clauses as one, in parentheses where they are several."""
    return found[0] if len(found) == 1 else f"({joined(found)})"
