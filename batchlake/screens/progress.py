"""The progress of a batch as a screen: where it stands, a bar for each observation, when it will be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from batchlake.models.audits import Observation, Progress
from batchlake.output.pager import fill
from batchlake.screens.page import Page, padded
from batchlake.text import looks
from batchlake.text.bars import parts_bar
from batchlake.text.escaping import printable

_STALE_SECONDS = 2 * 3_600


def progress_screen(found: Progress, page: Page) -> Iterator[str]:
    """The lines of the screen; the bar is completed `█` and failed `░`."""
    current = found.current
    rate = f" ({looks.rate(found.done_of_total.rate)})" if found.done_of_total.rate is not None else ""
    failed = f", {looks.count(current.failed)} of them failed" if current.failed else ""
    total = looks.count(current.total)
    named = f"{printable(found.batch_id)}:"
    first, *others = fill(
        f"{named} {looks.count(current.done)} of {total} calls done{rate}{failed}; times in "
        f"{page.clock.timezone}.",
        page.width,
    )
    yield f"{page.bold(named)}{first[len(named) :]}"
    yield from others
    history = found.history or [current]
    times = [page.clock.minute(one.observed_at) for one in history]
    words = [_counts(one) for one in history]
    time_room, words_room = max(map(len, times)), max(map(len, words))
    room = page.width - time_room - words_room - 4
    greatest = max(one.total for one in history)
    for when, one, counted in zip(times, history, words, strict=True):
        drawn = parts_bar([(one.completed, "█"), (one.failed, "░")], greatest, max(0, room))
        drawn = f"{page.cyan(padded(drawn, room))}  " if room > 0 else ""
        yield f"{padded(when, time_room)}  {drawn}{counted:>{words_room}}".rstrip()
    yield from fill(_outlook(found, page), page.width)


def _counts(one: Observation) -> str:
    failed = f", {looks.count(one.failed)} failed" if one.failed else ""
    return f"{looks.count(one.done)} of {looks.count(one.total)}{failed}"


def _outlook(found: Progress, page: Page) -> str:
    parts = []
    if found.done_per_hour:
        parts.append(f"{found.done_per_hour:,.0f} calls an hour")
    if found.completed_at:
        parts.append(f"completed at {page.clock.minute(found.completed_at)}")
    elif not found.remaining:
        parts.append("all are done")
    elif found.estimated_completion:
        parts.append(f"expected at {page.clock.minute(found.estimated_completion)}")
    elif found.done_per_hour:
        # That has passed; the age of the newest export says why.
        due = found.current.observed_at + timedelta(hours=found.remaining / found.done_per_hour)
        parts.append(f"expected at {page.clock.minute(due)}")
    else:
        parts.append(looks.counted(found.remaining, "is left", "are left"))
    head, *others = parts
    outlook = f"{head}: {', '.join(others)}." if others else f"{head[0].upper()}{head[1:]}."
    if not found.completed_at and found.remaining and found.seconds_since_observed > _STALE_SECONDS:
        outlook += f" No newer export for {looks.age(found.seconds_since_observed)}."
    if found.erased_calls:
        one = found.erased_calls == 1
        outlook += (
            f" {looks.counted(found.erased_calls, 'call')} of this batch {'was' if one else 'were'} erased."
        )
    return outlook
