"""The most common responses of people, and what responses mean by their words.

Input: the texts that `sql/analytics/spellings.sql` counts, one row a spelling. Output: models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from batchlake.analytics.grouped_query import GroupedQuery, Key, Row, file_text
from batchlake.analytics.patterns import Patterns
from batchlake.models.blocks import CommonResponse, PatternCount, PatternCounts, ResponsePatterns

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


def answers(question: GroupedQuery, top: int | None, patterns: Patterns | None) -> dict[Key, Answers]:
    """The answers of each group; a group in which no human utterance is held is absent.

    Args:
        question: the selection and its groups.
        top: how many of the most common ones; None is none.
        patterns: the word patterns to count; None counts none.
    """
    parts = []
    params: dict[str, Any] = {}
    if top is not None:
        parts.append(f"""\
select {_RANKED}, null as pattern, null as first_utterances
from ({file_text("responses")}
)""")
        params["top"] = top
    if patterns:
        # What a text means is found out once, not in each group: all texts stand in the row of all groups.
        parts.append(f"""\
select
  group_key, null as rank, null as text, sum(utterances)::bigint as utterances, null as calls,
  null as share, pattern, sum(first_utterances)::bigint as first_utterances
from spellings
join (
  {patterns.sql("(select distinct text_key from spellings where group_key is null)")}
) as meanings on meanings.text_key is not distinct from spellings.text_key
group by group_key, pattern""")
        params |= patterns.params
    both = "\nunion all\n".join(parts)
    spellings = f"with\nspellings as materialized ({file_text('spellings')}\n)\n\n"
    groups = question.ask(spellings + both, **params)
    names = patterns.names if patterns else ()
    return {key: _answers(rows, names) for key, rows in groups.items()}


def _answers(rows: list[Row], names: tuple[str, ...]) -> Answers:
    return Answers(
        top=_top([row for row in rows if row["rank"] is not None]),
        by_pattern={
            names[row["pattern"]]: (row["utterances"], row["first_utterances"])
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
