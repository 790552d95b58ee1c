"""The seeded exports in the shapes of other platforms: the same calls, told as Bland, Retell and Vapi do.

    python -m tests.benchmarks.data.platforms retell FOLDER --calls 10000

Writes pages of 200 calls. Each has what those platforms send beside the facts: every word's time (Retell), a
system prompt and each part of the cost (Vapi), the request and the transcript in one string (Bland).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.data.exports import CALLS_A_BATCH, Exports, batch_id

Call = dict[str, Any]

_PROMPT: Final = (
    "You are Ava, a friendly caller for Northwind. Be brief, ask one question at a time, never promise what "
    "isn't in the offer, and say goodbye when the person wants to end the call. "
) * 8


def bland(number: int, calls: list[Call]) -> Any:
    """A batch of Bland's first version."""
    return {
        "status": "completed",
        "batch_params": {"id": batch_id(number), "created_at": "2024-01-01T08:00:00Z"},
        "call_data": [_bland_call(call) for call in calls],
        "analysis": {"total_calls": len(calls), "completed_calls": len(calls)},
    }


def retell(_: int, calls: list[Call]) -> Any:
    """A list of Retell's calls."""
    return [_retell_call(call) for call in calls]


def vapi(_: int, calls: list[Call]) -> Any:
    """A page of Vapi's list."""
    page = {"totalItems": len(calls), "currentPage": 1}
    return {"results": [_vapi_call(call) for call in calls], "metadata": page}


PLATFORMS: Final[dict[str, Callable[[int, list[Call]], Any]]] = {
    "bland": bland,
    "retell": retell,
    "vapi": vapi,
}


def write(name: str, folder: Path, calls: int, seed: int = 1) -> int:
    """Pages of one platform's; the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    exports, written = Exports(seed), 0
    for number, first in enumerate(range(0, calls, CALLS_A_BATCH)):
        size = min(CALLS_A_BATCH, calls - first)
        home = json.loads("".join(exports.batch(number, first, size)))["batch"]["calls"]
        page = json.dumps(PLATFORMS[name](number, home), separators=(",", ":"))
        written += (folder / f"{batch_id(number)}.json").write_bytes(page.encode())
    return written


def _said(call: Call) -> list[dict[str, Any]]:
    return list(call.get("transcript", {}).get("segments", []))


def _ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)


def _ended(call: Call) -> str:
    return str(call.get("end_time", call["start_time"]))


def _bland_call(call: Call) -> Call:
    said, seconds = _said(call), call.get("duration", 0)
    words = {"ai": "assistant", "human": "user"}
    return {
        "call_id": call["id"], "c_id": call["id"], "to": call["phone_number"], "from": "+14155550100",
        "created_at": call["start_time"], "started_at": call["start_time"], "end_at": _ended(call),
        "call_length": seconds / 60, "corrected_duration": str(seconds), "completed": True, "inbound": False,
        "status": call["status"].replace("voicemail", "completed"), "queue_status": "complete",
        "answered_by": "voicemail" if call["status"] == "voicemail" else "human",
        "endpoint_url": "api.bland.ai", "max_duration": 30, "error_message": None, "call_ended_by": "USER",
        "request_data": {"phone_number": call["phone_number"], "wait": False, "language": "ENG"},
        "variables": {"now_utc": call["start_time"], "to": call["phone_number"], "language": "ENG"},
        "price": float(call.get("cost", 0)), "recording_url": call.get("recording_url"),
        "concatenated_transcript": "\n".join(f" {words[one['speaker']]}: {one['text']}" for one in said),
        "transcripts": [
            {"id": number, "created_at": one["timestamp"], "text": one["text"], "user": words[one["speaker"]],
             "c_id": call["id"]}
            for number, one in enumerate(said)
        ],
    }  # fmt: skip


def _retell_call(call: Call) -> Call:
    began, said = _ms(call["start_time"]), _said(call)
    reasons = {"no-answer": "dial_no_answer", "voicemail": "voicemail_reached", "busy": "dial_busy",
               "failed": "dial_failed"}  # fmt: skip
    roles = {"ai": "agent", "human": "user"}
    lines = [(roles[one["speaker"]], one["text"], (_ms(one["timestamp"]) - began) / 1000) for one in said]
    return {
        "call_id": call["id"], "call_type": "phone_call", "agent_id": call["agent_id"], "agent_version": 3,
        "call_status": "ended", "direction": "outbound", "from_number": "+14155550100",
        "to_number": call["phone_number"], "start_timestamp": began, "end_timestamp": _ms(_ended(call)),
        "duration_ms": call.get("duration", 0) * 1000, "recording_url": call.get("recording_url"),
        "disconnection_reason": reasons.get(call["status"], "user_hangup"),
        "retell_llm_dynamic_variables": {"customer": "Ann"}, "opt_out_sensitive_data_storage": False,
        "latency": {"e2e": {"p50": 812.5, "p90": 1204.25, "max": 1904, "num": len(said)}},
        "call_cost": {"combined_cost": float(call.get("cost", 0)) * 100, "total_duration_seconds": 60,
                      "product_costs": [{"product": "elevenlabs_tts", "unit_price": 0.1, "cost": 4.2}]},
        "call_analysis": {"call_summary": "They talked.", "user_sentiment": "Neutral",
                          "call_successful": bool(call.get("success")), "in_voicemail": False},
        "transcript": "".join(f"{role.title()}: {text}\n" for role, text, _ in lines),
        "transcript_object": [
            {"role": role, "content": text, "words": _words(text, start), "metadata": {"response_id": number}}
            for number, (role, text, start) in enumerate(lines)
        ],
    }  # fmt: skip


def _words(text: str, start: float) -> list[dict[str, Any]]:
    return [
        {
            "word": f"{word} ",
            "start": round(start + 0.31 * number, 3),
            "end": round(start + 0.31 * number + 0.2, 3),
        }
        for number, word in enumerate(text.split(" "))
    ]


def _vapi_call(call: Call) -> Call:
    reasons = {"no-answer": "customer-did-not-answer", "voicemail": "voicemail", "busy": "customer-busy",
               "failed": "pipeline-error-openai-llm-failed"}  # fmt: skip
    said, cost = _said(call), float(call.get("cost", 0))
    roles = {"ai": "bot", "human": "user"}
    began = _ms(call["start_time"])
    messages = [{"role": "system", "message": _PROMPT, "time": began, "secondsFromStart": 0}] + [
        {"role": roles[one["speaker"]], "message": one["text"], "time": _ms(one["timestamp"]), "source": "",
         "endTime": _ms(one["timestamp"]) + 1800, "duration": 1800,
         "secondsFromStart": (_ms(one["timestamp"]) - began) / 1000}
        for one in said
    ]  # fmt: skip
    transcript = "".join(f"{'AI' if one['speaker'] == 'ai' else 'User'}: {one['text']}\n" for one in said)
    return {
        "id": call["id"], "orgId": "7ce5e76f-12d5-4a8a-b957-a607a7b0fe39", "assistantId": call["agent_id"],
        "type": "outboundPhoneCall", "createdAt": call["start_time"], "startedAt": call["start_time"],
        "endedAt": _ended(call), "updatedAt": _ended(call), "status": "ended", "cost": cost,
        "endedReason": reasons.get(call["status"], "customer-ended-call"),
        "customer": {"number": call["phone_number"]}, "phoneNumber": {"number": "+14155550100"},
        "costBreakdown": {"stt": 0.0091, "llm": 0.0031, "tts": 0, "vapi": 0.0424, "total": cost},
        "analysis": {"summary": "They talked.", "successEvaluation": str(bool(call.get("success"))).lower()},
        "transcript": transcript, "messages": messages, "recordingUrl": call.get("recording_url"),
        "artifact": {"messages": messages, "transcript": transcript,
                     "recordingUrl": call.get("recording_url"),
                     "messagesOpenAIFormatted": [{"role": "system", "content": _PROMPT}]},
    }  # fmt: skip


def main() -> None:
    """Write one platform's exports, and say how many bytes they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("platform", choices=PLATFORMS)
    parser.add_argument("path", type=Path)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(write(given.platform, given.path, given.calls, given.seed))


if __name__ == "__main__":
    main()
