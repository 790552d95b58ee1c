"""How requests are spaced, how long to wait before another try, and what `Retry-After` asks for.

Times are in seconds; the clock is the event loop's.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from batchlake.sync.platforms import Limits

LONGEST_RETRY_AFTER_SECONDS: Final = 24 * 3600.0
"""A platform that asks for more is taken to mean this much."""


class Pacer:
    """Lets so many requests a second through, so many at a time, and none while the platform wants rest."""

    def __init__(self, limits: Limits) -> None:
        self._interval = 1 / limits.requests_per_second
        self._places = asyncio.Semaphore(limits.in_flight)
        self._next_at = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold a place in flight for the block."""
        async with self._places:
            loop = asyncio.get_running_loop()
            while (wait := self._next_at - loop.time()) > 0:
                await asyncio.sleep(wait)
            self._next_at = loop.time() + self._interval
            yield

    def rest(self, seconds: float) -> None:
        """Let nothing through for so long: one refusal for asking too much holds for every request."""
        self._next_at = max(self._next_at, asyncio.get_running_loop().time() + seconds)


def backoff_seconds(limits: Limits, tries_made: int) -> float:
    """How long to wait after so many failed tries: doubling, jitter down to half, at most the limit."""
    exponent = min(tries_made - 1, 32)
    whole = min(limits.longest_wait_seconds, limits.first_wait_seconds * 2.0**exponent)
    return whole * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def retry_after_seconds(value: str | None, date: str | None = None) -> float | None:
    """What a `Retry-After` header asks for: 0 to a day; None where there is none, or it says nothing.

    Args:
        value: seconds, or a date in any of HTTP's three forms.
        date: the answer's own `Date`, which a date is counted from, so that a wrong clock here does no harm.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _moment(value)
        if until is None:
            return None
        seconds = (until - (_moment(date) or datetime.now(UTC))).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
