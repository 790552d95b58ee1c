"""The bundled sample, end to end: every figure of the answer computed again in plain Python."""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import batchlake
from tests.paths import SAMPLE

FAILED = {"failed", "busy", "no_answer", "voicemail", "cancelled"}

Call = dict[str, Any]


@pytest.fixture(scope="module")
def lake(sample_lake: batchlake.Lake) -> batchlake.Lake:
    return sample_lake


def load(name: str) -> Any:
    return json.loads((SAMPLE / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """The calls of `batch_xyz789`: the completed export, with the two call details that came after it."""
    merged = {call["id"]: call for call in load("02-batch-completed.json")["batch"]["calls"]}
    for name in ("03-call-details.json", "04-call-details-scores.json"):
        details = load(name)["call"]
        before = merged[details["id"]]
        analytics = {**before.get("analytics", {}), **details.get("analytics", {})}
        merged[details["id"]] = {**before, **details, "analytics": analytics}
    for call in merged.values():
        word = re.sub(r"[-_\s]+", "_", call["status"].lower())
        call["status"] = {"canceled": "cancelled"}.get(word, word)
    return list(merged.values())


def scores(call: Call) -> dict[str, float] | None:
    sentiment = call.get("analytics", {}).get("sentiment")
    if not sentiment:
        return None
    sentiment = sentiment.get("scores", sentiment)
    return {name: sentiment.get(name, 0.0) for name in ("positive", "neutral", "negative")}


def cost(call: Call) -> Decimal | None:
    return Decimal(call["cost"]) if call.get("cost") is not None else None


def began(call: Call) -> datetime:
    return datetime.fromisoformat(call.get("start_time", "2024-01-01T12:00:00Z"))


def key(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    folded = folded.translate(str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")).lower()
    folded = re.sub(r"\s+", " ", folded)
    while folded and (folded[0].isspace() or unicodedata.category(folded[0]).startswith("P")):
        folded = folded[1:]
    while folded and (folded[-1].isspace() or unicodedata.category(folded[-1]).startswith("P")):
        folded = folded[:-1]
    return folded


def common(calls: list[Call]) -> list[tuple[str, int, int]]:
    """Human utterances by key: most frequent spelling, utterances, distinct calls; the ten most common."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    speakers: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        for said in call.get("transcript", {}).get("segments", []):
            if said["speaker"] == "human" and key(said["text"]):
                spellings[key(said["text"])][said["text"]] += 1
                speakers[key(said["text"])].add(call["id"])
    answers = [
        (min(found, key=lambda text: (-found[text], text)), sum(found.values()), len(speakers[folded]))
        for folded, found in spellings.items()
    ]
    return sorted(answers, key=lambda answer: (-answer[1], -answer[2], answer[0]))[:10]


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Call], bool]]] = {
    "none": ({}, lambda call: True),
    "status": (
        {"status": ["completed", "failed"]},
        lambda call: call["status"] in ("completed", "failed"),
    ),
    "duration": (
        {"duration": {"min": 30, "max": 300}},
        lambda call: call.get("duration") is not None and 30 <= call["duration"] <= 300,
    ),
    "cost": (
        {"cost": {"min": "0.10", "max": "1.00"}},
        lambda call: (
            cost(call) is not None and Decimal("0.10") <= (cost(call) or Decimal(0)) <= Decimal("1.00")
        ),
    ),
    "sentiment": (
        {"sentiment": {"min_positive": 0.7}},
        lambda call: (scores(call) or {"positive": -1})["positive"] >= 0.7,
    ),
    "date_range": (
        {"date_range": {"start": "2024-01-01T12:05:00Z", "end": "2024-01-01T12:12:00Z"}},
        lambda call: (
            datetime.fromisoformat("2024-01-01T12:05:00Z")
            <= began(call)
            < datetime.fromisoformat("2024-01-01T12:12:00Z")
        ),
    ),
    "documented": (
        {"status": ["completed", "failed"], "duration": {"min": 30, "max": 300}},
        lambda call: call["status"] in ("completed", "failed") and 30 <= (call.get("duration") or -1) <= 300,
    ),
    "nothing": ({"duration": {"min": 9999}}, lambda call: False),
}


@pytest.mark.parametrize("name", FILTERS)
def test_every_figure_is_that_of_plain_python(lake: batchlake.Lake, calls: list[Call], name: str) -> None:
    """Statistics, success rate, average sentiment, responses and calls equal an independent computation."""
    filter_, matches = FILTERS[name]
    wanted = sorted((call for call in calls if matches(call)), key=lambda call: (began(call), call["id"]))
    answer = lake.batch("batch_xyz789", filter_, include_analytics=True, include_transcripts=True)
    batch = json.loads(answer.model_dump_json())["batch"]

    assert [call["id"] for call in batch["calls"]] == [call["id"] for call in wanted]
    assert batch.get("selection") == ({"matched": len(wanted), "of": len(calls)} if filter_ else None)

    figures = batch["statistics"]
    completed = [call for call in wanted if call["status"] == "completed"]
    failed = [call for call in wanted if call["status"] in FAILED]
    assert figures["total_calls"] == len(wanted)
    assert figures["completed"] == len(completed)
    assert figures["failed"] == len(failed)
    assert figures["in_progress"] == 0
    durations = [call["duration"] for call in wanted if call.get("duration") is not None]
    assert figures["average_duration"] == (pytest.approx(statistics.fmean(durations)) if durations else None)
    costs = [amount for call in wanted if (amount := cost(call)) is not None]
    assert figures["total_cost"] == (str(sum(costs)) if costs else None)

    analytics = batch["analytics"]
    rate = len(completed) / len(wanted) if wanted else None
    assert analytics["success_rate"] == pytest.approx(rate)
    known = [found for call in wanted if (found := scores(call))]
    for component in ("positive", "neutral", "negative"):
        mean = statistics.fmean(found[component] for found in known) if known else None
        assert analytics["average_sentiment"][component] == pytest.approx(mean)
    responses = [(found["text"], found["count"], found["calls"]) for found in analytics["common_responses"]]
    assert responses == common(wanted)

    for call, expected in zip(batch["calls"], wanted, strict=True):
        assert call["status"] == expected["status"]
        assert call.get("duration") == expected.get("duration")
        assert call.get("cost") == expected.get("cost")
        said = call.get("transcript", {}).get("segments", [])
        assert [(one["speaker"], one["text"]) for one in said] == [
            (one["speaker"], one["text"]) for one in expected.get("transcript", {}).get("segments", [])
        ]


def test_flags_default_to_false(lake: batchlake.Lake) -> None:
    """Without the flags there are no analytics and no transcripts."""
    batch = json.loads(lake.batch("batch_xyz789").model_dump_json())["batch"]
    assert "analytics" not in batch
    assert not any(call.keys() & {"analytics", "transcript"} for call in batch["calls"])
    assert list(batch)[:5] == ["id", "status", "created_at", "completed_at", "statistics"]


def test_what_could_not_be_used_is_in_problems(lake: batchlake.Lake) -> None:
    """The broken file, the broken records and the unreadable fields are named with their raw text."""
    problems = lake.problems().to_dicts()
    found = {(Path(row["location"]).name, row["level"], row["code"], row["field"]) for row in problems}
    assert found == {
        ("08-cut-off.json", "file", "cut_off", None),
        ("07-calls.ndjson", "record", "not_json", None),
        ("07-calls.ndjson", "record", "no_identity", None),
        ("07-calls.ndjson", "field", "not_a_duration", "duration_seconds"),
        ("07-calls.ndjson", "field", "not_an_amount", "cost"),
        ("07-calls.ndjson", "field", "end_before_start", "ended_at"),
        ("07-calls.ndjson", "field", "not_a_share", "sentiment_positive"),
    }
    assert {row["raw"] for row in problems if row["level"] == "field"} == {
        "abc", "12,50", "2024-03-21T08:04:00+01:00", "1.7",
    }  # fmt: skip


def test_call_details_enrich_the_call_of_the_batch(lake: batchlake.Lake) -> None:
    """Call details without a batch id end up on the batch's call, and its other fields stay."""
    call = json.loads(lake.call("call_002").model_dump_json())["call"]
    assert call["analytics"]["voice_metrics"] == {"pace": 1.0, "volume": 0.7, "clarity": 0.95}
    row = lake.sql("select batch_id, extra from calls where call_id = 'call_002'").to_dicts()
    assert row == [{"batch_id": "batch_xyz789", "extra": '{"campaign":"new-year"}'}]


def test_a_second_run_changes_nothing(lake: batchlake.Lake) -> None:
    """The same bytes again are a no-op, and the report says so."""
    runs = lake.runs().to_dicts()
    report = lake.ingest(SAMPLE)
    assert not report.changed
    assert report.exports_read == 0
    assert report.exports_skipped == 12
    assert "Nothing changed" in str(report)
    assert lake.runs().to_dicts() == runs


def test_the_lake_is_sound(lake: batchlake.Lake) -> None:
    """`check` finds nothing wrong."""
    assert lake.check() == []


# Each figure as the export spells it, in the unit of its platform: Bland's seconds and dollars, Retell's
# milliseconds and cents, Vapi's times from which its duration follows, and dollars.
OF_OTHER_PLATFORMS = {
    ("bland", "3f1c7a52-0b7e-4c1d-9d52-6a1f0c9b1e01"): ("completed", "outbound", 96, "0.144", 4),
    ("bland", "3f1c7a52-0b7e-4c1d-9d52-6a1f0c9b1e02"): ("completed", "outbound", 41, "0.0615", 2),
    ("bland", "3f1c7a52-0b7e-4c1d-9d52-6a1f0c9b1e03"): ("voicemail", "outbound", 19, "0.0285", 2),
    ("bland", "3f1c7a52-0b7e-4c1d-9d52-6a1f0c9b1e04"): ("no_answer", "outbound", 0, "0", 0),
    ("retell", "call_9b1f0c27d6a84e5f8a3d2c1b0a01"): ("completed", "inbound", 68.5, "0.1142", 4),
    ("retell", "call_9b1f0c27d6a84e5f8a3d2c1b0a02"): ("no_answer", "outbound", 0, "0", 0),
    ("retell", "call_9b1f0c27d6a84e5f8a3d2c1b0a03"): ("voicemail", "outbound", 22.3, "0.0372", 2),
    ("vapi", "0190c1de-7a10-7000-8000-000000000001"): ("completed", "outbound", 72.5, "0.1084", 4),
    ("vapi", "0190c1de-7a10-7000-8000-000000000002"): ("failed", "outbound", None, "0", 0),
    ("vapi", "0190c1de-7a10-7000-8000-000000000003"): ("completed", "web", 48.25, "0.0716", 3),
}


def test_calls_of_other_platforms_lie_beside_them_with_one_meaning(lake: batchlake.Lake) -> None:
    """State, direction, seconds, dollars and utterances of three platforms, each worked out by hand."""
    rows = lake.sql(
        "select source, call_id, status, direction, duration_seconds, cost, currency, segment_count "
        "from calls where source <> 'svalync'"
    ).to_dicts()
    assert {
        (row["source"], row["call_id"]): (
            row["status"], row["direction"], row["duration_seconds"], row["cost"], row["segment_count"] or 0,
        )
        for row in rows
    } == {
        key: (status, direction, seconds, Decimal(cost), said)
        for key, (status, direction, seconds, cost, said) in OF_OTHER_PLATFORMS.items()
    }  # fmt: skip
    assert {row["currency"] for row in rows} == {"USD"}


def test_every_platform_of_the_sample_stands_beside_the_others(lake: batchlake.Lake) -> None:
    """`analytics` by source has a group for each; the batch is Bland's, and the other two name none."""
    groups = lake.analytics(by=["source", "batch_id"]).groups
    found = {(group.keys["source"], group.keys["batch_id"]): group.statistics.total_calls for group in groups}
    assert {key: count for key, count in found.items() if key[0] != "svalync"} == {
        ("bland", "renewals-gen-batch"): 4, ("retell", None): 3, ("vapi", None): 3,
    }  # fmt: skip
    assert sum(found.values()) == 41
