"""Webhooks of one call in any order, in one file or in several, end in the same row: on every platform."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from tests.effort import at_length, examples
from tests.ingest.platforms.test_loading import REPORT, UPDATE, WEBHOOKS
from tests.lakes import write_export

Event = dict[str, Any]


def without_time(event: Event, call_id: str) -> Event:
    """A webhook that doesn't say when it was sent."""
    found = copy.deepcopy(event)
    del found["event_timestamp"]
    found["call"]["call_id"] = call_id
    return found


def bolna(status: str, minute: int, **more: Any) -> Event:
    """What Bolna sends at each change of a state."""
    return {"id": "o1", "agent_id": "a", "status": status, "usage_breakdown": {},
            "updated_at": f"2025-08-14T14:{minute:02}:00.000001"} | more  # fmt: skip


def eleven(kind: str, second: int, **data: Any) -> Event:
    """What ElevenLabs sends of a conversation."""
    return {"type": kind, "event_timestamp": 1739537297 + second,
            "data": {"agent_id": "a", "conversation_id": "e1"} | data}  # fmt: skip


EVENTS: Final[list[Event]] = [
    *WEBHOOKS,
    *(without_time(event, "r2") for event in WEBHOOKS),
    REPORT,
    UPDATE,
    bolna("queued", 1),
    bolna("in-progress", 2, telephony_data={"to_number": "+14155550101"}),
    bolna("call-disconnected", 3, conversation_duration=59),
    bolna("completed", 4, conversation_duration=59, total_cost=12.71, answered_by_voice_mail=True),
    eleven("post_call_transcription", 60, status="processing", metadata={"call_duration_secs": 22}),
    eleven(
        "post_call_transcription", 90, status="done", metadata={"call_duration_secs": 22, "cost_fiat": 0.1},
        analysis={"call_successful": "success"},
    ),
    eleven("post_call_audio", 95, full_audio="UklGR"),
    {"sid": "CA1", "account_sid": "AC1", "status": "ringing", "price_unit": "USD", "price": None,
     "date_updated": "Wed, 05 Nov 2025 10:15:00 +0000"},
    {"sid": "CA1", "account_sid": "AC1", "status": "completed", "price_unit": "USD", "price": "-0.02",
     "date_updated": "Wed, 05 Nov 2025 10:16:00 +0000"},
]  # fmt: skip

ROWS: Final = {
    "r1": ("voicemail", "0.045600", 36.0, True),
    "r2": ("voicemail", "0.045600", 36.0, True),
    "v1": ("busy", None, None, None),
    "o1": ("voicemail", "0.127100", 59.0, None),
    "e1": ("completed", "0.100000", 22.0, True),
    "CA1": ("completed", "0.020000", None, None),
}
"""Of each call its state, cost, seconds and success once all has been told."""


@at_length
@given(st.permutations(EVENTS), st.integers(0, len(EVENTS)), st.booleans())
@settings(max_examples=examples(2), deadline=None)
def test_webhooks_of_all_platforms_converge(events: list[Event], cut: int, is_two_runs: bool) -> None:
    """In any order, cut into two files anywhere, in one run or in two, the last word is the newest's."""
    with TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        paths = [
            write_export(Path(folder) / "in", f"{number}.ndjson", "\n".join(map(json.dumps, part)))
            for number, part in enumerate((events[:cut], events[cut:]))
            if part
        ]
        for paths_of_run in [[path] for path in paths] if is_two_runs else [paths]:
            lake.ingest(*paths_of_run)
        rows = lake.sql("select call_id, status, cost, duration_seconds, success from calls").to_dicts()
    assert {
        row["call_id"]: (
            row["status"], None if row["cost"] is None else str(row["cost"]), row["duration_seconds"],
            row["success"],
        )
        for row in rows
    } == ROWS  # fmt: skip
    assert len(rows) == len(ROWS)


def test_a_late_beginning_without_a_time_takes_nothing_back(tmp_path: Path) -> None:
    """A webhook that doesn't say when it was sent counts as of its call's end or beginning."""
    started, ended, _ = (without_time(event, "r2") for event in WEBHOOKS)
    lake = batchlake.open(tmp_path / "lake")
    for number, event in enumerate((ended, started)):
        lake.ingest(write_export(tmp_path, f"{number}.json", event))
    (row,) = lake.sql("select status, status_reported, observed_at from calls").to_dicts()
    assert (row["status"], row["status_reported"]) == ("voicemail", "ended")
    assert row["observed_at"] == datetime(2025, 10, 24, 9, 21, 46, tzinfo=UTC)
