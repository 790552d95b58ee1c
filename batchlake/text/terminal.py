"""How wide text is on a terminal, and how to make it one printable line of a given width."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def display_width(text: str) -> int:
    """The columns that a text takes: two for wide characters and emoji, none for combining ones.

    >>> display_width("abc"), display_width("日本"), display_width("e\\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def printable(text: str) -> str:
    """The text on one line, with what would move the cursor, turn the writing round or be no UTF-8 escaped.

    >>> printable("one\\ntwo\\x1b[2J")
    'one\\\\ntwo\\\\x1b[2J'
    """
    return text if text.isascii() and text.isprintable() else _UNPRINTABLE.sub(_escaped, text)


def cut(text: str, width: int) -> str:
    """The text if it fits the width, else its beginning and an ellipsis.

    >>> cut("日本語", 5), cut("short", 5)
    ('日本…', 'short')
    """
    if len(text) <= width and text.isascii():
        return text
    total = 0
    kept = 0
    for place, character in enumerate(text):
        total += _width(character)
        if total < width:
            kept = place + 1
        elif total > width:
            return text[:kept] + "…"
    return text


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
