"""A plain reading of what other platforms send: records drawn at random, and the facts that they state.

Written from the platforms' documentation, not from the files of `sql/sources`: nothing of batchlake is used.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from hypothesis import strategies as st

Record = dict[str, Any]
Facts = dict[str, Any]

numbers: Final = st.sampled_from(["+14155550100", "anonymous", "client:alice", "4155550100"])
millis: Final = st.integers(1_600_000_000_000, 1_800_000_000_000)
MILLIONTH: Final = Decimal("0.000001")


def cents(number: float) -> Decimal:
    """Hundredths as an amount."""
    return (Decimal(repr(number)) / 100).quantize(MILLIONTH, ROUND_HALF_UP)


def moment(unix_ms: int) -> datetime:
    """A Unix time in milliseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Record]:
    """A record in which any of these fields may be absent."""
    return st.fixed_dictionaries({}, optional=fields)


RETELL_REASONS: Final = {
    "voicemail_reached": "voicemail",
    "dial_no_answer": "no_answer",
    "dial_busy": "busy",
    "user_hangup": "completed",
    "transfer_bridged": "completed",
    "dial_failed": "failed",
    "telephony_provider_unavailable": "failed",
    "error_asr": "failed",
    "spontaneous_fault": "failed",
    "moon_phase": "completed",
}


def retell(record: Record) -> Facts:
    """Retell: milliseconds and cents; an end outweighs `registered`."""
    status, reason = record["call_status"], record.get("disconnection_reason")
    ended = reason is not None or "end_timestamp" in record or status not in ("registered", "ongoing")
    if reason == "voicemail_reached" or record.get("call_analysis", {}).get("in_voicemail"):
        meant = "voicemail"
    elif reason:
        meant = RETELL_REASONS[reason]
    elif status in ("registered", "ongoing"):
        meant = "completed" if ended else {"registered": "queued", "ongoing": "in_progress"}[status]
    else:
        meant = {"ended": "completed", "error": "failed", "not_connected": "failed"}[status]
    cost = record.get("call_cost", {}).get("combined_cost")
    return {
        "call_id": record["call_id"],
        "status": meant,
        "status_reported": status,
        "ended_by": reason,
        "duration_seconds": record["duration_ms"] / 1000 if "duration_ms" in record else None,
        "cost": cents(cost) if cost is not None and ended else None,
        "currency": "USD",
        "started_at": moment(record["start_timestamp"]),
        "direction": "web" if record["call_type"] == "web_call" else record.get("direction"),
        "success": record.get("call_analysis", {}).get("call_successful"),
        "batch_id": None,
    }


retells: Final = st.builds(
    lambda fixed, some: fixed | some,
    st.fixed_dictionaries(
        {
            "call_type": st.sampled_from(["phone_call", "web_call"]),
            "call_status": st.sampled_from(["registered", "ongoing", "ended", "error", "not_connected"]),
            "start_timestamp": millis,
        }
    ),
    optional(
        disconnection_reason=st.sampled_from(sorted(RETELL_REASONS)),
        duration_ms=st.integers(0, 10**7),
        call_cost=st.fixed_dictionaries(
            {"combined_cost": st.sampled_from([0, 4.56, 70, 0.00005, 12.345678])}
        ),
        call_analysis=optional(in_voicemail=st.booleans(), call_successful=st.booleans()),
        direction=st.sampled_from(["inbound", "outbound"]),
        unknown_key=st.just({"a": [1]}),
    ),
)

VAPI_REASONS: Final = {
    "voicemail": "voicemail",
    "customer-busy": "busy",
    "customer-did-not-answer": "no_answer",
    "call-deleted": "cancelled",
    "manually-canceled": "cancelled",
    "customer-ended-call": "completed",
    "assistantEndedCall": "completed",
    "assistant-ended-call-with-hangup-task": "completed",
    "silence-timed-out": "completed",
    "worker-shutdown": "failed",
    "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable": "failed",
    "assistant-not-found": "failed",
    "assistant-request-returned-no-assistant": "failed",
    "something-new": "completed",
    "call.in-progress.twilio-completed-call": "completed",
    "call.in-progress.sip-completed-call": "completed",
}


def vapi(record: Record) -> Facts:
    """Vapi: no duration of its own; numbers by direction; an evaluation is a flag only where it is one."""
    reason, status = record.get("endedReason"), record["status"]
    meant = (
        VAPI_REASONS[reason]
        if reason
        else {"in-progress": "in_progress", "forwarding": "in_progress", "ended": "completed"}.get(
            status, status
        )
    )
    start, end = record.get("startedAt"), record.get("endedAt")
    seconds = (
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        if start and end
        else None
    )
    inbound = record["type"] == "inboundPhoneCall"
    customer, ours = record["customer"]["number"], record["phoneNumber"]["number"]
    said = record.get("analysis", {}).get("successEvaluation")
    paid = record.get("cost", record.get("costBreakdown", {}).get("total"))
    return {
        "call_id": record["id"],
        "status": meant,
        "status_reported": status,
        "ended_by": reason,
        "duration_seconds": record.get(
            "durationSeconds", seconds if seconds is None or seconds >= 0 else None
        ),
        "started_at": None if start is None else datetime.fromisoformat(start),
        "ended_at": None if end is None else datetime.fromisoformat(end),
        "cost": None if paid is None else Decimal(repr(paid)).quantize(MILLIONTH, ROUND_HALF_UP),
        "currency": "USD",
        "direction": {"inboundPhoneCall": "inbound", "outboundPhoneCall": "outbound", "webCall": "web"}[
            record["type"]
        ],
        "from_number": None if record["type"] == "webCall" else customer if inbound else ours,
        "to_number": None if record["type"] == "webCall" else ours if inbound else customer,
        "success": {"true": True, "pass": True, "false": False, "fail": False}.get(said),
        "outcome_label": said if said in ("1", "Good", "80%") else None,
        "batch_id": record.get("campaignId"),
    }


isos: Final = st.integers(0, 10**6).map(
    lambda second: (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).isoformat()
)
vapis: Final = st.builds(
    lambda fixed, some: fixed | some,
    st.fixed_dictionaries(
        {
            "orgId": st.just("o"),
            "type": st.sampled_from(["inboundPhoneCall", "outboundPhoneCall", "webCall"]),
            "status": st.sampled_from(["queued", "ringing", "in-progress", "forwarding", "ended"]),
            "customer": st.fixed_dictionaries({"number": numbers}),
            "phoneNumber": st.fixed_dictionaries({"number": numbers}),
        }
    ),
    optional(
        endedReason=st.sampled_from(sorted(VAPI_REASONS)),
        startedAt=isos,
        endedAt=isos,
        durationSeconds=st.sampled_from([0, 42.5]),
        cost=st.sampled_from([0, 0.0546]),
        costBreakdown=st.just({"total": 0.21, "llm": 0.2}),
        campaignId=st.just("spring"),
        analysis=optional(
            successEvaluation=st.sampled_from(["true", "pass", "false", "fail", "1", "Good", "80%"])
        ),
    ),
)


def twilio(record: Record) -> Facts:
    """Twilio: texts, a price below zero, a machine that answered."""
    way = record["direction"]
    is_machine = record["status"] == "completed" and (record.get("answered_by") or "").startswith("machine_")
    price = record.get("price")
    return {
        "call_id": record["sid"],
        "status": "voicemail"
        if is_machine
        else record["status"].replace("-", "_").replace("canceled", "cancelled"),
        "duration_seconds": float(record["duration"]) if record.get("duration") else None,
        "cost": -Decimal(price).quantize(MILLIONTH) if price else None,
        "currency": record.get("price_unit"),
        "direction": "inbound" if way in ("inbound", "trunking-originating") else "outbound",
        "from_number": record["from"],
        "to_number": record["to"],
    }


TWILIO_CALLBACK: Final = {
    "sid": "CallSid", "status": "CallStatus", "duration": "CallDuration", "direction": "Direction",
    "from": "From", "to": "To", "answered_by": "AnsweredBy", "date_updated": "Timestamp",
}  # fmt: skip
"""What a callback says of a call, and how it spells that."""


def in_camel_case(key: str) -> str:
    """A key as a library for Node.js spells it."""
    first, *others = key.split("_")
    return first + "".join(map(str.title, others))


def all_in_camel_case(value: Any) -> Any:
    """A record as a library for JavaScript spells it, however deep."""
    if isinstance(value, dict):
        return {in_camel_case(key): all_in_camel_case(inner) for key, inner in value.items()}
    return [all_in_camel_case(one) for one in value] if isinstance(value, list) else value


twilios: Final = st.fixed_dictionaries(
    {
        "account_sid": st.just("AC1"),
        "price_unit": st.sampled_from(["USD", "JPY"]),
        "from": numbers,
        "to": numbers,
        "status": st.sampled_from(
            ["completed", "busy", "no-answer", "canceled", "in-progress", "queued", "failed"]
        ),
        "direction": st.sampled_from(
            ["inbound", "outbound-api", "outbound-dial", "trunking-originating", "trunking-terminating"]
        ),
    },
    optional={
        "answered_by": st.sampled_from([None, "human", "machine_start", "machine_end_beep", "fax"]),
        "duration": st.sampled_from([None, "0", "4", "3600"]),
        "price": st.sampled_from([None, "-0.200", "-0.00750"]),
    },
)


def bland(record: Record) -> Facts:
    """Bland: seconds win over minutes, `answered_by` over a completed call; a running one has no end."""
    state, queue, done = record.get("status"), record["queue_status"], record["completed"]
    is_complete = done or queue in ("complete", "complete_error")
    answered = record.get("answered_by")
    if answered == "voicemail" and (state == "completed" or (state is None and is_complete)):
        meant = "voicemail"
    elif answered == "no-answer":
        meant = "no_answer"
    elif state is not None:
        meant = state.replace("-", "_").replace("canceled", "cancelled")
    elif queue in ("pre_queue_error", "queue_error", "call_error"):
        meant = "failed"
    else:
        meant = (
            "completed"
            if is_complete
            else {"new": "queued", "queued": "queued", "started": "in_progress"}[queue]
        )
    seconds = record.get("corrected_duration")
    minutes = record["call_length"] if "call_id" in record else None
    return {
        "call_id": record.get("call_id") or record["c_id"],
        "status": meant,
        "status_reported": state or queue,
        "duration_seconds": float(seconds)
        if seconds
        else (None if minutes is None else float(Decimal(repr(minutes)) * 60)),
        "cost": Decimal(repr(record["price"])).quantize(MILLIONTH) if "price" in record else None,
        "ended_at": datetime.fromisoformat(record["end_at"]) if done and "end_at" in record else None,
        "direction": "inbound" if record["inbound"] else "outbound",
        "batch_id": record.get("batch_id"),
    }


blands: Final = st.fixed_dictionaries(
    {
        "call_length": st.sampled_from([0, 0.834, 0.183333333333333, 12.5]),
        "completed": st.booleans(),
        "queue_status": st.sampled_from(
            ["complete", "complete_error", "pre_queue_error", "call_error", "new", "queued", "started"]
        ),
        "inbound": st.booleans(),
    },
    optional={
        "status": st.sampled_from([None, "completed", "failed", "busy", "no-answer", "canceled", "unknown"]),
        "answered_by": st.sampled_from([None, "human", "voicemail", "no-answer", "unknown"]),
        "corrected_duration": st.sampled_from([None, "11", "0"]),
        "price": st.sampled_from([0, 0.017, 1.5]),
        "end_at": isos,
        "batch_id": st.just("b1"),
        "error_message": st.just("Cannot transfer"),
    },
)
