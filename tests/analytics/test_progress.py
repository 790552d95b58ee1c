"""Progress: done of total, rate, estimate and history, whatever of it the platform reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from batchlake.analytics.families.statistics import statistics
from batchlake.analytics.progress import progress
from batchlake.engine.engine import Engine
from batchlake.errors import BatchNotFound, InvalidRequest
from batchlake.filters.selection import select
from batchlake.models.audits import Progress
from batchlake.query import views
from tests.analytics.tables import NOON, Row, batch, call, fill


def observation(hours: float, export_id: str = "e", **values: Any) -> Row:
    return {
        "source": "svalync", "batch_id": "b1", "observed_at": NOON + timedelta(hours=hours),
        "export_id": f"{export_id}{hours}", "record": 1, **values,
    }  # fmt: skip


def reported(hours: float, total: int, completed: int, failed: int, in_progress: int | None = None) -> Row:
    return observation(
        hours,
        reported_total_calls=total,
        reported_completed=completed,
        reported_failed=failed,
        reported_in_progress=in_progress,
        listed_calls=0,
    )


def ask(hours: float = 3, **tables: list[Row]) -> Progress:
    engine = fill(Engine(), **tables)
    found = progress(engine, "svalync", "b1", NOON + timedelta(hours=hours))
    engine.close()
    return found


def test_a_running_batch_known_by_its_reports() -> None:
    """30 of 100 done after an hour, 60 after two: 30 an hour since its creation, the rest in 80 minutes."""
    found = ask(
        hours=2.5,
        batches=[batch(status="in_progress", created_at=NOON, observed_at=NOON + timedelta(hours=2))],
        snapshots=[reported(2, 100, 55, 5, 30), reported(1, 100, 28, 2)],
    )
    current = found.current
    assert (current.counted, current.total, current.done, current.failed) == ("reported", 100, 60, 5)
    assert (current.in_progress, current.unknown, found.remaining) == (30, 10, 40)
    assert found.done_of_total.rate == 0.6
    assert (found.failed_of_done.numerator, found.failed_of_done.denominator) == (5, 60)
    assert found.done_per_hour == 30
    assert found.estimated_completion == NOON + timedelta(hours=2, minutes=80)
    assert found.seconds_since_observed == 1800
    assert [one.done for one in found.history] == [30, 60]


def test_a_batch_whose_calls_are_all_held_is_counted_from_them() -> None:
    """Where the lake holds as many calls as the platform counts, their states are the present."""
    later = NOON + timedelta(hours=2)
    found = ask(
        calls=[
            call("c1", observed_at=later),
            call("c2", "busy"),
            call("c3", "in_progress"),
            call("c4", "unknown"),
        ],
        batches=[batch()],
        snapshots=[reported(0, 4, 1, 0, 3)],
    )
    current = found.current
    assert (current.counted, current.total, current.completed, current.failed) == ("held", 4, 1, 1)
    assert (current.in_progress, current.unknown, found.remaining) == (1, 1, 2)
    assert current.observed_at == later
    # From the first observation on, where one call was done.
    assert found.done_per_hour == 0.5
    assert found.estimated_completion == later + timedelta(hours=4)


def test_no_estimate_without_a_rate_when_done_and_once_it_has_passed() -> None:
    """Nothing done, nothing left, or an estimate before now: there is none."""
    created = {"created_at": NOON - timedelta(hours=1)}
    assert ask(batches=[batch(**created)], snapshots=[reported(0, 10, 0, 0)]).estimated_completion is None
    done = ask(batches=[batch(**created)], snapshots=[reported(0, 10, 9, 1)])
    assert (done.remaining, done.estimated_completion, done.done_per_hour) == (0, None, 10)
    soon = {"batches": [batch(**created)], "snapshots": [reported(0, 10, 5, 0)]}
    assert ask(hours=0.5, **soon).estimated_completion == NOON + timedelta(hours=1)
    assert ask(hours=1.5, **soon).estimated_completion is None
    closed = ask(
        hours=0.5, batches=[batch(**created, completed_at=NOON)], snapshots=[reported(0.2, 10, 5, 0)]
    )
    # Its hour ended with the batch, however late it was observed.
    assert (closed.estimated_completion, closed.done_per_hour) == (None, 5)


def test_a_batch_of_which_nothing_else_is_known() -> None:
    """No calls and no counts: zeros, no rate, no estimate, an empty history."""
    found = ask(batches=[batch()])
    assert (found.current.total, found.done_of_total.rate, found.done_per_hour) == (0, None, None)
    assert found.history == []


def test_listings_count_where_the_platform_reports_nothing() -> None:
    """An observation without counts is counted by what it lists; a reported total stands."""
    listed = {"listed_calls": 3, "listed_completed": 1, "listed_failed": 1, "listed_in_progress": 1}
    found = ask(
        calls=[call("c1"), call("c2", "failed"), call("c3", "in_progress")],
        batches=[batch()],
        snapshots=[observation(0, **listed), observation(1, **listed, reported_total_calls=10)],
    )
    assert [(one.counted, one.total, one.done, one.unknown) for one in found.history] == [
        ("listed", 3, 2, 0),
        ("listed", 10, 2, 7),
    ]
    assert found.current.counted == "held"


def test_the_overview_and_the_analytics_have_one_mean() -> None:
    """To the last digit, in whatever order a floating-point sum would have been made."""
    calls = [call(f"c{n}", duration_seconds=((n * 7919) % 600_000) / 1000) for n in range(3000)]
    engine = Engine()
    for rows in (calls, calls[::-1]):
        views.create_views(fill(engine, calls=rows))
        (batch_row,) = engine.rows("select * from batch_overview")
        assert batch_row["average_duration_seconds"] == statistics(engine, select()).average_duration
    engine.close()


def test_without_a_source_the_first_by_name_is_meant() -> None:
    """The history is that source's alone."""
    engine = fill(
        Engine(),
        batches=[batch(observed_at=NOON), batch(source="other", observed_at=NOON)],
        snapshots=[reported(1, 8, 4, 1), reported(2, 8, 6, 1) | {"source": "other"}],
    )
    found = progress(engine, None, "b1", NOON + timedelta(hours=3))
    assert (found.source, [one.done for one in found.history]) == ("other", [7])
    with pytest.raises(BatchNotFound, match="exists for source 'other' or 'svalync', not 'third'"):
        progress(engine, "third", "b1", NOON)
    engine.close()


def test_wrong_questions() -> None:
    """A batch that isn't there, and a time without a zone, are errors."""
    engine = fill(Engine(), batches=[batch()])
    with pytest.raises(BatchNotFound):
        progress(engine, "svalync", "b2", NOON)
    with pytest.raises(InvalidRequest, match="has no time zone"):
        progress(engine, "svalync", "b1", NOON.replace(tzinfo=None))
    engine.close()
