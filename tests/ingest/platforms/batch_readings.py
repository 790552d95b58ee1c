"""A plain reading of the batches of other platforms: records drawn at random, and the facts that they state.

Written from the platforms' documentation, not from the files of `sql/sources`: nothing of batchlake is used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from tests.ingest.platforms.readings import Facts, Record, isos, moment, numbers

counts: Final = st.integers(0, 500)
unix: Final = st.integers(1_600_000_000, 1_760_000_000)


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _observed(text: str | None) -> Facts:
    """When a batch was observed, where it says so itself."""
    return {} if text is None else {"observed_at": _when(text)}


def bland(record: Record) -> Facts:
    """Bland's four shapes: the first version's answer, the second's batch, its events, and its posts."""
    params, analysis = record.get("batch_params", {}), record.get("analysis", {})
    payload = record.get("payload", {})
    status = record.get("status", payload.get("state_change"))
    if status is None and record.get("event_type") == "complete":
        status = "completed"
    said = payload or record
    return {
        "batch_id": params.get("id", record.get("batch_id", record.get("id"))),
        "status": status,
        "created_at": _when(params.get("created_at", record.get("created_at"))),
        "reported_total_calls": analysis.get("total_calls", said.get("calls_total")),
        "reported_completed": analysis.get("completed_calls", said.get("calls_successful")),
        "reported_failed": said.get("calls_failed"),
        "reported_in_progress": analysis.get("in_progress_calls"),
    } | _observed(record.get("timestamp"))


_counted: Final[dict[str, st.SearchStrategy[Any]]] = {
    "calls_total": counts,
    "calls_successful": counts,
    "calls_failed": counts,
}
_bland_first: Final = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["completed", "in_progress"]),
        "batch_params": st.fixed_dictionaries({"id": st.just("B")}, optional={"created_at": isos}),
        "call_data": st.just([]),
        "analysis": st.fixed_dictionaries(
            {}, optional={"total_calls": counts, "completed_calls": counts, "in_progress_calls": counts}
        ),
    }
)
_bland_second: Final = st.fixed_dictionaries(
    {
        "id": st.just("B"),
        "base_prompt": st.just({"voice": "maya"}),
        "call_objects": st.lists(st.fixed_dictionaries({"phone_number": numbers}), max_size=2),
    },
    optional={"created_at": isos},
)
_bland_event: Final = st.fixed_dictionaries(
    {
        "id": st.just("an event's own"),
        "batch_id": st.just("B"),
        "event_type": st.sampled_from(["complete", "state_change", "call"]),
        "payload": st.fixed_dictionaries(
            {}, optional=_counted | {"state_change": st.sampled_from(["running", "completed_partial"])}
        ),
    },
    optional={"timestamp": isos},
)
_bland_post: Final = st.fixed_dictionaries(
    {
        "batch_id": st.just("B"),
        "status": st.sampled_from(["completed", "completed_partial"]),
        "timestamp": isos,
    },
    optional=_counted,
)


def retell(record: Record) -> Facts:
    """Retell: an answer to a batch says how many calls are planned, and no more."""
    return {"batch_id": record["batch_call_id"], "reported_total_calls": record["total_task_count"]}


def elevenlabs(record: Record) -> Facts:
    """ElevenLabs: seconds since 1970; only the number of planned calls is a batch's figure."""
    created, updated = record.get("created_at_unix"), record.get("last_updated_at_unix")
    return {
        "batch_id": record["id"],
        "status": record.get("status"),
        "created_at": None if created is None else moment(created * 1000),
        "reported_total_calls": record.get("total_calls_scheduled"),
        "reported_completed": None,
    } | ({} if updated is None else {"observed_at": moment(updated * 1000)})


def vapi(record: Record) -> Facts:
    """Vapi: of a campaign's counters the calls that have ended are sure."""
    return {
        "batch_id": record["id"],
        # A state that calls have, too, is spelled as theirs.
        "status": "in_progress" if record.get("status") == "in-progress" else record.get("status"),
        "created_at": _when(record.get("createdAt")),
        "reported_total_calls": None,
        "reported_completed": record["callsCounterEnded"],
    } | _observed(record.get("updatedAt"))


def bolna(record: Record) -> Facts:
    """Bolna: of its counts the completed ones alone are sure."""
    return {
        "batch_id": record["batch_id"],
        "status": record.get("status"),
        "created_at": _when(record.get("created_at")),
        "reported_total_calls": None,
        "reported_completed": record.get("execution_status", {}).get("completed"),
    } | _observed(record.get("updated_at"))


def atoms(record: Record) -> Facts:
    """Atoms: a campaign counts participants, which are no calls."""
    return {
        "batch_id": record["_id"],
        "status": record.get("status"),
        "created_at": _when(record.get("createdAt")),
        "reported_total_calls": None,
    } | _observed(record.get("updatedAt"))


BATCHES: Final[dict[str, tuple[st.SearchStrategy[Record], Callable[[Record], Facts]]]] = {
    "bland": (st.one_of(_bland_first, _bland_second, _bland_event, _bland_post), bland),
    "retell": (
        st.fixed_dictionaries(
            {"batch_call_id": st.just("B"), "total_task_count": counts},
            optional={"name": st.just("spring"), "scheduled_timestamp": unix},
        ),
        retell,
    ),
    "elevenlabs": (
        st.fixed_dictionaries(
            {"id": st.just("B"), "agent_id": st.just("a"), "total_calls_scheduled": counts},
            optional={
                "status": st.sampled_from(["pending", "completed", "failed"]),
                "created_at_unix": unix,
                "last_updated_at_unix": unix,
                "total_calls_finished": counts,
                "recipients": st.lists(
                    st.fixed_dictionaries(
                        {"id": st.just("r"), "phone_number": numbers},
                        optional={
                            "conversation_id": st.just("B"),
                            "status": st.just("completed"),
                            "created_at_unix": unix,
                        },
                    ),
                    max_size=1,
                ),
            },
        ),
        elevenlabs,
    ),
    "vapi": (
        st.fixed_dictionaries(
            {"id": st.just("B"), "orgId": st.just("o"), "callsCounterEnded": counts},
            optional={
                "status": st.sampled_from(["scheduled", "in-progress", "ended"]),
                "createdAt": isos,
                "updatedAt": isos,
                "endedReason": st.just("campaign.ended.success"),
                "callsCounterInProgress": counts,
            },
        ),
        vapi,
    ),
    "bolna": (
        st.fixed_dictionaries(
            {"batch_id": st.just("B"), "valid_contacts": counts},
            optional={
                "status": st.sampled_from(["scheduled", "queued", "executed"]),
                "created_at": isos,
                "updated_at": isos,
                "execution_status": st.fixed_dictionaries(
                    {"ringing": counts}, optional={"completed": counts}
                ),
            },
        ),
        bolna,
    ),
    "smallest_atoms": (
        st.fixed_dictionaries(
            {"_id": st.just("B"), "participantsCount": counts},
            optional={
                "status": st.sampled_from(["running", "draft"]),
                "createdAt": isos,
                "updatedAt": isos,
                "audienceId": st.just("x"),
            },
        ),
        atoms,
    ),
}
"""Of each platform that has batches: records, and their reading."""
