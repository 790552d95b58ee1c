"""The plain readings of four more platforms."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hypothesis import strategies as st

from tests.ingest.platforms.readings import MILLIONTH, Facts, Record, cents, millis, moment, numbers


def elevenlabs(record: Record) -> Facts:
    """ElevenLabs: seconds since 1970, fiat money, numbers by direction; a list has it at the top."""
    meta = record.get("metadata", {})
    phone, body = meta.get("phone_call", {}), meta.get("body", {})
    direction = phone.get("direction", record.get("direction"))
    sides = (phone.get("external_number"), phone.get("agent_number"))
    from_number, to_number = sides if direction == "inbound" else sides[::-1]
    fiat = meta.get("cost_fiat")
    start = meta.get("start_time_unix_secs", record.get("start_time_unix_secs"))
    status, failure = record.get("status"), record.get("failure_reason")
    begun_by = record.get("conversation_initiation_source", meta.get("conversation_initiation_source"))
    facts = {
        "call_id": record["conversation_id"],
        "status": {
            None: {"busy": "busy", "no-answer": "no_answer"}.get(str(failure), "failed"),
            "done": "completed",
            "failed": "failed",
            "in-progress": "in_progress",
            "processing": "in_progress",
            "initiated": "queued",
        }[status],
        "duration_seconds": meta.get("call_duration_secs", record.get("call_duration_secs")),
        "started_at": None if start is None else moment(start * 1000),
        "cost": None if fiat is None else Decimal(repr(fiat)).quantize(MILLIONTH, ROUND_HALF_UP),
        "ended_at": None,
        "direction": direction or ("web" if begun_by in ("js_sdk", "widget") else None),
        "from_number": from_number or body.get("From") or body.get("from_number"),
        "to_number": to_number or body.get("To") or body.get("to_number") or record.get("phone_number"),
        "success": {"success": True, "failure": False}.get(
            record.get("analysis", {}).get("call_successful", record.get("call_successful"))
        ),
    }
    return facts if failure is None else facts | {"ended_by": failure}


_verdicts: Final = st.sampled_from(["success", "failure", "unknown"])
_states: Final = st.sampled_from(["done", "failed", "in-progress", "processing", "initiated"])
_sources: Final = st.sampled_from(["js_sdk", "widget", "twilio", "sip_trunk"])
_ways: Final = st.sampled_from(["inbound", "outbound"])
_conversations: Final = st.fixed_dictionaries(
    {
        "agent_id": st.just("a"),
        "status": _states,
        "metadata": st.fixed_dictionaries(
            {
                "start_time_unix_secs": st.integers(1, 1_900_000_000),
                "call_duration_secs": st.integers(0, 4000),
                "cost": st.integers(0, 999),
            },
            optional={
                "cost_fiat": st.sampled_from([None, 0, 1.1, 0.095]),
                "conversation_initiation_source": _sources,
                "phone_call": st.fixed_dictionaries(
                    {"direction": _ways, "external_number": numbers, "agent_number": numbers}
                ),
            },
        ),
    },
    optional={"analysis": st.fixed_dictionaries({"call_successful": _verdicts})},
)
_of_a_list: Final = st.fixed_dictionaries(
    {
        "agent_id": st.just("a"),
        "status": _states,
        "start_time_unix_secs": st.integers(1, 1_900_000_000),
        "call_duration_secs": st.integers(0, 4000),
    },
    optional={
        "direction": _ways,
        "call_successful": _verdicts,
        "conversation_initiation_source": _sources,
    },
)
_never_begun: Final = st.fixed_dictionaries(
    {
        "agent_id": st.just("a"),
        "failure_reason": st.sampled_from(["busy", "no-answer", "unknown"]),
        "metadata": st.fixed_dictionaries(
            {
                "type": st.just("twilio"),
                "body": st.one_of(
                    st.fixed_dictionaries({"From": numbers, "To": numbers}),
                    st.fixed_dictionaries({"from_number": numbers, "to_number": numbers}),
                ),
            }
        ),
    }
)
elevens: Final = st.one_of(_conversations, _of_a_list, _never_begun)


def bolna(record: Record) -> Facts:
    """Bolna: cents; the conversation's own seconds before the telephony's."""
    word = record["status"]
    meant = {
        "rescheduled": "scheduled",
        "initiated": "queued",
        "error": "failed",
        "stopped": "failed",
        "balance-low": "failed",
        "canceled": "cancelled",
    }.get(word, word.replace("-", "_"))
    line = record.get("telephony_data") or {}
    seconds = record.get("conversation_duration")
    if seconds is None:
        seconds = record.get("conversation_time")
    return {
        "call_id": record["id"],
        "status": "voicemail" if word == "completed" and record.get("answered_by_voice_mail") else meant,
        "duration_seconds": seconds
        if seconds is not None
        else float(line["duration"])
        if line.get("duration")
        else None,
        "cost": cents(record["total_cost"]),
        "currency": None,
        "direction": line.get("call_type"),
        "created_at": datetime.fromisoformat(record["created_at"]).replace(tzinfo=UTC),
    }


bolnas: Final = st.fixed_dictionaries(
    {
        "agent_id": st.just("a"),
        "usage_breakdown": st.just({}),
        "total_cost": st.sampled_from([0, 12.71, 3, 0.005]),
        "created_at": st.just("2025-08-14T14:05:13.684865"),
        "status": st.sampled_from(
            [
                "completed",
                "rescheduled",
                "initiated",
                "error",
                "stopped",
                "balance-low",
                "busy",
                "no-answer",
                "canceled",
                "queued",
                "ringing",
                "in-progress",
                "scheduled",
            ]
        ),
    },
    optional={
        "answered_by_voice_mail": st.sampled_from([None, True, False]),
        "conversation_duration": st.sampled_from([None, 0, 68.4]),
        "conversation_time": st.sampled_from([None, 61]),
        "telephony_data": st.sampled_from([None, {"duration": "69", "call_type": "inbound"}]),
    },
)


def atoms(record: Record) -> Facts:
    """Atoms: credits are no money."""
    return {
        "call_id": record["callId"],
        "cost": None,
        "duration_seconds": record["duration"],
        "status": {
            "pending": "queued",
            "in_queue": "queued",
            "active": "in_progress",
            "processing": "in_progress",
        }.get(record["status"], record["status"]),
        "direction": {"telephony_inbound": "inbound", "telephony_outbound": "outbound", "webcall": "web"}[
            record["type"]
        ],
        "is_test": record.get("isTest"),
    }


atomses: Final = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["telephony_inbound", "telephony_outbound", "webcall"]),
        "duration": st.integers(0, 900),
        "status": st.sampled_from(
            [
                "pending",
                "in_queue",
                "active",
                "in_progress",
                "processing",
                "completed",
                "failed",
                "no_answer",
                "cancelled",
            ]
        ),
        "callCost": st.integers(0, 5),
    },
    optional={"_id": st.just("x"), "isTest": st.booleans()},
)


def synthflow(record: Record) -> Facts:
    """Synthflow: milliseconds as text for the start, seconds for the length."""
    word = record.get("call_status", record.get("status"))
    inbound = record["type_of_call"] == "inbound"
    lead, agent = record["lead_phone_number"], record["agent_phone_number"]
    return {
        "call_id": record["call_id"],
        "duration_seconds": float(record["duration"]),
        "cost": None,
        "status": {
            "hangup_on_voicemail": "voicemail",
            "left_voicemail": "voicemail",
            "user-canceled": "cancelled",
            "canceled": "cancelled",
            "pending": "queued",
            "registered": "queued",
        }.get(word, word.replace("-", "_")),
        "started_at": moment(int(record["start_time"])),
        "from_number": lead if inbound else agent,
        "to_number": agent if inbound else lead,
        "direction": record["type_of_call"],
    }


_of_one_call: Final = st.fixed_dictionaries(
    {
        "model_id": st.just("m"),
        "duration": st.sampled_from([0, 42, "41", 1.5]),
        "start_time": millis.map(str),
        "status": st.sampled_from(
            [
                "completed",
                "busy",
                "no-answer",
                "failed",
                "hangup_on_voicemail",
                "left_voicemail",
                "canceled",
                "user-canceled",
                "pending",
                "registered",
                "ringing",
                "in-progress",
            ]
        ),
        "type_of_call": st.sampled_from(["inbound", "outbound"]),
        "lead_phone_number": numbers,
        "agent_phone_number": numbers,
        "telephony_duration": st.integers(0, 99_999),
    },
    optional={"lead": st.just({"phone_number": "+14155550199"})},
)
synthflows: Final = st.one_of(
    _of_one_call,
    _of_one_call.map(lambda call: {"call_status" if key == "status" else key: call[key] for key in call}),
)
"""Of one call its state is `status`, in a list `call_status`."""


_ENDS: Final = {
    "unjoined": "no_answer", "hangup": "completed", "agent_hangup": "completed", "timeout": "completed",
    "connection_error": "failed", "system_error": "failed",
}  # fmt: skip


def ultravox(record: Record) -> Facts:
    """Ultravox: a reason is all that it says of a state; a call lasts from joining to its end."""
    reason = record["endReason"]
    began, ended = (record[key] and datetime.fromisoformat(record[key]) for key in ("joined", "ended"))
    ((kind, way),) = record["medium"].items()
    sides = way.get("outgoing", {})
    return {
        "call_id": record["callId"],
        "status": _ENDS[reason] if reason else "in_progress" if began else "queued",
        "ended_by": reason,
        "duration_seconds": (ended - began).total_seconds() if began and ended else None,
        "started_at": began,
        "ended_at": ended,
        "cost": None,
        "direction": "web" if kind == "webRtc" else "outbound" if sides else "inbound",
        "from_number": sides.get("from"),
        "to_number": sides.get("to"),
    }


_sides: Final = st.fixed_dictionaries({"to": numbers, "from": numbers})
ultravoxes: Final = st.builds(
    lambda fixed, reason, joined: (
        fixed
        | {
            "endReason": reason,
            "joined": None if reason == "unjoined" else joined,
            "ended": "2025-05-01T10:01:02.500000+00:00" if reason else None,
        }
    ),
    st.fixed_dictionaries(
        {
            "billedDuration": st.sampled_from([None, "60s"]),
            "medium": st.one_of(
                st.sampled_from([{"webRtc": {}}, {"twilio": {"incoming": {}}}]),
                _sides.map(lambda sides: {"telnyx": {"outgoing": sides}}),
            ),
        }
    ),
    st.sampled_from([None, *_ENDS]),
    st.sampled_from([None, "2025-05-01T10:00:02+00:00"]),
)
