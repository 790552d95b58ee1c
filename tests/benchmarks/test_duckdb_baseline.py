"""Documents of our own in each of the documented shapes, and the answer as worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import batchlake
from tests.lakes import write_export

BATCH = {
    "exported_at": "2024-05-01T10:00:00Z",
    "batch": {
        "id": "batch_hand", "status": "completed",
        "created_at": "2024-05-01T09:00:00Z", "completed_at": "2024-05-01T09:40:00Z",
        "statistics": {"total_calls": 4, "completed": 2, "failed": 1, "in_progress": 1},
        "calls": [
            {"id": "a", "status": "completed", "duration": 60, "cost": "0.10",
             "analytics": {"sentiment": {"positive": 0.8, "neutral": 0.2}}},
            {"id": "b", "status": "COMPLETED", "duration": 120, "cost": "0.20",
             "transcript": {"segments": [{"speaker": "human", "text": "Yes, I\u2019m interested."}]}},
            {"id": "c", "status": "no-answer", "cost": "0.005"},
            {"id": "d", "status": "in_progress"},
        ],
    },
}  # fmt: skip

FLAT = {
    "exported_at": "2024-05-01T11:00:00Z",
    "call": {
        "id": "a", "start_time": "2024-05-01T09:05:00Z", "end_time": "2024-05-01T09:06:00Z",
        "phone_number": "+14155550101", "direction": "outbound",
        "transcript": {"segments": [
            {"speaker": "ai", "text": "Hello.", "timestamp": "2024-05-01T09:05:02Z"},
            {"speaker": "human", "text": "yes, I'm interested", "timestamp": "2024-05-01T09:05:04Z"},
            {"speaker": "human", "text": "Yes, I'm interested"},
        ]},
        "analytics": {"engagement": 0.9, "talk_ratio": {"ai": 0.25, "human": 0.75}},
    },
}  # fmt: skip

SCORES = {
    "exported_at": "2024-05-01T11:30:00Z",
    "call": {
        "id": "b", "start_time": "2024-05-01T09:10:00Z",
        "analytics": {
            "sentiment": {"overall": "mixed", "scores": {"positive": 0.2, "neutral": 0.2, "negative": 0.6}},
            "engagement": {"score": 0.5, "metrics": {"response_time": 1.5, "interruptions": 2}},
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    folder = tmp_path_factory.mktemp("hand")
    # Call details come first: they wait for their batch.
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export(folder, "flat.json", FLAT))
    lake.ingest(write_export(folder, "batch.json", BATCH), write_export(folder, "scores.json", SCORES))
    return lake


def test_the_whole_batch(lake: batchlake.Lake) -> None:
    """4 calls: 2 completed, 1 failed, 1 in progress; (60 + 120) / 2 s; 0.10 + 0.20 + 0.005."""
    answer = lake.batch("batch_hand", include_analytics=True, include_transcripts=True)
    batch = json.loads(answer.model_dump_json())["batch"]
    assert (batch["id"], batch["status"]) == ("batch_hand", "completed")
    assert (batch["created_at"], batch["completed_at"]) == ("2024-05-01T09:00:00Z", "2024-05-01T09:40:00Z")
    figures = batch["statistics"]
    counts = [figures[name] for name in ("total_calls", "completed", "failed", "in_progress")]
    assert counts == [4, 2, 1, 1]
    assert figures["average_duration"] == 90
    assert figures["total_cost"] == "0.305"
    # c and d have no time of their own, so they come at the batch's, before a (9:05) and b (9:10).
    assert [call["id"] for call in batch["calls"]] == ["c", "d", "a", "b"]
    assert [call["status"] for call in batch["calls"]] == [
        "no_answer",
        "in_progress",
        "completed",
        "completed",
    ]
    analytics = batch["analytics"]
    assert analytics["success_rate"] == 0.5
    # a: 0.8, 0.2, and 0 for the one left out; b: 0.2, 0.2, 0.6.
    assert analytics["average_sentiment"]["positive"] == pytest.approx(0.5)
    assert analytics["average_sentiment"]["neutral"] == pytest.approx(0.2)
    assert analytics["average_sentiment"]["negative"] == pytest.approx(0.3)
    # Three spellings of one answer, each once: the smallest is shown ("Y" before "y", straight before curly).
    (response,) = analytics["common_responses"]
    assert (response["text"], response["count"], response["calls"]) == ("Yes, I'm interested", 3, 2)
    a, b = batch["calls"][2:]
    assert (a["duration"], a["cost"], a["start_time"]) == (60, "0.10", "2024-05-01T09:05:00Z")
    assert a["analytics"]["engagement"] == 0.9
    assert a["analytics"]["talk_ratio"] == {"ai": 0.25, "human": 0.75}
    assert [said["speaker"] for said in a["transcript"]["segments"]] == ["ai", "human", "human"]
    assert b["analytics"]["engagement"] == 0.5


def test_the_documented_filter(lake: batchlake.Lake) -> None:
    """Completed or failed, 30 to 100 seconds: a alone, 1 of 4."""
    wanted = {"status": ["completed", "failed"], "duration": {"min": 30, "max": 100}}
    batch = json.loads(lake.batch("batch_hand", filter=wanted).model_dump_json())["batch"]
    assert batch["selection"] == {"matched": 1, "of": 4}
    assert [call["id"] for call in batch["calls"]] == ["a"]
    assert (batch["statistics"]["total_calls"], batch["statistics"]["total_cost"]) == (1, "0.10")


def test_a_later_export_updates_its_calls(lake: batchlake.Lake, tmp_path: Path) -> None:
    """d is completed an hour later; what that export leaves out stays."""
    call = {"id": "d", "status": "completed", "duration": 30}
    later = {"exported_at": "2024-05-01T12:00:00Z", "batch": {"id": "batch_hand", "calls": [call]}}
    report = lake.ingest(write_export(tmp_path, "later.json", later))
    assert (report.calls_new, report.calls_updated) == (0, 1)
    figures = lake.batch("batch_hand").batch.statistics
    assert (figures.total_calls, figures.completed, figures.in_progress) == (4, 3, 0)
    assert figures.average_duration == 70
