"""What platforms count differently from batchlake, and whether that explains a figure that they report.

Input: a batch's source, the column of the figure, and the counts of the calls held. Output: the definition by
which the calls held give the figure, in words. The headers of `sql/sources` say below `counted` which
platform counts what; for a source that is no known platform, the definitions of all of them are tried.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from batchlake.engine import sql_files

PLANNED: Final = "planned"
"""The one definition that the calls held can't give: nobody dialled some of the calls yet."""


class Definition(NamedTuple):
    """What is counted, in words, and the same over the calls held, from a row of `sql/analytics/counts`."""

    words: str
    recomputed: Callable[[Mapping[str, Any]], int | None]


DEFINITIONS: Final = {
    "ended": Definition(
        "every call that has ended, whatever became of it",
        lambda counts: counts["completed"] + counts["failed"],
    ),
    "connected": Definition(
        "every call that was answered, also by a machine",
        lambda counts: counts["completed"] + counts["by_status"]["voicemail"],
    ),
    PLANNED: Definition("calls that were planned, dialled or not", lambda counts: None),
}
"""Ways to count that batchlake doesn't use, by their names in the headers of `sql/sources`."""


def explanation(source: str, column: str, reported: Any, counts: Mapping[str, Any]) -> str | None:
    """The first definition by which the calls held give a reported figure, None where there is none.

    Args:
        source: the batch's.
        column: the figure's, as `reported_completed`.
        reported: the figure.
        counts: the batch's row of `sql/analytics/counts`; empty where it has no calls.
    """
    for platform, name in _named(source, column) if counts else ():
        definition = DEFINITIONS[name]
        if definition.recomputed(counts) == reported:
            who = source if platform == source else f"{source}, as {platform} does,"
            return f"{who} counts {definition.words}"
    return None


def is_planned(source: str, column: str) -> bool:
    """Whether a platform's figure counts calls that nobody may have dialled yet."""
    return any(platform == source and name == PLANNED for platform, name in _named(source, column))


def _named(source: str, column: str) -> Iterator[tuple[str, str]]:
    """Platforms that may be the source's, and the definitions that each names for a column."""
    known = _counted()
    for platform, columns in known.items():
        if source == platform or source not in known:
            for name in columns.get(column, ()):
                yield platform, name


@functools.cache
def _counted() -> dict[str, dict[str, tuple[str, ...]]]:
    """Of each platform the columns with definitions of its own."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in map(sql_files.load, sql_files.names("sources")):
        platform = file.name.rpartition("/")[2].rpartition("_")[0]
        columns = found.setdefault(platform, {})
        for line in file.lists.get("counted", ()):
            column, _, names = line.text.partition(":")
            columns[column] = tuple(name.strip() for name in names.split(","))
    return found
