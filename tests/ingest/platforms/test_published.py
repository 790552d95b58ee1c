"""Every payload in `tests/cases/platforms` gives the rows worked out by hand below, units and all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

import batchlake
from tests.paths import ROOT

FOLDER: Final = ROOT / "tests" / "cases" / "platforms"


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CALLS: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "bland/post_call_webhook.json": {
        "12345678-1234-1234-1234-123456789012": {
            # `corrected_duration` "11" is seconds; 0.1833 minutes beside it would be 10.99998.
            "duration_seconds": 11, "cost": "0.017", "currency": "USD",
            "batch_id": "7c42b56e-3a1d-4f8f-9a37-1ce89d29f204",
            "status": "completed", "status_reported": "completed", "outcome": "completed",
            "created_at": at("2025-09-12T20:39:03.168"), "started_at": at("2025-09-12T20:39:03.168"),
            "ended_at": at("2025-09-12T20:39:21"), "direction": "outbound",
            "from_number": "+15559876543", "to_number": "+15551234567", "ended_by": "ASSISTANT",
            "outcome_label": "COMPLETED_ACTION", "pathway_id": "b71c4c5c-33e3-496b-a5f4-91b7e8e6a931",
            # The fifth entry is an agent's action.
            "segment_count": 4, "is_test": None, "agent_id": None,
        },
    },
    "bland/v1_list_calls.json": {
        "c1234567-89ab-cdef-0123-456789abcdef": {
            # 0.834 minutes.
            "duration_seconds": 50.04, "cost": None, "currency": "USD",
            "batch_id": "b1234567-89ab-cdef-0123-gen-batch", "status": "completed",
            "status_reported": "complete", "created_at": at("2023-12-21T23:25:14.801193"),
            "started_at": None, "ended_at": None, "direction": None, "segment_count": None,
            "from_number": "+15551234567", "to_number": "5551234567",
        },
    },
    "bland/v1_batch_details.json": {
        "ffa99be3-63dd-44dc-9523-380cd25c1b9e": {
            "duration_seconds": 12, "cost": None, "status": "voicemail", "status_reported": "completed",
            "outcome": "failed", "batch_id": "AAcQq8zXxLB56LWg-gen-batch",
            "ended_at": at("2023-12-16T00:17:38"), "created_at": at("2023-12-16T00:17:22.383682"),
            "segment_count": 2,
        },
    },
    "bland/v2_batch_logs.json": {},
    "retell/list_calls_v3.json": {
        # The page gives one call twice, the second time as a web call.
        "Jabr9TXYYJHfvl6Syypi88rdAHYHmcq6": {
            "duration_seconds": 10, "cost": "0.7", "currency": "USD", "batch_id": None,
            # An end reason outweighs `registered`.
            "status": "completed", "status_reported": "registered", "ended_by": "user_hangup",
            "started_at": at("2023-12-23T03:33:27.333"), "ended_at": at("2023-12-23T03:33:48.855"),
            "sentiment_label": "positive", "sentiment_positive": None, "success": True,
            "agent_id": "oBeDLoLOeuAbiuaMFXRtDOLriTJ5tSxD", "agent_name": "My Agent", "segment_count": None,
        },
    },
    "retell/real_get_call_inbound.json": {
        "call_a3d98bb4522f6f1e0bfac5964b1": {
            # 4.56 cents, and the platform's 35,303 ms, not the 36 s that it bills.
            "duration_seconds": 35.303, "cost": "0.0456", "currency": "USD", "status": "completed",
            "status_reported": "ended", "ended_by": "user_hangup", "success": False,
            "started_at": at("2025-10-24T09:21:10.702"), "ended_at": at("2025-10-24T09:21:46.005"),
            "created_at": None, "from_number": "anonymous", "to_number": "+493023125738",
            "direction": "inbound", "sentiment_label": "negative", "segment_count": 8,
        },
    },
    "retell/real_webhook_call_ended_not_connected.json": {
        "call_4df0d695a64bd225aebe0d36fc4": {
            "duration_seconds": 0, "cost": "0", "status": "no_answer", "status_reported": "not_connected",
            "ended_by": "dial_no_answer", "from_number": "trunkuser7", "to_number": "+5511955550142",
            "direction": "outbound", "started_at": None, "ended_at": None, "segment_count": None,
            "observed_at": at("2026-05-13T22:36:35.402"),
        },
    },
    "vapi/end_of_call_report_consent.json": {},
    "vapi/real_end_of_call_report.json": {
        "019aa141-4449-7775-8d7e-006f2a64e546": {
            "duration_seconds": 127.598, "cost": "0.1931", "currency": "USD", "status": "completed",
            "status_reported": "ended", "ended_by": "customer-ended-call", "direction": "inbound",
            "from_number": "+34911234507", "to_number": None, "created_at": at("2025-11-20T12:33:20.457"),
            "started_at": at("2025-11-20T12:33:20.740"), "ended_at": at("2025-11-20T12:35:28.338"),
            "observed_at": at("2025-11-20T12:35:28.338"), "segment_count": 2,
            "summary": "The customer made a reservation for November 27th at 8 PM for 4 people.",
        },
    },
    "vapi/real_call_get_voicemail.json": {
        "ea62d31a-7f92-4e02-a059-4d56d600bf51": {
            # 18:10:21.316 less 18:09:30.485.
            "duration_seconds": 50.831, "cost": "0.069", "status": "voicemail", "outcome": "failed",
            "status_reported": "ended", "ended_by": "voicemail", "success": False, "outcome_label": None,
            "direction": "outbound", "from_number": None, "to_number": "+15195550142",
            "agent_id": "550e96c2-103c-4ec7-bd00-61d188b5b4b5", "observed_at": at("2025-06-17T18:10:26.647"),
            # The system's prompt is none.
            "segment_count": 4,
        },
    },
    "elevenlabs/batch_calling_get.json": {
        "conversation_id": {
            "batch_id": "id", "status": "scheduled", "status_reported": "pending",
            "to_number": "phone_number", "duration_seconds": None, "cost": None,
            "observed_at": at("1970-01-01T00:00:01"),
        },
    },
    "elevenlabs/conversation_get_cost_fiat.json": {
        "conv_7401k5m9x2p8ec3rqv6dtnhb0fzw": {
            "duration_seconds": 10, "cost": "1.1", "currency": "USD", "status": "in_progress",
            "status_reported": "processing", "started_at": at("2024-04-29T20:40:32"), "ended_at": None,
            "agent_id": "agent_3701k3ttaq12ewp8b7qv5rfyszkz", "segment_count": 1,
        },
    },
    "elevenlabs/conversations_list.json": {
        "conversation_id": {
            "duration_seconds": 1, "cost": None, "status": "queued", "status_reported": "initiated",
            "started_at": at("1970-01-01T00:00:01"), "direction": "inbound", "success": True,
            "sentiment_label": "positive", "sentiment_positive": None, "ended_by": "termination_reason",
        },
    },
    "elevenlabs/post_call_transcription_webhook.json": {
        "abc": {
            # 296 are credits.
            "duration_seconds": 22, "cost": None, "status": "completed", "status_reported": "done",
            "started_at": at("2025-02-14T12:48:17"), "success": True, "ended_by": None, "segment_count": 3,
            "observed_at": at("2025-02-14T12:48:17"),
        },
    },
    "bolna/batch_openapi_example.json": {},
    "bolna/real_execution_busy.json": {
        "f29f0606-e553-4f3a-840e-7f2df54a31d8": {
            "duration_seconds": 0, "cost": "0", "currency": None, "status": "busy", "outcome": "failed",
            "direction": "outbound", "from_number": "+16285550100", "to_number": "+915555572300",
            "created_at": at("2025-08-14T14:05:13.684865"), "observed_at": at("2025-08-14T14:05:43.693128"),
            "recording_url": None, "ended_by": None, "segment_count": None,
        },
    },
    "bolna/real_webhook_completed_inbound.json": {
        "6c972873-19b2-44b0-a6bf-d4f690a7a9cf": {
            # 12.71 cents; 68.4 s wins over the telephony's "69".
            "duration_seconds": 68.4, "cost": "0.1271", "status": "completed", "direction": "inbound",
            "from_number": "+915555522016", "to_number": "+918055551391", "ended_by": "Caller",
            "segment_count": 14, "created_at": at("2026-01-28T13:17:50.116924"),
        },
    },
    "twilio/calls_list_page1.json": {
        "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": {
            # The platform's own figure, though an hour's minute lies between start and end.
            "duration_seconds": 4, "cost": "0.2", "currency": "USD", "status": "voicemail",
            "status_reported": "completed", "outcome": "failed", "direction": "outbound",
            "from_number": "+13051416799", "to_number": "+13051913581",
            "created_at": at("2019-10-18T17:00:00"), "started_at": at("2019-10-18T17:02:00"),
            "ended_at": at("2019-10-18T17:03:00"), "observed_at": at("2019-10-18T17:01:00"), "batch_id": None,
        },
        "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0": {
            "duration_seconds": 3, "cost": "0.1", "currency": "JPY", "status": "completed",
            "direction": "inbound", "from_number": "+13051416798", "to_number": "+13051913580",
            "started_at": at("2019-10-18T16:02:00"), "ended_at": at("2019-10-18T16:03:00"),
        },
    },
    "twilio/docs_call_fetch_2010.json": {
        "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": {
            "duration_seconds": 15, "cost": "0.03", "currency": "USD", "status": "completed",
            "direction": "inbound", "from_number": "+12222222222", "to_number": "+18888888888",
            "created_at": at("2010-08-31T20:36:28"), "started_at": at("2010-08-31T20:36:29"),
            "ended_at": at("2010-08-31T20:36:44"), "observed_at": at("2010-08-31T20:36:44"),
        },
    },
    "smallest_atoms/campaign_get.json": {},
    "smallest_atoms/conversation_get.json": {
        "CALL-1737000000000-abc123": {
            "duration_seconds": 320, "cost": None, "currency": None, "status": "completed",
            "direction": "inbound", "from_number": "+14155552671", "to_number": "+14155559876",
            "agent_id": "agent789", "agent_name": "Support Agent Alpha", "created_at": None,
            "segment_count": 5,
        },
    },
    "smallest_atoms/conversation_list.json": {
        "CALL-1737000000123-xyz789": {
            "duration_seconds": 185, "status": "completed", "direction": "outbound", "cost": None,
            "created_at": at("2025-01-15T10:30:00"), "started_at": None, "ended_by": "user_hangup",
            "agent_id": "60d0fe4f5311236168a109ca", "agent_name": "John Doe", "segment_count": None,
            "recording_url": "https://storage.atoms.ai/recordings/call-xyz789.mp3",
        },
    },
    "synthflow/get_call_from_schema.json": {
        "1732546200000x111111111111111111": {
            # `telephony_duration` 44000 are milliseconds of another span.
            "duration_seconds": 42, "cost": None, "currency": None, "status": "completed",
            "started_at": at("2024-11-25T14:50:00"), "ended_at": at("2024-11-25T14:50:44"),
            "direction": "outbound", "from_number": "+14155550170", "to_number": "+14155550171",
            "agent_id": "1732000000000x222222222222222222", "ended_by": "human_ended_call",
            "recording_url": None, "segment_count": 2,
        },
    },
    "synthflow/list_calls_from_schema.json": {
        "1732546200000x111111111111111111": {
            "duration_seconds": 42, "status": "completed", "status_reported": "completed",
            "started_at": at("2024-11-25T14:50:00"), "from_number": "+14155550170",
            "recording_url": "https://recordings.example.com/1.mp3", "segment_count": 2,
        },
    },
}  # fmt: skip
"""The calls of each file, by their id."""

BATCHES: Final[dict[str, dict[str, Any]]] = {
    "bland/v1_batch_details.json": {
        "batch_id": "AAcQq8zXxLB56LWg-gen-batch", "status": "in_progress",
        "created_at": at("2023-12-07T20:43:44.544773"), "reported_total_calls": 88,
        "reported_completed": 86, "reported_failed": None, "reported_in_progress": 2,
    },
    "bland/v2_batch_logs.json": {
        "batch_id": "f6ef9224-0ec3-43e4-98a1-bb2a8765d110", "status": "completed", "reported_total_calls": 1,
        "reported_completed": 1, "reported_failed": 0, "observed_at": at("2025-05-08T19:28:42.748"),
    },
    "elevenlabs/batch_calling_get.json": {
        "batch_id": "id", "status": "pending", "reported_total_calls": 1, "reported_completed": None,
        "created_at": at("1970-01-01T00:00:01"), "observed_at": at("1970-01-01T00:00:01"),
    },
    "bolna/batch_openapi_example.json": {
        "batch_id": "3c90c3cc0d444b5088888dd25736052a", "status": "scheduled", "reported_completed": 1,
        "reported_total_calls": None, "created_at": at("2024-01-23T05:14:37"),
    },
    "smallest_atoms/campaign_get.json": {
        "batch_id": "63f1a2b4e4b0c72a9d8f1234", "status": "running", "created_at": at("2024-03-15T10:00:00"),
        "observed_at": at("2024-03-20T15:45:00"), "reported_total_calls": None,
    },
}  # fmt: skip
"""The batch that each file tells of itself; others only name batches in their calls."""

PROBLEMS: Final = {
    # A report without the call that it is of.
    "vapi/end_of_call_report_consent.json": [("no_identity", None)],
    # The published time doesn't exist: 04:22:89.
    "bolna/batch_openapi_example.json": [("not_a_time", "updated_at")],
}

OFFSETS: Final = {
    "retell/real_get_call_inbound.json": [
        2.853,
        10.200999,
        13.120999,
        14.001,
        16.232,
        17.079,
        18.124,
        30.955,
    ],
    "elevenlabs/post_call_transcription_webhook.json": [0, 2, 9],
    "elevenlabs/conversation_get_cost_fiat.json": [10],
}
"""When each utterance began, in seconds into the call."""

SPEAKERS: Final = {
    "bland/post_call_webhook.json": ["human", "ai", "human", "ai"],
    "bland/v1_batch_details.json": ["ai", "human"],
    "retell/real_get_call_inbound.json": ["ai", "human", "human", "human", "ai", "ai", "ai", "ai"],
    "vapi/real_call_get_voicemail.json": ["human", "ai", "human", "ai"],
    "vapi/real_end_of_call_report.json": ["ai", "human"],
    "elevenlabs/post_call_transcription_webhook.json": ["ai", "human", "ai"],
    "elevenlabs/conversation_get_cost_fiat.json": ["human"],
    "bolna/real_webhook_completed_inbound.json": [
        "ai", "ai", "human", "ai", "ai", "human", "ai", "human", "ai", "human", "ai", "human", "ai", "human",
    ],
    "smallest_atoms/conversation_get.json": ["unknown"] * 5,
    "synthflow/get_call_from_schema.json": ["ai", "human"],
    "synthflow/list_calls_from_schema.json": ["ai", "human"],
}  # fmt: skip

KEPT: Final = {
    "bland/post_call_webhook.json": {"error_message", "answered_by", "call_length", "is_canary", "variables"},
    "bland/v1_batch_details.json": {"transcripts", "request_data"},
    "retell/real_get_call_inbound.json": {"call_cost.total_duration_seconds", "transcript", "call_type"},
    "vapi/real_call_get_voicemail.json": {"costBreakdown.llm", "transcript", "artifact.messages"},
    "elevenlabs/post_call_transcription_webhook.json": {"metadata.cost"},
    "bolna/real_webhook_completed_inbound.json": {"extracted_data", "telephony_data.hangup_reason"},
    "twilio/calls_list_page1.json": {"parent_call_sid", "queue_time", "answered_by", "direction"},
    "smallest_atoms/conversation_list.json": {"dispositionMetrics", "_id"},
    "synthflow/get_call_from_schema.json": {"telephony_duration", "executed_actions"},
}
"""Fields without a column, in the `extra` of a call of the file."""

FILES: Final = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json"))


def _number(name: str) -> int:
    """Which of its platform's files it is."""
    return [other for other in FILES if other.split("/")[0] == name.split("/")[0]].index(name)


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> list[batchlake.Lake]:
    """A lake of each platform's first file, one of the second ones ...: several tell of the same call."""
    folder = tmp_path_factory.mktemp("published")
    found = []
    for number in range(1 + max(map(_number, FILES))):
        found.append(batchlake.open(folder / f"lake{number}"))
        found[-1].ingest(*(FOLDER / name for name in FILES if _number(name) == number))
    return found


def rows(lakes: list[batchlake.Lake], table: str, name: str, order: str) -> list[dict[str, Any]]:
    """What a file gave."""
    platform = name.split("/")[0]
    return [row for row in _held(lakes[_number(name)].root, table, order) if row["source"] == platform]


@cache
def _held(lake: Path, table: str, order: str) -> list[dict[str, Any]]:
    """What one of the lakes holds, to which nobody writes any more."""
    return batchlake.open(lake).sql(f"select * from {table} order by {order}").to_dicts()


def test_every_file_has_its_rows() -> None:
    """No payload is without an expectation."""
    assert sorted(CALLS) == FILES


@pytest.mark.parametrize("name", FILES)
def test_calls_are_as_worked_out_by_hand(lakes: list[batchlake.Lake], name: str) -> None:
    """Exactly these calls, each value in its unit; money is exact."""
    found = {row["call_id"]: row for row in rows(lakes, "calls", name, "call_id")}
    assert found.keys() == CALLS[name].keys()
    for call_id, expected in CALLS[name].items():
        row = found[call_id] | {"cost": found[call_id]["cost"]}
        wanted = {
            key: Decimal(value) if key == "cost" and value else value for key, value in expected.items()
        }
        assert {key: row[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", FILES)
def test_batches_are_as_worked_out_by_hand(lakes: list[batchlake.Lake], name: str) -> None:
    """A batch says what its platform reported; one that calls only name is there by its id."""
    found = {row["batch_id"]: row for row in rows(lakes, "batches", name, "batch_id")}
    named = {row["batch_id"] for row in CALLS[name].values() if row.get("batch_id")}
    expected = BATCHES.get(name)
    assert found.keys() == named | ({expected["batch_id"]} if expected else set())
    if expected:
        assert {key: found[expected["batch_id"]][key] for key in expected} == expected


@pytest.mark.parametrize("name", FILES)
def test_what_was_spoken_and_by_whom(lakes: list[batchlake.Lake], name: str) -> None:
    """Utterances are numbered from 1 without what nobody said."""
    found = rows(lakes, "segments", name, "call_id, position")
    assert [row["speaker"] for row in found] == SPEAKERS.get(name, [])
    assert [row["position"] for row in found] == list(range(1, len(found) + 1))
    if name in OFFSETS:
        assert [row["offset_seconds"] for row in found] == pytest.approx(OFFSETS[name])


@pytest.mark.parametrize("name", FILES)
def test_only_what_cannot_be_used_is_a_problem(lakes: list[batchlake.Lake], name: str) -> None:
    """Published and real payloads load without a problem, but for two that have one."""
    found = rows(lakes, "problems", name, "code")
    assert [(row["code"], row["field"]) for row in found] == PROBLEMS.get(name, [])


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_has_no_column_is_kept(lakes: list[batchlake.Lake], name: str) -> None:
    """Unknown fields, credits, and what only decided about another field stay in `extra`."""
    kept = {
        field for row in rows(lakes, "calls", name, "call_id") for field in json.loads(row["extra"] or "{}")
    }
    assert KEPT[name] <= kept


def test_without_a_source_each_is_of_its_platform(lakes: list[batchlake.Lake]) -> None:
    """The folders' names are the platforms'; nothing is filed under the home platform."""

    def sources(table: str) -> set[str]:
        query = f"select distinct source from {table}"
        return {row["source"] for lake in lakes for row in lake.sql(query).to_dicts()}

    platforms = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    for table in ("calls", "exports"):
        assert sources(table) == platforms
    assert sources("problems") == {"bolna", "vapi"}
    (problem, *_) = (one for lake in lakes for one in lake.problems(code="not_a_time").to_dicts())
    assert "`updated_at` of bolna" in problem["message"]
    assert "2024-02-29T04:22:89Z" in problem["message"]
