"""Everything that a report says, as tables, made once for all formats.

Input: a `Report`. Output: its tables in the order of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from batchlake.models.analytics import Analytics
from batchlake.models.audits import Audit, BatchAudit, BilledTotal, Comparison, Progress
from batchlake.models.blocks import BatchAnalytics, Group
from batchlake.reports.cells import Amount, Column, Table, table_of
from batchlake.reports.figures.figure import figures
from batchlake.reports.model import BatchState, Distribution, NotableCalls, Problems, Report
from batchlake.reports.wording import NO_CURRENCY, Number, ReportClock, amount_text
from batchlake.text import looks
from batchlake.text.looks import CENTS, EXACT, decimals_for


def tables(report: Report) -> list[Table]:
    """All tables of a report; of what isn't there (groups, a comparison) there is none."""
    of, clock = report.analytics, ReportClock(report.provenance.timezone)
    found = [replace(table_of("figures", "At a glance", report.headlines), kind="headlines")]
    if compared := report.comparison:
        notes = [f"This: {compared.this}", f"Other: {compared.other}", *compared.notes]
        found.append(table_of("comparison", "Comparison", compared.differences, notes))
    found += _figure_sections(of)
    found += [distribution_table(one) for one in (report.durations, *report.costs) if one.bins]
    found += [_responses(of), _timeline(of)]
    if of.groups:
        found.append(_groups(of))
    if report.batches:
        found.append(_batches(report.batches, report.batches_left_out))
    found += [_progress(one, clock) for one in report.progress]
    found += [_notable(one) for one in report.standing_out]
    if report.audit:
        currencies = {(batch.source, batch.batch_id): batch.currency for batch in report.batches or ()}
        if report.audit.totals:
            found.append(_billed(report.audit))
        found += _audit(report.audit.batches, report.audits_left_out, clock, currencies)
    if report.problems.total:
        found.append(_problems(report.problems))
    for call in report.transcripts or ():
        notes = [f"{call.left_out:,} more utterances are not shown."] if call.left_out else []
        title, about = f"Transcript of {call.call_id}", {"Call": call.call_id, "Source": call.source}
        found.append(table_of("transcripts", title, call.utterances, notes, **about))
    return [*found, table_of("definitions", "Definitions", report.definitions), _made_from(report)]


def analytics_tables(of: Analytics) -> list[Table]:
    """The tables of a selection that there are of each of its groups too."""
    return [*_figure_sections(of), _responses(of), _timeline(of)]


def group_analytics(group: Group) -> Analytics:
    """A group's figures as those of a selection, which `agent_id=a7, outcome=failed` describes."""
    blocks = {name: getattr(group, name) for name in ("statistics", *BatchAnalytics.model_fields)}
    name = ", ".join(f"{key}={'' if value is None else value}" for key, value in group.keys.items())
    return Analytics(selection=name, **blocks)


def _figure_sections(of: Analytics) -> Iterator[Table]:
    for section, found in groupby(figures(of), key=lambda figure: figure.section):
        yield table_of("figures", section, found, About=section)


def distribution_table(of: Distribution) -> Table:
    """How durations or costs spread."""
    named = "durations" if of.unit == "seconds" else f"costs, {of.currency or NO_CURRENCY}"
    columns = [Column("From", "edge"), Column("Below", "edge"), Column("Calls", "calls")]
    ends = [Decimal(end) for one in of.bins for end in (one.lower, one.upper) if end is not None]
    decimals = decimals_for(ends, EXACT)
    rows = [
        [
            *(
                None if end is None else Amount(end, of.unit, of.currency, decimals)
                for end in (one.lower, one.upper)
            ),
            one.calls,
        ]
        for one in of.bins
    ]
    return Table("distributions", f"Distribution of {named}", columns, rows, shared={"Of": named})


def _responses(of: Analytics) -> Table:
    notes = () if of.common_responses else ("No response is held: no transcript has come with the calls.",)
    return table_of("responses", "Common responses", of.common_responses, notes)


def _timeline(of: Analytics) -> Table:
    times = of.timeline
    notes = [f"{times.missing:,} calls without a time are not in it."] if times.missing else []
    if not times.moments:
        notes.append("No call has a time.")
    table = table_of("timeline", f"Calls by {times.every}", times.moments, notes)
    costs, cells = _costs(of, [moment.costs for moment in times.moments])
    begins = Column(f"{times.every.capitalize()} ({times.timezone})", times.every)
    rows = [
        [moment.start, *row, *cost]
        for moment, row, cost in zip(times.moments, table.rows, cells, strict=True)
    ]
    return replace(table, columns=[begins, *table.columns, *costs], rows=rows)


def _groups(of: Analytics) -> Table:
    table = table_of("groups", f"By {', '.join(of.by)}", of.groups)
    costs, cells = _costs(of, [group.cost.currencies for group in of.groups])
    keys = [Column(name, "key") for name in of.by]
    rows = [
        [*(_key(group.keys[name]) for name in of.by), *row, *cost]
        for group, row, cost in zip(of.groups, table.rows, cells, strict=True)
    ]
    return replace(table, columns=[*keys, *table.columns, *costs], rows=rows)


def _key(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _costs(of: Analytics, rows: Sequence[Sequence[Any]]) -> tuple[list[Column], list[list[Amount]]]:
    """A column for each currency, and the cells of rows that each have totals in some of them."""
    currencies = [block.currency for block in of.cost.currencies]
    totals = [{cost.currency: cost.total for cost in row} for row in rows]
    columns = [Column(f"Cost, {currency or NO_CURRENCY}", "amount") for currency in currencies]
    decimals = {
        one: decimals_for([amount for row in totals if (amount := row.get(one)) is not None], CENTS)
        for one in currencies
    }
    return columns, [
        [Amount(row.get(one), "money", one, decimals[one]) for one in currencies] for row in totals
    ]


def _batches(of: Sequence[BatchState], left_out: int) -> Table:
    more = [f"{left_out:,} older batches are not listed."] if left_out else []
    return table_of("batches", "Batches", of, ["Newest first, whole, whatever the filter.", *more])


def _progress(of: Progress, clock: ReportClock) -> Table:
    notes = []
    if of.done_per_hour is not None:
        words = f"{amount_text(of.done_per_hour, '')} calls done per hour"
        words += f"; {of.remaining:,} remain" if of.remaining else ""
        done = of.estimated_completion
        notes = [f"{words}{f', done by {clock.minute(done)} at that rate' if done else ''}."]
    shared = {"Batch": of.batch_id, "Source": of.source}
    return table_of("progress", f"Progress of {of.batch_id}", of.history, notes, **shared)


def _notable(of: NotableCalls) -> Table:
    title = f"{of.title} ({len(of.calls):,} of {of.of:,})"
    table = table_of("notable_calls", title, of.calls, List=of.title)
    shown: dict[str, str] = {of.kind: "column", "failed": "column" if of.kind == "failed" else "below"}
    kept = ("column", "below", "no")
    columns = [
        one if one.page in kept else replace(one, page=shown.get(one.page, "no")) for one in table.columns
    ]
    return replace(table, columns=columns)


@dataclass(frozen=True, slots=True)
class _Billed:
    """What was billed in one currency, and what the calls add up to, to every digit."""

    named: str
    currency: str | None
    batches: int
    reported: Number
    recomputed: Number
    difference: Number
    verdict: str
    decimals: int


def _billed(of: Audit) -> Table:
    """A row for each currency; amounts in several are never added up."""
    decimals = decimals_for([one for total in of.totals for one in (total.reported, total.recomputed)], EXACT)
    rows = [
        _Billed(
            total.currency or NO_CURRENCY, total.currency, total.batches, total.reported, total.recomputed,
            total.difference, _way(total), decimals,
        )
        for total in of.totals
    ]  # fmt: skip
    notes = ["A line for each currency, over the batches that report a total cost."]
    if of.batches_without_total:
        lacking = of.batches_without_total
        whose = "batch reports one, and its" if lacking == 1 else "batches report one, and their"
        notes.append(f"{lacking:,} {whose} calls have costs in several currencies or none.")
    return table_of("billed", "Billed, and what the calls add up to", rows, notes)


def _way(of: BilledTotal) -> str:
    """`too high`: more was billed than the calls add up to."""
    if not of.difference:
        return "right"
    size = looks.money(abs(of.difference), of.currency, EXACT)
    return f"{size} too {'high' if of.difference < 0 else 'low'}"


@dataclass(frozen=True, slots=True)
class _Audited:
    """A figure of an audit as its table names it; money has the currency of the batch's costs."""

    figure: str
    unit: str
    currency: str | None
    reported: Number
    recomputed: Number | None
    difference: Number | None
    agrees: bool | None
    explanation: str | None
    detail: str | None
    decimals: int


def _audit(
    of: Sequence[BatchAudit],
    left_out: int,
    clock: ReportClock,
    currencies: Mapping[tuple[str, str], str | None],
) -> Iterator[Table]:
    last = next((batch for batch in reversed(of) if batch.figures), None)
    signed = next((batch for batch in of if any(figure.difference for figure in batch.figures)), None)
    for batch in of:
        notes = [f"As reported on {clock.minute(batch.reported_at)}."] if batch.reported_at else []
        if batch is signed:
            notes.append("A difference is recomputed less reported: below 0 the report says too much.")
        if batch is last and left_out:
            notes.append(f"{left_out:,} more batches with differences are not listed.")
        if batch.figures:
            shared = {"Batch": batch.batch_id, "Source": batch.source}
            currency = currencies.get((batch.source, batch.batch_id))
            rows = [_audited(figure, currency) for figure in batch.figures]
            yield table_of("audit", f"Audit of {batch.batch_id}", rows, notes, **shared)


def _audited(of: Comparison, currency: str | None) -> _Audited:
    """The figure with a readable name; a common response's is what was said."""
    name = of.figure.replace("_", " ").replace(".", ", ")
    if of.figure.startswith("common_responses["):
        name = of.figure.removeprefix("common_responses[").removesuffix("].count") + ", times said"
    return _Audited(
        name,
        of.unit,
        currency if of.unit == "money" else None,
        of.reported,
        of.recomputed,
        of.difference,
        of.agrees,
        of.explanation,
        of.detail,
        _digits(of),
    )


def _digits(of: Comparison) -> int:
    """Every digit of what was billed and of what the calls add up to, alike in the row."""
    if of.unit != "money":
        return CENTS
    found = [Decimal(one) for one in (of.reported, of.recomputed) if one is not None]
    return decimals_for(found, EXACT)


def _problems(of: Problems) -> Table:
    notes = [f"{of.total:,} records, fields or files of the exports could not be used."]
    if of.left_out:
        notes.append(f"{of.left_out:,} rarer kinds are not listed; `batchlake problems` lists every one.")
    return table_of("problems", "Problems of the exports", of.groups, notes)


def _made_from(report: Report) -> Table:
    made = report.provenance
    rows: list[list[Any]] = [
        ["Lake", made.lake],
        ["Run", made.run_id],
        ["Run finished at", made.run_finished_at],
        ["Selection", made.selection],
        ["Time zone", made.timezone],
        ["Calls in the lake", Amount(made.calls_held, "calls")],
        ["Calls selected", Amount(made.calls_selected, "calls")],
        *([f"Left out: {one.why}", Amount(one.count, one.unit)] for one in made.left_out),
        ["batchlake", made.batchlake_version],
    ]
    return Table("made_from", "Made from", [Column("Item"), Column("Value")], rows)
