"""Every figure equals an independent computation in plain Python, over generated lakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlake.analytics.families.statistics import statistics
from batchlake.analytics.grouped_query import DIMENSIONS
from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.errors import AnalyticsUnavailable, InvalidRequest
from batchlake.filters.selection import select
from batchlake.models.blocks import FAMILIES
from batchlake.text.statuses import OUTCOME_BY_STATUS
from tests.analytics import oracle
from tests.analytics.oracle_of_speech import default_rules, fold
from tests.analytics.tables import Row, call, fill, segment, show_parquet
from tests.effort import EVERYTHING, examples

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu")
TEXTS = (
    *"Yes|yes!|YES.|No|I know|no thanks|“No” thanks|Ｙｅｓ|…|?!||👍|👍 yes|Call me back".split("|"),
    *"Can I talk to a human?|who's this|نعم، شكرا|नमस्ते|cafe\u0301 no|no\u0308pe|a_no".split("|"),
    *"don't call|O'no|no-one|Sure  thing|why not?".split("|"),
)
GROUPED_BY = (
    *("batch_id", "agent_id", "status", "direction", "success", "source"),
    *("day", "month", "weekday", "hour_of_day"),
)

shares = st.one_of(
    st.none(),
    st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]),
    st.integers(0, 1000).map(lambda n: n / 1000),
)
seconds = st.one_of(
    st.none(), st.sampled_from([0.0, 30.0, 60.0]), st.integers(0, 4_000_000).map(lambda n: n / 1000)
)
moments = st.one_of(
    st.none(),
    # Around the end of summer time, where an hour comes twice, and over new year.
    st.integers(0, 60 * 12).map(
        lambda minutes: datetime(2024, 10, 26, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.integers(0, 60 * 72).map(
        lambda minutes: datetime(2023, 12, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
prices = st.one_of(
    st.none(),
    st.sampled_from([Decimal("0"), Decimal("0.1"), Decimal("0.25"), Decimal("123456789012.654321")]),
    # Those below 0 are credits.
    st.integers(-(10**9), 10**9).map(lambda millionths: Decimal(millionths).scaleb(-6)),
)


@st.composite
def calls_and_segments(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Up to a dozen calls with transcripts: nulls, zeros, ties, several currencies, label-only sentiment."""
    calls: list[Row] = []
    segments: list[Row] = []
    for number in range(draw(st.integers(0, 12))):
        status = draw(st.sampled_from(list(OUTCOME_BY_STATUS)))
        scored = draw(st.sampled_from(["none", "some", "all"]))
        scores = {
            f"sentiment_{name}": draw(shares) if scored == "some" else None
            for name in ("positive", "neutral", "negative")
        }
        if scored == "all":
            scores = {name: draw(shares.filter(lambda share: share is not None)) for name in scores}
        row = call(
            f"c{number % 9}",
            status,
            source="svalync" if number < 9 else "other",
            batch_id=draw(st.sampled_from(["b1", "b2", None])),
            duration_seconds=draw(seconds),
            cost=draw(prices),
            currency=draw(st.sampled_from([None, "USD", "EUR"])),
            call_time=draw(moments),
            direction=draw(st.sampled_from([None, "inbound", "outbound"])),
            agent_id=draw(st.sampled_from([None, "a'1", 'a"2'])),
            **scores,
            sentiment_label=draw(st.sampled_from([None, "positive", "mixed"])),
            engagement=draw(shares),
            talk_ratio_ai=draw(shares),
            talk_ratio_human=draw(shares),
            response_time_seconds=draw(seconds),
            interruptions=draw(st.one_of(st.none(), st.integers(0, 5))),
            success=draw(st.sampled_from([None, True, False])),
        )
        calls.append(row)
        for position in range(1, draw(st.integers(0, 5)) + 1):
            text = draw(st.sampled_from(TEXTS))
            at = draw(st.one_of(st.none(), st.integers(0, 10**8)))
            segments.append(
                segment(
                    row["call_id"],
                    position,
                    draw(st.sampled_from(["ai", "human", "unknown"])),
                    text,
                    fold(text),
                    source=row["source"],
                    batch_id=row["batch_id"],
                    spoken_at=None
                    if at is None
                    else datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=at),
                    offset_seconds=draw(st.one_of(st.none(), st.integers(0, 10**6).map(lambda n: n / 1000))),
                )
            )
    return calls, segments


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def plain(answer: Any) -> Any:
    """A model as nested dictionaries, with every key."""
    dump = answer.model_dump()
    dump["statistics"]["unknown"] = answer.statistics.unknown
    return dump


def expected(calls: list[Row], segments: list[Row], top: int, every: str, timezone: str) -> Row:
    return oracle.blocks(calls, segments, default_rules(), top, every, timezone)


@settings(max_examples=examples(10))
@given(
    lake=calls_and_segments(),
    by=st.lists(st.sampled_from(GROUPED_BY), max_size=2, unique=True),
    top=st.integers(0, 5),
    every=st.sampled_from(["hour", "day"]),
    timezone=st.sampled_from(ZONES),
    has_facts=st.booleans(),
)  # fmt: skip
def test_every_figure_equals_plain_python(
    engine: Engine,
    lake: tuple[list[Row], list[Row]],
    by: list[str],
    top: int,
    every: Any,
    timezone: str,
    has_facts: bool,
) -> None:
    """Ungrouped and by any dimensions, in any time zone, every figure is that of the oracle.

    Also over a state of an earlier layout, which lacks the facts of transcripts.
    """
    calls, segments = lake
    fill(engine, has_facts=has_facts, calls=calls, segments=segments)
    if not calls:
        with pytest.raises(AnalyticsUnavailable):
            analyse(engine, select())
        return
    answer = analyse(engine, select(), by=by, top=top, every=every, timezone=timezone)
    dump = plain(answer)
    groups = dump.pop("groups")
    assert dump.pop("by") == by
    assert dump.pop("families") == list(FAMILIES)
    assert dump.pop("selection")
    assert oracle.differences(expected(calls, segments, top, every, timezone), dump) == []
    wanted = oracle.grouped(calls, by, timezone) if by else {}
    assert {tuple(group.keys.values()) for group in answer.groups} == set(wanted)
    for group, model in zip(groups, answer.groups, strict=True):
        keys = group.pop("keys")
        group["statistics"]["unknown"] = model.statistics.unknown
        rows = wanted[tuple(keys.values())]
        assert list(keys) == by
        assert oracle.differences(expected(rows, segments, top, every, timezone), group) == []
    sizes = [group.statistics.total_calls for group in answer.groups]
    assert sizes == sorted(sizes, reverse=True)


def test_a_filter_and_its_not_add_up_to_the_whole(engine: Engine) -> None:
    """Counts and money over a filter and over its `not` add up to those over all calls."""
    calls = [
        call(
            f"c{number}",
            status=list(OUTCOME_BY_STATUS)[number % 11],
            duration_seconds=None if number % 7 == 0 else number * 1.5,
            cost=None if number % 5 == 0 else f"0.{number:04}",
        )
        for number in range(200)
    ]
    fill(engine, calls=calls)
    whole = statistics(engine, select())
    for wanted in (
        {"status": ["completed", "busy"]},
        {"duration": {"min": 30, "max": 200}},
        {"cost": {"max": "0.01"}},
        {"any": [{"outcome": "failed"}, {"cost": {"min": "0.015"}}]},
    ):
        parts = [statistics(engine, select(part)) for part in (wanted, {"not": wanted})]
        for name in (
            "total_calls", "completed", "failed", "in_progress", "unknown",
            "calls_without_duration", "calls_without_cost",
        ):  # fmt: skip
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name), name
        assert sum(part.total_cost or 0 for part in parts) == whole.total_cost
        statuses = set(parts[0].by_status) | set(parts[1].by_status)
        assert {
            status: sum(part.by_status.get(status, 0) for part in parts) for status in statuses
        } == whole.by_status


def test_groups_and_outcomes_add_up(engine: Engine) -> None:
    """Outcomes add up to their group's total, groups to the whole, patterns to the utterances."""
    calls = [
        call(f"c{n}", list(OUTCOME_BY_STATUS)[n * 5 % 11], agent_id=f"a{n % 7}", cost="0.01")
        for n in range(100)
    ]
    said = [segment(f"c{n}", 1, "human", text, fold(text)) for n in range(100) for text in (TEXTS[n % 20],)]
    answer = analyse(fill(engine, calls=calls, segments=said), select(), by="agent_id")
    for one in (answer, *answer.groups):
        counts = one.statistics
        assert counts.completed + counts.failed + counts.in_progress + counts.unknown == counts.total_calls
        assert sum(counts.by_status.values()) == counts.total_calls
        utterances = one.response_patterns.utterances
        assert sum(pattern.count for pattern in utterances.patterns.values()) == utterances.total
    assert (
        sum(group.statistics.total_calls for group in answer.groups) == answer.statistics.total_calls == 100
    )
    assert sum(group.cost.total or 0 for group in answer.groups) == answer.cost.total == Decimal("1.000000")
    assert sum(group.response_patterns.utterances.total for group in answer.groups) == 100


def test_a_filter_that_matches_nothing_gives_zeros_and_nulls(engine: Engine) -> None:
    """Over no call, counts are 0, every other figure is None, and nothing raises."""
    fill(engine, calls=[call("c1", cost="1")], segments=[segment("c1", 1, "human", "Yes", "yes")])
    answer = analyse(engine, select({"call_id": "nobody"}), by="agent_id")
    dump = plain(answer)
    assert dump.pop("by") == ["agent_id"]
    assert dump.pop("groups") == []
    assert dump.pop("families") == list(FAMILIES)
    dump.pop("selection")
    assert oracle.differences(expected([], [], 10, "day", "UTC"), dump) == []
    assert answer.statistics.total_cost is None
    assert answer.success_rate is None


def test_an_empty_lake_has_no_analytics(engine: Engine) -> None:
    """A lake without calls says so; a filter is not to blame."""
    with pytest.raises(AnalyticsUnavailable, match="holds no call yet"):
        analyse(fill(engine), select({"status": "completed"}))


def test_a_million_costs_add_up_to_the_last_digit(engine: Engine) -> None:
    """The sum of a million decimal costs is Python's `Decimal` sum; so are mean and median."""
    fill(engine)
    engine.run(
        """
        create or replace table calls as
        select calls.* replace (
          'svalync' as source, 'c' || n as call_id, 'completed' as status, 'completed' as outcome,
          (((n * 7919 + 104729) % 99999999937)::decimal(18, 0) * 0.000001)::decimal(18, 6) as cost
        )
        from range(1000000) as numbers(n) left join calls on false
        """
    )
    costs = [Decimal((n * 7919 + 104729) % 99999999937).scaleb(-6) for n in range(1_000_000)]
    block = analyse(engine, select(), top=0).cost.currencies[0]
    assert block.total == sum(costs)
    assert str(block.total) == "3959600769.500000"
    assert block.mean == round(sum(costs) / 1_000_000, 6)
    assert block.median == round((costs[499_999] + costs[500_000]) / 2, 6)


def test_credits_count(engine: Engine) -> None:
    """By hand: 0.50 + 0.30 - 0.25 + 0.00 over 4 calls and 3 minutes; and a currency of credits alone."""
    calls = [
        call("c1", cost="0.50", currency="EUR", duration_seconds=60.0),
        call("c2", "failed", cost="0.30", currency="EUR", duration_seconds=60.0),
        call("c3", cost="-0.25", currency="EUR", duration_seconds=60.0),
        call("c4", cost="0.00", currency="EUR"),
        call("c5", cost="-0.01", currency="USD", duration_seconds=180.0),
        call("c6", cost="-0.02", currency="USD"),
        call("c7", cost="-0.02", currency="USD"),
        call("c8"),
    ]
    answer = analyse(fill(engine, calls=calls), select())
    assert (answer.cost.calls, answer.cost.missing, answer.cost.total) == (7, 1, None)
    assert answer.statistics.currencies == ["EUR", "USD"]
    credited, negative = answer.cost.currencies
    assert credited.model_dump(mode="json") == {
        "currency": "EUR", "calls": 4, "total": "0.55", "mean": "0.1375", "median": "0.15", "p95": "0.47",
        "min": "-0.25", "max": "0.50", "completed_calls": 3, "per_completed_call": "0.183333",
        "timed_calls": 3, "timed_minutes": 3.0, "per_minute": "0.183333",
    }  # fmt: skip
    assert negative.model_dump(mode="json") == {
        "currency": "USD", "calls": 3, "total": "-0.05", "mean": "-0.016667", "median": "-0.02",
        "p95": "-0.011", "min": "-0.02", "max": "-0.01", "completed_calls": 3,
        "per_completed_call": "-0.016667",
        "timed_calls": 1, "timed_minutes": 3.0, "per_minute": "-0.003333",
    }  # fmt: skip


def test_two_runs_give_the_same_bytes(engine: Engine) -> None:
    """The order of rows and threads doesn't change a digit, though floating-point sums would."""
    calls = [
        call(
            f"c{n}",
            duration_seconds=((n * 7919) % 600_000) / 1000,
            sentiment_positive=(n % 11) / 10,
            sentiment_neutral=(n % 7) / 10,
            sentiment_negative=0.0,
            talk_ratio_ai=(n % 13) / 13,
            engagement=(n % 17) / 17,
        )
        for n in range(5000)
    ]
    texts = [
        analyse(fill(engine, calls=rows), select()).model_dump_json()
        for rows in (calls, calls[::-1], sorted(calls, key=lambda row: row["duration_seconds"]))
    ]
    assert texts[0] == texts[1] == texts[2]


def test_parquet_files_answer_like_tables(engine: Engine, tmp_path: Path) -> None:
    """Over Parquet files, as a lake has them, the answer is the same; a batch is a selection too."""
    calls = [call(f"c{n}", cost="0.5", batch_id=f"b{n % 2}", duration_seconds=float(n)) for n in range(10)]
    said = [segment(f"c{n}", 1, "human", "Yes", "yes", batch_id=f"b{n % 2}") for n in range(10)]
    fill(engine, calls=calls, segments=said)
    for wanted in (None, ("svalync", "b1")):
        over_tables = analyse(engine, select(batch=wanted), by="batch_id")
        lake = show_parquet(Engine(), tmp_path, calls=calls, segments=said)
        assert analyse(lake, select(batch=wanted), by="batch_id") == over_tables
        assert over_tables.statistics.total_calls == (5 if wanted else 10)
        lake.close()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"by": "agnt"}, "Did you mean `agent`"),
        ({"by": "hours_of_day"}, "Did you mean `hour_of_day`"),
        ({"by": ["batch_id", "phase of the moon"]}, "Calls can be grouped by source, batch_id"),
        ({"timezone": "Europe/Berln"}, "Did you mean Europe/Berlin"),
        ({"every": "fortnight"}, "Give one of hour, day, week, month"),
        ({"top": -1}, "top is how many responses, not -1"),
    ],
)
def test_a_wrong_argument_is_named_with_the_choices(engine: Engine, given: Any, message: str) -> None:
    """Unknown dimensions, time zones and steps raise `InvalidRequest` and say what would be right."""
    with pytest.raises(InvalidRequest, match=message):
        analyse(fill(engine, calls=[call("c1")]), select(), **given)


def test_asked_one_after_the_other_the_figures_are_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many calls the questions wait for one another; nothing else is different."""
    calls = [call(f"c{number}", duration_seconds=number, cost=Decimal(number)) for number in range(20)]
    fill(engine, calls=calls, segments=[segment("c1", 0, "human", "Yes", "yes")])
    at_once = analyse(engine, select(), by="status")
    monkeypatch.setattr("batchlake.analytics.grouped_query._MOST_CALLS_SIDE_BY_SIDE", 19)
    assert analyse(engine, select(), by="status") == at_once


def test_every_dimension_groups(engine: Engine) -> None:
    """Each of `DIMENSIONS` can be grouped by, alone; calls without a value are a group of their own."""
    calls = [
        call("c1", call_time=datetime(2024, 1, 1, 23, 30, tzinfo=UTC), success=True, agent_id="a"),
        call("c2"),
    ]
    fill(engine, calls=calls)
    families = "all" if EVERYTHING else "calls"
    for name in DIMENSIONS:
        groups = analyse(engine, select(), by=name, timezone="Asia/Kolkata", top=1, metrics=families).groups
        assert sum(group.statistics.total_calls for group in groups) == 2
        assert [list(group.keys) for group in groups] == [[name]] * len(groups)
    of_fields = ["extra.tier", "extra.Tier"]
    assert list(analyse(engine, select(), by=of_fields, metrics="calls").groups[0].keys) == of_fields
