"""How far an ingest is: one line on standard error, rewritten, gone when it is done; a line now and then
where that is no terminal.

In come the exports with the bytes that were read of them, and the steps of the run.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from batchlake.cli.arguments.options import note
from batchlake.engine.interrupts import end_thread
from batchlake.output.target import takes_colour
from batchlake.text import looks
from batchlake.text.bars import bar, encodable
from batchlake.text.terminal import cut

BETWEEN_SECONDS: Final = 0.2
SECONDS_BETWEEN_LINES: Final = 10
RATE_FROM_SECONDS: Final = 0.5
_BAR_WIDTH: Final = 24
_SHORTEST_BAR: Final = 6
_MINUTE: Final = 60


class ProgressLine:
    """One line on a terminal that a thread keeps current, since a merge says nothing for seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._name = ""
        self._count: int | None = None
        self._read = 0
        self._begun = clock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_current, name="progress", daemon=True)

    def __enter__(self) -> ProgressLine:
        try:
            self._thread.start()
        except BaseException:
            self._over.set()
            raise
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        end_thread(self._thread, self._over)
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def __call__(self, location: str, size: int) -> None:
        self._read += size

    def step(self, name: str, count: int | None) -> None:
        """Another step begins."""
        self._name, self._count, self._begun = name, count, self._clock()

    def line(self) -> str:
        """What is being done, how much of it is done, how fast, and how long it may still take."""
        seconds = self._clock() - self._begun
        if self._name == "reading":
            return self._reading(seconds)
        what = {"merging": "record", "writing": "call"}.get(self._name)
        if what is None or self._count is None:
            return "Finding exports" if not self._name else self._name.capitalize()
        counted = looks.counted(self._count, what)
        return f"{self._name.capitalize():<8} {counted}  {seconds_words(seconds)}"

    def _reading(self, seconds: float) -> str:
        speed = self._read / seconds if seconds > RATE_FROM_SECONDS else None
        rate = f"  {looks.size(int(speed))}/s" if speed else ""
        if not self._count:
            return f"Reading  {looks.size(self._read)}{rate}"
        done = min(self._read, self._count)
        left = f"  {left_words((self._count - done) / speed)}" if speed and done < self._count else ""
        return with_bar("Reading", done, self._count, f"{_size_of(done, self._count)}{rate}{left}")

    def _keep_current(self) -> None:
        while not self._over.wait(BETWEEN_SECONDS):
            draw(self.line())


def with_bar(name: str, done: int, total: int, rest: str) -> str:
    """How much is done as a bar and a share, in front of the rest; a narrow terminal has a shorter bar, or
    none."""
    share = f"{100 * done // total} %"
    words = f"{share:>5}  {rest}"
    room = shutil.get_terminal_size().columns - 1 - len(f"{name}  {words}  ")
    if room < _SHORTEST_BAR:
        return f"{name} {words}"
    width = min(room, _BAR_WIDTH)
    return f"{name}  {bar(done, total, width):<{width}}  {words}"


def draw(words: str) -> None:
    """Write a line over the one before it, cut where the terminal ends."""
    words = encodable(cut(words, max(1, shutil.get_terminal_size().columns - 1)), sys.stderr.encoding)
    words = f"\x1b[2m{words}\x1b[0m" if takes_colour(sys.stderr) else words
    sys.stderr.write(f"\r{words}\x1b[K")
    sys.stderr.flush()


def left_words(seconds: float) -> str:
    """How long something may still take: a second at least, as it isn't done."""
    return f"{seconds_words(max(1.0, seconds))} left"


def seconds_words(seconds: float) -> str:
    """A length of time that changes once a second at most."""
    return f"{int(seconds)} s" if seconds < _MINUTE else looks.duration(int(seconds))


def _size_of(done: int, total: int) -> str:
    """`65.1 of 101.8 MB`: the unit once, where it is that of both."""
    read, whole = looks.size(done), looks.size(total)
    amount, _, unit = read.rpartition(" ")
    return f"{amount} of {whole}" if unit == whole.rpartition(" ")[2] else f"{read} of {whole}"


class SparseLines:
    """One line every few seconds, so that a log shows life without filling up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._exports = 0
        self._read = 0
        self._total: int | None = None
        self._last_line_at = clock()

    def __call__(self, location: str, size: int) -> None:
        self._exports += size == 0
        self._read += size
        if self._clock() - self._last_line_at >= SECONDS_BETWEEN_LINES:
            of = f" of {looks.size(self._total)}" if self._total else ""
            self._say(
                f"read {looks.count(self._exports)} exports, {looks.size(self._read)}{of}; now {location}"
            )

    def step(self, name: str, count: int | None) -> None:
        """Another step begins; it is told where the one before took long."""
        if name == "reading":
            self._total = count
        elif self._clock() - self._last_line_at >= SECONDS_BETWEEN_LINES:
            self._say(f"{name}{f' {looks.count(count)}' if count is not None else ''}")

    def _say(self, words: str) -> None:
        self._last_line_at = self._clock()
        note(words)


@contextmanager
def progress_shown(*, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A line on a terminal, a line now and then elsewhere, nothing when quiet; all on standard error."""
    if quiet:
        yield lambda location, size: None
    elif sys.stderr.isatty():
        with ProgressLine() as line:
            yield line
    else:
        yield SparseLines()
