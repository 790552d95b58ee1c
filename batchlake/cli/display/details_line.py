"""How far a pull is with the details that it asks for one by one: a line on a terminal, rewritten and gone
when they are done; a line now and then where standard error is no terminal.

In comes what is asked for, how many were answered, and of how many.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

from batchlake.cli.arguments.options import note
from batchlake.cli.display.progress_line import (
    BETWEEN_SECONDS,
    RATE_FROM_SECONDS,
    SECONDS_BETWEEN_LINES,
    draw,
    left_words,
    with_bar,
)
from batchlake.text import looks

_NAMES: Final = {"batch": "batches", "call": "calls"}


class DetailsLine:
    """Called after each answer; says nothing where it is quiet."""

    def __init__(self, *, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._clock = clock
        self._kind = ""
        self._begun = self._told = clock()
        self._is_drawn = False

    def __enter__(self) -> DetailsLine:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._clear()

    def __call__(self, kind: str, done: int, total: int) -> None:
        now = self._clock()
        if kind != self._kind:
            self._kind, self._begun, self._told = kind, now, now
        is_terminal = sys.stderr.isatty()
        if done == total:
            self._clear()
        elif not self._quiet and now - self._told >= (
            BETWEEN_SECONDS if is_terminal else SECONDS_BETWEEN_LINES
        ):
            self._told = now
            if is_terminal:
                draw(self.line(done, total, drawn=True))
                self._is_drawn = True
            else:
                note(self.line(done, total))

    def line(self, done: int, total: int, *, drawn: bool = False) -> str:
        """How many of all, how fast, and how long it may still take."""
        seconds = self._clock() - self._begun
        counted = f"{looks.count(done)} of {looks.count(total)} {_NAMES[self._kind]}"
        pace = f"{done / seconds:,.1f}/s" if done and seconds > RATE_FROM_SECONDS else ""
        left = left_words((total - done) * seconds / done) if pace else ""
        if not drawn:
            return ", ".join(words for words in (f"details of {counted}", pace, left) if words)
        return with_bar("Details", done, total, "  ".join(part for part in (counted, pace, left) if part))

    def _clear(self) -> None:
        if self._is_drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._is_drawn = False
