"""A number read out over several turns: utterances of one speaker that are little else than digits.

Input: utterances in order. Output: which of them hold a known number together. What the other speaker says
between them doesn't count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from batchlake.privacy import numbers
from batchlake.privacy.digits import EVERY_LANGUAGE, Spoken, bounds_of_runs, digits_of_runs

_FEWEST: Final = 3
_MOST_OTHER_WORDS: Final = 2
_WORD: Final = re.compile(r"\w+")


def is_part(text: str, spoken: Spoken = EVERY_LANGUAGE) -> bool:
    """Whether an utterance may be a part of a number: three digits in a row and at most two other words."""
    # Most utterances with a digit are whole sentences, which is cheaper to see.
    plain = 0
    words = spoken.words
    for word in text.split():
        plain += word.isalpha() and word.lower() not in words
        if plain > _MOST_OTHER_WORDS:
            return False
    inside = bounds_of_runs(text, _FEWEST, spoken)
    if not inside:
        return False
    others = at = 0
    for found in _WORD.finditer(text):
        while at < len(inside) and inside[at][1] <= found.start():
            at += 1
        others += at == len(inside) or found.start() < inside[at][0]
    return others <= _MOST_OTHER_WORDS


def over_turns(
    texts: Sequence[str], is_known: Callable[[str], bool], endings: Collection[str] | None = None
) -> Iterator[int]:
    """The places of parts (each `is_part`, of one speaker, in order) that together hold a known number.

    Args:
        texts: of the parts.
        is_known: whether a key is that of a number looked for.
        endings: digits, of which every known number ends in some; None where they aren't known.
    """
    # Only the digits of each, so that two other words don't part them.
    parts = [" ".join(digits_of_runs(text, _FEWEST)) for text in texts]
    if endings is not None:
        together = "".join(parts).replace(" ", "")
        if not any(ending in together for ending in endings):
            return
    bounds, end = [], 0
    for part in parts:
        bounds.append((end, end + len(part)))
        end += len(part) + 1
    for span in numbers.spans(" ".join(parts), is_known):
        touched = [
            place for place, (start, stop) in enumerate(bounds) if start < span.end and span.start < stop
        ]
        if len(touched) > 1:
            yield from touched
