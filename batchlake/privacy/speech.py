"""A number read out over several turns: utterances of one speaker that are little else than digits.

Input: utterances in order. Output: which of them hold a known number together. What the other speaker says
between them doesn't count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from batchlake.privacy import numbers
from batchlake.privacy.digits import EVERY_LANGUAGE, Spoken, runs

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
    found = list(runs(text, _FEWEST, spoken))
    if not found:
        return False
    inside = [(run.starts[0], run.ends[-1]) for run in found]
    others = [
        word for word in _WORD.finditer(text)
        if not any(start <= word.start() < end for start, end in inside)
    ]  # fmt: skip
    return len(others) <= _MOST_OTHER_WORDS


def over_turns(texts: Sequence[str], is_known: Callable[[str], bool]) -> Iterator[int]:
    """The places of parts (each `is_part`, of one speaker, in order) that together hold a known number."""
    # Only the digits of each, so that two other words don't part them.
    parts = [" ".join(run.digits for run in runs(text, _FEWEST)) for text in texts]
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
