"""The time zone of plain dates and periods while a filter is read.

It is set for a block, and for one thread or task, by the lake or by a command's `--timezone`. Outside any
block it is UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from batchlake.errors import InvalidRequest

_ZONE: Final[ContextVar[str]] = ContextVar("batchlake_zone", default="UTC")


def zone_named(name: object) -> str:
    """The name of an IANA time zone, checked.

    Raises:
        InvalidRequest: there is none of that name; suggests the nearest.

    >>> zone_named("Europe/Berlin")
    'Europe/Berlin'
    """
    if isinstance(name, str) and _is_zone(name):
        return name
    wanted = str(name).strip().replace(" ", "_").lower()
    cities = [
        zone for zone in sorted(zone_names()) if wanted in (zone.lower(), zone.lower().rpartition("/")[2])
    ]
    preferred = [zone for zone in cities if zone.startswith(("Europe/", "America/", "Asia/", "Africa/"))]
    meant = next(iter([*preferred, *cities]), None)
    if meant is None:
        import difflib

        places = {zone.lower().rpartition("/")[2]: zone for zone in sorted(zone_names(), reverse=True)}
        close = difflib.get_close_matches(wanted.rpartition("/")[2], places, n=1)
        meant = places[close[0]] if close else None
    hint = f"Did you mean {meant}?" if meant else "Give one such as Europe/Berlin or UTC."
    raise InvalidRequest(f"There is no time zone {str(name)!r}. {hint}", timezone=str(name))


@cache
def _is_zone(name: str) -> bool:
    """Whether there is such a zone; listing them all takes longer than most questions."""
    try:
        return name == "UTC" or bool(ZoneInfo(name).key)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(available_timezones())


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
