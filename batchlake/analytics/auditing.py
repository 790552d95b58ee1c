"""What a platform reported about a batch beside the same figures recomputed from the calls held.

In come the batches to audit, out goes an `Audit`: each reported figure, the recomputed one, their difference,
the tolerance that rounding deserves, and why they differ where that is knowable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from batchlake.analytics import figures
from batchlake.analytics.comparison import Amount, Circumstances, compare
from batchlake.analytics.finding import find_batch
from batchlake.analytics.grouping import Key, Question, Row, file_text, side_by_side
from batchlake.analytics.holding import batch_in_memory
from batchlake.engine import Engine
from batchlake.filters import select
from batchlake.responses import Audit, BatchAudit, Comparison

if TYPE_CHECKING:
    from batchlake.filters import Filter, Selection


class _Figure(NamedTuple):
    """A figure that platforms report: its column in `batches`, and that of the files of `sql/analytics`.

    `decimals` are those shown at least, None for a count; `missing` is recomputed for a batch without calls.
    """

    name: str
    reported: str
    recomputed: str
    unit: str
    decimals: int | None
    missing: int | None = None


_FIGURES: Final = (
    _Figure("total_calls", "reported_total_calls", "total_calls", "calls", None, 0),
    _Figure("completed", "reported_completed", "completed", "calls", None, 0),
    _Figure("failed", "reported_failed", "failed", "calls", None, 0),
    _Figure("in_progress", "reported_in_progress", "in_progress", "calls", None, 0),
    _Figure("average_duration", "reported_average_duration_seconds", "average_duration", "seconds", 0),
    _Figure("total_cost", "reported_total_cost", "total_cost", "money", 2),
    _Figure("success_rate", "reported_success_rate", "success_rate", "ratio", 2),
    _Figure("average_sentiment.positive", "reported_sentiment_positive", "sentiment_positive", "0 to 1", 1),
    _Figure("average_sentiment.neutral", "reported_sentiment_neutral", "sentiment_neutral", "0 to 1", 1),
    _Figure("average_sentiment.negative", "reported_sentiment_negative", "sentiment_negative", "0 to 1", 1),
)


def audit(
    engine: Engine,
    batch: tuple[str | None, str] | None = None,
    filter: Filter | Mapping[str, Any] | None = None,  # noqa: A002 - the documented name
    *,
    only_differences: bool = False,
) -> Audit:
    """The audit of one batch or of all.

    Args:
        engine: the lake.
        batch: (source, batch id) as in `find_batch`; None for all batches.
        filter: only batches of which some call matches; each is still compared over all of its calls.
        only_differences: leave out the figures that agree, and the batches in which all do; the counts stay.

    Raises:
        InvalidBatchId, BatchNotFound: there is no such batch.
        InvalidFilter: the filter holds faults.
    """
    if batch:
        row = find_batch(engine, *batch)
        key = (row["source"], row["batch_id"])
        matching = select(filter, batch=key)
        with batch_in_memory(engine, *key, with_segments=bool(_reported_responses(row))) as (own, _):
            audits = _audits(own, [row], matching, select(batch=key))
    else:
        matching = select(filter)
        audits = _audits(
            engine, engine.rows("select * from batches order by source, batch_id"), matching, select()
        )
    compared = [figure for one in audits for figure in one.figures]
    return Audit(
        audited_batches=len(audits),
        compared=len(compared),
        differences=sum(not figure.agrees for figure in compared),
        unexplained=sum(figure.explanation == "unexplained" for figure in compared),
        batches=[_differences(one) for one in audits if one.differences] if only_differences else audits,
    )


def _audits(engine: Engine, batches: list[Row], matching: Selection, audited: Selection) -> list[BatchAudit]:
    """The audits of those batches of which some call matches, over all of the calls `audited`."""
    rows = _matching(engine, batches, matching)
    question = Question(engine.apart(), audited, by=("source", "batch_id"))
    with side_by_side(question.engine) as asked:
        scalars = asked.start(question.ask_file, "scalars")
        costs = asked.start(question.ask_file, "cost")
        responses = asked.start(_response_counts, question, rows)
        known = asked.start(_states, question.engine, batches)
        recomputed, counts = _recomputed(scalars.result(), costs.result()), responses.result()
        states = known.result()
    audits = []
    for row in rows:
        key = (row["source"], row["batch_id"])
        audits.append(_audit(row, recomputed.get(key, {}), counts.get(key, {}), states))
    return audits


def _matching(engine: Engine, rows: list[Row], selection: Selection) -> list[Row]:
    if not selection.is_filtered:
        return rows
    matching = engine.rows(
        selection.over("select distinct source, batch_id from selected_calls"), selection.params
    )
    keys = {(row["source"], row["batch_id"]) for row in matching}
    return [row for row in rows if (row["source"], row["batch_id"]) in keys]


def _recomputed(scalars: Mapping[Key, list[Row]], costs: Mapping[Key, list[Row]]) -> dict[Key, Row]:
    """The figures of each batch by their names in `sql/analytics`."""
    found = {}
    for key, (row,) in scalars.items():
        found[key] = {**row, "total_cost": figures.total_cost(costs.get(key, []))}
    return found


def _states(engine: Engine, batches: list[Row]) -> dict[tuple[str, str, datetime], Row]:
    """What is known of each batch's calls, by source, batch and the time that a figure was reported at."""
    query = f"select * from ({file_text('states')}\n)"
    params = {}
    if len(batches) == 1:
        query += " where source = $source and batch_id = $batch_id"
        params = {name: batches[0][name] for name in ("source", "batch_id")}
    rows = engine.rows(query, params)
    return {(row["source"], row["batch_id"], row["reported_at"]): row for row in rows}


def _audit(
    batch: Row, recomputed: Row, counts: Mapping[str, int], states: Mapping[tuple[str, str, datetime], Row]
) -> BatchAudit:
    def state(column: str) -> Row:
        return states[batch["source"], batch["batch_id"], _reported_at(batch, column)]

    def comparison(
        name: str, column: str, unit: str, reported: Amount, found: Amount | None, decimals: int | None
    ) -> Comparison:
        known = state(column)
        circumstances = Circumstances(
            reported_calls=batch["reported_total_calls"],
            listed_calls=known["listed_calls"],
            held_calls=known["held_calls"],
            changed_calls=known["changed_calls"],
        )
        return compare(name, unit, reported, found, decimals, circumstances)

    compared = [
        comparison(
            figure.name,
            figure.reported,
            figure.unit,
            batch[figure.reported],
            recomputed.get(figure.recomputed, figure.missing),
            figure.decimals,
        )
        for figure in _FIGURES
        if batch[figure.reported] is not None
    ]
    compared += [
        comparison(
            f"common_responses[{text!r}].count",
            "reported_common_responses",
            "utterances",
            count,
            counts.get(text, 0),
            None,
        )
        for text, count in _reported_responses(batch)
    ]
    overall = state("reported_total_calls")
    return BatchAudit(
        source=batch["source"],
        batch_id=batch["batch_id"],
        reported_at=overall["reported_at"],
        reported_calls=batch["reported_total_calls"],
        listed_calls=overall["listed_calls"],
        held_calls=overall["held_calls"],
        differences=sum(not figure.agrees for figure in compared),
        figures=compared,
    )


def _differences(one: BatchAudit) -> BatchAudit:
    return one.model_copy(update={"figures": [figure for figure in one.figures if not figure.agrees]})


def _reported_at(batch: Row, column: str) -> datetime:
    older: Mapping[str, datetime] = batch["field_observed_at"] or {}
    at: datetime = older.get(column, batch["observed_at"])
    return at


def _reported_responses(batch: Row) -> list[tuple[str, int]]:
    """Texts and counts as reported; what hasn't that form can't be compared."""
    try:
        entries = json.loads(batch["reported_common_responses"] or "[]")
    except ValueError:
        return []
    return [
        (entry["text"], entry["count"])
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("text"), str) and type(entry.get("count")) is int
    ]


def _response_counts(question: Question, batches: list[Row]) -> dict[Key, dict[str, int]]:
    """How often each reported response was said in each batch, however it was spelled."""
    texts = sorted({text for batch in batches for text, _ in _reported_responses(batch)})
    if not texts:
        return {}
    groups = question.ask(
        f"""
with
responses as materialized ({file_text("responses")}
),
spellings as (
  select distinct text, text_key from selected_segments where list_contains($texts, text)
  union
  select unnest($texts), lower(unnest($texts))
)

select group_key, spellings.text, responses.utterances
from spellings
join responses using (text_key)
""",
        texts=texts,
    )
    return {key: {row["text"]: row["utterances"] for row in rows} for key, rows in groups.items()}
