"""What a pull says while it asks for details: how many of all, how fast, how long still."""

from __future__ import annotations

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.cli.display.details_line import DetailsLine
from batchlake.cli.display.progress_line import ProgressLine


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """Standard error that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewritten, with the count, the pace and the time left; gone when all have been asked for."""
    clock, terminal = Clock(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    with DetailsLine(quiet=False, clock=clock) as line:
        line("call", 1, 10_000)
        assert not terminal.getvalue()
        clock.now = 100.0
        line("call", 500, 10_000)
        bar = "█▎" + " " * 22
        words = f"Details  {bar}    5 %  500 of 10,000 calls  5.0/s  31 min 40 s left"
        assert terminal.getvalue() == f"\r{words}\x1b[K"
        line("call", 10_000, 10_000)
    assert terminal.getvalue().endswith("\x1b[K\r\x1b[K")


@pytest.mark.parametrize("width", [40, 55, 60, 80, 120])
def test_a_narrow_terminal_has_a_shorter_bar(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or none: how many there are comes first, and how fast and how long still, where there is room."""
    clock, terminal = Clock(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    with DetailsLine(quiet=False, clock=clock) as line:
        line("call", 1, 10_000)
        clock.now = 100.0
        line("call", 500, 10_000)
        shown = terminal.getvalue().removeprefix("\r").removesuffix("\x1b[K")
    assert len(shown) < width
    assert "500 of 10,000 calls" in shown
    assert ("31 min 40 s left" in shown) is (width >= 60)
    assert bool(set("▏▎▍▌▋▊▉█") & set(shown)) is (width >= 80)


def test_a_log_has_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Every ten seconds, without a bar; batches and calls begin anew; quiet says nothing."""
    for quiet in (True, False):
        clock = Clock()
        with DetailsLine(quiet=quiet, clock=clock) as line:
            line("batch", 1, 2)
            clock.now = 9.0
            line("batch", 2, 2)
            line("call", 1, 40)
            clock.now = 19.5
            line("call", 21, 40)
            line("call", 22, 40)
    assert capsys.readouterr().err == "details of 21 of 40 calls, 2.0/s, 9 s left\n"


@given(
    st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(1, total), st.just(total))),
    st.floats(0.6, 10_000),
)
def test_what_is_not_done_takes_a_second_at_least(counts: tuple[int, int], seconds: float) -> None:
    """Neither of details nor of an ingest `0 s left` is said; of what is done nothing is."""
    done, total = counts
    clock = Clock()
    details = DetailsLine(quiet=False, clock=clock)
    details("call", 0, total)
    reading = ProgressLine(clock)
    reading.step("reading", total)
    reading("a", done)
    clock.now = seconds
    for line in (details.line(done, total), reading.line()):
        assert not re.search(r"\b0 s left", line)
    assert (" left" in reading.line()) == (done < total)
