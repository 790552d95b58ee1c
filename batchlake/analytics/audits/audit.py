"""What a platform reported about a batch, compared with the same figures recomputed from the calls held.

Input: the batches to audit. Output: an `Audit`: each reported figure, the recomputed one, their difference,
the tolerance for rounding, and why they differ where that can be known.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from batchlake.analytics.audits import platform_counts
from batchlake.analytics.audits.compare_reported import Coverage, Number, compare
from batchlake.analytics.batch_cache import batch_in_memory
from batchlake.analytics.families.currencies import currency_order, only_total
from batchlake.analytics.grouped_query import GroupedQuery, Key, Row, file_text, side_by_side
from batchlake.analytics.lookup import erased_calls, find_batch
from batchlake.engine.protocols import QueryEngine
from batchlake.engine.text_keys import text_key
from batchlake.filters.selection import select
from batchlake.models.audits import Audit, BatchAudit, BilledTotal, Comparison
from batchlake.text.ids import batch_of_source
from batchlake.text.values import money_text

if TYPE_CHECKING:
    from batchlake.filters.model import Filter
    from batchlake.filters.selection import Selection
    from batchlake.filters.values.period import Period


class _Figure(NamedTuple):
    """A figure that platforms report.

    Attributes:
        name: as the audit has it.
        reported: its column in `batches`.
        unit: what it counts or is measured in.
        decimals: those shown at least, None for a count.
        recomputed: its column in the files of `sql/analytics`.
        missing: the recomputed value for a batch without calls.
        later: the column of `states.sql` that counts calls whose value for it is newer than the report.
        listed: the column there that has it over the calls that the report lists.
    """

    name: str
    reported: str
    unit: str
    decimals: int | None
    recomputed: str
    missing: int | None = None
    later: str | None = None
    listed: str | None = None


def _count(name: str, later: str | None = "later_status") -> _Figure:
    listed = f"listed_{name.removeprefix('total_')}"
    return _Figure(name, f"reported_{name}", "calls", None, name, 0, later, listed)


def _sentiment(score: str) -> _Figure:
    column = f"sentiment_{score}"
    return _Figure(
        f"average_sentiment.{score}", f"reported_{column}", "0 to 1", 1, column, later="later_sentiment"
    )


_FIGURES: Final = (
    _count("total_calls", later=None),
    _count("completed"),
    _count("failed"),
    _count("in_progress"),
    _Figure(
        "average_duration", "reported_average_duration_seconds", "seconds", 0, "average_duration",
        later="later_duration",
    ),
    _Figure("total_cost", "reported_total_cost", "money", 2, "total_cost", later="later_cost"),
    _Figure(
        "success_rate", "reported_success_rate", "ratio", 2, "success_rate",
        later="later_status", listed="listed_success_rate",
    ),
    _sentiment("positive"),
    _sentiment("neutral"),
    _sentiment("negative"),
)  # fmt: skip

_OTHERWISE: Final = "counted by another definition"

_BATCHES: Final = """\
select * from batches
where ($start is null or created_at >= $start) and ($end is null or created_at < $end)
order by source, batch_id
"""

_TIMED_AS: Final = dict.fromkeys(
    ("reported_sentiment_neutral", "reported_sentiment_negative"), "reported_sentiment_positive"
)
"""Columns that are merged together with another, which has their time in `field_observed_at`."""


class _Response(NamedTuple):
    """A response as reported: its spelling of the highest count, and how often it was said in all spellings.

    `key` is the `text_key`; a text of punctuation alone, which has none, is compared as it stands.
    """

    text: str
    key: str
    utterances: int


def audit(
    engine: QueryEngine,
    batch: tuple[str | None, str] | None = None,
    filter: Filter | Mapping[str, Any] | None = None,
    *,
    period: Period | None = None,
    only_differences: bool = False,
) -> Audit:
    """The audit of one batch or of all.

    Args:
        engine: the lake.
        batch: (source, batch id) as in `find_batch`; None for all batches.
        filter: only batches with a call that matches; each is still compared over all of its calls.
        period: only batches created then, where all are audited.
        only_differences: leave out the figures that agree, and the batches in which all do; the counts stay.

    Raises:
        InvalidBatchId, BatchNotFound: there is no such batch.
        InvalidFilter: the filter holds faults.
    """
    erased = erased_calls(engine)
    if batch:
        row = find_batch(engine, *batch)
        key = (row["source"], row["batch_id"])
        matching = select(filter, batch=key)
        with batch_in_memory(engine, *key, with_segments=bool(_reported_responses(row))) as (memory, _):
            audits, billed = _audits(memory, [row], matching, select(batch=key), erased)
    else:
        matching = select(filter)
        start, end = (period.start, period.end) if period else (None, None)
        rows = engine.rows(_BATCHES, {"start": start, "end": end})
        audits, billed = _audits(engine, rows, matching, select(), erased)
    figures_found = [figure for one in audits for figure in one.figures]
    return Audit(
        audited_batches=len(audits),
        compared=sum(figure.agrees is not None for figure in figures_found),
        not_compared=sum(figure.agrees is None for figure in figures_found),
        defined_otherwise=sum(figure.explanation == _OTHERWISE for figure in figures_found),
        differences=sum(figure.agrees is False for figure in figures_found),
        unexplained=sum(figure.explanation == "unexplained" for figure in figures_found),
        totals=totals([one for one in billed if one is not None]),
        batches_without_total=billed.count(None),
        batches=[_differences(one) for one in audits if one.differences] if only_differences else audits,
    )


def totals(several: Iterable[BilledTotal]) -> list[BilledTotal]:
    """Those of each currency added up, the currency that isn't named last."""
    by_currency: dict[str | None, list[BilledTotal]] = defaultdict(list)
    for one in several:
        by_currency[one.currency].append(one)
    return [
        BilledTotal(
            currency=currency,
            batches=sum(one.batches for one in same),
            reported=sum((one.reported for one in same), Decimal(0)),
            recomputed=sum((one.recomputed for one in same), Decimal(0)),
            difference=sum((one.difference for one in same), Decimal(0)),
        )
        for currency, same in sorted(by_currency.items(), key=lambda item: currency_order(item[0]))
    ]


def _audits(
    engine: QueryEngine,
    batches: list[Row],
    matching: Selection,
    audited: Selection,
    erased: Mapping[str, int],
) -> tuple[list[BatchAudit], list[BilledTotal | None]]:
    """The audits of the batches with a matching call, each over all calls `audited`; and their billed totals.

    A total is None where the costs of the batch's calls are in several currencies, or unknown.
    """
    rows = _matching(engine, batches, matching)
    question = GroupedQuery(engine.clone(), audited, by=("source", "batch_id"))
    with side_by_side(question.engine) as pool:
        counting = pool.start(question.ask_file, "counts")
        feeling = pool.start(question.ask_file, "sentiment")
        responses = pool.start(_response_counts, question, rows)
        known = pool.start(_states, question.engine, batches)
        counted, counts = counting.result(), responses.result()
        recomputed, states = _recomputed(counted, feeling.result()), known.result()
    keyed = [((row["source"], row["batch_id"]), row) for row in rows]
    return (
        [
            _audit(
                row,
                recomputed.get(key, {}),
                counts.get(key, {}),
                states,
                erased.get(batch_of_source(*key), 0),
            )
            for key, row in keyed
        ],
        [
            _billed(row["reported_total_cost"], recomputed.get(key, {}).get("costs", []))
            for key, row in keyed
            if row["reported_total_cost"] is not None
        ],
    )


def _billed(reported: Decimal, costs: Sequence[Row]) -> BilledTotal | None:
    if len(costs) != 1:
        return None
    currency, recomputed = costs[0]["currency"], costs[0]["total"]
    return BilledTotal(
        currency=currency,
        batches=1,
        reported=reported,
        recomputed=recomputed,
        difference=recomputed - reported,
    )


def _matching(engine: QueryEngine, rows: list[Row], selection: Selection) -> list[Row]:
    if not selection.is_filtered:
        return rows
    matching = engine.rows(
        selection.over("select distinct source, batch_id from selected_calls"), selection.params
    )
    keys = {(row["source"], row["batch_id"]) for row in matching}
    return [row for row in rows if (row["source"], row["batch_id"]) in keys]


def _recomputed(counts: Mapping[Key, list[Row]], moods: Mapping[Key, list[Row]]) -> dict[Key, Row]:
    """The figures of each batch by their names in `sql/analytics`; its `costs` are one for each currency."""
    found = {}
    for key, (row,) in counts.items():
        costs = row["total_cost"] or []
        total = only_total({one["currency"]: one["total"] for one in costs})
        words = _totals_in_words(costs)
        found[key] = {**row, **moods[key][0], "total_cost": total, "costs": costs, "currencies": words}
    return found


def _totals_in_words(costs: Sequence[Row]) -> str | None:
    """`the calls cost EUR 1.50 and USD 2.00`; None where all costs are in one currency."""
    ordered = sorted(costs, key=lambda row: currency_order(row["currency"]))
    totals = [(row["currency"], money_text(row["total"])) for row in ordered]
    words = [f"{currency} {total}" if currency else f"{total} in no named one" for currency, total in totals]
    return f"the calls cost {' and '.join(words)}" if len(words) > 1 else None


def _states(engine: QueryEngine, batches: list[Row]) -> dict[tuple[str, str, datetime], Row]:
    """The rows of `sql/analytics/states`, by source, batch and the time that a figure was reported at."""
    query = f"select * from ({file_text('states')}\n)"
    params = {}
    if len(batches) == 1:
        query += " where source = $source and batch_id = $batch_id"
        params = {name: batches[0][name] for name in ("source", "batch_id")}
    rows = engine.rows(query, params)
    return {(row["source"], row["batch_id"], row["reported_at"]): row for row in rows}


def _audit(
    batch: Row,
    recomputed: Row,
    counts: Mapping[str, int],
    states: Mapping[tuple[str, str, datetime], Row],
    erased: int,
) -> BatchAudit:
    def state(column: str) -> Row:
        return states[batch["source"], batch["batch_id"], _reported_at(batch, column)]

    def comparison(figure: _Figure, reported: Number, found: Number | None) -> Comparison:
        known = state(figure.reported)
        coverage = Coverage(
            reported_calls=batch["reported_total_calls"],
            listed_calls=known["listed_calls"],
            held_calls=known["held_calls"],
            later_calls=known[figure.later] if figure.later else 0,
            as_listed=known[figure.listed] if figure.listed else None,
            erased_calls=erased,
            currencies=recomputed.get("currencies") if figure.unit == "money" else None,
            definition=platform_counts.explanation(batch["source"], figure.reported, reported, recomputed),
            counts_planned=platform_counts.is_planned(batch["source"], "reported_total_calls"),
        )
        return compare(figure.name, figure.unit, reported, found, figure.decimals, coverage)

    compared = [
        comparison(figure, batch[figure.reported], recomputed.get(figure.recomputed, figure.missing))
        for figure in _FIGURES
        if batch[figure.reported] is not None
    ]
    compared += [
        comparison(_response_figure(said.text), said.utterances, counts.get(said.key, 0))
        for said in _reported_responses(batch)
    ]
    overall = state("reported_total_calls")
    return BatchAudit(
        source=batch["source"],
        batch_id=batch["batch_id"],
        reported_at=overall["reported_at"],
        reported_calls=batch["reported_total_calls"],
        listed_calls=overall["listed_calls"],
        held_calls=overall["held_calls"],
        erased_calls=erased,
        differences=sum(figure.agrees is False for figure in compared),
        figures=compared,
    )


def _response_figure(text: str) -> _Figure:
    name = f"common_responses[{text!r}].count"
    return _Figure(
        name, "reported_common_responses", "utterances", None, "utterances", later="later_transcript"
    )


def _differences(one: BatchAudit) -> BatchAudit:
    return one.model_copy(update={"figures": [figure for figure in one.figures if figure.agrees is False]})


def _reported_at(batch: Row, column: str) -> datetime:
    older: Mapping[str, datetime] = batch["field_observed_at"] or {}
    at: datetime = older.get(_TIMED_AS.get(column, column), batch["observed_at"])
    return at


def _reported_responses(batch: Row) -> list[_Response]:
    """Each response once, in the order reported; entries of another form are left out, as nothing compares to
    them.

    Platforms count each spelling alone; the counts of those with one `text_key` are added up.
    """
    try:
        entries = json.loads(batch["reported_common_responses"] or "[]")
    except ValueError:
        return []
    spellings: dict[str, list[tuple[int, str]]] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("text"), str) and type(entry.get("count")) is int:
            text = entry["text"]
            spellings.setdefault(text_key(text) or text, []).append((entry["count"], text))
    return [
        _Response(max(said, key=itemgetter(0))[1], key, sum(count for count, _ in said))
        for key, said in spellings.items()
    ]


def _response_counts(question: GroupedQuery, batches: list[Row]) -> dict[Key, dict[str, int]]:
    """How often each reported response was said in each batch, however it was spelled, by its key."""
    keys = sorted({said.key for batch in batches for said in _reported_responses(batch)})
    if not keys:
        return {}
    spellings, counted = file_text("spellings"), file_text("reported_responses")
    query = f"with spellings as materialized ({spellings}\n) select * from ({counted}\n)"
    groups = question.ask(query, keys=keys)
    return {key: {row["key"]: row["utterances"] for row in rows} for key, rows in groups.items()}
