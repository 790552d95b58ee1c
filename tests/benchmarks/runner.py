"""Two commands run in turn, each in a process of its own, and what they took.

Nothing heavy is imported here: on Linux a process's peak memory begins with that of its parent.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[2]


class SideFailed(Exception):
    """A command ended with another status than 0; the message holds what it wrote."""


@dataclass(frozen=True, slots=True)
class Side:
    """A command.

    Attributes:
        command: its arguments, the program first.
        prints_seconds: it says itself how long its work took; otherwise its whole process is timed.
        makes: what it makes, taken away before each run.
    """

    command: Sequence[str]
    prints_seconds: bool = False
    makes: Path | None = None

    def run(self) -> Figures:
        """Run it once.

        Raises:
            SideFailed: it didn't end well.
        """
        if self.makes and self.makes.is_dir():
            shutil.rmtree(self.makes)
        elif self.makes:
            self.makes.unlink(missing_ok=True)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            began = time.perf_counter()
            process = subprocess.Popen(
                self.command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                err.seek(0)
                said = err.read().decode(errors="replace")[-2_000:]
                raise SideFailed(f"{' '.join(self.command)} ended with {process.returncode}: {said}")
            if self.prints_seconds:
                out.seek(0)
                seconds = float(out.read())
        return Figures(seconds, usage.ru_maxrss * 1024 / 1e6)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a side took: seconds, and the most megabytes of memory that its process held."""

    seconds: float
    peak_mb: float


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module in this Python."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def race(ours: Side, theirs: Side, rounds: int) -> tuple[Figures, Figures]:
    """Both in turn, so many times: the medians of their seconds, and their greatest peaks."""
    pairs = [(ours.run(), theirs.run()) for _ in range(rounds)]
    first, second = zip(*pairs, strict=True)
    return summary(first), summary(second)


def summary(runs: Sequence[Figures]) -> Figures:
    """The median of the seconds, and the greatest peak."""
    return Figures(statistics.median(run.seconds for run in runs), max(run.peak_mb for run in runs))
