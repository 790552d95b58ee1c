"""What was said, as a screen: a line for the call, then the utterances, what was looked for in bold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batchlake.engine.text_keys import text_key
from batchlake.screens.page import Page, padded
from batchlake.text import looks
from batchlake.text.cells import wrapped
from batchlake.text.escaping import printable
from batchlake.text.terminal import printed_width

_OFFSET = 6
_SPEAKER = 7
_GAP = "  "


def said_screen(
    rows: Iterable[Mapping[str, Any]], wanted: str, page: Page, *, whole: bool = False
) -> Iterator[str]:
    """The lines of the screen; an utterance takes three at most unless it is to be shown whole."""
    first = True
    for row in rows:
        if not first:
            yield ""
        first = False
        yield from _head(row, page)
        for before in row["before"]:
            yield from utterance(
                before["offset"], before["speaker"], before["text"], page, most=None if whole else 3
            )
        yield from utterance(
            row["offset"], row["speaker"], row["text"], page, wanted=wanted, most=None if whole else 3
        )


def _head(row: Mapping[str, Any], page: Page) -> Iterator[str]:
    when = page.clock.minute(row["time"]) if row["time"] else looks.NOTHING
    end = looks.word(row["status"]) + (
        f" {looks.duration(row['duration'])}" if row["duration"] is not None else ""
    )
    number = printable(row["number"] or "no number")
    parts = [
        when,
        page.bold(printable(row["call"])),
        number,
        *([printable(row["agent"])] if row["agent"] else []),
    ]
    left = _GAP.join(parts)
    if printed_width(left) + len(_GAP) + printed_width(end) <= page.width:
        yield f"{padded(left, page.width - printed_width(end))}{end}"
        return
    # In a narrow terminal, or of a long id, the parts go on in the next line.
    line = ""
    for part in [*parts, end]:
        if line and printed_width(line) + len(_GAP) + printed_width(part) > page.width:
            yield line
            line = ""
        line = f"{line}{_GAP}{part}" if line else f"{_GAP if part is not when else ''}{part}"
    yield line


def utterance(
    offset: float | None, speaker: str, text: str, page: Page, *, wanted: str = "", most: int | None = 3
) -> Iterator[str]:
    """An utterance, wrapped beside when and who."""
    clock = "" if offset is None else _clock(offset)
    room = max(20, page.width - _OFFSET - _SPEAKER - 2)
    lines, _ = wrapped(printable(" ".join(text.split())), room, most)
    for number, line in enumerate(lines):
        head = f"{clock:>{_OFFSET}}  {speaker:<{_SPEAKER - 2}}" if not number else " " * (_OFFSET + _SPEAKER)
        yield f"{page.dim(head) if number == 0 else head}  {_marked(line, wanted, page)}".rstrip()


def _clock(offset: float) -> str:
    """Minutes and seconds into the call, below 0 where a platform's clocks differ.

    >>> _clock(65.9), _clock(-5.2), _clock(-0.4)
    ('1:05', '−0:05', '0:00')
    """
    seconds = int(abs(offset))
    return f"{looks.MINUS if offset < 0 and seconds else ''}{seconds // 60}:{seconds % 60:02}"


def _marked(line: str, wanted: str, page: Page) -> str:
    """The line with what was looked for in bold, where it stands there as it was typed but for case."""
    if not wanted or not page.colour:
        return line
    for words in (wanted.strip(), text_key(wanted)):
        if words and (match := re.search(re.escape(words), line, re.IGNORECASE)):
            return f"{line[: match.start()]}{page.bold(match[0])}{line[match.end() :]}"
    return line


def times_said(count: int, calls: int, speaker: str, others: int, shown: int | None = None) -> str:
    """`366 times by people, in 310 calls`."""
    who = {"human": "by people", "ai": "by the agent", "unknown": "by unknown speakers", "any": ""}[speaker]
    words = looks.counted(count, "time")
    by = f" {who}" if who else ""
    also = f"; {looks.counted(others, 'time')} by others: --speaker any" if others else ""
    some = f", {shown:,} shown" if shown is not None and shown < count else ""
    return f"{words}{by}, in {looks.counted(calls, 'call')}{some}{also}"
