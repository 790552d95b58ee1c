"""An ingest that dies, or whose writing fails, at a chosen point of its work on the lake."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PRELOADED = [
    "batchlake.ingest.run",
    "batchlake.store.maintenance",
    "polars",
    "pyarrow",
    "tests.store.crash_points",
]


class Points:
    """Counts the points of a run at which the lake is touched, and acts at one of them."""

    def __init__(self, fatal: int | None, act: Callable[[], None]) -> None:
        self.passed = 0
        self._fatal = fatal
        self._act = act

    def reach(self) -> None:
        """Pass one point, or die at it."""
        self.passed += 1
        if self.passed == self._fatal:
            self._act()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a point before it and one after."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach()
            result = function(*args, **kwargs)
            self.reach()
            return result

        return wrapped

    def within(self, rows: Any) -> Any:
        """Arrow batches with a point before each: inside a Delta write."""
        import pyarrow as pa

        def batches() -> Any:
            for batch in rows:
                self.reach()
                yield batch

        return pa.RecordBatchReader.from_batches(rows.schema, batches())


def kill() -> None:
    """End the process as nothing can prevent."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk() -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


def forbid() -> None:
    """Fail as a folder without permission does."""
    raise PermissionError(errno.EACCES, "Permission denied")


def watched(points: Points, patch: Callable[[Any, str, Any], None]) -> None:
    """Put the points into everything that touches the lake: syncing, creating, writing, restoring."""
    from deltalake import DeltaTable

    from batchlake.store.delta import writer

    write = writer.write_deltalake
    patch(os, "fsync", points.around(os.fsync))
    patch(DeltaTable, "create", staticmethod(points.around(DeltaTable.create)))
    patch(DeltaTable, "restore", points.around(DeltaTable.restore))
    patch(
        writer,
        "write_deltalake",
        points.around(lambda delta, rows, **how: write(delta, points.within(rows), **how)),
    )


def ingest_and_die(
    root: Path | str, paths: list[Path], fatal: int | None, environment: dict[str, str], queue: Any
) -> None:
    """In a process of its own: ingest, and be killed at a point; otherwise say how many were passed."""
    os.environ.update(environment)
    from batchlake.ingest.options import IngestOptions
    from batchlake.ingest.run import ingest

    points = Points(fatal, kill)
    watched(points, setattr)
    ingest(root, paths, IngestOptions())
    queue.put(points.passed)


def run_in_process(
    root: Path | str, paths: list[Path], fatal: int | None, environment: dict[str, str] | None = None
) -> int | None:
    """How many points an ingest passed, None where it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    queue = context.SimpleQueue()
    process = context.Process(target=ingest_and_die, args=(root, paths, fatal, environment or {}, queue))
    process.start()
    process.join()
    return None if process.exitcode == -signal.SIGKILL else queue.get()
