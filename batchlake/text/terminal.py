"""How wide text is on a terminal, and how it is cut to a given width."""

from __future__ import annotations

import unicodedata


def display_width(text: str) -> int:
    """The columns that a text takes: two for wide characters and emoji, none for combining ones.

    >>> display_width("abc"), display_width("日本"), display_width("e\\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


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
