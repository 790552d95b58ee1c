"""Rows of `sql/analytics/engagement.sql`, how people took part in calls, as models."""

from __future__ import annotations

from collections.abc import Sequence

from batchlake.analytics.grouped_query import Row
from batchlake.models.blocks import Band, Engagement, Measured, Score, Words


def engagement(row: Row) -> Engagement:
    """Scores, talk ratios, response times, interruptions, turns and words; `missing` are calls without."""
    total = row["total_calls"]
    return Engagement(
        score=Score(
            mean=row["score_mean"],
            calls=row["score_calls"],
            missing=total - row["score_calls"],
            distribution=distribution(row["score_bands"]),
        ),
        talk_ratio_ai=_measured(row, "talk_ratio", row["talk_ratio_ai"], row["talk_ratio_reported"]),
        talk_ratio_human=_measured(row, "talk_ratio", row["talk_ratio_human"], row["talk_ratio_reported"]),
        response_time=_measured(
            row, "response_time", row["response_time_mean"], row["response_time_reported"]
        ),
        interruptions=_measured(row, "interruptions", row["interruptions_mean"], row["interruptions_calls"]),
        turns=_measured(row, "turns", row["turns_mean"], 0),
        human_words_per_turn=Words(
            mean=row["words_mean"],
            words=row["human_words"],
            turns=row["human_turns"],
            calls=row["words_calls"],
            missing=total - row["words_calls"],
        ),
    )


def distribution(calls_by_band: Sequence[int] = (0, 0, 0, 0, 0)) -> list[Band]:
    """Equal bands of the score from 0 to 1, with the number of calls in each."""
    bands = len(calls_by_band)
    return [
        Band(lower=number / bands, upper=(number + 1) / bands, calls=calls)
        for number, calls in enumerate(calls_by_band)
    ]


def _measured(row: Row, name: str, mean: float | None, reported: int) -> Measured:
    calls = row[f"{name}_calls"]
    return Measured(
        mean=mean,
        calls=calls,
        reported=reported,
        measured=calls - reported,
        missing=row["total_calls"] - calls,
    )
