"""What people answer: the most common responses and what they mean by their words.

Input: the texts that `sql/analytics/responses.sql` counts, each once however often it was said. Output:
models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from batchlake.analytics.grouped_query import GroupedQuery, Key, Row, file_text
from batchlake.analytics.patterns import Patterns
from batchlake.models.analytics import CommonResponse, PatternCount, PatternCounts, ResponsePatterns

_RANKED: Final = "group_key, rank, text, utterances, calls, share"


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


def answers(question: GroupedQuery, top: int, patterns: Patterns) -> dict[Key, Answers]:
    """The answers of each group; a group in which no human utterance is held is absent."""
    groups = question.ask(
        f"""
with
responses as materialized ({file_text("responses")}
)

select {_RANKED}, null as pattern, null as first_utterances
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


def answers_of_all(question: GroupedQuery, top: int, groups: Iterable[Answers]) -> Answers:
    """The answers of all calls together, where those of every group of them are known.

    What a text means is known then; but its most frequent spelling may be another than in each group.
    """
    ranked = question.ask(f"select {_RANKED} from ({file_text('responses')}\n) where rank <= $top", top=top)
    by_pattern: Counter[str] = Counter()
    first_by_pattern: Counter[str] = Counter()
    for group in groups:
        for name, (utterances, first_utterances) in group.by_pattern.items():
            by_pattern[name] += utterances
            first_by_pattern[name] += first_utterances
    return Answers(
        top=_top(ranked.get((), [])),
        by_pattern={name: (count, first_by_pattern[name]) for name, count in by_pattern.items()},
    )


def _answers(rows: list[Row], patterns: Patterns) -> Answers:
    return Answers(
        top=_top([row for row in rows if row["rank"] is not None]),
        by_pattern={
            patterns.names[row["pattern"]]: (row["utterances"], row["first_utterances"])
            for row in rows
            if row["pattern"] is not None
        },
    )


def _top(rows: list[Row]) -> list[CommonResponse]:
    return [
        CommonResponse(text=row["text"], count=row["utterances"], calls=row["calls"], share=row["share"])
        for row in sorted(rows, key=lambda row: row["rank"])
    ]


def _counts(names: tuple[str, ...], counts: list[int]) -> PatternCounts:
    total = sum(counts)
    return PatternCounts(
        total=total,
        patterns={
            name: PatternCount(count=count, share=count / total if total else None)
            for name, count in zip(names, counts, strict=True)
        },
    )
