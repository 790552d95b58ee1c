"""What the console prints: lines on the terminal, through a pager where they don't fit on it."""

from __future__ import annotations

import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from batchlake.engine.interrupts import end_thread
from batchlake.output.pager import pager_command, through
from batchlake.output.target import takes_colour
from batchlake.text.terminal import display_width, printed_width

_RED, _DIM, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[0m"
_QUIET_SECONDS: Final = 0.5
_BETWEEN_SECONDS: Final = 0.2
_LESS: Final = "-SRFX~"
"""Long lines aren't folded but scrolled, colours are shown, what fits on one page is only printed, and lines
beyond the end are blank."""


class Waiting:
    """A line that says how long a statement has been running, from half a second on, until it answers."""

    def __init__(self) -> None:
        self._over: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """A statement begins; nothing is said where standard output is no terminal."""
        self.end()
        if sys.stdout.isatty():
            over = self._over = threading.Event()
            self._thread = threading.Thread(target=self._say, args=(over,), name="waiting", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """It has answered: the line is gone when this returns."""
        if self._over is not None and self._thread is not None:
            end_thread(self._thread, self._over)
            self._over = self._thread = None

    def _say(self, over: threading.Event) -> None:
        started = time.monotonic()
        if over.wait(_QUIET_SECONDS):
            return
        style, plain = (_DIM, _PLAIN) if takes_colour(sys.stdout) else ("", "")
        while True:
            seconds = time.monotonic() - started
            sys.stdout.write(f"\r{style}{seconds:.1f} s, Ctrl-C stops{plain}\x1b[K")
            sys.stdout.flush()
            if over.wait(_BETWEEN_SECONDS):
                break
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()


class Screen:
    """The terminal, or whatever standard output is."""

    def __init__(self, pager: Sequence[str] | None = None) -> None:
        self.colour = takes_colour(sys.stdout)
        self.waiting = Waiting()
        self._pager = None if pager is None else list(pager)

    @property
    def width(self) -> int:
        """Columns of the terminal, now."""
        return shutil.get_terminal_size().columns

    @property
    def height(self) -> int:
        """Lines of the terminal, now."""
        return shutil.get_terminal_size().lines

    @property
    def pager(self) -> list[str]:
        """The command of BATCHLAKE_PAGER, the settings, PAGER, else `less`; empty where there is none."""
        return pager_command() if self._pager is None else self._pager

    def use_pager(self, command: Sequence[str] | None) -> None:
        """Page with this command, with none if it is empty, and for None with the usual one."""
        self._pager = None if command is None else list(command)

    def note(self, text: str) -> None:
        """A line about an answer."""
        self._say(text, _DIM)

    def fault(self, text: str) -> None:
        """An error."""
        self._say(text, _RED)

    def page(self, lines: Iterable[str], done: Callable[[], None] = lambda: None) -> None:
        """Print lines; with a pager if they are more or wider than the terminal shows at once.

        Args:
            lines: are read as they are printed, and no longer than the pager wants them.
            done: called when the last of them has been made, and never if the pager is left before.
        """
        size = shutil.get_terminal_size()
        waiting = iter(lines)
        first: list[str] = []
        fits = True
        for line in waiting:
            self.waiting.end()
            first.append(line)
            fits = fits and len(first) < size.lines - 1 and printed_width(line) <= size.columns
            if not fits:
                break
        if fits or not self.pager:
            for line in chain(first, waiting):
                sys.stdout.write(f"{line}\n")
            done()
            sys.stdout.flush()
        else:
            through(self.pager, _then(chain(first, waiting), done), _LESS)

    def _say(self, text: str, style: str) -> None:
        """Print a text, its lines broken between words."""
        self.waiting.end()
        text = "\n".join(
            line if display_width(line) <= self.width else textwrap.fill(line, self.width)
            for line in text.splitlines()
        )
        sys.stdout.write(f"{style}{text}{_PLAIN}\n" if self.colour else f"{text}\n")
        sys.stdout.flush()


def _then(lines: Iterable[str], done: Callable[[], None]) -> Iterator[str]:
    """The lines, and a call when the last of them has been made."""
    yield from lines
    done()
