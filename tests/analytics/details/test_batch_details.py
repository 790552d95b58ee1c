"""Batch and call details: the documented shape, the same JSON from models and from the stream."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from batchlake.analytics import batch_cache
from batchlake.analytics.details import call_json
from batchlake.analytics.details.batch_details import BatchRequest, batch_details, batch_json
from batchlake.analytics.details.call_details import call_details
from batchlake.engine.engine import Engine
from batchlake.errors import (
    AnalyticsUnavailable,
    BatchNotFound,
    CallNotFound,
    InvalidFilter,
    InvalidRequest,
)
from tests.analytics.tables import NOON, Row, batch, call, fill, segment
from tests.effort import some

AWKWARD = 'He said "no"\n\\ \u0007 \x00 € 👍 \u2028 </script>'


def xyz789() -> dict[str, list[Row]]:
    """The documented batch with all of its hundred calls, the first as documented, the rest to match."""
    first = call(
        "call_abc123",
        batch_id="batch_xyz789",
        duration_seconds=125.0,
        cost="0.50",
        sentiment_positive=0.8,
        sentiment_neutral=0.2,
        sentiment_negative=0.0,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=125),
        call_time=NOON,
        direction="outbound",
        to_number="+1234567890",
        recording_url="https://api.example.com/recordings/call_abc123.mp3",
        engagement=0.9,
        talk_ratio_ai=0.4,
        talk_ratio_human=0.6,
    )
    # 99 calls of (12000 - 125) / 99 s are no whole seconds: one of 115 and 98 of 120 make a mean of 120.
    others = [
        call(
            f"call_{number:03}",
            "completed" if number < 95 else "no_answer" if number < 98 else "in_progress",
            batch_id="batch_xyz789",
            duration_seconds=115.0 if number == 1 else 120.0,
            cost="0.5",
            call_time=NOON + timedelta(minutes=number),
            **(
                {"sentiment_positive": 0.6, "sentiment_neutral": 0.2, "sentiment_negative": 0.2}
                if number == 1
                else {}
            ),
        )
        for number in range(1, 100)
    ]
    said = [
        segment("call_abc123", 1, "ai", "Hello, this is AI calling.", "hello, this is ai calling",
                batch_id="batch_xyz789", spoken_at=NOON + timedelta(seconds=5)),
        segment("call_abc123", 2, "human", "Hi, yes I can hear you.", "hi, yes i can hear you",
                batch_id="batch_xyz789", spoken_at=NOON + timedelta(seconds=8)),
    ]  # fmt: skip
    said += [
        segment(
            f"call_{number:03}",
            1,
            "human",
            "Yes, I'm interested",
            "yes, i'm interested",
            batch_id="batch_xyz789",
        )
        for number in range(1, 46)
    ]
    known = batch(
        "batch_xyz789", status="completed", created_at=NOON, completed_at=NOON + timedelta(minutes=30)
    )
    return {"calls": [first, *others], "segments": said, "batches": [known]}


@pytest.fixture(scope="module")
def documented() -> Engine:
    return fill(Engine(), **xyz789())


def written(engine: Engine, *args: Any, **options: Any) -> bytes:
    return "".join(batch_json(engine, BatchRequest(*args, **options))).encode()


def test_the_documented_batch_is_answered_as_documented(documented: Engine) -> None:
    """95, 3 and 2 of 100 calls, a success rate of 0.95, "50.00", and every documented key in its place."""
    found = json.loads(written(documented, "svalync", "batch_xyz789", include_analytics=True))
    details = found["batch"]
    assert list(found) == ["batch"]
    assert list(details) == ["id", "status", "created_at", "completed_at", "statistics", "calls", "analytics"]
    assert details["created_at"] == "2024-01-01T12:00:00Z"
    assert details["completed_at"] == "2024-01-01T12:30:00Z"
    documented_statistics = {
        "total_calls": 100, "completed": 95, "failed": 3, "in_progress": 2, "average_duration": 120,
        "total_cost": "50.00",
    }  # fmt: skip
    assert list(details["statistics"])[:6] == list(documented_statistics)
    assert documented_statistics.items() <= details["statistics"].items()
    assert list(details["analytics"])[:3] == ["success_rate", "average_sentiment", "common_responses"]
    assert details["analytics"]["success_rate"] == 0.95
    sentiment = details["analytics"]["average_sentiment"]
    assert (sentiment["positive"], sentiment["neutral"], sentiment["negative"]) == (0.7, 0.2, 0.1)
    response = details["analytics"]["common_responses"][0]
    assert (response["text"], response["count"]) == ("Yes, I'm interested", 45)
    assert list(details["calls"][0])[:4] == ["id", "status", "duration", "cost"]
    assert details["calls"][0]["analytics"]["sentiment"] == {"positive": 0.8, "neutral": 0.2, "negative": 0.0}


def test_a_call_has_the_documented_keys(documented: Engine) -> None:
    """Call details hold every documented key with its documented value, and where the call comes from."""
    found = json.loads(call_details(documented, "svalync", "call_abc123").model_dump_json())["call"]
    wanted = {
        "id": "call_abc123",
        "status": "completed",
        "duration": 125,
        "start_time": "2024-01-01T12:00:00Z",
        "end_time": "2024-01-01T12:02:05Z",
        "phone_number": "+1234567890",
        "direction": "outbound",
        "cost": "0.50",
        "transcript": {
            "segments": [
                {"speaker": "ai", "text": "Hello, this is AI calling.", "timestamp": "2024-01-01T12:00:05Z"},
                {"speaker": "human", "text": "Hi, yes I can hear you.", "timestamp": "2024-01-01T12:00:08Z"},
            ]
        },
        "analytics": {
            "sentiment": {"positive": 0.8, "neutral": 0.2, "negative": 0.0},
            "engagement": 0.9,
            "talk_ratio": {"ai": 0.4, "human": 0.6},
        },
        "recording_url": "https://api.example.com/recordings/call_abc123.mp3",
    }
    assert {key: found[key] for key in wanted} == wanted
    assert found.keys() - wanted.keys() == {
        "to_number", "source", "batch_id", "outcome", "status_reported", "observed_at",
    }  # fmt: skip
    assert '"duration":125,' in call_details(documented, "svalync", "call_abc123").model_dump_json()


@pytest.mark.parametrize("include_analytics", [False, True])
@pytest.mark.parametrize("include_transcripts", [False, True])
def test_models_and_stream_give_the_same_json(
    documented: Engine,
    monkeypatch: pytest.MonkeyPatch,
    include_analytics: bool,
    include_transcripts: bool,
) -> None:
    """Parsed into models and printed again, the streamed JSON is the same, in any portions."""
    asked = ("svalync", "batch_xyz789", None, include_analytics, include_transcripts)
    whole = json.loads(written(documented, *asked))
    model = batch_details(documented, BatchRequest(*asked))
    assert whole == json.loads(model.model_dump_json())
    for portion in (7, 10_000):
        monkeypatch.setattr(call_json, "_CALLS_AT_A_TIME", portion)
        text = written(documented, *asked).decode()
        assert json.loads(text) == whole
        assert text.replace("\n", "") == model.model_dump_json()
    first = whole["batch"]["calls"][0]
    assert ("analytics" in first) == ("analytics" in whole["batch"]) == include_analytics
    assert ("transcript" in first) == include_transcripts
    assert len(model.batch.calls) == 100


def test_everything_a_call_can_hold_survives_the_round_trip() -> None:
    """Quotes, control characters, NUL, fractions, tiny costs and unknown fields come out as they are."""
    full = call(
        "a'b\"c",
        "unknown",
        status_reported=AWKWARD,
        duration_seconds=0.1234567,
        cost="0.000001",
        currency="EUR",
        created_at=NOON - timedelta(microseconds=1),
        started_at=NOON + timedelta(milliseconds=500),
        ended_at=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        call_time=NOON,
        direction="inbound",
        from_number="+1",
        to_number="+2",
        agent_id=AWKWARD,
        agent_name=AWKWARD,
        sentiment_label=AWKWARD,
        response_time_seconds=1e-7,
        interruptions=3,
        voice_pace=1e20,
        voice_volume=0.7,
        voice_clarity=1.0,
        success=False,
        outcome_label=AWKWARD,
        ended_by=AWKWARD,
        summary=AWKWARD,
        recording_url=AWKWARD,
        is_test=True,
        tokens_consumed=2**62,
        user_id="u",
        pathway_id="p",
        extra=json.dumps({"a.b": {"c": [1, None, AWKWARD]}}),
    )
    said = [
        segment("a'b\"c", 2, "unknown", AWKWARD, "", spoken_at=NOON, confidence=0.5, offset_seconds=1.5),
        segment("a'b\"c", 1, "ai", "", "", offset_seconds=0.0),
    ]
    engine = fill(Engine(), calls=[full], segments=said, batches=[batch()])
    details = batch_details(engine, BatchRequest("svalync", "b1", None, True, True))
    assert json.loads(written(engine, "svalync", "b1", None, True, True)) == json.loads(
        details.model_dump_json()
    )
    one = call_details(engine, "svalync", "a'b\"c").call
    assert one.summary == one.agent_id == one.recording_url == AWKWARD
    assert one.extra == {"a.b": {"c": [1, None, AWKWARD]}}
    assert one.duration == 0.1234567
    assert one.cost == Decimal("0.000001")
    assert one.start_time == full["started_at"]
    assert one.end_time == full["ended_at"]
    assert one.phone_number == "+1"
    assert one.tokens_consumed == 2**62
    assert one.transcript is not None
    assert [part.text for part in one.transcript.segments] == ["", AWKWARD]
    assert one.analytics is not None
    assert one.analytics.engagement_metrics is not None
    assert one.analytics.engagement_metrics.response_time == 1e-7
    text = one.model_dump_json()
    assert '"cost":"0.000001"' in text
    assert '"start_time":"2024-01-01T12:00:00.5Z"' in text
    engine.close()


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 250 + "]" * 250, '{"a":' * 250 + "1" + "}" * 250])
def test_own_fields_that_no_value_can_hold_are_their_text(value: str) -> None:
    """Numbers of thousands of digits and what is nested deeply are answered as they stand in the export, and
    the call's other own fields as ever."""
    kept = call("c1", cost="0.5", extra=f'{{"campaign":"a","other":{value},"tags":[1,null]}}')
    engine = fill(Engine(), calls=[kept], segments=[segment("c1", 1, "ai", "Hi", "hi")], batches=[batch()])
    one = call_details(engine, "svalync", "c1").call
    assert one.extra == {"campaign": "a", "other": value, "tags": [1, None]}
    assert one.cost == Decimal("0.5")
    assert one.transcript is not None
    assert json.loads(one.model_dump_json())["extra"]["other"] == value
    engine.close()


def test_unknown_values_are_left_out_and_unknown_figures_null() -> None:
    """A call with no known fact has an id and a state; a batch without calls has null means."""
    engine = fill(Engine(), calls=[call("c1")], batches=[batch(), batch("b2")])
    found = json.loads(written(engine, "svalync", "b1", None, True, True))["batch"]
    assert found["calls"] == [{"id": "c1", "status": "completed"}]
    assert found.keys() == {"id", "statistics", "calls", "analytics"}
    empty = json.loads(written(engine, "svalync", "b2"))["batch"]
    assert empty["calls"] == []
    assert empty["statistics"]["total_calls"] == 0
    assert empty["statistics"]["average_duration"] is None
    assert empty["statistics"]["total_cost"] is None
    engine.close()


def test_calls_come_in_order_of_time_then_id(documented: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordered by time and id, those without a time last, also across portions and equal times."""
    times = [None if number % 3 == 0 else NOON + timedelta(hours=number % 4) for number in range(60)]
    calls = [call(f"c{number % 10}{number}", call_time=at) for number, at in enumerate(times)]
    engine = fill(Engine(), calls=calls, batches=[batch()])
    late = datetime.max.replace(tzinfo=UTC)
    wanted = [
        row["call_id"] for row in sorted(calls, key=lambda row: (row["call_time"] or late, row["call_id"]))
    ]
    for portion in (1, 7, 60, 1000):
        monkeypatch.setattr(call_json, "_CALLS_AT_A_TIME", portion)
        found = json.loads(written(engine, "svalync", "b1"))["batch"]["calls"]
        assert [one["id"] for one in found] == wanted
    engine.close()


def test_a_filter_narrows_calls_and_figures_and_is_counted(documented: Engine) -> None:
    """With a filter, calls and all figures are of the matching calls, and `selection` counts them."""
    wanted = {"outcome": "failed"}
    found = json.loads(written(documented, "svalync", "batch_xyz789", wanted, True))["batch"]
    assert found["selection"] == {"matched": 3, "of": 100}
    assert len(found["calls"]) == found["statistics"]["total_calls"] == 3
    assert found["analytics"]["success_rate"] == 0
    assert found["analytics"]["common_responses"] == []
    nothing = json.loads(written(documented, "svalync", "batch_xyz789", {"call_id": "nobody"}, True, True))[
        "batch"
    ]
    assert nothing["selection"] == {"matched": 0, "of": 100}
    assert nothing["calls"] == []
    assert nothing["analytics"]["success_rate"] is None
    said = json.loads(written(documented, "svalync", "batch_xyz789", {"text": "hear"}, True, True))["batch"]
    assert [one["id"] for one in said["calls"]] == ["call_abc123"]
    assert "selection" not in json.loads(written(documented, "svalync", "batch_xyz789", {}))["batch"]


def test_what_cannot_be_answered_raises_before_the_first_piece(documented: Engine) -> None:
    """Unknown ids, a wrong filter, analytics of a batch without calls: an error, before a piece is read."""
    engine = fill(Engine(), calls=[call("c1")], batches=[batch(), batch("b2")])
    with pytest.raises(BatchNotFound):
        batch_json(engine, BatchRequest("svalync", "nope"))
    with pytest.raises(InvalidFilter):
        batch_json(engine, BatchRequest("svalync", "b1", {"colour": "red"}))
    with pytest.raises(AnalyticsUnavailable, match="none of its calls has come yet"):
        batch_json(engine, BatchRequest("svalync", "b2", include_analytics=True))
    with pytest.raises(CallNotFound, match="Did you mean 'c1'"):
        call_details(engine, "svalync", "nope")
    with pytest.raises(InvalidRequest, match="it is empty"):
        call_details(engine, None, "")
    engine.close()


def test_another_source_of_the_same_ids_stays_apart() -> None:
    """Batches and calls of the same ids on another platform don't mix, transcripts included."""
    calls = [call("c1", cost="1"), call("c1", "failed", source="other", cost="2")]
    said = [
        segment("c1", 1, "human", "Mine", "mine"),
        segment("c1", 1, "human", "Theirs", "theirs", source="other"),
    ]
    engine = fill(Engine(), calls=calls, segments=said, batches=[batch(), batch(source="other")])
    mine = batch_details(engine, BatchRequest("svalync", "b1", None, True, True)).batch
    assert mine.statistics.total_cost == Decimal(1)
    assert [one.status for one in mine.calls] == ["completed"]
    assert mine.calls[0].transcript is not None
    assert [part.text for part in mine.calls[0].transcript.segments] == ["Mine"]
    assert batch_details(engine, BatchRequest(None, "b1")).batch.statistics.total_cost == Decimal(2)
    filtered = batch_details(engine, BatchRequest("svalync", "b1", {"status": "completed"})).batch.selection
    assert filtered is not None
    assert (filtered.matched, filtered.of) == (1, 1)
    assert call_details(engine, None, "c1").call.status == "failed"
    with pytest.raises(BatchNotFound, match="exists for source 'other' or 'svalync', not 'third'"):
        batch_details(engine, BatchRequest("third", "b1"))
    with pytest.raises(CallNotFound, match="exists for source 'other' or 'svalync', not 'third'"):
        call_details(engine, "third", "c1")
    theirs = call_details(engine, "other", "c1").call
    assert theirs.transcript is not None
    assert [part.text for part in theirs.transcript.segments] == ["Theirs"]
    engine.close()


@pytest.mark.parametrize(
    "wanted", some([{}, {"duration": {"min": 120}}, {"not": {"text": "yes"}}, {"text": "yes"}], 2)
)
def test_a_batch_in_memory_answers_as_the_lake_does(
    monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any]
) -> None:
    """Few calls are read once for all questions, many are asked where they are."""
    engine = fill(Engine(), **xyz789())

    def details() -> str:
        return "".join(batch_json(engine, BatchRequest("svalync", "batch_xyz789", wanted, True, True)))

    in_memory = details()
    for limit, most in (("MOST_CALLS", 99), ("MOST_UTTERANCES", 40)):
        with monkeypatch.context() as patched:
            patched.setattr(batch_cache, limit, most)
            assert details() == in_memory


@pytest.mark.parametrize("taken", [0, 1])
def test_an_answer_that_nobody_reads_leaves_nothing_behind(documented: Engine, taken: int) -> None:
    """What a batch in memory took is let go of before the first piece."""
    pieces = batch_json(documented, BatchRequest("svalync", "batch_xyz789", None, True, True))
    for _ in range(taken):
        next(pieces)
    made = "select count(*) as schemas from information_schema.schemata where schema_name like 'own_%'"
    assert documented.row(made)["schemas"] == 0
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPool"):
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize("broken", ["details.batch_details.documents_of", "metrics.blocks"])
def test_what_fails_beside_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch, documented: Engine, broken: str
) -> None:
    """Documents are made while the figures are: either may fail, and the other ends."""

    def fail(*_: object) -> None:
        raise RuntimeError(broken)

    monkeypatch.setattr(f"batchlake.analytics.{broken}", fail)
    with pytest.raises(RuntimeError, match=broken):
        batch_json(documented, BatchRequest("svalync", "batch_xyz789", None, True, True))
