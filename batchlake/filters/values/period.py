"""Periods as people say them: `7d`, `last-week`, `2026-11`, a start and an end; in a time zone, as of a time.

Input: a text (or a start and an end). Output: a `Period` of aware times in UTC: `start <= time < end`.
Minutes and hours count back from now. Days, weeks (from Monday), months, quarters and years are the
calendar's of the zone, the running one included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from batchlake.engine.quoting import zone_named
from batchlake.errors import InvalidRequest
from batchlake.filters.values.zone import current_zone, midnight
from batchlake.text.suggest import nearest_name

AGES: Final = "24h, 7d, 8w, 3mo"
_AGE: Final = re.compile(r"(\d{1,4})(mo|m|h|d|w|y)")
_CLOCK_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}
_CALENDAR_UNITS: Final = {"d": "day", "w": "week", "mo": "month", "y": "year"}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_NAMED: Final = {
    "today": ("day", 0),
    "yesterday": ("day", 1),
    "this-week": ("week", 0),
    "last-week": ("week", 1),
    "this-month": ("month", 0),
    "last-month": ("month", 1),
    "this-quarter": ("quarter", 0),
    "last-quarter": ("quarter", 1),
    "this-year": ("year", 0),
    "last-year": ("year", 1),
}
PERIODS: Final = (*_NAMED, "2026-11-26", "2026-W47", "2026-11", "2026-Q4", "2026", "last-7d", "last-8w")


@dataclass(frozen=True, slots=True)
class Step:
    """How long a period is by the calendar: so many days, weeks, months, quarters or years."""

    unit: str
    count: int


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time.

    Attributes:
        start: when it begins, in UTC; None is ever.
        end: when it has ended, in UTC; None is not yet.
        timezone: whose days and weeks it is made of.
        now: as of when; a period that ends later, or not, is running.
        step: its length where the calendar has a word for it.

    >>> from datetime import datetime, timezone
    >>> Period.of("7d", now=datetime(2026, 11, 27, 15, 2, tzinfo=timezone.utc)).start.isoformat()
    '2026-11-21T00:00:00+00:00'
    """

    start: datetime | None = None
    end: datetime | None = None
    timezone: str = "UTC"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    step: Step | None = None

    @classmethod
    def of(
        cls,
        text: str | Period | tuple[str | datetime | None, str | datetime | None],
        timezone: str | None = None,
        now: datetime | None = None,
    ) -> Period:
        """The period that is meant.

        Args:
            text: an age (`7d`, `24h`), a whole period (`last-week`, `2026-11`), or its start and end, each a
                time, a date, `now`, `today`, `yesterday` or an age; None for none.
            timezone: whose calendar; by default the one in force, else UTC.
            now: as of when; by default now.

        Raises:
            InvalidRequest: it is none; says what there is.
        """
        zone = zone_named(timezone or current_zone())
        moment = now or datetime.now(UTC)
        if isinstance(text, Period):
            return text
        if isinstance(text, tuple | list) and len(text) == len(("start", "end")):
            return between(*text, timezone=zone, now=moment)
        if not isinstance(text, str):
            raise InvalidRequest(f"a period is text or a start and an end, not {text!r}.", period=repr(text))
        if _AGE.fullmatch(text.strip()):
            return last(text, timezone=zone, now=moment)
        return whole(text, timezone=zone, now=moment)

    @property
    def is_running(self) -> bool:
        """Whether it hasn't ended."""
        return self.end is None or self.end > self.now

    def previous(self) -> Period:
        """The same period one length earlier; while this one runs, cut at the same point.

        Raises:
            InvalidRequest: it has no start.

        >>> now = datetime(2026, 11, 27, 15, 2, tzinfo=UTC)
        >>> before = Period.of("7d", now=now).previous()
        >>> before.start.isoformat(), before.end.isoformat()
        ('2026-11-14T00:00:00+00:00', '2026-11-20T15:02:00+00:00')
        """
        if self.start is None:
            raise InvalidRequest("a period without a start has none before it. Give --since as well.")
        # One that is still to come isn't cut.
        until = self.now if self.is_running and self.now > self.start else self.end or self.start
        step = self.step or self._days()
        if step is None:
            length = (self.end or until) - self.start
            start, end = self.start - length, until - length
        else:
            start, end = self._earlier(self.start, step), self._earlier(until, step)
        # A month before may be shorter than what has passed of this one.
        return Period(start, min(end, self.start), self.timezone, self.now, step)

    def _days(self) -> Step | None:
        """The whole days that it lasts, where both its ends are midnights."""
        if self.start is None or self.end is None:
            return None
        zone = ZoneInfo(self.timezone)
        first, beyond = (moment.astimezone(zone).date() for moment in (self.start, self.end))
        if (midnight(first, self.timezone), midnight(beyond, self.timezone)) != (self.start, self.end):
            return None
        return Step("day", (beyond - first).days)

    def _earlier(self, moment: datetime, step: Step) -> datetime:
        """The same time on clocks of the zone, a step earlier."""
        there = moment.astimezone(ZoneInfo(self.timezone))
        day = _moved(there.date(), step.unit, -step.count)
        return datetime.combine(day, there.timetz().replace(tzinfo=None), ZoneInfo(self.timezone)).astimezone(
            UTC
        )


def last(age: str, *, timezone: str, now: datetime) -> Period:
    """The last minutes, hours, days, ...: from `since` of the age on.

    Raises:
        InvalidRequest: it is no age.
    """
    start, step = _age_start(age, timezone, now)
    if start is None:
        instead = (
            "The whole week before this one is --period last-week."
            if "week" in age.lower()
            else "Whole periods are for --period."
        )
        raise InvalidRequest(f"--last takes an age, as {AGES}. {instead}", last=age)
    return Period(start, None, timezone, now, step)


def whole(text: str, *, timezone: str, now: datetime) -> Period:
    """A whole period: `last-week`, `2026-11-26`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`, `last-7d`.

    Raises:
        InvalidRequest: it is none.
    """
    given = text.strip().lower().replace("_", "-").replace(" ", "-")
    today = now.astimezone(ZoneInfo(timezone)).date()
    if given in _NAMED:
        unit, back = _NAMED[given]
        return _calendar(_moved(_begin(today, unit), unit, -back), unit, 1, timezone, now)
    try:
        if (match := re.fullmatch(r"last-(\d{1,4})(d|w|mo|y)", given)) and int(match[1]):
            unit, count = _CALENDAR_UNITS[match[2]], int(match[1])
            return _calendar(_moved(_begin(today, unit), unit, -count), unit, count, timezone, now)
        if match := re.fullmatch(r"(\d{4})-w(\d{2})", given):
            return _calendar(date.fromisocalendar(int(match[1]), int(match[2]), 1), "week", 1, timezone, now)
        if match := re.fullmatch(r"(\d{4})-q([1-4])", given):
            return _calendar(date(int(match[1]), 3 * int(match[2]) - 2, 1), "quarter", 1, timezone, now)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
            return _calendar(date.fromisoformat(given), "day", 1, timezone, now)
        if match := re.fullmatch(r"(\d{4})-(\d{2})", given):
            return _calendar(date(int(match[1]), int(match[2]), 1), "month", 1, timezone, now)
        if re.fullmatch(r"\d{4}", given):
            return _calendar(date(int(given), 1, 1), "year", 1, timezone, now)
    except (ValueError, OverflowError):
        pass
    nearest = nearest_name(given.replace("-", "_"), [name.replace("-", "_") for name in _NAMED])
    hint = f" Did you mean {nearest.replace('_', '-')}?" if nearest else ""
    if _AGE.fullmatch(given):
        hint = f" --last {given} counts back from now, --period last-{given} is the whole ones before."
    raise InvalidRequest(
        f"There is no period {text!r}.{hint} A period is one of {', '.join(PERIODS)}.", period=text
    )


def between(
    since: str | datetime | None,
    until: str | datetime | None,
    *,
    timezone: str,
    now: datetime,
    names: tuple[str, str] = ("since", "until"),
) -> Period:
    """From a time on, up to a time.

    Args:
        since, until: the ends; None for none.
        timezone, now: whose calendar, and as of when.
        names: what errors call the two.

    Raises:
        InvalidRequest: one is no time, or the period ends before it begins.
    """
    start, step = _end(names[0], since, timezone, now)
    end, _ = _end(names[1], until, timezone, now)
    if start is not None and end is not None and end < start:
        there = end.astimezone(ZoneInfo(timezone))
        raise InvalidRequest(
            f"The period ends ({there.day} {there:%b}) before it begins.",
            start=start.isoformat(), end=end.isoformat(),
        )  # fmt: skip
    return Period(start, end, timezone, now, step if end is None else None)


def moment_named(text: str, timezone: str, now: datetime | None = None) -> datetime | None:
    """The time that is meant: a date (its midnight), a time, `now`, `today`, `yesterday`, or an age.

    Returns:
        The time in UTC, None where the text is none of these.

    >>> moment_named("2026-07-01", "Europe/Berlin").isoformat()
    '2026-06-30T22:00:00+00:00'
    """
    return _named_moment(text.strip(), timezone, now or datetime.now(UTC))[0]


def _end(
    name: str, given: str | datetime | None, timezone: str, now: datetime
) -> tuple[datetime | None, Step | None]:
    """The time that an end of a period means, and the step that an age names."""
    if given is None:
        return None, None
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise InvalidRequest(f"the time {given} has no time zone. Give an aware one.", time=str(given))
        return given.astimezone(UTC), None
    text = str(given).strip()
    moment, step = _named_moment(text, timezone, now)
    if moment is None:
        raise InvalidRequest(
            f"{name} takes a time, not {text!r}: 2026-11-01, 2026-11-01T14:00, 2026-11-01T14:00:00+01:00, "
            f"now, today, yesterday, or an age as {AGES}.",
            given=text,
        )
    return moment, step


def _named_moment(text: str, timezone: str, now: datetime) -> tuple[datetime | None, Step | None]:
    zone = ZoneInfo(timezone)
    if text == "now":
        return now, None
    if text in ("today", "yesterday"):
        today = now.astimezone(zone).date()
        return midnight(today - timedelta(days=text == "yesterday"), timezone), None
    moment, step = _age_start(text, timezone, now)
    if moment is not None:
        return moment, step
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return midnight(date.fromisoformat(text), timezone), None
        if re.match(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", text):
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC), None
    except (ValueError, OverflowError):
        pass
    return None, None


def _age_start(text: str, timezone: str, now: datetime) -> tuple[datetime | None, Step | None]:
    """When the last minutes, days, ... begin; None where the text is no age."""
    match = _AGE.fullmatch(text.strip())
    if not match or not int(match[1]):
        return None, None
    count, unit = int(match[1]), match[2]
    try:
        if unit in _CLOCK_UNITS:
            return now - count * _CLOCK_UNITS[unit], None
        name = _CALENDAR_UNITS[unit]
        today = now.astimezone(ZoneInfo(timezone)).date()
        return midnight(_moved(_begin(today, name), name, 1 - count), timezone), Step(name, count)
    except (ValueError, OverflowError):
        return None, None


def _calendar(first: date, unit: str, count: int, timezone: str, now: datetime) -> Period:
    beyond = _moved(first, unit, count)
    return Period(midnight(first, timezone), midnight(beyond, timezone), timezone, now, Step(unit, count))


def _begin(day: date, unit: str) -> date:
    """The first day of the day's week, month, ..."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit in _MONTHS:
        months = _MONTHS[unit]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return day


def _moved(day: date, unit: str, count: int) -> date:
    """The day so many units later; one that the month doesn't have becomes its last."""
    if unit == "day":
        return day + timedelta(days=count)
    if unit == "week":
        return day + timedelta(weeks=count)
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
