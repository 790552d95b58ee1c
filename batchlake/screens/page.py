"""What screens are made of: a width, colours, words in bold and bars, blocks beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from batchlake.text.looks import Clock
from batchlake.text.terminal import cut, printed_width

_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Page:
    """What a screen is laid out for.

    Attributes:
        width: in columns.
        clock: in which times are shown.
        colour: whether to use colours.
    """

    width: int = 80
    clock: Clock = field(default_factory=Clock)
    colour: bool = False

    def bold(self, words: str) -> str:
        """A head."""
        return self._styled(words, "1")

    def dim(self, words: str) -> str:
        """What is there and isn't looked for."""
        return self._styled(words, "2")

    def red(self, words: str) -> str:
        """What needs somebody."""
        return self._styled(words, "31")

    def cyan(self, words: str) -> str:
        """Bars."""
        return self._styled(words, "36")

    def _styled(self, words: str, style: str) -> str:
        return f"\x1b[{style}m{words}\x1b[0m" if self.colour and words.strip() else words

    def beside(self, left: Sequence[str], right: Sequence[str], at: int) -> list[str]:
        """Two blocks side by side, the right one from a column on; below one another where that is too
        wide."""
        widest = max(map(printed_width, right), default=0)
        if at + widest > self.width or not right:
            return [*left, *([""] if left and right else []), *right]
        lines = []
        for number in range(max(len(left), len(right))):
            one = left[number] if number < len(left) else ""
            other = right[number] if number < len(right) else ""
            lines.append(f"{one}{' ' * (at - printed_width(one))}{other}".rstrip())
        return lines


def padded(words: str, width: int, *, right: bool = False) -> str:
    """Words in a field of a width, which colours don't count in."""
    blank = " " * max(0, width - printed_width(words))
    return blank + words if right else words + blank


def fitted(words: str, width: int) -> str:
    """Words cut to a width and filled up to it."""
    return padded(cut(words, width), width)


def columns(rows: Sequence[Sequence[str]], right: Sequence[bool], gap: int = _GAP) -> list[str]:
    """Rows of words, each column as wide as its widest."""
    widths = [max((printed_width(row[place]) for row in rows), default=0) for place in range(len(right))]
    return [
        (" " * gap)
        .join(
            padded(words, width, right=to_right)
            for words, width, to_right in zip(row, widths, right, strict=True)
        )
        .rstrip()
        for row in rows
    ]
