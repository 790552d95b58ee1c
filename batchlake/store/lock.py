"""One writer at a time on a machine, and a name for the process that holds the lock.

The lock is the operating system's, on a file next to the tables, so that it is free the moment its holder
dies. A second file names the holder, for the error that another writer gets.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from batchlake.errors import LakeLocked, LakeNotWritable
from batchlake.text.values import utc_stamp


@contextmanager
def writer_lock(root: Path, *, wait_seconds: float = 0, name: str = "") -> Iterator[None]:
    """Hold the lake's write lock for the block.

    Args:
        root: the lake's folder, made if it doesn't exist.
        wait_seconds: how long to wait for another writer; 0 gives up at once.
        name: what to call the lake in an error; by default its path.

    Raises:
        LakeLocked: another writer holds it; says which and since when.
        LakeNotWritable: the folder can't be made or written.
    """
    # Imported here: reading takes no lock.
    from filelock import FileLock, Timeout

    holder, name = root / "_lock.json", name or str(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "_lock")
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        who, since = _read(holder)
        raise LakeLocked(name, who, since) from None
    except OSError as error:
        raise LakeNotWritable(name, error.strerror or str(error)) from error
    try:
        _describe(name, holder)
        yield
    finally:
        try:
            # If it stays, the next holder replaces it.
            with suppress(OSError):
                holder.unlink(missing_ok=True)
        finally:
            lock.release()


def _describe(name: str, holder: Path) -> None:
    facts = {
        "holder": f"process {os.getpid()} on {socket.gethostname()}",
        "since": utc_stamp(datetime.now(UTC), "seconds"),
    }
    try:
        holder.write_text(json.dumps(facts), encoding="utf-8")
    except OSError as error:
        raise LakeNotWritable(name, error.strerror or str(error)) from error


def _read(holder: Path) -> tuple[str | None, str | None]:
    """Who holds the lock and since when; nothing where the file is gone or half written at this moment."""
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return facts["holder"], facts["since"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, None
