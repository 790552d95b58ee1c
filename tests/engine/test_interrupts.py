"""Ctrl-C and time limits reach a call that looks at neither."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from batchlake.cli.display.progress_line import ProgressLine
from batchlake.console.screen import Waiting
from batchlake.engine.interrupts import ConcurrentQueries, InterruptGuard, InterruptRegistry, end_thread
from batchlake.errors import QueryTimeout
from tests.paths import ROOT


def test_results_and_errors_come_through() -> None:
    """What the call returns or raises is what the caller gets."""
    watch = InterruptGuard(lambda: None, 10)
    assert watch(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        watch(lambda: 1 // 0)


def test_a_limit_interrupts_until_the_call_ends() -> None:
    """An interrupt that comes too early is given again; all calls share the limit."""
    heard = threading.Event()
    interrupts = []

    def interrupt() -> None:
        interrupts.append(time.monotonic())
        if len(interrupts) == 3:
            heard.set()

    watch = InterruptGuard(interrupt, 0.1)
    with pytest.raises(QueryTimeout) as caught:
        watch(heard.wait)
    assert caught.value.seconds == 0.1
    assert len(interrupts) >= 3
    with pytest.raises(QueryTimeout):
        watch(lambda: time.sleep(0.2))


@pytest.mark.parametrize("seconds", [1e12, 1e308, float("inf")])
def test_a_limit_that_is_never_reached_is_none(seconds: float) -> None:
    """Longer than any lock can wait."""
    assert InterruptGuard(lambda: None, seconds)(lambda: 1) == 1


def test_impatience_breaks_nothing() -> None:
    """Ctrl-C again while the call is being stopped is not heard before it has ended."""
    ended = threading.Event()
    presses = iter([KeyboardInterrupt, KeyboardInterrupt])

    def interrupt() -> None:
        for press in presses:
            raise press
        ended.set()

    with pytest.raises(QueryTimeout):
        InterruptGuard(interrupt, 0.1)(ended.wait)
    assert ended.is_set()


@pytest.mark.parametrize("begins", [False, True])
def test_ctrl_c_while_the_thread_is_started(monkeypatch: pytest.MonkeyPatch, *, begins: bool) -> None:
    """A call whose thread was being started ends or never begins: nothing waits for a thread that isn't."""
    start = threading.Thread.start
    ended = threading.Event()
    interrupts = []

    def pressed(thread: threading.Thread) -> None:
        if begins:
            start(thread)
        raise KeyboardInterrupt

    def interrupt() -> None:
        interrupts.append(time.monotonic())
        assert len(interrupts) < 20, "waits for a call that never began"
        ended.set()

    monkeypatch.setattr(threading.Thread, "start", pressed)
    seen: list[str] = []

    def call() -> None:
        seen.append("begun")
        ended.wait()
        seen.append("ended")

    with pytest.raises(KeyboardInterrupt):
        InterruptGuard(interrupt)(call)
    assert seen in ([], ["begun", "ended"])


def test_calls_side_by_side() -> None:
    """So many run at a time as are allowed, and what they return or raise comes through."""
    both = threading.Barrier(2, timeout=5)
    with ConcurrentQueries(lambda: None, 2) as calls:
        first, second = calls.start(both.wait), calls.start(both.wait)
        assert {first.result(), second.result()} == {0, 1}
    order: list[int] = []
    with ConcurrentQueries(lambda: None, 1) as calls:
        for ended in [calls.start(order.append, number) for number in range(5)]:
            ended.result()
    assert order == list(range(5))
    with pytest.raises(ZeroDivisionError), ConcurrentQueries(lambda: None, 1) as calls:
        calls.start(lambda: 1 // 0).result()


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_the_end_of_the_block_stops_the_calls(error: type[BaseException] | None) -> None:
    """Those that run are interrupted until they end, those that wait never begin; an error is told then."""
    begun, interrupted = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow() -> None:
        begun.set()
        interrupted.wait()
        seen.append("ended")

    def ask() -> None:
        with ConcurrentQueries(interrupted.set, 1) as calls:
            calls.start(slow)
            calls.start(seen.append, "begun")
            assert begun.wait(5)
            if error:
                raise error

    with pytest.raises(error) if error else nullcontext():
        ask()
    assert seen == ["ended"]


@pytest.mark.parametrize("error", [None, ValueError])
def test_impatience_leaves_no_call_running(error: type[BaseException] | None) -> None:
    """Ctrl-C while calls are being stopped is heard when they have ended; it doesn't hide an error."""
    begun, interrupted = threading.Event(), threading.Event()
    presses = iter([KeyboardInterrupt, KeyboardInterrupt])

    def slow() -> bool:
        begun.set()
        return interrupted.wait()

    def interrupt() -> None:
        for press in presses:
            raise press
        interrupted.set()

    def ask() -> None:
        with ConcurrentQueries(interrupt, 1) as calls:
            calls.start(slow)
            assert begun.wait(5)
            if error:
                raise error

    with pytest.raises(error or KeyboardInterrupt):
        ask()
    assert interrupted.is_set()


def test_only_what_runs_is_interrupted() -> None:
    """What has been let go of is not, and an error lets go of it too."""
    first, second = SlowThing(), SlowThing()
    running = InterruptRegistry()
    with running.hold(first):
        with pytest.raises(ZeroDivisionError), running.hold(second):
            raise ZeroDivisionError
        running.interrupt()
    running.interrupt()
    assert (first.interrupts, second.interrupts) == (1, 0)


class SlowThing:
    """Counts its interrupts."""

    def __init__(self) -> None:
        self.interrupts = 0

    def interrupt(self) -> None:
        self.interrupts += 1


def test_ctrl_c_ends_a_query_that_python_asked(tmp_path: Path) -> None:
    """A slow query in a program stops within moments of the signal, with KeyboardInterrupt."""
    program = (
        "import sys\n"
        "from batchlake.engine.engine import Engine\n"
        "rows = Engine().query('select count(*) from range(100_000_000_000) t(i) where i % 7 = 3')\n"
        "print('asked', flush=True)\n"
        "try: list(rows)\n"
        "except KeyboardInterrupt: print('stopped', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "asked\n"
        time.sleep(0.5)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        assert time.monotonic() - began < 5
    assert process.returncode == 0


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_thread_interrupted_while_it_starts_is_ended(has_begun: bool) -> None:
    """Ctrl-C inside `Thread.start`, before the thread runs or after: ending it raises nothing, it ends."""
    over, ended = threading.Event(), threading.Event()

    def work() -> None:
        over.wait()
        ended.set()

    thread = threading.Thread(target=work, daemon=True)
    if has_begun:
        # The moment between the two: it runs, and whoever started it hasn't been told.
        thread.start()
        thread._started.clear()  # type: ignore[attr-defined]
    end_thread(thread, over)
    assert ended.wait(5) == has_begun
    if has_begun:
        thread._started.set()  # type: ignore[attr-defined]


def test_ctrl_c_while_the_waiting_line_begins_leaves_the_console_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line of a statement, and the progress of an ingest: the interrupt alone comes through."""

    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    waiting = Waiting()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            waiting.begin()
        waiting.end()
        progress = ProgressLine()
        with pytest.raises(KeyboardInterrupt), progress:
            raise AssertionError("not reached")
    assert progress._over.is_set()
    waiting.begin()
    waiting.end()
