"""Text from exports made harmless to look at: on one line, of bounded length, nothing in it that acts.

What steers a terminal or turns the direction of writing is shown as its code point, `⟨U+202E⟩`, so that a
person sees that it was there. A format still escapes what its own syntax means by a character.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from pydantic import BaseModel

MOST_CHARACTERS: Final = 500
"""A longer text is cut here, and says how long it was."""

_ACTING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# They join letters and emoji of many scripts and languages, and turn nothing around.
_JOINERS: Final = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def harmless(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, with what acts shown as its code point, cut at `most` characters.

    >>> harmless("one\\ntwo \\u202eeert")
    'one two ⟨U+202E⟩eert'
    >>> harmless("abcdefgh", most=4)
    'abcd… (8 characters)'
    """
    if len(text) <= most and text.isprintable() and "  " not in text:
        return text.strip()
    shown = "".join(_shown(character) for character in text[:most])
    shown = " ".join(shown.split())
    return f"{shown}… ({len(text):,} characters)" if len(text) > most else shown


def harmless_model(model: BaseModel) -> Any:
    """The same document with every text in it harmless, keys of mappings too."""
    return type(model).model_validate(_mapped(model.model_dump()))


def _mapped(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dict):
        return {_mapped(key): _mapped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner) for inner in value]
    return value


def _shown(character: str) -> str:
    if character.isspace() or character in _JOINERS:
        return character
    if unicodedata.category(character) in _ACTING:
        return f"⟨U+{ord(character):04X}⟩"
    return character
