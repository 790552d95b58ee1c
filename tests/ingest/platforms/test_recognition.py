"""Whose a record is, what an envelope is, and what units become: one table of cases for each."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.json_values import fields_of
from batchlake.ingest.parse.parts import BadValue, RecordGroup, Unkept
from batchlake.ingest.parse.platforms.recognition import RECOGNITION, foreign_keys, recognise, rules
from batchlake.ingest.parse.platforms.units import UNITS
from batchlake.ingest.parse.split import split_document

RECORDS: Final[list[tuple[dict[str, Any], str | None]]] = [
    ({"sid": "CA1", "account_sid": "AC1"}, "twilio_calls"),
    ({"sid": "CA1", "price_unit": None}, "twilio_calls"),
    ({"sid": "CA1", "accountSid": "AC1"}, "twilio_calls"),
    ({"CallSid": "CA1", "CallStatus": "ringing"}, "twilio_calls"),
    ({"CallSid": "CA1", "RecordingStatus": "completed"}, None),
    ({"sid": "PN1", "account_sid": "AC1"}, None),
    ({"sid": "CA1"}, None),
    ({"conversation_id": "c", "agent_id": None}, "elevenlabs_calls"),
    ({"conversation_id": "c", "failure_reason": "busy"}, "elevenlabs_calls"),
    ({"conversation_id": "c"}, None),
    ({"conversationId": "c", "agentId": "a", "callDurationSecs": 3}, "elevenlabs_calls"),
    ({"conversationId": "c", "agentId": "a", "startedAt": "x"}, None),
    ({"id": "b", "recipients": []}, "elevenlabs_batches"),
    ({"id": "b", "recipients": "two"}, None),
    ({"id": "b", "total_calls_scheduled": 3}, "elevenlabs_batches"),
    ({"callId": "c", "_id": "1"}, "smallest_atoms_calls"),
    ({"callId": "c", "type": "webcall"}, "smallest_atoms_calls"),
    ({"callId": "c", "type": "chat"}, None),
    ({"callId": "c", "_id": "1", "endReason": "hangup"}, "smallest_atoms_calls"),
    ({"callId": "c", "agentId": "a", "endReason": None}, "ultravox_calls"),
    ({"_id": "1", "audienceId": "a"}, "smallest_atoms_batches"),
    ({"id": "c", "orgId": "o"}, "vapi_calls"),
    ({"id": "b", "orgId": "o", "endedReason": "x", "callsCounterEnded": 1}, "vapi_batches"),
    ({"id": "c", "endedReason": None}, "vapi_calls"),
    ({"id": "c", "type": "vapi.websocketCall"}, "vapi_calls"),
    ({"id": "c", "type": "call"}, None),
    ({"call_id": "c", "call_type": "web_call"}, "retell_calls"),
    ({"call_id": "c", "call_type": "other"}, None),
    ({"call_id": "c", "transcript_object": []}, "retell_calls"),
    ({"call_id": "c", "agent_id": "a", "call_status": "ended"}, "retell_calls"),
    ({"call_id": "c", "call_status": "ended"}, None),
    ({"batch_call_id": "b", "total_task_count": 1}, "retell_batches"),
    ({"call_id": "c", "model_id": "m", "call_status": "completed"}, "synthflow_calls"),
    ({"id": "b", "base_prompt": "", "call_objects": []}, "bland_batches"),
    ({"batch_id": "b", "base_prompt": ""}, "bland_batches"),
    ({"id": "e", "batch_id": "b", "event_type": "x", "payload": {}}, "bland_batches"),
    ({"batch_id": "b", "status": "x", "timestamp": "t"}, "bland_batches"),
    ({"batch_id": "b", "status": "x", "timestamp": "t", "total_calls": 1}, None),
    ({"call_id": "c", "batch_id": "b", "answers": [], "questions": []}, "bland_calls"),
    ({"call_id": "c", "answers": [], "questions": []}, "bland_calls"),
    ({"call_id": "c", "corrected_transcript": []}, "bland_calls"),
    ({"c_id": "c", "call_length": 1}, "bland_calls"),
    ({"call_id": "c", "answered_by": None}, "bland_calls"),
    ({"batch_id": "b", "execution_status": {}}, "bolna_batches"),
    ({"batch_id": "b", "execution_status": 3}, None),
    ({"id": "e", "agent_id": "a", "telephony_data": None}, "bolna_calls"),
    ({"id": "e", "telephony_data": None}, None),
    # Two could claim it: the table's order decides.
    ({"call_id": "c", "model_id": "m", "disconnection_reason": "x"}, "retell_calls"),
    ({"call_id": "c", "end_call_reason": "x", "call_length": 1}, "synthflow_calls"),
    ({"id": "c", "orgId": "o", "agent_id": "a", "telephony_data": {}}, "vapi_calls"),
    ({"id": "c", "conversation_id": "c", "agent_id": "a", "usage_breakdown": {}}, "elevenlabs_calls"),
    ({"sid": "CA1", "account_sid": "A", "conversation_id": "c", "agent_id": "a"}, "twilio_calls"),
    # The home platform's own keys come before all.
    ({"call_id": "c", "call_type": "web_call", "callDuration": 3}, None),
    ({"id": "c", "orgId": "o", "analytics": {}}, None),
    ({"id": "c", "agentId": "a", "endedReason": "x"}, None),
    ({"callId": "c", "_id": "1", "agentId": "a"}, "smallest_atoms_calls"),
    ({"call_id": "c", "status": "completed", "duration": 3}, None),
]


@pytest.mark.parametrize(("record", "expected"), RECORDS, ids=lambda value: json.dumps(value)[:70])
def test_a_record_is_told_by_its_own_keys(record: dict[str, Any], expected: str | None) -> None:
    """Whatever the keys' order; a key counts where it is null."""
    assert recognise(fields_of(json.dumps(record).encode())) == expected
    turned = dict(reversed(record.items()))
    assert recognise(fields_of(json.dumps(turned).encode())) == expected


def test_every_rule_has_a_case() -> None:
    """Each file of the table is recognised by some case."""
    assert set(RECOGNITION) <= {expected for _, expected in RECORDS}


@pytest.mark.parametrize("name", RECOGNITION)
def test_no_foreign_record_passes_for_the_home_platforms(name: str) -> None:
    """Each rule needs a key that a list of the home platform's calls is looked through for."""
    for rule in rules(name):
        needed = {need.key for need in rule.needs}
        any_of = {need.key for need in rule.any_of}
        assert needed & foreign_keys() or any_of <= foreign_keys()


CALL: Final = {"call_id": "c1", "call_type": "phone_call"}
ENVELOPES: Final[dict[str, tuple[dict[str, Any], list[tuple[str, int, str | None, str | None]]]]] = {
    "bland list": (
        {"calls": [{"call_id": "c", "call_length": 1}], "count": 1},
        [("bland_calls", 1, None, None)],
    ),
    "bland batch": (
        {
            "status": "x",
            "batch_params": {"id": "b"},
            "call_data": [{"call_id": "c"}, {"to": "1"}],
            "analysis": {},
        },
        [("bland_batches", 1, "b", None), ("bland_calls", 1, "b", None)],
    ),
    "bland v2 batch": (
        {"data": {"id": "b", "base_prompt": "", "call_objects": [{"phone_number": "1"}]}, "errors": None},
        [("bland_batches", 1, "b", None)],
    ),
    "bland answers": (
        {
            "status": "success",
            "message": "",
            "analysis": [{"call_id": "c", "batch_id": "b", "answers": [], "questions": []}],
        },
        [("bland_calls", 1, None, None)],
    ),
    "retell list": (
        {"items": [CALL, CALL], "has_more": False, "pagination_key": None},
        [("retell_calls", 2, None, None)],
    ),
    "retell webhook": (
        {"event": "call_ended", "call": CALL, "event_timestamp": 1778711795402},
        [("retell_calls", 1, None, "1778711795402")],
    ),
    "retell webhook without a time": (
        {"event": "call_started", "call": CALL},
        [("retell_calls", 1, None, None)],
    ),
    "retell's earlier webhook": (
        {"event": "call_ended", "data": CALL | {"end_timestamp": 1778711795402}},
        [("retell_calls", 1, None, "2026-05-13T22:36:35.402000Z")],
    ),
    "vapi page": ({"results": [{"id": "c", "orgId": "o"}], "metadata": {}}, [("vapi_calls", 1, None, None)]),
    "elevenlabs webhook": (
        {
            "type": "post_call_transcription",
            "event_timestamp": 1739537297,
            "data": {"conversation_id": "c", "agent_id": "a"},
        },
        [("elevenlabs_calls", 1, None, "1739537297")],
    ),
    "elevenlabs batches": (
        {"batch_calls": [{"id": "b", "total_calls_scheduled": 2}], "next_doc": None, "has_more": False},
        [("elevenlabs_batches", 1, "b", None)],
    ),
    "elevenlabs recipients": (
        {
            "id": "b",
            "last_updated_at_unix": 5,
            "recipients": [
                {"id": "r1", "status": "completed", "conversation_id": "c"},
                {"id": "r2", "status": "pending"},
            ],
        },
        [
            ("elevenlabs_batches", 1, "b", "1970-01-01T00:00:05Z"),
            ("elevenlabs_calls", 1, "b", "1970-01-01T00:00:05Z"),
        ],
    ),
    "bolna list": (
        {
            "data": [{"id": "e", "agent_id": "a", "conversation_time": 1}],
            "page_number": 1,
            "page_size": 1,
            "total": 1,
        },
        [("bolna_calls", 1, None, None)],
    ),
    "atoms campaigns": (
        {"status": True, "data": {"campaigns": [{"_id": "b", "audienceId": "a"}]}},
        [("smallest_atoms_batches", 1, "b", None)],
    ),
    "atoms call": (
        {"status": True, "data": {"callId": "c", "_id": "c"}},
        [("smallest_atoms_calls", 1, None, None)],
    ),
    "an empty list": ({"calls": [], "count": 0}, []),
    "an empty page": ({"calls": [], "page": 0, "page_size": 50, "uri": "/x", "next_page_uri": None}, []),
    "an empty list of data": (
        {"data": [], "page_number": 1, "page_size": 10, "total": 0, "has_more": False},
        [],
    ),
    "an empty response": ({"status": "ok", "response": {"calls": [], "pagination": {}}}, []),
    "no logs, and nothing else": ({"status": True, "data": {"logs": []}}, []),
    "no conversations": ({"conversations": []}, []),
    "no logs": ({"status": True, "data": {"logs": [], "pagination": {}}}, []),
    "several platforms in one list": (
        {"items": [CALL, {"id": "v", "orgId": "o"}, {"call_id": "h", "status": "completed", "duration": 1}]},
        [("retell_calls", 1, None, None), ("vapi_calls", 1, None, None), ("svalync_calls", 1, None, None)],
    ),
    "a list in an envelope of the home platform's": (
        {"batch_id": "b", "total_calls": 1, "calls": [CALL]},
        [("svalync_batches", 1, "b", None), ("retell_calls", 1, "b", None)],
    ),
}
"""An object, and its records: their file, how many, their batch and the time of their observation."""


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_tells_where_records_lie(name: str) -> None:
    """The same alone, in a list and in a list of such lists."""
    document, expected = ENVELOPES[name]
    for wrapped in (document, [document], [[document]]):
        items = list(split_document(json.dumps(wrapped).encode()))
        assert not [item for item in items if isinstance(item, BadValue)]
        found = [
            (
                item.format,
                item.columns.count if item.columns else len(item.raws),
                item.envelope.batch_id,
                item.envelope.exported_at,
            )
            for item in items
            if isinstance(item, RecordGroup) and not item.is_empty
        ]
        assert found == expected


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"message": {"type": "status-update", "call": {"id": "c", "orgId": "o"}}},
            "message of type status-update",
        ),
        (
            {
                "type": "post_call_audio",
                "event_timestamp": 1,
                "data": {"conversation_id": "c", "agent_id": "a", "full_audio": "UklGRg=="},
            },
            "full_audio",
        ),
    ],
)
def test_what_tells_nothing_of_a_call_is_said_to_be_kept_nowhere(document: dict[str, Any], said: str) -> None:
    """Messages of a running call and a recording's bytes give no row, and are named in the report."""
    assert list(split_document(json.dumps(document).encode())) == [Unkept((said,))]


def test_a_report_wins_over_the_copy_of_its_call() -> None:
    """Its values stand in the call's place, what differs is kept; the call has ended."""
    call = {"id": "c", "orgId": "o", "type": "inboundPhoneCall", "status": "ringing", "cost": 0}
    message = {
        "type": "end-of-call-report",
        "call": call,
        "timestamp": 1763642128338,
        "cost": 0.2,
        "endedReason": "hangup",
    }
    (item,) = split_document(json.dumps({"message": message}).encode())
    assert isinstance(item, RecordGroup)
    assert json.loads(bytes(item.raws[0])) == {
        "id": "c",
        "orgId": "o",
        "type": "inboundPhoneCall",
        "status": "ended",
        "cost": 0.2,
        "endedReason": "hangup",
        "updatedAt": 1763642128338,
        "call": {"status": "ringing", "cost": 0},
    }


CONVERSIONS: Final = [
    ("minutes", "0.834", "50.04"),
    ("minutes", "0", "0"),
    ("minutes", "1e-1", "6"),
    ("minutes", "2:30", None),
    ("milliseconds", "35303", "35.303"),
    ("milliseconds", "0", "0"),
    ("milliseconds", "x", None),
    ("cents", "4.56", "0.0456"),
    ("cents", "12.71", "0.1271"),
    ("cents", "0.00005", "0.000001"),
    ("cents", "0.00004", "0"),
    ("cents", "-3", "-0.03"),
    ("cents", "$1", None),
    ("cents", "true", None),
    ("charged below zero", "-0.03000", "0.03"),
    ("charged below zero", "0.5", "-0.5"),
    ("Unix seconds", "1739537297", "2025-02-14T12:48:17Z"),
    ("Unix seconds", "1", "1970-01-01T00:00:01Z"),
    ("Unix seconds", "1739537297000", None),
    ("Unix seconds", "2025-02-14T12:48:17Z", "2025-02-14T12:48:17Z"),
    ("Unix milliseconds", "1761297670702", "2025-10-24T09:21:10.702000Z"),
    ("Unix milliseconds", "1761297670", None),
    ("Unix milliseconds", "soon", None),
    ("RFC 2822", "Wed, 05 Nov 2025 10:15:00 +0000", "2025-11-05T10:15:00Z"),
    ("RFC 2822", "5 Nov 2025 10:15 -0730", "2025-11-05T10:15-07:30"),
    ("RFC 2822", "Wed, 05 Foo 2025 10:15:00 +0000", None),
    ("RFC 2822", "1739537297", None),
]


@pytest.mark.parametrize(("unit", "given", "expected"), CONVERSIONS)
def test_a_unit_is_converted_in_decimal(unit: str, given: str, expected: str | None) -> None:
    """Text that is not of the unit is none, whatever it is of."""
    assert UNITS[unit].convert(given) == expected


def test_no_platform_is_named_twice() -> None:
    """Every bundled file is in the table, and each name is that of a platform."""
    assert len(set(RECOGNITION)) == len(RECOGNITION)
    assert {field_list(name).platform for name in RECOGNITION} == {
        "bland",
        "bolna",
        "elevenlabs",
        "retell",
        "smallest_atoms",
        "synthflow",
        "twilio",
        "ultravox",
        "vapi",
    }
