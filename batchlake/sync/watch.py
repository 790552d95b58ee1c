"""Watches folders and ingests new and changed exports once they have settled.

A change wakes the watcher, the folders themselves say what changed: every file's inode, size and
modification time, looked at again now and then in case a change went unnoticed. A file has settled when
these haven't changed for a while and it doesn't look half-written; one that keeps looking so is taken
all the same after a longer while, so that the lake's problems name it. One that can't be opened doesn't
hold up the others: it is noted once, counts as skipped, and is tried again after the longer while. A folder
that can't be looked into, or is gone, is noted once and looked for again. The same bytes again are a no-op,
so a restart only costs reading.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from batchlake._lazy import extra
from batchlake.errors import ExportUnreadable, LakeLocked
from batchlake.ingest.find.skipped import is_skipped
from batchlake.ingest.report import IngestReport
from batchlake.sync.completeness import looks_whole

_UNFINISHED_SUFFIXES: Final = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", ".filepart", "~")

Signature = tuple[int, int, int]
"""A file's inode, size in bytes, and modification time in nanoseconds."""


@dataclass(frozen=True, slots=True)
class WatchTiming:
    """How patient a watch is, in seconds.

    Attributes:
        settle: how long a file must have stood still.
        patience: how long one that looks half-written is waited for.
        rescan: how often the folders are looked at without a notice of a change.
    """

    settle: float = 2.0
    patience: float = 300.0
    rescan: float = 60.0


class Settling:
    """Tells which files have settled; knows no clock and no disk of its own.

    Args:
        timing: how patient to be.
        is_whole: whether a file looks finished; asked once it no longer changes.
    """

    def __init__(self, timing: WatchTiming, is_whole: Callable[[Path], bool]) -> None:
        self._timing = timing
        self._is_whole = is_whole
        self._taken: dict[Path, Signature] = {}
        self._moving: dict[Path, tuple[Signature, float]] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether some file has not settled yet."""
        return bool(self._moving)

    @property
    def waiting(self) -> list[Path]:
        """The files that have not settled yet, in order."""
        return sorted(self._moving)

    def look(self, found: Mapping[Path, Signature], now: float) -> list[Path]:
        """The files that have settled by `now` (seconds), in order; each once until it changes again."""
        self._taken = {path: seen for path, seen in self._taken.items() if path in found}
        self._moving = {path: seen for path, seen in self._moving.items() if path in found}
        settled = []
        for path, signature in sorted(found.items()):
            if self._taken.get(path) == signature:
                continue
            seen, since = self._moving.get(path, (None, now))
            if seen != signature:
                self._moving[path] = (signature, since := now)
            stood_still = now - since
            is_still = stood_still >= self._timing.settle
            if is_still and (stood_still >= self._timing.patience or self._is_whole(path)):
                settled.append(path)
                del self._moving[path]
                self._taken[path] = signature
        return settled

    def again(self, paths: Iterable[Path]) -> None:
        """These could not be taken yet; they settle again."""
        for path in paths:
            self._taken.pop(path, None)


def watch(
    folders: Iterable[Path],
    ingest: Callable[[list[Path]], IngestReport],
    stop: threading.Event,
    *,
    timing: WatchTiming = WatchTiming(),
    polling: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> Iterator[IngestReport]:
    """Ingest exports as they settle, until `stop` is set; yields each ingest's report.

    Args:
        folders: where exports appear, with their subfolders.
        ingest: takes settled files into the lake.
        stop: ends the watch; an ingest at work is finished first.
        timing: how patient to be.
        polling: look for changes by polling, for file systems that don't report them (network shares).
        note: called with a line when something is postponed, or left unread at the end.

    Raises:
        ExportUnreadable: a folder isn't there.
        InvalidRequest: the extra `watch` isn't installed.
    """
    watched = list(folders)
    for folder in watched:
        if not folder.is_dir():
            raise ExportUnreadable(str(folder), "it is not a folder that can be watched")
    settling = Settling(timing, looks_whole)
    looked_at = -timing.rescan
    reported: set[tuple[Path, str]] = set()
    for changed in _changes(watched, stop, timing, note, polling=polling):
        now = time.monotonic()
        if not changed and not settling.is_waiting and now - looked_at < timing.rescan:
            continue
        looked_at = now
        closed: dict[Path, str] = {}
        found = settling.look(signatures(watched, closed), now)
        refused = {path: reason for path in found if (reason := _refusal(path)) is not None}
        settling.again(refused)
        fresh = (closed | refused).items() - reported
        for path, reason in sorted(fresh):
            note(f"postponed: {path} cannot be opened: {reason}")
        reported |= fresh
        settled = [path for path in found if path not in refused]
        if settled and not stop.is_set():
            try:
                report = ingest(settled)
                yield replace(report, skipped_files=(*report.skipped_files, *map(str, refused)))
            except LakeLocked as error:
                settling.again(settled)
                note(f"postponed: the lake is being written by {error.holder or 'another process'}")
            except ExportUnreadable:
                # One of them went away between the look and the reading; the others settle again.
                settling.again(settled)
    for path in settling.waiting:
        note(f"left unread: {path} was still being written. The next watch or ingest takes it up.")


def _changes(
    folders: list[Path],
    stop: threading.Event,
    timing: WatchTiming,
    note: Callable[[str], None],
    *,
    polling: bool,
) -> Iterator[bool]:
    """Whether something has changed in these folders, told at each change and twice in the settling time."""
    with extra("watch", "watched folders"):
        import watchfiles

    tick_ms = int(max(timing.settle / 2, 0.05) * 1000)
    told = False
    while not stop.is_set():
        try:
            noticed = watchfiles.watch(
                *folders,
                watch_filter=None,
                debounce=int(timing.settle * 1000),
                step=min(50, tick_ms),
                rust_timeout=tick_ms,
                yield_on_timeout=True,
                stop_event=stop,
                force_polling=polling or None,
                ignore_permission_denied=True,
            )
            yield from map(bool, noticed)
        except RuntimeError as error:
            # A name that is not UTF-8, of a folder or of what changes in one.
            if not told:
                note(f"changes may go unnoticed, so the folders are looked at again and again: {error}")
            told = True
            yield True
            stop.wait(max(timing.settle, tick_ms / 1000))


def _refusal(path: Path) -> str | None:
    """Why a file can't be read; None where it can, or has gone away again."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or str(error)
    return None


def signatures(folders: Iterable[Path], closed: dict[Path, str] | None = None) -> dict[Path, Signature]:
    """The files in these folders that may be exports, with what changes when they do.

    Args:
        folders: the folders.
        closed: takes each folder that can't be looked into, with the reason.
    """
    found: dict[Path, Signature] = {}
    watched = list(folders)

    def refuse(error: OSError) -> None:
        # A folder within them may go away at any time, as a file may.
        path = Path(error.filename)
        if closed is not None and (path in watched or not isinstance(error, FileNotFoundError)):
            closed[path] = error.strerror or str(error)

    for folder in watched:
        for parent, inner, names in os.walk(folder, onerror=refuse):
            inner[:] = [name for name in inner if not name.startswith(".")]
            for name in names:
                path = Path(parent, name)
                if is_skipped(path.relative_to(folder)) or name.lower().endswith(_UNFINISHED_SUFFIXES):
                    continue
                if signature := _signature(path):
                    found[path] = signature
    return found


def _signature(path: Path) -> Signature | None:
    """What changes when a file does; None for what is gone, or not a file."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns) if stat.S_ISREG(facts.st_mode) else None
