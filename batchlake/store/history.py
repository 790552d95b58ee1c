"""Which files of a table its versions name, read off its log; and what is there that no kept version needs.

A log begins with commit 0, or, once it was cut, with a checkpoint; from there on no commit is missing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from batchlake.errors import LakeDamaged
from batchlake.store.file_stats import sizes
from batchlake.store.log import actions
from batchlake.store.storage import COMMIT, LOG, LOG_ENTRY, commit_name

if TYPE_CHECKING:
    from batchlake.store.tables import LakeTables

_UNFINISHED: Final = re.compile(r"_commit_.*\.tmp|.*#\d+")
"""What delta-rs gives another name once it is whole."""


@dataclass(frozen=True, slots=True)
class Unneeded:
    """What is there of a table that no kept version needs.

    Attributes:
        files: names of data files, sorted.
        log_entries: paths of entries of the log, from the table's folder, oldest first.
        cut: the oldest version that is kept; the log may begin there.
    """

    files: list[str]
    log_entries: list[str]
    cut: int


def oldest_version(tables: LakeTables, table: str) -> int:
    """The oldest version that the log can still tell of.

    Raises:
        LakeDamaged: it begins with neither its first commit nor a checkpoint.
    """
    entries = tables.storage.log_entries(table)
    if commit_name(0) in entries:
        return 0
    checkpoints = [
        int(entry[1])
        for name in entries
        if (entry := LOG_ENTRY.fullmatch(name)) and not COMMIT.fullmatch(name)
    ]
    if not checkpoints:
        raise LakeDamaged(tables.storage.name, f"the log of {table} has lost its beginning")
    return min(checkpoints)


def named_files(tables: LakeTables, table: str, versions: Collection[int] | None) -> set[str]:
    """The data files that at least one of these versions names; one that can't be read any more names none.

    Args:
        tables: the lake's.
        table: the table's name.
        versions: None for all that can be read.

    Raises:
        LakeDamaged: the log has a gap, or doesn't lead to what its newest version holds.
    """
    oldest, newest = oldest_version(tables, table), tables.version(table)
    wanted = sorted(range(oldest, newest + 1) if versions is None else versions)
    added = dict.fromkeys(sizes(tables.open(table, oldest)), oldest)
    named: set[str] = set()

    def note(file: str, until: int) -> None:
        """It was there from the version that added it until before this one."""
        since = added.pop(file, until)
        if bisect_left(wanted, since) < bisect_left(wanted, until):
            named.add(file)

    for version, commit in enumerate(
        tables.storage.commits(table, range(oldest + 1, newest + 1)), oldest + 1
    ):
        fresh = []
        for action in actions(commit):
            if "remove" in action:
                note(unquote(action["remove"]["path"]), version)
            elif "add" in action:
                fresh.append(unquote(action["add"]["path"]))
        for file in fresh:
            added.setdefault(file, version)
    if added.keys() != sizes(tables.open(table, newest)).keys():
        # What is wrongly taken for unneeded would be deleted.
        raise LakeDamaged(tables.storage.name, f"the log of {table} contradicts its newest version")
    for file in list(added):
        note(file, newest + 1)
    return named


def unneeded(tables: LakeTables, table: str, kept: Collection[int]) -> Unneeded:
    """What is there of a table and none of the kept versions needs.

    Args:
        tables: the lake's.
        table: the table's name.
        kept: its versions that must stay readable, its newest among them.
    """
    # The list first: a file that comes after it isn't in it.
    there = tables.storage.sizes(table)
    oldest = oldest_version(tables, table)
    cut = min(version for version in kept if version >= oldest)
    return Unneeded(
        sorted(there.keys() - named_files(tables, table, kept)),
        [f"{LOG}/{name}" for name in _before(tables.storage.log_entries(table), cut)],
        cut,
    )


def _before(entries: Collection[str], version: int) -> Iterator[str]:
    """The entries of a log that tell of earlier versions, oldest first, then what writers that died left."""
    yield from sorted(name for name in entries if name[:20].isdigit() and int(name[:20]) < version)
    yield from sorted(name for name in entries if _UNFINISHED.fullmatch(name))
