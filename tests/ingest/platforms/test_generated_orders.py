"""Generated webhooks of one call in any order end in the row that telling them in order gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import batchlake
from tests.effort import examples
from tests.lakes import write_export

Event = dict[str, Any]
Facts = dict[str, Any]

_BEGAN: Final = datetime(2025, 11, 5, 10, 0, tzinfo=UTC)


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _retell(when: datetime, said: Event, *, is_last: bool) -> Event:
    call = {"call_id": "x", "call_type": "phone_call", "call_status": said["state"]}
    call |= {"duration_ms": said["seconds"] * 1000} if "seconds" in said else {}
    call |= {"call_analysis": {"call_summary": said["summary"]}} if "summary" in said else {}
    call |= {"end_timestamp": _ms(_BEGAN)} if is_last else {}
    return {"event": "call_ended", "event_timestamp": _ms(when), "call": call}


def _vapi(when: datetime, said: Event, *, is_last: bool) -> Event:
    call = {"id": "x", "orgId": "o", "status": said["state"], "updatedAt": when.isoformat()}
    told = {"durationSeconds": said["seconds"]} if "seconds" in said else {}
    told |= {"analysis": {"summary": said["summary"]}} if "summary" in said else {}
    if is_last:
        return {
            "message": {
                "type": "end-of-call-report",
                "timestamp": _ms(when),
                "call": call | {"status": "ringing"},
            }
            | told
        }
    return call | told


def _elevenlabs(when: datetime, said: Event, *, is_last: bool) -> Event:
    data: Event = {"agent_id": "a", "conversation_id": "x", "status": said["state"]}
    data |= {"metadata": {"call_duration_secs": said["seconds"]}} if "seconds" in said else {}
    data |= {"analysis": {"transcript_summary": said["summary"]}} if "summary" in said else {}
    stamp = when.isoformat() if is_last else int(when.timestamp())
    return {"type": "post_call_transcription", "event_timestamp": stamp, "data": data}


def _bolna(when: datetime, said: Event, *, is_last: bool) -> Event:
    # Their times have no offset.
    record = {"id": "x", "agent_id": "a", "status": said["state"], "usage_breakdown": {"is_last": is_last}}
    record["updated_at"] = when.replace(tzinfo=None).isoformat()
    record |= {"conversation_duration": said["seconds"]} if "seconds" in said else {}
    return record | ({"summary": said["summary"]} if "summary" in said else {})


def _twilio(when: datetime, said: Event, *, is_last: bool) -> Event:
    record = {"sid": "CAx", "account_sid": "AC1", "status": said["state"]}
    record |= {"date_updated": format_datetime(when), "price": "-0.02" if is_last else None}
    return record | ({"duration": str(said["seconds"])} if "seconds" in said else {})


def _bland(_: datetime, said: Event, *, is_last: bool) -> Event:
    record = {"call_id": "x", "queue_status": said["state"], "completed": is_last}
    record |= {"corrected_duration": str(said["seconds"])} if "seconds" in said else {}
    return record | ({"summary": said["summary"]} if "summary" in said else {})


def _atoms(_: datetime, said: Event, *, is_last: bool) -> Event:
    record = {"callId": "x", "_id": "y", "type": "webcall", "status": said["state"], "isTest": is_last}
    record |= {"duration": said["seconds"]} if "seconds" in said else {}
    return record | ({"postCallAnalytics": {"summary": said["summary"]}} if "summary" in said else {})


def _synthflow(_: datetime, said: Event, *, is_last: bool) -> Event:
    record = {"call_id": "x", "model_id": "m", "status": said["state"]}
    record |= {"end_call_reason": "human_ended_call"} if is_last else {}
    return record | ({"duration": said["seconds"]} if "seconds" in said else {})


Tell = Callable[..., Event]

MEANT: Final = ("queued", "in_progress", "completed")
HOOKS: Final[dict[str, tuple[Tell, tuple[str, str, str], bool, bool]]] = {
    "retell": (_retell, ("registered", "ongoing", "ended"), True, True),
    "vapi": (_vapi, ("queued", "in-progress", "ended"), True, True),
    "elevenlabs": (_elevenlabs, ("initiated", "processing", "done"), True, True),
    "bolna": (_bolna, ("queued", "call-disconnected", "completed"), True, True),
    "twilio": (_twilio, ("queued", "in-progress", "completed"), True, False),
    "bland": (_bland, ("queued", "started", "complete"), False, True),
    "smallest_atoms": (_atoms, ("in_queue", "active", "completed"), False, True),
    "synthflow": (_synthflow, ("registered", "in-progress", "completed"), False, False),
}
"""Of each platform how an event is told, its words for the three states of `MEANT`, whether an event says
when it was, and whether it tells a summary."""


@st.composite
def told(draw: st.DrawFn, platform: str) -> tuple[list[tuple[datetime, Event]], Facts]:
    """Events of one call in any order, each with its time, and what they say when they are read in order."""
    tell, states, _, has_summary = HOOKS[platform]
    chain = draw(st.lists(st.integers(0, 2), min_size=1, max_size=5).map(sorted))
    events: list[tuple[datetime, Event]] = []
    facts: Facts = {"duration_seconds": None, "summary": None}
    when = _BEGAN
    for step in chain:
        when += timedelta(seconds=draw(st.integers(1, 100)))
        state = states[step]
        said: Event = {"state": state}
        if draw(st.booleans()):
            said["seconds"] = draw(st.integers(0, 900))
            facts["duration_seconds"] = said["seconds"]
        if has_summary and draw(st.booleans()):
            said["summary"] = draw(st.sampled_from(["Ann was there.", "No answer yet.", "Berlin."]))
            facts["summary"] = said["summary"]
        facts |= {"status": MEANT[step], "status_reported": state}
        events.append((when, tell(when, said, is_last=step == 2)))
    return draw(st.permutations(events)), facts


@given(st.fixed_dictionaries({platform: told(platform) for platform in HOOKS}), st.booleans())
@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
def test_webhooks_in_any_order_are_read_as_in_order(
    found: dict[str, tuple[list[tuple[datetime, Event]], Facts]], is_one_run: bool
) -> None:
    """In one file where they say when they were; else each in its own, with the time at which it came.

    A lake of all platforms: no two have a source in common.
    """
    with TemporaryDirectory() as folder:
        runs: list[list[Path]] = [[]]
        for platform, (events, _) in found.items():
            if HOOKS[platform][2]:
                text = "\n".join(json.dumps(event) for _, event in events)
                paths = [write_export(Path(folder) / platform, "hooks.ndjson", text)]
            else:
                paths = [
                    write_export(
                        Path(folder) / platform, f"{number}.json", event, observed_at=when.timestamp()
                    )
                    for number, (when, event) in enumerate(events)
                ]
            for number, path in enumerate(paths):
                runs += [[]] * (number - len(runs) + 1)
                runs[0 if is_one_run else number] = [*runs[0 if is_one_run else number], path]
        lake = batchlake.open(Path(folder) / "lake")
        for run in runs:
            assert not run or lake.ingest(*run).problems == 0
        rows = {row["source"]: row for row in lake.sql("select * from calls").to_dicts()}
    assert rows.keys() == found.keys()
    for platform, (_, facts) in found.items():
        assert {key: rows[platform][key] for key in facts} == facts, platform


def test_of_events_without_a_time_in_one_file_the_furthest_state_wins(tmp_path: Path) -> None:
    """All have the file's time, so that it says nothing of their order: a call doesn't go back."""
    wanted: dict[tuple[str, str], str] = {}
    for platform in [name for name, (_, _, has_time, _) in HOOKS.items() if not has_time]:
        tell, states, _, _ = HOOKS[platform]
        for order in ((2, 0, 1), (1, 2, 0)):
            name = "x" + "".join(map(str, order))
            events = [tell(_BEGAN, {"state": states[step]}, is_last=step == 2) for step in order]
            text = "\n".join(map(json.dumps, events)).replace('"x"', f'"{name}"')
            write_export(tmp_path / "in", f"{platform}-{name}.ndjson", text)
            wanted[platform, name] = states[2]
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(tmp_path / "in")
    held = lake.sql("select source, call_id, status, status_reported from calls").to_dicts()
    assert {(row["source"], row["call_id"]): row["status_reported"] for row in held} == wanted
    assert {row["status"] for row in held} == {"completed"}
