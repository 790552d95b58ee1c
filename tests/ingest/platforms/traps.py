"""Where a careless reader of other platforms' exports goes wrong: each trap, by the platform's documentation.

One table: the trap in a sentence, a record that has it (`ID` stands for its call's id), and what has to come
out, worked out by hand. None says that there is no call of that id.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

Facts = dict[str, Any]

BLAND: Final[Facts] = {"call_id": "ID", "status": "completed", "completed": True, "call_length": 0.2}
RETELL: Final[Facts] = {"call_id": "ID", "call_type": "phone_call", "call_status": "ended"}
VAPI: Final[Facts] = {"id": "ID", "orgId": "o", "type": "outboundPhoneCall", "status": "ended"}
ELEVEN: Final[Facts] = {"conversation_id": "ID", "agent_id": "a", "status": "done"}
BOLNA: Final[Facts] = {"id": "ID", "agent_id": "a", "usage_breakdown": {}, "status": "completed"}
TWILIO: Final[Facts] = {"sid": "CAID", "account_sid": "AC1", "price_unit": "USD", "status": "completed"}
ATOMS: Final[Facts] = {"callId": "ID", "_id": "other", "type": "telephony_outbound", "status": "completed"}
SYNTH: Final[Facts] = {"call_id": "ID", "model_id": "m", "status": "completed"}


def report(**message: Any) -> Facts:
    """Vapi's report of a call whose copy is from the call's start."""
    call = {"id": "ID", "orgId": "o", "type": "outboundPhoneCall", "status": "ringing"}
    return {"message": {"type": "end-of-call-report", "call": call, **message}}


def line(role: str, text: str | None, **more: Any) -> Facts:
    return {"role": role, "content": text, **more}


TRAPS: Final[dict[str, tuple[Facts, Facts | None]]] = {
    # Rules for every platform
    "empty text is no value": (
        RETELL | {"recording_url": "", "from_number": " ", "disconnection_reason": ""},
        {"recording_url": None, "from_number": None, "ended_by": None},
    ),
    "numbers stay as they are spelled": (
        TWILIO | {"from": "client:alice", "to": "trunkuser7"},
        {"from_number": "client:alice", "to_number": "trunkuser7"},
    ),
    "an unknown reason that tells of an error is a failure": (
        RETELL | {"disconnection_reason": "brand_new_fault"}, {"status": "failed",
        "ended_by": "brand_new_fault"},
    ),
    "any other unknown reason is a completed call": (
        RETELL | {"disconnection_reason": "brand_new"}, {"status": "completed"},
    ),
    "an unknown state is unknown": (TWILIO | {"status": "dreaming"}, {"status": "unknown"}),
    "cents are divided in decimal and rounded half up": (
        RETELL | {"call_cost": {"combined_cost": 0.00005}}, {"cost": Decimal("0.000001")},
    ),
    "a reported 0 is 0, a missing price is none": (BLAND | {"price": 0}, {"cost": Decimal(0)}),
    "an empty page of a price": (BLAND | {"price": None}, {"cost": None, "currency": "USD"}),
    "a label is in lower case, and gives no scores": (
        RETELL | {"call_analysis": {"user_sentiment": "Positive"}},
        {"sentiment_label": "positive", "sentiment_positive": None},
    ),
    "svalync's own shapes come first": (
        RETELL | {"callDuration": 3}, {"source": "svalync", "duration_seconds": 3},
    ),
    # Bland
    "bland: minutes beside seconds in one record": (
        BLAND | {"corrected_duration": "12"}, {"duration_seconds": 12},
    ),
    "bland: minutes alone": (BLAND, {"duration_seconds": 12}),
    "bland: before February 2024 `call_length` was of no certain unit": (
        {"c_id": "ID", "call_length": 12, "completed": True},
        {"duration_seconds": None, "status": "completed"},
    ),
    "bland: `end_at` of a running call is when it will be cut off": (
        BLAND | {"status": None, "completed": False, "queue_status": "started",
        "end_at": "2025-01-01T00:00:00Z"},
        {"ended_at": None, "status": "in_progress"},
    ),
    "bland: a voicemail is no completed call": (
        BLAND | {"answered_by": "voicemail"}, {"status": "voicemail", "outcome": "failed"},
    ),
    "bland: `answered_by` unknown says nothing": (BLAND | {"answered_by": "unknown"},
    {"status": "completed"}),
    "bland: an error message says nothing": (BLAND | {"error_message": "No transfer"},
    {"status": "completed"}),
    "bland: `is_canary` is no test flag": (BLAND | {"is_canary": True}, {"is_test": None}),
    "bland: `variables` repeats numbers": (
        BLAND | {"to": "+14155550101", "from": "+14155550100", "variables": {"to": "+1", "call_id": "x"}},
        {"to_number": "+14155550101", "from_number": "+14155550100"},
    ),
    "bland: what the agent did is not spoken, and one transcript counts": (
        BLAND | {
            "concatenated_transcript": "user: other\nagent-action: Ended call",
            "transcripts": [
                {"user": "assistant", "text": "Hello"}, {"user": "robot", "text": "Hi"},
                {"user": "agent-action", "text": "Ended call"}, {"user": "user", "text": " "},
            ],
        },
        {"said": [("ai", "Hello"), ("ai", "Hi")]},
    ),
    "bland: answers come later, and their time is not the call's": (
        {"status": "success", "analysis": [{"call_id": "ID", "goal": "g", "questions": [["Well?", "boolean"]],
        "answers": [True], "created_at": "2025-01-01T00:00:00Z"}]},
        {"source": "bland", "created_at": None,
         "extra": {"answers": [True], "created_at": "2025-01-01T00:00:00Z"}},
    ),
    "bland: what was found in a call comes alone, too": (
        {"call_id": "ID", "event_type": "citations", "citations": [{"value": "Ada"}]}, {"source": "bland"},
    ),
    "bland: a sip log is no call": ({"sip_code": 486, "c_id": "ID", "reason": "busy"}, None),
    # Retell
    "retell: 4.56 is 4.56 cents": (
        RETELL | {"call_cost": {"combined_cost": 4.56, "total_duration_seconds": 60}, "duration_ms": 36_000},
        {"cost": Decimal("0.0456"), "duration_seconds": 36, "currency": "USD"},
    ),
    "retell: the platform's own length counts, whatever the times say": (
        RETELL | {"duration_ms": 56_000, "start_timestamp": 1761297670000, "end_timestamp": 1761297753000},
        {"duration_seconds": 56},
    ),
    "retell: a cost of 0 while it runs is none yet": (
        RETELL | {"call_status": "ongoing", "call_cost": {"combined_cost": 0}}, {"cost": None},
    ),
    "retell: a call that never connected has no time": (
        RETELL | {"call_status": "not_connected", "disconnection_reason": "dial_no_answer"},
        {"started_at": None, "call_time": None, "status": "no_answer"},
    ),
    "retell: an end outweighs `registered`": (
        RETELL | {"call_status": "registered", "end_timestamp": 1761297753000}, {"status": "completed"},
    ),
    "retell: a person's hanging up on a machine": (
        RETELL | {"disconnection_reason": "user_hangup", "call_analysis": {"in_voicemail": True}},
        {"status": "voicemail"},
    ),
    "retell: `custom_analysis_data` may be a list": (
        RETELL | {"call_analysis": {"custom_analysis_data": [], "call_successful": False}},
        {"success": False},
    ),
    "retell: who was transferred to is nobody known; tools say nothing": (
        RETELL | {
            "transcript": "Agent: other\n",
            "transcript_object": [
                line("agent", "Hello", words=[{"word": "Hello", "start": 1.5, "end": 2}]),
                line("transfer_target", "Yes?"), line("tool_call_result", "{}"), line("user", None),
            ],
        },
        {"said": [("ai", "Hello"), ("unknown", "Yes?")]},
    ),
    "retell: a transfer's webhook says where to": (
        {"event": "transfer_bridged", "call": RETELL, "transfer_destination": {"number": "+14155550109"},
        "data": RETELL},
        {"extra": {"transfer_destination": {"number": "+14155550109"}}},
    ),
    "retell: where nothing personal is stored, only what is scrubbed is there": (
        RETELL | {"scrubbed_recording_url": "https://x.example/s.wav",
        "scrubbed_transcript_with_tool_calls": [
            line("agent", "Hello"), line("node_transition", None), line("user", "I'm [name]")]},
        {"said": [("ai", "Hello"), ("human", "I'm [name]")], "recording_url": "https://x.example/s.wav"},
    ),
    # Vapi
    "vapi: `in-progress.error` did not happen in progress": (
        VAPI | {"endedReason": "call.in-progress.error-vapifault-sip-503"}, {"status": "failed"},
    ),
    "vapi: a message's `duration` has no certain unit, and a transcript given twice is one": (
        VAPI | {
            "startedAt": "2025-01-01T00:00:00Z", "endedAt": "2025-01-01T00:00:09.5Z",
            "messages": [{"role": "bot", "message": "Hi", "duration": 1200}],
            "transcript": "AI: Hi\n",
            "artifact": {
                "messages": [
                    {"role": "system", "message": "You are Max"}, {"role": "bot", "message": "Hi",
                    "duration": 1200},
                ],
                "transcript": "AI: Hi\n", "messagesOpenAIFormatted": [line("system", "You are Max")],
            },
        },
        {"duration_seconds": 9.5, "said": [("ai", "Hi")]},
    ),
    "vapi: a trimmed list has no state": (
        {"id": "ID", "endedReason": "customer-busy"}, {"source": "vapi", "status": "busy"},
    ),
    "vapi: parts of the cost are no additions": (
        VAPI | {"cost": 0.1, "costBreakdown": {"total": 0.1, "llm": 0.05}, "costs": [{"cost": 0.05}]},
        {"cost": Decimal("0.1")},
    ),
    "vapi: the breakdown's total where there is no cost": (
        VAPI | {"costBreakdown": {"total": 0.2}}, {"cost": Decimal("0.2")},
    ),
    "vapi: 1 of 10 is not true": (
        VAPI | {"analysis": {"successEvaluation": "1"}}, {"success": None, "outcome_label": "1"},
    ),
    "vapi: a report's call has ended, whatever its copy says": (
        report(endedReason="customer-ended-call"), {"status": "completed"},
    ),
    "vapi: reasons are spelled in several ways": (
        VAPI | {"endedReason": "customerDidNotAnswer"}, {"status": "no_answer"},
    ),
    "vapi: a caller who hung up before anybody answered": (
        VAPI | {"endedReason": "call.ringing.sip-inbound-caller-hungup-before-call-connect"},
        {"status": "cancelled", "outcome": "failed"},
    ),
    "vapi: a failure without a word for it": (
        VAPI | {"endedReason": "phone-call-provider-bypass-enabled-but-no-call-received"},
        {"status": "failed"},
    ),
    "vapi: without a start there is no length": (
        VAPI | {"endedAt": "2025-01-01T00:00:09Z"}, {"duration_seconds": None},
    ),
    # ElevenLabs
    "elevenlabs: `cost` is credits": (
        ELEVEN | {"metadata": {"cost": 531, "call_duration_secs": 79}},
        {"cost": None, "duration_seconds": 79, "extra": {"metadata.cost": 531}},
    ),
    "elevenlabs: fiat money is money": (
        ELEVEN | {"metadata": {"cost": 531, "cost_fiat": 0.095}}, {"cost": Decimal("0.095"),
        "currency": "USD"},
    ),
    "elevenlabs: seconds since 1970, and no end": (
        ELEVEN | {"metadata": {"start_time_unix_secs": 1739537297, "call_duration_secs": 22}},
        {"started_at": datetime(2025, 2, 14, 12, 48, 17, tzinfo=UTC), "ended_at": None},
    ),
    "elevenlabs: a turn that only calls tools is none": (
        ELEVEN | {"transcript": [
            {"role": "agent", "message": "Hello", "time_in_call_secs": 0},
            {"role": "agent", "message": None, "tool_calls": [{}]},
        ]},
        {"said": [("ai", "Hello")]},
    ),
    "elevenlabs: there is no address of a recording": (
        ELEVEN | {"has_audio": True}, {"recording_url": None},
    ),
    "elevenlabs: a failed call of 0 seconds": (
        ELEVEN | {"status": "failed", "call_duration_secs": 0}, {"duration_seconds": 0, "status": "failed"},
    ),
    "elevenlabs: a call that never was": (
        {"type": "call_initiation_failure", "event_timestamp": 1759931652, "data": {
            "agent_id": "a", "conversation_id": "ID", "failure_reason": "busy",
            "metadata": {"type": "twilio", "body": {"From": "+14155550100", "To": "+14155550101"}}}},
        {"status": "busy", "from_number": "+14155550100", "to_number": "+14155550101"},
    ),
    "elevenlabs: a call that never was, over SIP": (
        {"type": "call_initiation_failure", "event_timestamp": 1759931652, "data": {
            "agent_id": "a", "conversation_id": "ID", "failure_reason": "no-answer",
            "metadata": {"body": {"from_number": "+14155550100", "to_number": "+14155550101"}}}},
        {"status": "no_answer", "from_number": "+14155550100", "to_number": "+14155550101"},
    ),
    "elevenlabs: a recipient's own time": (
        {"id": "b-ID", "agent_id": "a", "recipients": [
            {"id": "r", "status": "completed", "conversation_id": "ID", "created_at_unix": 1739537297}]},
        {"created_at": datetime(2025, 2, 14, 12, 48, 17, tzinfo=UTC)},
    ),
    "elevenlabs: a recipient without a conversation is no call": (
        {"id": "b-ID", "status": "pending", "agent_id": "a", "recipients": [{"id": "ID",
        "status": "pending"}]}, None,
    ),
    # Bolna
    "bolna: the telephony's length is 0.0 on a long call": (
        BOLNA | {"conversation_duration": 59, "telephony_data": {"duration": "0.0"}},
        {"duration_seconds": 59},
    ),
    "bolna: `telephony_data` may be null, or null inside": (
        BOLNA | {"telephony_data": None, "conversation_time": 7}, {"duration_seconds": 7, "direction": None},
    ),
    "bolna: nulls inside": (BOLNA | {"telephony_data": {"to_number": None}}, {"to_number": None}),
    "bolna: hundredths of a currency that isn't certain": (
        BOLNA | {"total_cost": 12.71}, {"cost": Decimal("0.1271"), "currency": None},
    ),
    "bolna: `user_number` names ours on inbound calls": (
        BOLNA | {"user_number": "+1", "telephony_data": {"call_type": "inbound",
        "from_number": "+14155550100"}},
        {"from_number": "+14155550100", "to_number": None, "direction": "inbound"},
    ),
    "bolna: `extracted_data` is nobody's success": (BOLNA | {"extracted_data": {"success": True}},
    {"success": None}),
    "bolna: times without an offset are UTC": (
        BOLNA | {"created_at": "2025-08-14T14:05:13.684865"},
        {"created_at": datetime(2025, 8, 14, 14, 5, 13, 684865, tzinfo=UTC)},
    ),
    "bolna: a machine that answered": (BOLNA | {"answered_by_voice_mail": True}, {"status": "voicemail"}),
    # Twilio
    "twilio: what was charged is below zero": (
        TWILIO | {"price": "-0.200", "duration": "4", "start_time": "Wed, 05 Nov 2025 10:15:00 +0000",
                  "end_time": "Wed, 05 Nov 2025 10:16:00 +0000"},
        {"cost": Decimal("0.2"), "duration_seconds": 4,
         "started_at": datetime(2025, 11, 5, 10, 15, tzinfo=UTC)},
    ),
    "twilio: yen have no hundredths": (
        TWILIO | {"price": "-12", "price_unit": "JPY"}, {"cost": Decimal(12), "currency": "JPY"},
    ),
    "twilio: a price above zero is a credit": (TWILIO | {"price": "0.05"}, {"cost": Decimal("-0.05")}),
    "twilio: a running call has neither": (
        TWILIO | {"status": "in-progress", "duration": None, "price": None},
        {"cost": None, "duration_seconds": None},
    ),
    "twilio: a machine is a voicemail, a fax is none": (
        TWILIO | {"answered_by": "machine_end_beep"}, {"status": "voicemail"},
    ),
    "twilio: a fax": (TWILIO | {"answered_by": "fax"}, {"status": "completed"}),
    "twilio: a leg is a call of its own": (
        TWILIO | {"parent_call_sid": "CA0", "queue_time": "1500"},
        {"extra": {"parent_call_sid": "CA0", "queue_time": "1500"}, "batch_id": None},
    ),
    "twilio: trunks": (TWILIO | {"direction": "trunking-originating"}, {"direction": "inbound"}),
    "twilio: a callback's `Duration` is billed minutes": (
        {"CallSid": "CAID", "CallStatus": "completed", "CallDuration": "15", "Duration": "1",
         "Direction": "outbound-api", "From": "+14155550100", "AnsweredBy": "machine_start"},
        {"duration_seconds": 15, "status": "voicemail", "direction": "outbound", "extra": {"Duration": "1"}},
    ),
    # Atoms
    "atoms: `callId` is the id, and credits are no money": (
        ATOMS | {"callCost": 3, "duration": 5},
        {"cost": None, "duration_seconds": 5, "extra": {"_id": "other", "callCost": 3}},
    ),
    "atoms: plain strings are of nobody known": (ATOMS | {"transcript": ["Hello", ""]}, {"said": [("unknown",
    "Hello")]}),
    "atoms: dispositions are kept": (
        ATOMS | {"dispositionMetrics": [{"a": 1}]}, {"extra": {"dispositionMetrics": [{"a": 1}]}},
    ),
    # Synthflow
    "synthflow: seconds beside milliseconds": (
        SYNTH | {"duration": "42", "telephony_duration": 41_000},
        {"duration_seconds": 42, "extra": {"telephony_duration": 41_000}},
    ),
    "synthflow: milliseconds as text": (
        SYNTH | {"start_time": "1739537297000"},
        {"started_at": datetime(2025, 2, 14, 12, 48, 17, tzinfo=UTC)},
    ),
    "synthflow: numbers by direction": (
        SYNTH | {"type_of_call": "inbound", "lead_phone_number": "+1", "agent_phone_number": "+2"},
        {"from_number": "+1", "to_number": "+2"},
    ),
    "synthflow: a voicemail has its own state": (SYNTH | {"status": "left_voicemail"},
    {"status": "voicemail"}),
    "synthflow: what a webhook says next to its call": (
        {"status": "completed", "error_message": "late",
        "lead": {"name": "Ada", "phone_number": "+14155550101"},
        "call": SYNTH | {"end_call_reason": "voicemail_message_left",
                         "start_time": "2025-10-27T10:59:46+01:00"},
        "analysis": {"goal": "true"}, "executed_actions": {"look": {"return_value": 1}}},
        {"status": "voicemail", "to_number": "+14155550101",
         "started_at": datetime(2025, 10, 27, 9, 59, 46, tzinfo=UTC),
         "extra": {"lead.name": "Ada", "analysis": {"goal": "true"}, "error_message": "late",
                   "executed_actions": {"look": {"return_value": 1}}}},
    ),
    "synthflow: spam is a failure": (SYNTH | {"status": "spam"}, {"status": "failed"}),
    # Ultravox
    "ultravox: what is billed is no length": (
        {"event": "call.ended", "call": {"callId": "ID", "billedDuration": "60s", "endReason": "agent_hangup",
        "joined": "2025-05-01T10:00:02Z", "ended": "2025-05-01T10:00:44.5Z", "medium": {"webRtc": {}}}},
        {"source": "ultravox", "duration_seconds": 42.5, "status": "completed", "direction": "web",
         "extra": {"billedDuration": "60s", "medium": {"webRtc": {}}}},
    ),
}  # fmt: skip
