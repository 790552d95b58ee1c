"""Waiting is as long as it has to be, in every form that asks for it, and never without bounds."""

from __future__ import annotations

import asyncio

import pytest

from batchlake.sync.api.rate_limit import Pacer, backoff_seconds, retry_after_seconds
from batchlake.sync.platforms import Limits

NOON = "Mon, 01 Jan 2024 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("-5", 0.0),
        ("1e300", 86400.0),
        ("inf", 86400.0),
        ("-inf", 0.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Mon, 01 Jan 2024 12:01:00 GMT", 60.0),
        ("Monday, 01-Jan-24 12:01:00 GMT", 60.0),
        ("Mon Jan  1 12:01:00 2024", 60.0),
        ("Mon, 01 Jan 2024 13:01:00 +0100", 60.0),
        ("Mon, 01 Jan 2024 11:00:00 GMT", 0.0),
        ("Mon, 01 Jan 2034 12:00:00 GMT", 86400.0),
        ("Mon, 99 Jan 2024 12:00:00 GMT", None),
    ],
)
def test_what_retry_after_asks_for(value: str | None, seconds: float | None) -> None:
    """Seconds and all three forms of date, from 0 to a day; a date is counted from the platform's clock."""
    assert retry_after_seconds(value, NOON) == seconds


def test_backoff_doubles_with_jitter_up_to_its_limit() -> None:
    """Each wait lies between half and the whole of a doubling time, never above the limit."""
    limits = Limits(first_wait_seconds=1, longest_wait_seconds=10)
    for tries_made, whole in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (100, 10), (10_000, 10)):
        waits = [backoff_seconds(limits, tries_made) for _ in range(200)]
        assert whole / 2 <= min(waits) < max(waits) <= whole
        assert max(waits) - min(waits) > whole / 4


def test_no_more_in_flight_and_no_faster_than_allowed() -> None:
    """Twelve turns at 100 a second take at least 0.11 s, and no more than three hold a place at once."""

    async def run() -> tuple[float, int]:
        pacer = Pacer(Limits(requests_per_second=100, in_flight=3))
        at_once, most = 0, 0

        async def one() -> None:
            nonlocal at_once, most
            async with pacer.turn():
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0.1)
                at_once -= 1

        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(one() for _ in range(12)))
        return loop.time() - began, most

    seconds, most = asyncio.run(run())
    assert seconds >= 0.11
    assert most == 3


def test_one_refusal_gives_every_request_a_rest() -> None:
    """While the platform wants rest nobody gets a turn, not even who didn't ask for too much."""

    async def run() -> float:
        pacer = Pacer(Limits(requests_per_second=10_000))
        pacer.rest(0.1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with pacer.turn():
            return loop.time() - began

    assert asyncio.run(run()) >= 0.09
