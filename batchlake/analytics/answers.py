"""What people answer: the most common responses and what they mean by their words.

In come the texts that `sql/analytics/responses.sql` counts, each once however often it was said; out go
models.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from batchlake.analytics.grouping import Key, Question, Row, file_text
from batchlake.analytics.patterns import Patterns
from batchlake.responses import CommonResponse, PatternCount, PatternCounts, ResponsePatterns


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a group: the top texts in order, and (utterances, first utterances) of each pattern."""

    top: list[CommonResponse] = field(default_factory=list)
    by_pattern: dict[str, tuple[int, int]] = field(default_factory=dict)

    def patterns(self, names: tuple[str, ...], total_calls: int) -> ResponsePatterns:
        """How many utterances, and how many first ones, are of each of the named patterns."""
        counts = [self.by_pattern.get(name, (0, 0)) for name in names]
        utterances = _counts(names, [count for count, _ in counts])
        first_utterances = _counts(names, [count for _, count in counts])
        return ResponsePatterns(
            utterances=utterances,
            first_utterances=first_utterances,
            missing=total_calls - first_utterances.total,
        )


def answers(question: Question, top: int, patterns: Patterns) -> dict[Key, Answers]:
    """The answers of each group; a group in which no human utterance is held is absent."""
    groups = question.ask(
        f"""
with
responses as materialized ({file_text("responses")}
)

select group_key, rank, text, utterances, calls, share, null as pattern, null as first_utterances
from responses
where rank <= $top
union all
select group_key, null, null, sum(utterances)::bigint, null, null, pattern, sum(first_utterances)::bigint
from ({patterns.sql("responses")})
group by group_key, pattern
""",
        top=top,
        **patterns.params,
    )
    return {key: _answers(rows, patterns) for key, rows in groups.items()}


def _answers(rows: list[Row], patterns: Patterns) -> Answers:
    ranked = sorted((row for row in rows if row["rank"] is not None), key=lambda row: row["rank"])
    return Answers(
        top=[
            CommonResponse(text=row["text"], count=row["utterances"], calls=row["calls"], share=row["share"])
            for row in ranked
        ],
        by_pattern={
            patterns.names[row["pattern"]]: (row["utterances"], row["first_utterances"])
            for row in rows
            if row["pattern"] is not None
        },
    )


def _counts(names: tuple[str, ...], counts: list[int]) -> PatternCounts:
    total = sum(counts)
    return PatternCounts(
        total=total,
        patterns={
            name: PatternCount(count=count, share=count / total if total else None)
            for name, count in zip(names, counts, strict=True)
        },
    )
