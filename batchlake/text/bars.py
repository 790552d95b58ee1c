"""Bars and sparks: a number as a length or a height, in eighths of a character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_HEIGHTS: Final = "▁▂▃▄▅▆▇█"


def bar(value: float, greatest: float, width: int) -> str:
    """A bar of `width` characters for the greatest value; whatever is above 0 shows.

    >>> bar(781, 781, 4), bar(143, 781, 14), bar(0, 781, 4)
    ('████', '██▋', '')
    """
    if value <= 0 or greatest <= 0:
        return ""
    eighths = max(1, round(8 * width * min(value, greatest) / greatest))
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def spark(value: float, greatest: float) -> str:
    """One character whose height is the value; a blank for 0.

    >>> spark(0, 9), spark(1, 9), spark(9, 9)
    (' ', '▁', '█')
    """
    if value <= 0 or greatest <= 0:
        return " "
    return _HEIGHTS[min(7, max(0, round(8 * value / greatest) - 1))]


def parts_bar(parts: Sequence[tuple[int, str]], total: int, width: int) -> str:
    """Parts of a total in whole characters, each drawn with its own; what is left of the total is blank.

    >>> parts_bar([(71, "█"), (39, "░")], 158, 40)
    '██████████████████░░░░░░░░░░'
    """
    drawn, begun = "", 0
    for count, character in parts:
        begun += count
        ends = round(width * min(begun, total) / total) if total else 0
        drawn += character * max(0, ends - len(drawn))
    return drawn


def encodable(line: str, encoding: str | None) -> str:
    """The line, with plain characters for drawn ones that the encoding doesn't have.

    >>> encodable("██▌ – − … ─", "ascii")
    '##  - - ... -'
    """
    try:
        line.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "".join(_PLAIN.get(character, character) for character in line)
    return line


_PLAIN: Final = {
    **dict.fromkeys("█▉▊▋▅▆▇", "#"),
    **dict.fromkeys("▌▍▎▏▁▂▃▄", " "),
    **dict.fromkeys("░", "-"),
    **dict.fromkeys("─–−", "-"),
    "…": "...",
    "│": "|",
}
