"""Word patterns for Spark: what RE2, by which they are written and checked, and Java read alike."""

from __future__ import annotations

import re
from typing import Final

from batchlake.errors import InvalidRequest

_OTHERWISE: Final = (
    (r"\[\[:\^?\w+:\]", "`[[:...:]]`, which Java reads as a set of letters; write \\p{Alpha} and its like"),
    (r"\(\?P<", "`(?P<name>...)`, which Java doesn't know; write (?:...)"),
    (r"\[[^\]]*&&", "`&&` in a class, which Java reads as an intersection; write one &"),
    (r"\{,\d", "`{,n}`, which Java doesn't know; write {0,n}"),
    (r"\\[CQEzK]", "an escape that Java reads otherwise (\\C, \\Q, \\E, \\z, \\K); write it without"),
    (
        r"\(\?[a-zA-Z]*U",
        "the flag U, which turns greed around in RE2 and not in Java; write `?` where it is meant",
    ),
)
"""What means another thing in Java's expressions, or nothing, and what to write instead."""

_FOLDING: Final = re.compile(r"\\.|\(\?([a-z]*i[a-z]*)(?=[-:)])", re.DOTALL)
"""An escaped character, or a bracket with flags by which case doesn't matter, among others or alone."""


def java_pattern(pattern: str) -> str:
    """A regular expression of RE2's as Java has it.

    Java folds ASCII alone where it isn't told otherwise.

    Raises:
        InvalidRequest: it holds what means another thing there; names it.

    >>> java_pattern("(?:^| )(?i:straße)(?:$| )"), java_pattern(r"(?is-m:é) \\(?i:")
    ('(?:^| )(?iu:straße)(?:$| )', '(?isu-m:é) \\\\(?i:')
    """
    for found, what in _OTHERWISE:
        if match := re.search(found, pattern):
            raise InvalidRequest(
                f"the pattern {_word(pattern, match.start())!r} can't be used on Spark: it holds {what}.",
                pattern=pattern,
            )
    return _FOLDING.sub(lambda flags: f"(?{flags[1]}u" if flags[1] else flags[0], pattern)


def _word(pattern: str, place: int) -> str:
    """The word that the fault is in, of those that `patterns` joins to one expression."""
    start = pattern.rfind("|(?:", 0, place)
    end = pattern.find(")|(?:", place)
    return pattern[start + 4 if start >= 0 else 0 : end if end >= 0 else len(pattern)]
