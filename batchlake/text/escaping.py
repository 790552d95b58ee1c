"""Text from outside made safe to show: on one line, of bounded length, without control characters.

`printable` is for a terminal, `quoted` and `shown` for a value in a sentence, `harmless` for documents that
people pass on: characters that control a terminal or the direction of writing are shown as code points, so
that a reader sees that they were there. Each format still escapes its own syntax; `markdown` does Markdown's.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_CHARACTERS: Final = 500
"""A longer text is cut here, and says how long it was."""

_LONGEST_VALUE: Final = 80
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKDOWN: Final = re.compile(r"[\\|`*<\[]|&(?=#?\w+;)")
_SHORT_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ACTING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# They join letters and emoji of many scripts and languages, and turn nothing around.
_JOINERS: Final = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def printable(text: str) -> str:
    """The text on one line; characters that control a terminal or can't be UTF-8 are escaped.

    >>> printable("one\\ntwo\\x1b[2J")
    'one\\\\ntwo\\\\x1b[2J'
    """
    return text if text.isascii() and text.isprintable() else _UNPRINTABLE.sub(_escaped, text)


def quoted(text: str) -> str:
    """A text in quotes, cut at 80 characters, unprintable characters escaped."""
    cut = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1]
        for letter in json.dumps(cut, ensure_ascii=False)
    )


def shown(value: object) -> str:
    """A value inside an error's message, as Python writes it; of a text at most 80 characters."""
    return repr(value[:77] + "..." if isinstance(value, str) and len(value) > _LONGEST_VALUE else value)


def markdown(text: str) -> str:
    """The text with what Markdown would read as markup escaped.

    >>> markdown("a|b *c*")
    'a\\\\|b \\\\*c\\\\*'
    """
    return _MARKDOWN.sub(r"\\\g<0>", text)


def path_text(path: str | os.PathLike[str]) -> str:
    """A path as text; a byte of a file's name that is not UTF-8 becomes `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def harmless(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, control characters as code points, cut at `most` characters.

    >>> harmless("one\\ntwo \\u202eeert")
    'one two ⟨U+202E⟩eert'
    >>> harmless("abcdefgh", most=4)
    'abcd… (8 characters)'
    """
    if len(text) <= most and text.isprintable() and "  " not in text:
        return text.strip()
    shown = "".join(_code_point(character) for character in text[:most])
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


def _code_point(character: str) -> str:
    if character.isspace() or character in _JOINERS:
        return character
    if unicodedata.category(character) in _ACTING:
        return f"⟨U+{ord(character):04X}⟩"
    return character


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
