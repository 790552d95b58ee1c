"""Every figure and every filter on Spark is what it is on DuckDB, to the last digit and the last bit."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from batchlake.analytics.audits.audit import audit
from batchlake.analytics.details.batch_details import BatchRequest, batch_details
from batchlake.analytics.grouped_query import DIMENSIONS
from batchlake.analytics.metrics import analyse
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.text_keys import text_key
from batchlake.errors import CallNotFound
from batchlake.filters.parse import read_filter
from batchlake.filters.selection import select
from batchlake.models.blocks import FAMILIES
from batchlake.spark.engine import SparkEngine
from tests.analytics.tables import NOON, Row, batch, call, segment
from tests.effort import EVERYTHING, at_length, examples, some
from tests.filters import oracle
from tests.filters.strategies import calls as some_calls
from tests.filters.strategies import filters
from tests.spark.cluster import both

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Engines = tuple[Engine, SparkEngine]

WORDS = (
    "Yes", "yes!", "YES.", "No", "“No” thanks", "Ｙｅｓ", "…", "👍 yes", "Call me back", "who's this",
    "نعم، شكرا", "ΟΔΟΣ", "\U00010400\U000f0000", "a\0b", 'say "no"\\', "a\u2028b",
)  # fmt: skip
CURRENCIES = (None, "USD", "EUR", "JPY")
TIMES = (
    None,
    datetime(1890, 1, 1, 0, 0, 1, tzinfo=UTC),
    datetime(1971, 12, 31, 23, 15, 30, tzinfo=UTC),  # Monrovia is 44 minutes and a half behind
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo has no midnight
    datetime(2024, 10, 27, 0, 30, tzinfo=UTC),  # Berlin's hour that comes twice
    datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    datetime(2024, 4, 6, 15, 20, 0, 1, tzinfo=UTC),  # Lord Howe goes back by half an hour
    datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
PRICES = ("0", "0.1", "0.000001", "-3.25", "0.123457", "999999999999.999999", "0.1", None)
LENGTHS = (None, 0.0, 30.0, 1 / 3, 59.9999995, 0.1 + 0.2, 1e-7, 86_400.0, 12_345.678901, 5e8)
STATUSES = ("completed", "failed", "no_answer", "in_progress", "unknown", "voicemail", "completed")
SHARES = (None, 0.0, 0.2, 0.4, 1 / 3, 0.7000000000000001, 1.0)


def hard_rows() -> dict[str, list[Row]]:
    """About a hundred calls whose values meet in ever other ways: nulls, ties, currencies, all planes."""

    def of(values: Any, number: int, step: int) -> Any:
        return values[number * step % len(values)]

    calls, segments = [], []
    for number in range(97):
        price = of(PRICES, number, 3)
        row = call(
            f"c{number}",
            of(STATUSES, number, 5),
            batch_id=(None, "b1", "b2")[number % 3],
            duration_seconds=of(LENGTHS, number, 7),
            cost=None if price is None else Decimal(price),
            currency=of(CURRENCIES, number, 1),
            call_time=of(TIMES, number, 5),
            agent_id=(None, "a'1", 'a"2')[number % 3],
            agent_name=(None, "Ava", "日本", "\U00010400")[number % 4],
            direction=(None, "inbound", "outbound", "web")[number % 4],
            from_number=(None, "+1415", "+44")[number % 3],
            to_number=("+1", None)[number % 2],
            sentiment_positive=of(SHARES, number, 3),
            sentiment_neutral=of(SHARES, number, 4),
            sentiment_negative=of(SHARES, number, 5),
            sentiment_label=(None, "mixed", "positive")[number % 3],
            engagement=of(SHARES, number, 2),
            talk_ratio_ai=of(SHARES, number, 6),
            talk_ratio_human=of(SHARES, number, 1),
            response_time_seconds=of(LENGTHS, number, 3),
            interruptions=(None, 0, 3)[number % 3],
            success=(None, True, False)[number % 3],
            started_at=of(TIMES, number, 3),
            extra=(None, '{"campaign":"autumn"}', '{"campaign":"x\'y","a.b":1.5}')[number % 3],
        )
        calls.append(row)
        for position in range(1, number % 6):
            text = of(WORDS, number * 5 + position, 1)
            segments.append(
                segment(
                    f"c{number}",
                    position,
                    ("ai", "human", "unknown")[(number + position) % 3],
                    text,
                    text_key(text),
                    batch_id=row["batch_id"],
                    spoken_at=NOON + timedelta(microseconds=(number * 37 + position * 1_000_003) % 9_000_000),
                    offset_seconds=position / 3,
                    confidence=of(SHARES, position, 1),
                )
            )
    return {
        "calls": calls,
        "segments": segments,
        "batches": [
            batch("b1", reported_total_calls=40, reported_completed=9, reported_failed=3,
                  reported_total_cost=Decimal("4.5"), reported_success_rate=0.5,
                  reported_common_responses='[{"text": "Yes", "count": 3}, {"text": "…", "count": 1}]'),
            batch("b3"),
        ],
        "snapshots": [
            {"source": "svalync", "batch_id": "b1", "observed_at": NOON, "export_id": "e", "record": 1,
             "reported_total_calls": 99, "reported_completed": 9, "reported_failed": 3, "listed_calls": 2},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def engines(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """The hard rows on both."""
    return both(spark, tmp_path_factory.mktemp("hard"), **hard_rows())


def bits(value: Any) -> Any:
    """A value in which no two doubles are one, and no two decimals of other digits."""
    if isinstance(value, float):
        return math.copysign(1, value), value.hex()
    if isinstance(value, Decimal):
        return value.as_tuple()
    if isinstance(value, dict):
        return {key: bits(one) for key, one in value.items()}
    return [bits(one) for one in value] if isinstance(value, list) else value


ZONES = (
    "UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Monrovia", "Asia/Kathmandu"
)  # fmt: skip
QUESTIONS: tuple[tuple[dict[str, Any] | None, tuple[str, ...], str, Any], ...] = (
    (None, ("hour_of_day",), "Asia/Kathmandu", "day"),
    (None, (), "UTC", "day"),
    ({"cost": {"min": 0}}, ("agent", "currency"), "Europe/Berlin", "hour"),
    ({"call_id": "nobody"}, ("source",), "UTC", "week"),
    ({"text": "yes"}, ("extra.campaign", "attempt"), "Australia/Lord_Howe", "month"),
    (None, ("hour", "weekday"), "Africa/Monrovia", "hour"),
    (None, ("day", "quarter", "batch"), "America/Sao_Paulo", "day"),
)


@pytest.mark.parametrize("question", some(QUESTIONS, 1))
def test_every_family_is_the_same(engines: Engines, question: Any) -> None:
    """Grouped and not, filtered and not, in zones whose clocks do odd things: every digit, every bit."""
    chosen, by, timezone, every = question
    here, there = (
        analyse(engine, select(chosen), by=by, timezone=timezone, every=every)  # type: ignore[arg-type]
        for engine in engines
    )
    assert set(here.families) == set(FAMILIES)
    assert [group.keys for group in there.groups] == [group.keys for group in here.groups]
    assert bits(there.model_dump()) == bits(here.model_dump())
    assert here.statistics.total_calls or chosen == {"call_id": "nobody"}


@at_length
@pytest.mark.parametrize("by", sorted(DIMENSIONS))
def test_every_dimension_groups_alike(engines: Engines, by: str) -> None:
    """The keys, their types and their order."""
    for timezone in ZONES:
        here, there = (
            analyse(engine, select(), by=by, metrics="cost", timezone=timezone)  # type: ignore[arg-type]
            for engine in engines
        )
        assert [group.keys for group in there.groups] == [group.keys for group in here.groups]
        assert bits(there.model_dump()) == bits(here.model_dump())


@at_length
def test_batches_audits_and_views_are_the_same(engines: Engines) -> None:
    """A batch with its calls, what was said and analytics; what was reported; batches and days."""
    request = BatchRequest(None, "b1", {"not": {"status": "failed"}}, EVERYTHING, True)
    here, there = (batch_details(engine, request) for engine in engines)  # type: ignore[arg-type]
    assert len(here.batch.calls) > 10
    assert bits(there.model_dump()) == bits(here.model_dump())
    assert audit(engines[1]) == audit(engines[0])  # type: ignore[arg-type]
    for name in ("views/batch_overview", "views/calls_by_day", "screens/batches"):
        query = f"select * from ({sql_files.load(name).text}) order by source, batch_id"
        if "day" in name:
            query = query.replace("source, batch_id", "source, day, agent_id, currency")
        duck = engines[0]
        duck.run(f"create or replace view batch_overview as {sql_files.load('views/batch_overview').text}")
        assert bits(engines[1].rows(query)) == bits(duck.rows(query))


def held(engine: Any, chosen: list[dict[str, Any]]) -> list[set[tuple[str, str]]]:
    """The calls that each filter selects, asked in one question."""
    parts, params = [], {}
    for number, one in enumerate(chosen):
        selection = select(read_filter(one))
        condition = re.sub(r"\$s(\d+)", rf"$f{number}_\1", selection.where)
        params |= {f"f{number}_{name[1:]}": value for name, value in selection.params.items()}
        parts.append(f"select {number} as number, source, call_id from calls where {condition}")
    found: list[set[tuple[str, str]]] = [set() for _ in chosen]
    for row in engine.rows(" union all ".join(parts), params):
        found[row["number"]].add((row["source"], row["call_id"]))
    return found


@settings(max_examples=examples(2), phases=[Phase.generate], database=None)
@given(
    generated=st.lists(some_calls(), min_size=8, max_size=12),
    chosen=st.lists(filters(), min_size=12, max_size=20),
)
def test_every_filter_selects_the_same_calls(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    generated: list[list[dict[str, Any]]],
    chosen: list[dict[str, Any]],
) -> None:
    """Generated filters over generated calls: the rows are DuckDB's, and those of the plain predicate."""
    calls = [one for several in generated for one in several]
    for number, one in enumerate(calls):
        one["call_id"] = one["call_id"] if number < 8 else f"c{number}"
    calls = list({(one["source"], one["call_id"]): one for one in calls}.values())
    rows = [{**one, "extra": None if one["extra"] is None else json.dumps(one["extra"])} for one in calls]
    segments = [
        segment(one["call_id"], place, said["speaker"], said["text"], text_key(said["text"]),
                source=one["source"], batch_id=one["batch_id"])
        for one in calls
        for place, said in enumerate(one["segments"], 1)
    ]  # fmt: skip
    here, there = both(spark, tmp_path_factory.mktemp("generated"), calls=rows, segments=segments)
    wanted = [
        {(call["source"], call["call_id"]) for call in calls if oracle.matches(one, call)} for one in chosen
    ]
    assert held(here, chosen) == wanted
    assert held(there, chosen) == wanted


def test_what_differs_is_known(engines: Engines, spark: SparkSession, tmp_path: Path) -> None:
    """The nearest ids of an error are by another distance; a number of an own field has Java's spelling."""
    from batchlake.analytics.details.call_details import call_details

    for engine in engines:
        with pytest.raises(CallNotFound):
            call_details(engine, None, "c9999")  # type: ignore[arg-type]
    odd = call("c1", extra='{"large":12345678.5,"small":0.0001,"usual":0.5}')
    here, there = both(spark, tmp_path / "odd", calls=[odd])
    query = "select extra->>'large' as large, extra->>'small' as small, extra->>'usual' as usual from calls"
    assert here.row(query) == {"large": "12345678.5", "small": "0.0001", "usual": "0.5"}
    assert there.row(query) == {"large": "1.23456785E7", "small": "1.0E-4", "usual": "0.5"}
    amount = select({"extra": {"large": {"min": 12345678.5, "max": 12345678.5}}})
    for engine in (here, there):
        assert len(engine.rows(amount.over("select call_id from selected_calls"), amount.params)) == 1
