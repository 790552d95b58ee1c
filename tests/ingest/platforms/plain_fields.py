"""Fields of other platforms that are taken as they are, and what was said: drawn at random, and read.

Written from the platforms' documentation, not from the files of `sql/sources`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from hypothesis import strategies as st

Said = list[tuple[str, str]]

TEXTS: Final[dict[str, dict[str, str]]] = {
    "bland": {
        "from": "from_number", "to": "to_number", "call_ended_by": "ended_by", "summary": "summary",
        "disposition_tag": "outcome_label", "recording_url": "recording_url", "pathway_id": "pathway_id",
    },
    "retell": {
        "from_number": "from_number", "to_number": "to_number", "agent_id": "agent_id",
        "agent_name": "agent_name", "recording_url": "recording_url",
        "scrubbed_recording_url": "recording_url", "call_analysis.call_summary": "summary",
        "call_analysis.user_sentiment": "sentiment_label",
    },
    "vapi": {
        "assistantId": "agent_id", "assistant.id": "agent_id", "assistant.name": "agent_name",
        "analysis.summary": "summary", "summary": "summary", "artifact.recordingUrl": "recording_url",
        "artifact.recording.mono.combinedUrl": "recording_url", "recordingUrl": "recording_url",
    },
    "elevenlabs": {
        "agent_name": "agent_name", "analysis.transcript_summary": "summary", "transcript_summary": "summary",
        "metadata.batch_call.batch_call_id": "batch_id", "metadata.termination_reason": "ended_by",
        "termination_reason": "ended_by", "sentiment_analysis.overall_label": "sentiment_label",
    },
    "bolna": {
        "batch_id": "batch_id", "summary": "summary", "telephony_data.from_number": "from_number",
        "telephony_data.to_number": "to_number", "telephony_data.hangup_by": "ended_by",
        "telephony_data.recording_url": "recording_url",
    },
    "twilio": {},
    "smallest_atoms": {
        "from": "from_number", "to": "to_number", "agentName": "agent_name", "agent.name": "agent_name",
        "agentId": "agent_id", "agent._id": "agent_id", "disconnectionReason": "ended_by",
        "recordingUrl": "recording_url", "postCallAnalytics.summary": "summary",
    },
    "synthflow": {
        "recording_url": "recording_url", "end_call_reason": "ended_by",
        "phone_number_from": "from_number", "phone_number_to": "to_number",
    },
    "ultravox": {
        "agentId": "agent_id", "agent.agentId": "agent_id", "agent.name": "agent_name", "summary": "summary",
        "shortSummary": "summary",
    },
}  # fmt: skip
"""Of each platform the fields whose text is a column's, by path: of those of one column the first with a
value."""

TIMES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "bland": {"created_at": ("created_at", "iso"), "started_at": ("started_at", "iso")},
    "retell": {"end_timestamp": ("ended_at", "milliseconds")},
    "vapi": {"createdAt": ("created_at", "iso"), "updatedAt": ("observed_at", "iso")},
    "elevenlabs": {},
    "bolna": {"updated_at": ("observed_at", "iso")},
    "twilio": {
        "date_created": ("created_at", "mail"), "date_updated": ("observed_at", "mail"),
        "start_time": ("started_at", "mail"), "end_time": ("ended_at", "mail"),
    },
    "smallest_atoms": {"createdAt": ("created_at", "iso")},
    "synthflow": {"telephony_start": ("started_at", "iso"), "telephony_end": ("ended_at", "iso")},
    "ultravox": {"created": ("created_at", "iso")},
}  # fmt: skip
"""Of each platform the fields of a time that is a column's, by path, and how they tell it."""

_TOLD: Final[dict[str, Callable[[datetime], Any]]] = {
    "iso": datetime.isoformat,
    "milliseconds": lambda when: round(when.timestamp() * 1000),
    "mail": lambda when: format_datetime(when),
}
_WHEN: Final = st.integers(0, 10**6).map(
    lambda seconds: datetime(2025, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)

_LOWERED: Final = ("sentiment_label",)
_VALUES: Final = st.sampled_from([None, "", "  ", "Plain", "O'Neil é", "anonymous", "+14155550100"])


Lines = list[tuple[str, str | None]]
Form = tuple[str, Callable[[Lines], Any], dict[str, str | None]]


def _listed(path: str, role: str, text: str, speakers: dict[str, str | None]) -> Form:
    return path, lambda lines: [{role: who, text: what} for who, what in lines], speakers


def _in_one_text(path: str, speakers: dict[str, str | None]) -> Form:
    return path, lambda lines: "\n".join(f"{who}: {what or ''}" for who, what in lines), speakers


_AGENT: Final[dict[str, str | None]] = {"agent": "ai", "user": "human"}
_RETELLS: Final = _AGENT | {"transfer_target": "unknown", "node_transition": None}
_VAPIS: Final[dict[str, str | None]] = {
    "bot": "ai", "assistant": "ai", "user": "human", "system": None, "tool_calls": None,
    "tool_call_result": None,
}  # fmt: skip

SPEECH: Final[dict[str, list[Form]]] = {
    "bland": [
        _listed("transcripts", "user", "text", {
            "assistant": "ai", "robot": "ai", "user": "human", "agent-action": None}),
        _in_one_text("concatenated_transcript", {"assistant": "ai", "user": "human", "agent-action": None}),
    ],
    "retell": [
        _listed("transcript_object", "role", "content", _RETELLS),
        _in_one_text("transcript", {"Agent": "ai", "User": "human"}),
        *(
            _listed(path, "role", "content", _RETELLS | {"tool_call_invocation": None})
            for path in ("transcript_with_tool_calls", "scrubbed_transcript_with_tool_calls")
        ),
    ],
    "vapi": [
        _listed("artifact.messages", "role", "message", _VAPIS),
        _listed("messages", "role", "message", _VAPIS),
        _in_one_text("artifact.transcript", {"AI": "ai", "User": "human"}),
        _in_one_text("transcript", {"AI": "ai", "User": "human"}),
    ],
    "elevenlabs": [_listed("transcript", "role", "message", _AGENT)],
    "bolna": [_in_one_text("transcript", {
        "assistant": "ai", "user": "human", "Agent": "ai", "Customer": "human"})],
    "smallest_atoms": [_listed("transcript", "role", "content", _AGENT)],
    "synthflow": [_in_one_text("transcript", {"bot": "ai", "human": "human"})],
}  # fmt: skip
"""Of each platform the fields of its transcript in the order of preference, how their lines are told, and who
speaks in which role; None is no utterance."""


def merged(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A record with a value under a path."""
    key, _, rest = path.partition(".")
    return record | {key: merged(record.get(key) or {}, rest, value) if rest else value}


@st.composite
def with_plain_fields(
    draw: st.DrawFn, platform: str, record: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], Said]:
    """A record with some plain fields and a transcript; the facts that they state, and what was said."""
    facts: dict[str, Any] = {}
    for path, column in TEXTS[platform].items():
        if draw(st.booleans()):
            value = draw(_VALUES)
            record = merged(record, path, value)
            text = (value or "").strip() or None
            told = text.lower() if text and column in _LOWERED else text
            facts[column] = facts.get(column) or told
    for path, (column, way) in TIMES[platform].items():
        if draw(st.booleans()):
            when = draw(_WHEN)
            record = merged(record, path, _TOLD[way](when))
            facts[column] = when
    said: Said = []
    what = st.sampled_from([None, " ", "Hello", "Yes, please. I'm in", "Größe 12"])
    for path, tell, speakers in SPEECH.get(platform, ()):
        if draw(st.booleans()):
            lines = draw(st.lists(st.tuples(st.sampled_from(sorted(speakers)), what), max_size=5))
            spoken = [
                (speaker, text) for who, text in lines if (speaker := speakers[who]) and text and text.strip()
            ]
            if said or spoken:
                record = merged(record, path, tell(lines))
            said = said or spoken
    return record, facts, said
