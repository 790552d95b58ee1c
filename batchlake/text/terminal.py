"""How wide text is on a terminal, and how it is cut to a given width.

`wcwidth` knows; it is imported when a text holds more than plain ASCII and the signs of our own screens.
"""

from __future__ import annotations

import re
from typing import Final

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_NARROW: Final = re.compile("[ -~–…−─│▁-█▉-▏░]*")
"""Plain text with the dashes, lines and bars of our screens, a column each."""


def display_width(text: str) -> int:
    """The columns that a text takes: two for wide characters and emoji, none for combining ones.

    >>> [display_width(text) for text in ("abc", "日本", "e\\u0301", "👨\\u200d👩\\u200d👧")]
    [3, 4, 1, 2]
    """
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    import wcwidth

    return wcwidth.width(text)


def printed_width(line: str) -> int:
    """The columns that a line takes with its colours, which take none.

    >>> printed_width("\\x1b[1mbold\\x1b[0m")
    4
    """
    return display_width(_COLOUR.sub("", line))


def cut(text: str, width: int) -> str:
    """The text if it fits the width, else its beginning and an ellipsis.

    >>> cut("日本語", 5), cut("short", 5)
    ('日本…', 'short')
    """
    if display_width(text) <= width:
        return text
    if text.isascii():
        return text[: width - 1] + "…"
    import wcwidth

    return wcwidth.clip(text, 0, width - 1, fillchar="") + "…"
