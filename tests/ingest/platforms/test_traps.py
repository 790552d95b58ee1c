"""The traps of other platforms' exports are seen: calls, batches, and what comes late or alone."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

import batchlake
from tests.ingest.platforms.traps import BLAND, TRAPS, Facts
from tests.lakes import write_export

IDS: Final = {name: f"t{number:03}" for number, name in enumerate(TRAPS)}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """All of them in one export, a record a line."""
    folder = tmp_path_factory.mktemp("traps")
    lines = [json.dumps(record).replace("ID", IDS[name]) for name, (record, _) in TRAPS.items()]
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export(folder, "traps.ndjson", "\n".join(lines)))
    return lake


@pytest.fixture(scope="module")
def rows(lake: batchlake.Lake) -> dict[str, Facts]:
    """Each call by its id, with what was said in it."""
    found = {row["call_id"].removeprefix("CA"): row for row in lake.sql("select * from calls").to_dicts()}
    for row in found.values():
        row["said"] = []
        row["extra"] = json.loads(row["extra"] or "{}")
    for said in lake.sql("select * from segments order by call_id, position").to_dicts():
        found[said["call_id"]]["said"].append((said["speaker"], said["text"]))
    return found


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_seen(name: str, rows: dict[str, Facts]) -> None:
    """What the documentation warns of comes out as it means it."""
    expected = TRAPS[name][1]
    row = rows.get(IDS[name])
    if expected is None:
        assert row is None
        return
    assert row is not None
    for column, value in expected.items():
        if column == "extra":
            assert value.items() <= row["extra"].items()
        else:
            assert row[column] == value, column


def test_no_trap_is_a_problem(lake: batchlake.Lake) -> None:
    """None of these records has a fault: what can't be a column is kept, and what is no call is said."""
    found = [(row["code"], row["field"], row["raw"]) for row in lake.problems().to_dicts()]
    assert [one for one in found if one[1] is not None] == []


BATCHES: Final[dict[str, tuple[Facts, Facts]]] = {
    "bland: lengths of no certain unit": (
        {"status": "x", "batch_params": {"id": "b1"}, "call_data": [],
         "analysis": {"total_calls": 3, "call_lengths": {"average": 17}}},
        {"reported_total_calls": 3, "reported_average_duration_seconds": None,
         "extra": {"analysis.call_lengths": {"average": 17}}},
    ),
    "bland: `completed_partial` is no call's state": (
        {"batch_id": "b2", "status": "completed_partial", "timestamp": "2025-01-01T00:00:00Z"},
        {"status_reported": "completed_partial"},
    ),
    "bland: requests are no calls": (
        {"id": "b3", "base_prompt": "", "call_objects": [{"phone_number": "+1"}]},
        {"reported_total_calls": None},
    ),
    "retell: a time of no certain unit": (
        {"batch_call_id": "b4", "total_task_count": 2, "scheduled_timestamp": 1735718400},
        {"reported_total_calls": 2, "extra": {"scheduled_timestamp": 1735718400}},
    ),
    "elevenlabs: finished calls are not completed ones": (
        {"id": "b5", "status": "completed", "agent_id": "a",
        "total_calls_scheduled": 4, "total_calls_finished": 3},
        {"reported_total_calls": 4, "reported_completed": None, "extra": {"total_calls_finished": 3}},
    ),
    "bolna: contacts are not surely calls": (
        {"batch_id": "b6", "valid_contacts": 9, "execution_status": {"completed": 2}},
        {"reported_total_calls": None, "reported_completed": 2},
    ),
    "atoms: a campaign counts participants": (
        {"_id": "b7", "participantsCount": 5, "status": "completed"}, {"reported_total_calls": None},
    ),
}  # fmt: skip


def test_batches_have_traps_of_their_own(tmp_path: Path) -> None:
    """No batch, request, recipient or event becomes a call, and no count stands for another."""
    lake = batchlake.open(tmp_path / "lake")
    text = "\n".join(json.dumps(record) for record, _ in BATCHES.values())
    lake.ingest(write_export(tmp_path, "batches.ndjson", text))
    found = {row["batch_id"]: row for row in lake.sql("select * from batches").to_dicts()}
    assert lake.sql("select call_id from calls").to_dicts() == []
    assert len(found) == len(BATCHES)
    for number, (name, (_, expected)) in enumerate(BATCHES.items(), 1):
        row = found[f"b{number}"]
        for column, value in expected.items():
            if column == "extra":
                assert value.items() <= json.loads(row["extra"]).items(), name
            else:
                assert row[column] == value, (name, column)


def test_an_impossible_time_of_a_published_batch_is_a_problem(tmp_path: Path) -> None:
    """Seconds of 89 cost that time, and are told with the platform's name."""
    lake = batchlake.open(tmp_path / "lake")
    record = {"batch_id": "b", "valid_contacts": 1, "status": "executed", "created_at": "2025-01-01T04:22:89"}
    lake.ingest(write_export(tmp_path, "a.json", record))
    (problem,) = lake.problems().to_dicts()
    assert "`created_at` of bolna" in problem["message"]


def test_an_analysis_comes_later_and_alone(tmp_path: Path) -> None:
    """Bland's answers to a batch's questions are kept with the call that they are of; a recording is not."""
    call = BLAND | {"call_id": "c1", "batch_id": "b", "price": 0.1}
    answers = {"status": "success", "message": "", "analysis": [
        {"call_id": "c1", "batch_id": "b", "answers": ["yes"], "questions": ["Was it good?"]}]}  # fmt: skip
    audio = {"type": "post_call_audio", "event_timestamp": 1, "data": {
        "conversation_id": "e1", "agent_id": "a", "full_audio": "UklGR" * 99}}  # fmt: skip
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "a.ndjson", "\n".join(map(json.dumps, [answers, call, audio]))))
    (row,) = lake.sql("select * from calls").to_dicts()
    assert (row["call_id"], row["cost"], row["duration_seconds"]) == ("c1", Decimal("0.1"), 12)
    assert json.loads(row["extra"])["answers"] == ["yes"]
