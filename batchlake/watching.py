"""Runs slow calls so that Ctrl-C and a time limit reach them.

DuckDB doesn't look at signals while it works. So the call runs on a thread of its own, while the caller's
thread, where Python delivers Ctrl-C, waits and can tell DuckDB to stop. (Measured: DuckDB 2.0 finishes a
query of minutes before the signal gets through, and a thread for each call costs 0.1 ms.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

from batchlake.errors import QueryTimeout

T = TypeVar("T")
P = ParamSpec("P")

_AGAIN_SECONDS: Final = 0.05


class Watch:
    """Guards calls that share one time limit.

    Args:
        interrupt: stops the call that is running, from another thread.
        seconds: the limit for all calls together from now on; None is none.
    """

    def __init__(self, interrupt: Callable[[], None], seconds: float | None = None) -> None:
        self._interrupt = interrupt
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def __call__(self, call: Callable[[], T], /) -> T:
        """What the call returns.

        Raises:
            QueryTimeout: the limit is reached; the call has ended, or never begun.
            KeyboardInterrupt: Ctrl-C; the same.
        """
        if self._deadline is None and threading.current_thread() is not threading.main_thread():
            return call()
        # Whoever writes here first decides, and may ask again: the thread runs the call, or it is called off.
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


class SideBySide:
    """Runs calls on threads while its block lasts; an error or Ctrl-C in the block stops them before it ends.

    Args:
        interrupt: stops the calls that are running, from another thread.
        at_once: how many run at a time; with 1 they run one after the other.
    """

    def __init__(self, interrupt: Callable[[], None], at_once: int) -> None:
        self._interrupt = interrupt
        self._pool = ThreadPoolExecutor(at_once)
        self._started: list[Future[object]] = []

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=kind is not None)
        while kind and (running := [call for call in self._started if not call.done()]):
            self._interrupt()
            wait(running, _AGAIN_SECONDS)
        self._pool.shutdown()

    def start(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have it run; the future's `result` waits for what it returns, and raises what it raised."""
        started = self._pool.submit(call, *args, **kwargs)
        self._started.append(started)  # type: ignore[arg-type]
        return started
