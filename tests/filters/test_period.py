"""Periods are those of a calendar on the wall of a zone; plain Python is the judge."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.errors import InvalidRequest
from batchlake.filters.values.period import Period, moment_named
from tests.effort import examples

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
    "America/Sao_Paulo",
)  # fmt: skip
NOW = datetime(2026, 11, 27, 15, 2, tzinfo=UTC)

zones = st.sampled_from(ZONES)
times = st.integers(0, 20 * 366 * 86_400).map(
    lambda seconds: datetime(2008, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def begins(day: date, zone: str) -> datetime:
    """The first second of a day in a zone: of all seconds of two days around it the first that shows it."""
    clock = ZoneInfo(zone)
    low = datetime.combine(day - timedelta(days=2), time(), UTC)
    high = datetime.combine(day + timedelta(days=2), time(), UTC)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(clock).date() >= day:
            high = middle
        else:
            low = middle
    return high


def first(unit: str, day: date) -> date:
    """The first day of a day's week, month, quarter, year."""
    while True:
        is_first = {
            "d": True,
            "w": day.isoweekday() == 1,
            "mo": day.day == 1,
            "q": day.day == 1 and day.month in (1, 4, 7, 10),
            "y": (day.month, day.day) == (1, 1),
        }[unit]
        if is_first:
            return day
        day -= timedelta(days=1)


def before(unit: str, day: date, count: int) -> date:
    """The first day of the unit so many earlier, step by step."""
    day = first(unit, day)
    for _ in range(count):
        day = first(unit, day - timedelta(days=1))
    return day


def after(unit: str, day: date) -> date:
    """The first day of the next unit."""
    following = day + timedelta(days=1)
    while first(unit, following) == first(unit, day):
        following += timedelta(days=1)
    return following


@settings(max_examples=examples(25), deadline=None)
@given(now=times, zone=zones, count=st.integers(1, 14), unit=st.sampled_from(["d", "w", "mo", "y"]))
def test_an_age_is_of_the_calendar(now: datetime, zone: str, count: int, unit: str) -> None:
    """`3mo` are this month and the two before, `last-3mo` the three before this one, by the zone's days."""
    today = now.astimezone(ZoneInfo(zone)).date()
    running = Period.of(f"{count}{unit}", zone, now)
    assert running.start == begins(before(unit, today, count - 1), zone)
    assert running.end is None
    assert running.is_running
    whole = Period.of(f"last-{count}{unit}", zone, now)
    assert (whole.start, whole.end) == (
        begins(before(unit, today, count), zone),
        begins(first(unit, today), zone),
    )
    assert not whole.is_running


@settings(max_examples=examples(20), deadline=None)
@given(now=times, zone=zones, count=st.integers(1, 999))
def test_minutes_and_hours_count_back(now: datetime, zone: str, count: int) -> None:
    """`24h` are 24 hours, also over a night that has 23 or 25."""
    assert Period.of(f"{count}h", zone, now).start == now - timedelta(hours=count)
    assert Period.of(f"{count}m", zone, now).start == now - timedelta(minutes=count)


@settings(max_examples=examples(25), deadline=None)
@given(
    now=times,
    zone=zones,
    word=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    back=st.booleans(),
)
def test_named_periods_are_whole(now: datetime, zone: str, word: str, back: bool) -> None:
    """`this-week`, `last-quarter` and their like begin and end where the zone's days do."""
    unit = {"day": "d", "week": "w", "month": "mo", "quarter": "q", "year": "y"}[word]
    today = now.astimezone(ZoneInfo(zone)).date()
    name = ("yesterday" if back else "today") if word == "day" else f"{'last' if back else 'this'}-{word}"
    start = before(unit, today, int(back))
    found = Period.of(name, zone, now)
    assert (found.start, found.end) == (begins(start, zone), begins(after(unit, start), zone))
    # The period before ends where this one begins, unless it is cut where this one is by now.
    previous = found.previous()
    assert previous.start == begins(before(unit, today, int(back) + 1), zone)
    assert previous.end is not None
    assert found.start is not None
    if back:
        assert previous.end == found.start
    else:
        assert previous.start <= previous.end <= found.start


@settings(max_examples=examples(25), deadline=None)
@given(day=st.dates(date(2008, 1, 1), date(2027, 12, 31)), zone=zones)
def test_written_periods_hold_their_days(day: date, zone: str) -> None:
    """`2026-11-26`, `2026-W47`, `2026-11`, `2026-Q4`, `2026` hold the days of Python's calendar."""
    year, week, _ = day.isocalendar()
    for text, unit in (
        (day.isoformat(), "d"),
        (f"{year}-W{week:02}", "w"),
        (f"{day.year}-{day.month:02}", "mo"),
        (f"{day.year}-Q{(day.month + 2) // 3}", "q"),
        (f"{day.year}", "y"),
    ):
        found = Period.of(text, zone, NOW)
        assert (found.start, found.end) == (
            begins(first(unit, day), zone),
            begins(after(unit, day), zone),
        ), text


@settings(max_examples=examples(25), deadline=None)
@given(zone=zones, start=times, length=st.timedeltas(timedelta(seconds=1), timedelta(days=70)))
def test_the_period_before_an_odd_one_is_as_long(zone: str, start: datetime, length: timedelta) -> None:
    """One of no calendar's length is preceded by as many seconds, and ends where it begins."""
    start += timedelta(microseconds=1)
    end = start + length
    found = Period.of((start.isoformat(), end.isoformat()), zone, datetime(2030, 1, 1, tzinfo=UTC))
    previous = found.previous()
    assert (previous.start, previous.end) == (start - length, start)


@settings(max_examples=examples(25), deadline=None)
@given(zone=zones, day=st.dates(date(2008, 1, 1), date(2027, 12, 31)), days=st.integers(1, 60))
def test_whole_days_are_preceded_by_as_many(zone: str, day: date, days: int) -> None:
    """Between two midnights are days, some of 23 or 25 hours; as many days come before."""
    until = day + timedelta(days=days)
    found = Period.of((day.isoformat(), until.isoformat()), zone, datetime(2030, 1, 1, tzinfo=UTC))
    previous = found.previous()
    assert (found.start, found.end) == (begins(day, zone), begins(until, zone))
    assert (previous.start, previous.end) == (begins(day - timedelta(days=days), zone), begins(day, zone))


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        # A running one is cut at the same point, one with a known end too.
        ("7d", "2026-11-14T00:00:00+00:00", "2026-11-20T15:02:00+00:00"),
        ("this-month", "2026-10-01T00:00:00+00:00", "2026-10-27T15:02:00+00:00"),
        (("2026-11-20", "2026-12-01"), "2026-11-09T00:00:00+00:00", "2026-11-16T15:02:00+00:00"),
        (("2026-11-27T12:00", None), "2026-11-27T08:58:00+00:00", "2026-11-27T12:00:00+00:00"),
        # What is still to come isn't cut at all.
        (("2026-12-01", "2026-12-08"), "2026-11-24T00:00:00+00:00", "2026-12-01T00:00:00+00:00"),
        ("2024-02-29", "2024-02-28T00:00:00+00:00", "2024-02-29T00:00:00+00:00"),
        ("2024-03", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2026-W01", "2025-12-22T00:00:00+00:00", "2025-12-29T00:00:00+00:00"),
    ],
)
def test_the_period_before(given: str | tuple[str, str | None], start: str, end: str) -> None:
    """The same period one length earlier, by the calendar."""
    previous = Period.of(given, "UTC", NOW).previous()
    assert previous.start is not None
    assert previous.end is not None
    assert (previous.start.isoformat(), previous.end.isoformat()) == (start, end)


def test_a_month_before_may_be_shorter() -> None:
    """On 31 March the month before is cut at its last day."""
    previous = Period.of("this-month", "UTC", datetime(2026, 3, 31, 15, tzinfo=UTC)).previous()
    assert previous.end == datetime(2026, 2, 28, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("today", datetime(2026, 11, 26, 18, 30, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 25, 18, 30, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 10, 31, 18, 30, tzinfo=UTC)),
        ("2026-11-01T14:00", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01 14:00:30", datetime(2026, 11, 1, 8, 30, 30, tzinfo=UTC)),
        ("2026-11-01T14:00:00Z", datetime(2026, 11, 1, 14, tzinfo=UTC)),
        ("90m", NOW - timedelta(minutes=90)),
        ("1d", datetime(2026, 11, 26, 18, 30, tzinfo=UTC)),
        ("2026-02-30", None),
        ("4b48dd", None),
        ("0d", None),
        ("", None),
    ],
)
def test_moments_have_names(text: str, moment: datetime | None) -> None:
    """A time is a date, a time of day, a word or an age, in the zone; anything else is none."""
    assert moment_named(text, "Asia/Kolkata", NOW) == moment


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("last-wek", "There is no period 'last-wek'. Did you mean last-week?"),
        ("0d", "--period last-0d|There is no period|--last takes an age"),
        ("2026-13", "There is no period '2026-13'."),
        ("2025-W53", "There is no period '2025-W53'."),
        ("last-9999y", "There is no period 'last-9999y'."),
        (("2026-11-26", "2026-11-01"), "The period ends (1 Nov) before it begins."),
        (("lately", None), "since takes a time, not 'lately'"),
        ((NOW.replace(tzinfo=None), None), "has no time zone"),
        (7, "a period is text or a start and an end, not 7"),
        (("2026-11-26",), "a period is text or a start and an end, not ('2026-11-26',)"),
    ],
)
def test_what_is_no_period_is_refused(given: object, message: str) -> None:
    """The sentence says what there is."""
    with pytest.raises(InvalidRequest) as caught:
        Period.of(given, "UTC", NOW)  # type: ignore[arg-type]
    assert any(words in caught.value.message for words in message.split("|"))


def test_periods_are_public_and_the_same_everywhere(sample_lake: batchlake.Lake) -> None:
    """Every question takes a period in one word, and its two ends; both at once are refused."""
    lake = sample_lake
    day = ("2024-01-01", "2024-01-02")
    assert batchlake.Period.of("2024-01-01", "UTC").end == datetime(2024, 1, 2, tzinfo=UTC)
    calls = len(lake.calls(period="2024-01-01"))
    assert calls == len(lake.calls(period=day)) == len(lake.calls(since=day[0], until=day[1])) > 0
    assert calls < len(lake.calls())
    found = lake.analytics(since=day[0], until=day[1], metrics="calls")
    assert found.statistics.total_calls == calls
    assert lake.report(period=day).document.analytics.statistics.total_calls == calls
    assert len(lake.contacts(until="2024-01-01")) == 0
    assert len(lake.said("yes", speaker="any", since="2025-01-01")) == 0
    assert lake.batch("batch_xyz789", period="2024-01-02").batch.calls == []
    assert len(lake.batches(since="2030-01-01")) == len(lake.runs(until="2000-01-01")) == 0
    assert len(lake.problems(until="2000-01-01")) == len(lake.exports(until="2000-01-01")) == 0
    assert lake.audit(since="2030-01-01").audited_batches == 0
    assert (
        lake.audit().audited_batches > lake.audit(since="2024-01-01", until="2024-01-02").audited_batches > 0
    )
    with pytest.raises(InvalidRequest, match=r"period says both ends. Leave out since and until."):
        lake.calls(period="7d", since="2024-01-01")
