"""Groups and timelines by hours, days, weeks and months are those of clocks, across their changes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.filters.selection import select
from tests.analytics.tables import call, fill
from tests.effort import examples

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
    "America/Sao_Paulo", "America/Caracas",
)  # fmt: skip
"""Among them clocks that change by half an hour, at midnight, over a day that never was, and no more."""

STEPS = ("hour", "day", "week", "month", "quarter", "weekday", "hour_of_day")
MARKED = (
    datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),  # the end of a year that is the end of a week
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2024, 12, 30, 1, tzinfo=UTC),  # in the first week of the year after
    datetime(2026, 1, 1, tzinfo=UTC),
)


@cache
def changes_of(zone: str, begin: int = 2007, end: int = 2027) -> list[datetime]:
    """When clocks of a zone changed, to the minute."""
    clock, found = ZoneInfo(zone), []
    moment = datetime(begin, 1, 1, tzinfo=UTC)
    before = moment.astimezone(clock).utcoffset()
    while moment < datetime(end, 1, 1, tzinfo=UTC):
        following = moment + timedelta(days=1)
        offset, before = before, following.astimezone(clock).utcoffset()
        if offset != before:
            minute = moment
            while minute.astimezone(clock).utcoffset() == offset:
                minute += timedelta(minutes=1)
            found.append(minute)
        moment = following
    return found


def begin_of_hour(moment: datetime, clock: ZoneInfo) -> datetime:
    """Since when the clock has shown this hour without being changed, minute by minute."""

    def shown(at: datetime) -> tuple[Any, ...]:
        there = at.astimezone(clock)
        return there.date(), there.hour, there.utcoffset()

    begin = moment.replace(second=0, microsecond=0)
    while shown(begin - timedelta(minutes=1)) == shown(moment):
        begin -= timedelta(minutes=1)
    return begin


def key(name: str, moment: datetime, zone: str) -> Any:
    """The group of a time, by plain Python."""
    there = moment.astimezone(ZoneInfo(zone))
    return {
        "hour": begin_of_hour(moment, ZoneInfo(zone)),
        "day": there.date(),
        "week": there.date() - timedelta(days=there.weekday()),
        "month": f"{there.year}-{there.month:02}",
        "quarter": f"{there.year}-Q{(there.month + 2) // 3}",
        "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[
            there.weekday()
        ],
        "hour_of_day": there.hour,
    }[name]


def first_of(name: str, day: date) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[name]


def step(name: str, moment: datetime, zone: str) -> datetime:
    """When the step of a timeline begins that a time falls in."""
    if name == "hour":
        return begin_of_hour(moment, ZoneInfo(zone))
    day = first_of(name, moment.astimezone(ZoneInfo(zone)).date())
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, list[datetime]]:
    """A zone and times, most of them around a change of its clocks."""
    zone = draw(st.sampled_from(ZONES))
    marks = [*changes_of(zone), *MARKED]
    near = st.builds(
        lambda mark, seconds: mark + timedelta(seconds=seconds),
        st.sampled_from(marks),
        st.one_of(st.integers(-2 * 3600, 2 * 3600), st.integers(-3 * 86_400, 3 * 86_400)),
    )
    return zone, draw(st.lists(near, min_size=1, max_size=40))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@settings(max_examples=examples(8), deadline=None)
@given(asked=moments(), by=st.sampled_from(STEPS), every=st.sampled_from(["hour", "day", "week", "month"]))
def test_steps_of_time_are_those_of_clocks(
    engine: Engine, asked: tuple[str, list[datetime]], by: str, every: Any
) -> None:
    """Each call is in the group, and in the step of the timeline, that a clock in the zone puts it into."""
    zone, times = asked
    fill(engine, calls=[call(f"c{place}", call_time=one) for place, one in enumerate(times)])
    found = analyse(engine, select(), by=by, metrics=["calls", "timeline"], timezone=zone, every=every)
    groups = {group.keys[by]: group.statistics.total_calls for group in found.groups}
    assert groups == Counter(key(by, one, zone) for one in times)
    steps = {one.start.astimezone(UTC): one.total_calls for one in found.timeline.moments}
    assert steps == Counter(step(every, one, zone) for one in times)


def test_the_two_hours_of_a_night_in_autumn_are_two_groups(engine: Engine) -> None:
    """Both are called two o'clock; each is told by its offset, in rows and in frames too."""
    times = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 1)]
    fill(engine, calls=[call(f"c{place}", call_time=one) for place, one in enumerate(times)])
    found = analyse(engine, select(), by="hour", timezone="Europe/Berlin", metrics="calls")
    assert [(row["hour"].isoformat(), row["calls"]) for row in found.to_dicts()] == [
        ("2026-10-25T02:00:00+01:00", 2),
        ("2026-10-25T02:00:00+02:00", 1),
    ]
    assert found.arrow().schema.field("hour").type.tz == "Europe/Berlin"
    assert found.df()["hour"].astype(str).tolist() == [
        "2026-10-25 02:00:00+01:00", "2026-10-25 02:00:00+02:00",
    ]  # fmt: skip
