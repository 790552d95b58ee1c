"""Runs slow calls so that Ctrl-C and a time limit reach them.

DuckDB doesn't look at signals while it works. So the call runs on a thread of its own, while the caller's
thread, where Python delivers Ctrl-C, waits and can tell DuckDB to stop. (Measured: DuckDB 2.0 finishes a
query of minutes before the signal gets through, and a thread for each call costs 0.1 ms.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, ParamSpec, Protocol, TypeVar

from batchlake.engine import forking
from batchlake.errors import QueryTimeout

T = TypeVar("T")
P = ParamSpec("P")

_AGAIN_SECONDS: Final = 0.05
_LONGEST_WAIT: Final = threading.TIMEOUT_MAX / 2
"""Seconds past which a limit is none: no lock waits longer."""


class InterruptGuard:
    """Guards calls that share one time limit.

    Args:
        interrupt: stops the call that is running, from another thread.
        seconds: the limit for all calls together from now on; None is none.
    """

    def __init__(self, interrupt: Callable[[], None], seconds: float | None = None) -> None:
        self._interrupt = interrupt
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + min(seconds, _LONGEST_WAIT)

    def __call__(self, call: Callable[[], T], /) -> T:
        """What the call returns.

        Raises:
            QueryTimeout: the limit is reached; the call has ended, or never begun.
            KeyboardInterrupt: Ctrl-C; the same.
            InvalidRequest: this process was forked from the one that the connection is of.
        """
        forking.check()
        if self._deadline is None and threading.current_thread() is not threading.main_thread():
            return call()
        # The first to write decides whether the thread runs the call or the call is cancelled.
        fate: dict[str, str] = {}
        done = threading.Event()
        outcome: list[tuple[T | None, BaseException | None]] = []

        def work() -> None:
            if fate.setdefault("call", "runs") != "runs":
                return
            try:
                outcome.append((call(), None))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
                outcome.append((None, error))
            finally:
                done.set()

        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        try:
            threading.Thread(target=work, daemon=True).start()
            in_time = done.wait(left)
        except KeyboardInterrupt:
            self._stop(fate, done)
            raise
        if not in_time:
            self._stop(fate, done)
            assert self._seconds is not None  # noqa: S101 - without a limit the wait has no end
            raise QueryTimeout(self._seconds)
        ((value, error),) = outcome
        if error:
            raise error
        return value  # type: ignore[return-value]

    def _stop(self, fate: dict[str, str], done: threading.Event) -> None:
        """Call off what hasn't begun, or interrupt until it has ended: the connection is of no use before.

        DuckDB forgets an interrupt that comes before the query begins, so it may take several. Ctrl-C may
        come where the thread hasn't even been started, and again at any moment of this.
        """
        while True:
            try:
                called_off = fate.setdefault("call", "called off") == "called off"
                while not called_off and not done.is_set():
                    self._interrupt()
                    done.wait(_AGAIN_SECONDS)
            except KeyboardInterrupt:
                continue
            return


def end_thread(thread: threading.Thread, over: threading.Event) -> None:
    """Tell a thread to end, and wait for it; one whose start Ctrl-C has interrupted ends by itself."""
    over.set()
    with suppress(RuntimeError):
        thread.join()


class ConcurrentQueries:
    """Runs calls on threads while its block lasts. Take what they return in the block.

    When the block ends, also by an error or Ctrl-C, waiting calls never begin, and running ones are
    interrupted until they have ended.

    Args:
        interrupt: stops the calls that are running, from another thread.
        at_once: how many run at a time; with 1 they run one after the other.
    """

    def __init__(self, interrupt: Callable[[], None], at_once: int) -> None:
        self._interrupt = interrupt
        self._pool = ThreadPoolExecutor(at_once)
        self._running: set[object] = set()
        self._is_over = False

    def __enter__(self) -> ConcurrentQueries:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pressed = False
        while not self._is_over or self._running:
            try:
                self._is_over = True
                self._pool.shutdown(wait=False, cancel_futures=True)
                while self._running:
                    self._interrupt()
                    time.sleep(_AGAIN_SECONDS)
            except KeyboardInterrupt:
                pressed = True
        if pressed and kind is None:
            raise KeyboardInterrupt

    def start(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a call; the future's `result` waits for what it returns, and raises what it raised."""

        def run() -> T:
            # Noted by the thread itself: Ctrl-C may come before the caller could do it.
            mark = object()
            self._running.add(mark)
            try:
                if self._is_over:
                    raise CancelledError
                return call(*args, **kwargs)
            finally:
                self._running.discard(mark)

        return self._pool.submit(run)


class InterruptRegistry:
    """The calls that are running, for another thread to interrupt; what has ended is never interrupted."""

    def __init__(self) -> None:
        self._held: set[Interruptible] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, one: Interruptible) -> Iterator[None]:
        """Count it as running while the block lasts."""
        with self._lock:
            self._held.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(one)

    def interrupt(self) -> None:
        """Interrupt all that runs."""
        with self._lock:
            for one in self._held:
                one.interrupt()


class Interruptible(Protocol):
    """An object that another thread can interrupt, such as a DuckDB connection."""

    def interrupt(self) -> None:
        """Stop what it is doing."""
