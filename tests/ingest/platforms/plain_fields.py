"""Fields of other platforms that are taken as they are, and what was said: drawn at random, and read.

Written from the platforms' documentation, not from the files of `sql/sources`.
"""

from __future__ import annotations

from collections.abc import Callable
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
        "agent_name": "agent_name", "recording_url": "recording_url", "call_analysis.call_summary": "summary",
        "call_analysis.user_sentiment": "sentiment_label",
    },
    "vapi": {
        "assistantId": "agent_id", "assistant.name": "agent_name", "analysis.summary": "summary",
        "artifact.recordingUrl": "recording_url",
    },
    "elevenlabs": {
        "agent_name": "agent_name", "analysis.transcript_summary": "summary",
        "metadata.batch_call.batch_call_id": "batch_id",
        "sentiment_analysis.overall_label": "sentiment_label",
    },
    "bolna": {"batch_id": "batch_id", "summary": "summary"},
    "twilio": {},
    "smallest_atoms": {
        "from": "from_number", "to": "to_number", "agentName": "agent_name", "recordingUrl": "recording_url",
        "postCallAnalytics.summary": "summary",
    },
    "synthflow": {"recording_url": "recording_url"},
}  # fmt: skip
"""Of each platform the fields whose text is a column's, by path."""

_LOWERED: Final = ("sentiment_label",)
_VALUES: Final = st.sampled_from([None, "", "  ", "Plain", "O'Neil é", "anonymous", "+14155550100"])


def _listed(
    path: str, role: str, text: str, speakers: dict[str, str | None]
) -> tuple[str, Callable[[list[tuple[str, str | None]]], Any], dict[str, str | None]]:
    return path, lambda lines: [{role: who, text: what} for who, what in lines], speakers


def _in_one_text(
    path: str, speakers: dict[str, str | None]
) -> tuple[str, Callable[[list[tuple[str, str | None]]], Any], dict[str, str | None]]:
    return path, lambda lines: "\n".join(f"{who}: {what or ''}" for who, what in lines), speakers


SPEECH: Final = {
    "bland": _listed("transcripts", "user", "text", {
        "assistant": "ai", "robot": "ai", "user": "human", "agent-action": None}),
    "retell": _listed("transcript_object", "role", "content", {
        "agent": "ai", "user": "human", "transfer_target": "unknown", "node_transition": None}),
    "vapi": _listed("artifact.messages", "role", "message", {
        "bot": "ai", "assistant": "ai", "user": "human", "system": None, "tool_calls": None,
        "tool_call_result": None}),
    "elevenlabs": _listed("transcript", "role", "message", {"agent": "ai", "user": "human"}),
    "bolna": _in_one_text("transcript", {"assistant": "ai", "user": "human"}),
    "smallest_atoms": _listed("transcript", "role", "content", {"agent": "ai", "user": "human"}),
    "synthflow": _in_one_text("transcript", {"bot": "ai", "human": "human"}),
}  # fmt: skip
"""Of each platform the field of its transcript, how its lines are told, and who speaks in which role; None is
no utterance."""


def merged(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A record with a value under a path."""
    key, _, rest = path.partition(".")
    return record | {key: merged(record.get(key) or {}, rest, value) if rest else value}


@st.composite
def with_plain_fields(
    draw: st.DrawFn, platform: str, record: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str | None], Said]:
    """A record with some plain fields and a transcript; the facts that they state, and what was said."""
    facts: dict[str, str | None] = {}
    for path, column in TEXTS[platform].items():
        if draw(st.booleans()):
            value = draw(_VALUES)
            record = merged(record, path, value)
            text = (value or "").strip() or None
            facts[column] = text.lower() if text and column in _LOWERED else text
    said: Said = []
    if platform in SPEECH and draw(st.booleans()):
        path, told, speakers = SPEECH[platform]
        what = st.sampled_from([None, " ", "Hello", "Yes, please. I'm in", "Größe 12"])
        lines = draw(st.lists(st.tuples(st.sampled_from(sorted(speakers)), what), max_size=5))
        record = merged(record, path, told(lines))
        said = [
            (speaker, text) for who, text in lines if (speaker := speakers[who]) and text and text.strip()
        ]
    return record, facts, said
