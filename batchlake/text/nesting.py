"""How deeply a JSON text nests: what walks a document needs some of Python's stack for each of its levels."""

from __future__ import annotations

import re
from typing import Final

MOST_LEVELS: Final = 64
"""A document nested past this is read as a text by whatever walks through documents; no platform nests past
a dozen."""

_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))


def nests_past(text: bytes | str, levels: int = MOST_LEVELS) -> bool:
    """Whether a JSON text has lists and objects within one another, more than so many levels.

    >>> nests_past('[[["[["]]]', 2), nests_past('[[["[["]]]', 3)
    (True, False)
    """
    given = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if given.count(b"[") + given.count(b"{") <= levels:
        return False
    if b"\\" in given:
        given = _ESCAPED.sub(b"", given)
    # Every second part is what stands within quotes.
    brackets = b"".join(given.split(b'"')[::2]).translate(_ALIKE, _OTHERS)
    for _ in range(levels):
        if not brackets:
            return False
        # Without the innermost of each.
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
