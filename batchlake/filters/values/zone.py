"""The time zone of plain dates and periods while a filter is read.

It is set for a block, and for one thread or task, by the lake or by a command's `--timezone`. Outside any
block it is UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from batchlake.engine.quoting import zone_named

_ZONE: Final[ContextVar[str]] = ContextVar("batchlake_zone", default="UTC")


def current_zone() -> str:
    """The zone in force."""
    return _ZONE.get()


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """A block in which plain dates and periods are of that zone."""
    token = _ZONE.set(zone_named(name))
    try:
        yield
    finally:
        _ZONE.reset(token)


def midnight(day: date, zone: str) -> datetime:
    """When a day begins in a zone, in UTC; where clocks skip midnight, when they do.

    >>> midnight(date(2026, 7, 1), "Europe/Berlin").isoformat()
    '2026-06-30T22:00:00+00:00'
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
