"""A call as the platform documents it, its transcript and what was measured of it.

Keys stand in the documented order, as `sql/analytics/call_documents.sql` writes them.
"""

from __future__ import annotations

from typing import Any

from batchlake.models.values import Figures, Known, Money, Seconds, Time


class Sentiment(Known):
    """Sentiment scores of a call, 0 to 1, and the platform's one word for them."""

    positive: float | None = None
    neutral: float | None = None
    negative: float | None = None
    overall: str | None = None


class TalkRatio(Known):
    """Shares of talk, 0 to 1."""

    ai: float | None = None
    human: float | None = None


class EngagementMetrics(Known):
    """Response time in seconds, interruptions as a count."""

    response_time: float | None = None
    interruptions: int | None = None


class VoiceMetrics(Known):
    """On the platform's own scales."""

    pace: float | None = None
    volume: float | None = None
    clarity: float | None = None


class CallAnalytics(Known):
    """What the platform measured of one call; `engagement` is a score from 0 to 1."""

    sentiment: Sentiment | None = None
    engagement: float | None = None
    talk_ratio: TalkRatio | None = None
    engagement_metrics: EngagementMetrics | None = None
    voice_metrics: VoiceMetrics | None = None
    outcome: str | None = None
    success: bool | None = None


class Segment(Known):
    """One utterance; `offset` is seconds into the call, `confidence` is 0 to 1."""

    speaker: str
    text: str
    timestamp: Time | None = None
    offset: float | None = None
    confidence: float | None = None


class Transcript(Figures):
    """A call's utterances in their order."""

    segments: list[Segment]


class Call(Known):
    """One call; `duration` in seconds, `cost` in `currency`."""

    id: str
    status: str
    duration: Seconds | None = None
    cost: Money | None = None
    start_time: Time | None = None
    end_time: Time | None = None
    phone_number: str | None = None
    direction: str | None = None
    currency: str | None = None
    created_at: Time | None = None
    from_number: str | None = None
    to_number: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    ended_by: str | None = None
    summary: str | None = None
    is_test: bool | None = None
    tokens_consumed: int | None = None
    user_id: str | None = None
    pathway_id: str | None = None
    transcript: Transcript | None = None
    analytics: CallAnalytics | None = None
    recording_url: str | None = None


class KnownCall(Call):
    """One call with all that the lake knows of it; `extra` maps a field's path in the export to its value."""

    source: str
    batch_id: str | None = None
    outcome: str
    status_reported: str | None = None
    observed_at: Time
    extra: dict[str, Any] | None = None


class CallDetails(Figures):
    """One call, in the documented envelope."""

    call: KnownCall
