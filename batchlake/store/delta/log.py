"""A Delta table's log: commits of JSON lines, which files its versions name, and what no kept version needs.

A log begins with commit 0, or, once it was cut, with a checkpoint; from there on no commit is missing.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from batchlake.engine import forking
from batchlake.errors import LakeDamaged
from batchlake.store.delta.file_stats import sizes
from batchlake.store.storage import Storage

LOG: Final = "_delta_log"
LAST_CHECKPOINT: Final = "_last_checkpoint"
LOG_ENTRY: Final = re.compile(r"(\d{20})\.(?:json|checkpoint.*\.parquet)")
"""A commit or a checkpoint (or a part of one), led by its version."""

COMMIT: Final = re.compile(r"\d{20}\.json")
DATA_FILE: Final = re.compile(r"[^/]+\.parquet(#\d+)?")
"""A table's data file, or what a writer that was killed left of one."""

_UNFINISHED: Final = re.compile(r"_commit_.*\.tmp|.*#\d+")
"""Files that delta-rs renames once they are whole."""


@dataclass(frozen=True, slots=True)
class Unneeded:
    """The files of a table that no kept version needs.

    Attributes:
        files: names of data files, sorted.
        log_entries: paths of entries of the log, from the table's folder, oldest first.
        cut: the oldest version that is kept; the log may begin there.
    """

    files: list[str]
    log_entries: list[str]
    cut: int


def commit_name(number: int) -> str:
    """The name of a commit's file in the log."""
    return f"{number:020}.json"


def checkpoint_version(pointer: bytes) -> int | None:
    """The version of a checkpoint by the content of `_last_checkpoint`, None where it names none."""
    try:
        return int(json.loads(pointer)["version"])
    except (ValueError, TypeError, KeyError):
        return None


def lost_commit(table: str, number: int) -> str:
    """The message for a log that lacks a commit."""
    return f"the log of {table} lacks its commit {number}"


def actions(commit: bytes) -> Iterator[dict[str, Any]]:
    """The actions of one commit, each under its kind: `{"add": {"path": ...}}`.

    A line ends at a line feed and nowhere else: the statistics hold texts of the exports, and these may hold
    what `str.splitlines` takes for the end of a line (U+2028, U+2029, U+0085).
    """
    return (json.loads(line) for line in commit.split(b"\n") if line)


def open_table(storage: Storage, table: str, version: int | None = None) -> DeltaTable:
    """A table through delta-rs, at a version (None: the newest).

    Raises:
        LakeDamaged: the log can't be read, or lacks that version.
        LakeUnreachable: the lake's storage can't be asked.
    """
    forking.begin()
    try:
        return DeltaTable(storage.table(table), version=version, storage_options=storage.storage_options)
    except (DeltaError, OSError) as error:
        what = f"table {table}" if version is None else f"table {table} at version {version}"
        if isinstance(error, OSError):
            raise storage.unreadable(what, error) from error
        raise LakeDamaged(storage.name, f"{what} cannot be opened ({error})") from error


def newest_version(storage: Storage, table: str) -> int:
    """The newest version that a table's log holds."""
    return int(storage.newest_commit(table).partition(".")[0])


def oldest_version(storage: Storage, table: str) -> int:
    """The oldest version that the log still holds.

    Raises:
        LakeDamaged: it begins with neither its first commit nor a checkpoint.
    """
    entries = storage.log_entries(table)
    if commit_name(0) in entries:
        return 0
    checkpoints = [
        int(entry[1])
        for name in entries
        if (entry := LOG_ENTRY.fullmatch(name)) and not COMMIT.fullmatch(name)
    ]
    if not checkpoints:
        raise LakeDamaged(storage.name, f"the log of {table} has lost its beginning")
    return min(checkpoints)


def named_files(storage: Storage, table: str, versions: Collection[int] | None) -> set[str]:
    """The data files that at least one of these versions names; a version that was cut off names none.

    Args:
        storage: the lake's.
        table: the table's name.
        versions: None for all that can be read.

    Raises:
        LakeDamaged: the log has a gap, or doesn't lead to what its newest version holds.
    """
    oldest, newest = oldest_version(storage, table), newest_version(storage, table)
    kept = sorted(range(oldest, newest + 1) if versions is None else versions)
    added = dict.fromkeys(sizes(open_table(storage, table, oldest)), oldest)
    named: set[str] = set()

    def note(file: str, until: int) -> None:
        """Name a file if a kept version has it: it is in those from the one that added it up to `until`."""
        since = added.pop(file, until)
        if bisect_left(kept, since) < bisect_left(kept, until):
            named.add(file)

    for version, commit in enumerate(storage.commits(table, range(oldest + 1, newest + 1)), oldest + 1):
        fresh = []
        for action in actions(commit):
            if "remove" in action:
                note(unquote(action["remove"]["path"]), version)
            elif "add" in action:
                fresh.append(unquote(action["add"]["path"]))
        for file in fresh:
            added.setdefault(file, version)
    if newest > oldest and added.keys() != sizes(open_table(storage, table, newest)).keys():
        # A file wrongly found unneeded would be deleted.
        raise LakeDamaged(storage.name, f"the log of {table} contradicts its newest version")
    for file in list(added):
        note(file, newest + 1)
    return named


def unneeded(storage: Storage, table: str, kept: Collection[int]) -> Unneeded:
    """Find the files of a table that none of the kept versions needs.

    Args:
        storage: the lake's.
        table: the table's name.
        kept: its versions that must stay readable, its newest among them.
    """
    # Listed first: a file that is added meanwhile isn't in the list.
    there = storage.sizes(table)
    oldest = oldest_version(storage, table)
    cut = min(version for version in kept if version >= oldest)
    return Unneeded(
        sorted(there.keys() - named_files(storage, table, kept)),
        [f"{LOG}/{name}" for name in _before(storage.log_entries(table), cut)],
        cut,
    )


def _before(entries: Collection[str], version: int) -> Iterator[str]:
    """The entries of a log for earlier versions, oldest first, then the leftovers of writers that died."""
    yield from sorted(name for name in entries if name[:20].isdigit() and int(name[:20]) < version)
    yield from sorted(name for name in entries if _UNFINISHED.fullmatch(name))
