"""The overview of a selection: every family of figures on one screen.

Input: the `Analytics` of it, with a timeline of hours, and where its calls come from. Output: at most 22
lines of 80 columns. A line without any value is left out; days become weeks, then months, where they are
too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from batchlake.models.analytics import Analytics
from batchlake.models.blocks import FAMILIES, Cost, CurrencyCost
from batchlake.output.pager import fill
from batchlake.screens.page import Page, fitted, padded
from batchlake.text import looks
from batchlake.text.bars import bar, spark
from batchlake.text.escaping import printable
from batchlake.text.terminal import printed_width

_LABEL: Final = 11
_BAR: Final = 14
_BAR_AT: Final = 29
"""The column at which the bars of the statuses begin."""

_MOST_LISTED: Final = 5
_RIGHT_AT: Final = 48
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the calls of a selection come from.

    Attributes:
        batches: of how many batches.
        first, last: when the first and the last took place.
        words: which calls, as `All calls`.
    """

    batches: int
    first: datetime | None
    last: datetime | None
    words: str = "All calls"


def overview(found: Analytics, extent: Extent, page: Page) -> Iterator[str]:
    """The lines of the screen."""
    yield from _head(found, extent, page)
    if figures := list(_figures(found, page)):
        yield ""
        yield from figures
    blocks = page.beside(_statuses(found, page), _responses(found, page), _RIGHT_AT)
    if blocks:
        yield ""
        yield from blocks
    if patterns := list(_patterns(found, page)):
        yield ""
        yield from patterns
    if times := _times(found, page):
        yield ""
        yield from times


def _head(found: Analytics, extent: Extent, page: Page) -> Iterator[str]:
    total = looks.count(found.statistics.total_calls)
    batches = looks.counted(extent.batches, "batch", "batches")
    when = ""
    if extent.first and extent.last:
        when = f", {page.clock.days(extent.first, extent.last)}, times in {page.clock.timezone}"
    named = f"{extent.words}:"
    first, *others = fill(f"{named} {total} in {batches}{when}.", page.width)
    yield f"{page.bold(named)}{first[len(named) :]}"
    yield from others


def _figures(found: Analytics, page: Page) -> Iterator[str]:
    rates, duration = found.rates, found.duration
    if rates and rates.completed_of_total.rate is not None:
        rate = rates.completed_of_total
        assert rate.rate is not None  # noqa: S101 - asked for just now
        words = f"{looks.count(rate.numerator)} of {looks.count(rate.denominator)} calls completed"
        yield from _lines("Success", [looks.rate(rate.rate), words], page)
    if duration and duration.mean is not None:
        parts = [f"{looks.duration(duration.mean)} on average"]
        if duration.median is not None:
            parts.append(f"median {looks.duration(duration.median)}")
        if duration.p95 is not None:
            parts.append(f"p95 {looks.duration(duration.p95)}")
        yield from _lines("Duration", [*parts, _without(duration.missing)], page)
    if found.cost and found.cost.currencies:
        yield from _cost_lines(found.cost, page)
    sentiment = found.average_sentiment
    if sentiment and sentiment.positive is not None:
        scores = [
            f"{value:.2f} {name}"
            for name, value in (
                ("positive", sentiment.positive),
                ("neutral", sentiment.neutral),
                ("negative", sentiment.negative),
            )
            if value is not None
        ]  # fmt: skip
        yield from _lines("Sentiment", [*scores, _without(sentiment.missing)], page)
    if found.engagement:
        yield from _engagement(found, page)


def _engagement(found: Analytics, page: Page) -> Iterator[str]:
    engagement = found.engagement
    parts = []
    if engagement.score.mean is not None:
        parts.append(f"{engagement.score.mean:.2f}")
    if engagement.turns.mean is not None:
        parts.append(f"{engagement.turns.mean:.1f} turns a call")
    if engagement.talk_ratio_ai.mean is not None:
        parts.append(f"the agent talks {100 * engagement.talk_ratio_ai.mean:.0f} % of the time")
    if parts:
        missing = engagement.score.missing if engagement.score.mean is not None else engagement.turns.missing
        yield from _lines("Engagement", [*parts, _without(missing)], page)


def _cost_lines(cost: Cost, page: Page) -> Iterator[str]:
    """A line a currency; how many calls have no cost stands behind the first, or below where that is
    full."""
    rows = _costs(cost.currencies)
    missing = _without(cost.missing)
    first = "  ".join([*rows[0], missing])
    has_room = _LABEL + len(first) <= page.width
    for number, parts in enumerate(rows):
        more = [missing] if has_room and not number else []
        yield from _lines("" if number else "Cost", [*parts, *more], page)
    if missing and not has_room:
        yield " " * _LABEL + missing


def _costs(several: Sequence[CurrencyCost]) -> list[list[str]]:
    """Each currency's sum, price for each completed call and each minute, below one another."""
    rows = [
        (
            looks.money(one.total, one.currency),
            ""
            if one.per_completed_call is None
            else f"{looks.money(one.per_completed_call, one.currency, looks.PRICE)} per completed",
            ""
            if one.per_minute is None
            else f"{looks.money(one.per_minute, one.currency, looks.PRICE)} a minute",
        )
        for one in several
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return [
        [padded(words, width, right=True) for words, width in zip(row, widths, strict=True) if width]
        for row in rows
    ]


def _lines(label: str, parts: Sequence[str], page: Page) -> Iterator[str]:
    """A label and its figures, those that don't fit on lines of their own."""
    line, label = padded(page.bold(label), _LABEL), " " * _LABEL
    begun = False
    room = page.width - _LABEL
    whole = (one for part in parts for one in (fill(part, room) if printed_width(part) > room else [part]))
    for part in filter(None, whole):
        if begun and printed_width(line) + 2 + len(part) > page.width:
            yield line.rstrip()
            line, begun = label, False
            part = part.lstrip()
        line += f"{'  ' if begun else ''}{part}"
        begun = True
    yield line.rstrip()


def _without(missing: int) -> str:
    return f"{looks.count(missing)} without" if missing else ""


def _statuses(found: Analytics, page: Page) -> list[str]:
    counts = sorted(found.statistics.by_status.items(), key=lambda item: (-item[1], item[0]))
    total = found.statistics.total_calls
    if not counts or not total:
        return []
    lines = [page.bold(f"{'Status':<11}{'calls':>7}")]
    for status, calls in counts[:_MOST_LISTED]:
        drawn = page.cyan(bar(calls, counts[0][1], min(_BAR, page.width - _BAR_AT)))
        lines.append(
            f"{looks.word(status):<11}{looks.count(calls):>7}{looks.rate(calls / total):>9}  {drawn}".rstrip()
        )
    return lines


def _patterns(found: Analytics, page: Page) -> Iterator[str]:
    """What people meant, by utterances: where patterns were asked for by name, else there is no room."""
    if "patterns" not in found.families or len(found.families) == len(FAMILIES):
        return
    counts = found.response_patterns.utterances
    shown = sorted(counts.patterns.items(), key=lambda item: -item[1].count)
    shown = [(name, one) for name, one in shown if one.count]
    if not shown:
        return
    yield page.bold("Meant by people")
    greatest = shown[0][1].count
    for name, one in shown:
        share = looks.rate(one.share) if one.share is not None else looks.NOTHING
        words = f"{looks.word(name):<{_LABEL}}{looks.count(one.count):>6}{share:>9}  "
        yield words + page.cyan(bar(one.count, greatest, _BAR))


def _responses(found: Analytics, page: Page) -> list[str]:
    if not found.common_responses:
        return []
    room = 22 + max(0, page.width - 80)
    lines = [page.bold(f"{'Most said by people':<{room + 2}}{'times':>8}")]
    lines += [
        f"{fitted(printable(response.text), room + 2)}{looks.count(response.count):>8}"
        for response in found.common_responses[:_MOST_LISTED]
    ]
    return lines


def _times(found: Analytics, page: Page) -> list[str]:
    if not found.timeline or not found.timeline.moments:
        return []
    by_day: Counter[date] = Counter()
    by_hour: Counter[int] = Counter()
    for moment in found.timeline.moments:
        there = page.clock.local(moment.start)
        by_day[there.date()] += moment.total_calls
        by_hour[there.hour] += moment.total_calls
    lines = _sparks(*_slots(by_day, page.width - _LABEL), page)
    if page.width >= _LABEL + 2 * _HOURS:
        greatest = max(by_hour.values())
        drawn = "".join(2 * spark(by_hour[hour], greatest) for hour in range(_HOURS))
        marks = "".join(f"{hour:<12}" for hour in range(0, _HOURS, 6))
        lines += [
            (padded(page.bold("By hour"), _LABEL) + page.cyan(drawn.rstrip())).rstrip(),
            (" " * _LABEL + marks).rstrip(),
        ]
    return lines


def _sparks(slot: int, slots: Sequence[tuple[str, int]], page: Page) -> list[str]:
    greatest = max(calls for _, calls in slots)
    drawn = "".join((slot - 1) * spark(calls, greatest) + " " for _, calls in slots)
    marks = "".join(f"{mark:<{slot}}" for mark, _ in slots)
    return [
        (padded(page.bold(_slot_name(slot, slots)), _LABEL) + page.cyan(drawn.rstrip())).rstrip(),
        (" " * _LABEL + marks).rstrip(),
    ]


def _slots(by_day: Counter[date], room: int) -> tuple[int, list[tuple[str, int]]]:
    """Days, else weeks, else months, with as many as fit: how wide each is, its mark and its calls."""
    first, last = min(by_day), max(by_day)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    if 4 * len(days) <= room + 1:
        return 4, [(str(day.day), by_day[day]) for day in days]
    weeks: Counter[date] = Counter()
    months: Counter[date] = Counter()
    for day in days:
        weeks[day - timedelta(days=day.weekday())] += by_day[day]
        months[day.replace(day=1)] += by_day[day]
    if 7 * len(weeks) <= room + 1:
        return 7, [(f"{day.day} {day:%b}", calls) for day, calls in sorted(weeks.items())]
    several = sorted(months.items())
    return 4, [(f"{day:%b}", calls) for day, calls in several[-(room // 4) :]]


def _slot_name(slot: int, slots: Sequence[tuple[str, int]]) -> str:
    """What the slots of a chart are called."""
    return "By week" if slot == 7 else "By month" if slots and slots[0][0].isalpha() else "By day"
