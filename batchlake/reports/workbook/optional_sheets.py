"""The sheets that are there where they were asked for: groups, a comparison, the audit, transcripts."""

from __future__ import annotations

from typing import Any

from batchlake.models.analytics import Analytics, Group
from batchlake.models.audits import Audit
from batchlake.models.audits import Comparison as Audited
from batchlake.output.sheets import Book
from batchlake.reports.comparison import Amount, Difference, SelectionComparison
from batchlake.reports.model import CallTranscript
from batchlake.reports.workbook.tables import (
    ANY_NUMBER,
    Cell,
    Column,
    money_format,
    table_sheet,
    unit_format,
    yes_or_no,
)


def groups(book: Book, of: Analytics) -> None:
    """The main figures of each group, largest first; a dimension's value that isn't known is empty."""
    currencies = [block.currency for block in of.cost.currencies]
    columns = [
        *(Column(name, 24) for name in of.by),
        Column("Calls", 11, unit_format("calls")),
        Column("Completed", 11, unit_format("calls")),
        Column("Failed", 11, unit_format("calls")),
        Column("In progress", 11, unit_format("calls")),
        Column("Outcome unknown", 11, unit_format("calls")),
        Column("Completed of all", 12, unit_format("ratio")),
        Column("Completed of finished", 12, unit_format("ratio")),
        Column("Mean duration (seconds)", 12, unit_format("seconds")),
        Column("Calls with a duration", 12, unit_format("calls")),
        *(Column(f"Cost, {one or 'currency not named'}", 16, money_format(one)) for one in currencies),
        Column("Calls with a cost", 12, unit_format("calls")),
    ]
    table_sheet(book, "Groups", columns, (_group_row(group, of.by, currencies) for group in of.groups))


def _group_row(group: Group, by: list[str], currencies: list[str | None]) -> list[Any]:
    counted, costs = group.statistics, {block.currency: block.total for block in group.cost.currencies}
    return [
        *(group.keys[name] for name in by),
        counted.total_calls,
        counted.completed,
        counted.failed,
        counted.in_progress,
        counted.unknown,
        group.rates.completed_of_total.rate,
        group.rates.completed_of_finished.rate,
        group.duration.mean,
        group.duration.calls,
        *(costs.get(currency) for currency in currencies),
        group.cost.calls,
    ]


def comparison(book: Book, of: SelectionComparison) -> None:
    """Two selections side by side, with the difference in numbers and in words."""
    columns = [
        Column("Figure", 32),
        Column("Unit", 18),
        Column("This", 14, ANY_NUMBER),
        Column("This: over", 11, unit_format("calls")),
        Column("Other", 14, ANY_NUMBER),
        Column("Other: over", 11, unit_format("calls")),
        Column("Difference (of shares: points)", 16, ANY_NUMBER),
        Column("95 % interval: from", 14, ANY_NUMBER),
        Column("95 % interval: to", 14, ANY_NUMBER),
        Column("In words", 90),
    ]
    above = ["Comparison", f"This: {of.this}", f"Other: {of.other}", *of.notes]
    table_sheet(book, "Comparison", columns, map(_difference_row, of.differences), above)


def _difference_row(one: Difference) -> list[Any]:
    shown = money_format(one.currency) if one.unit == "money" else unit_format(one.unit)
    interval = one.interval

    def cell(value: Amount | None) -> Cell:
        return Cell(value, shown)

    return [
        one.title,
        one.currency or "currency not named" if one.unit == "money" else one.unit,
        cell(one.this.value),
        one.this.denominator,
        cell(one.other.value),
        one.other.denominator,
        cell(one.difference),
        cell(interval.lower if interval else None),
        cell(interval.upper if interval else None),
        one.sentence,
    ]


def audit(book: Book, of: Audit, left_out: int) -> None:
    """What the platform reported beside what the calls held add up to."""
    columns = [
        Column("Batch", 24),
        Column("Source", 14),
        Column("Figure", 28),
        Column("Unit", 12),
        Column("Reported", 14, ANY_NUMBER),
        Column("Recomputed", 14, ANY_NUMBER),
        Column("Difference", 14, ANY_NUMBER),
        Column("Agrees", 9),
        Column("Explanation", 44),
        Column("Detail", 50),
    ]
    above = [
        "Reported beside recomputed",
        f"Batches: {of.audited_batches:,}. Figures compared: {of.compared:,}. Different: {of.differences:,}. "
        f"Not to be compared: {of.not_compared:,}.",
    ]
    if left_out:
        above.append(f"{left_out:,} more batches with differences are not listed.")
    rows = ([batch.batch_id, batch.source, *_audited(one)] for batch in of.batches for one in batch.figures)
    table_sheet(book, "Audit", columns, rows, above)


def _audited(one: Audited) -> list[Any]:
    shown = money_format(None) if one.unit == "money" else unit_format(one.unit)
    amounts = [Cell(amount, shown) for amount in (one.reported, one.recomputed, one.difference)]
    return [one.figure, one.unit, *amounts, yes_or_no(one.agrees), one.explanation, one.detail]


def transcripts(book: Book, calls: list[CallTranscript]) -> None:
    """What was said in the calls that stand out."""
    columns = [
        Column("Call", 24),
        Column("Source", 14),
        Column("Speaker", 10),
        Column("Seconds into the call", 12, unit_format("seconds")),
        Column("Text", 100, wraps=True),
    ]
    rows: list[list[Any]] = []
    for call in calls:
        rows += [
            [call.call_id, call.source, said.speaker, said.offset_seconds, said.text]
            for said in call.utterances
        ]
        if call.left_out:
            rows.append([call.call_id, call.source, None, None, f"{call.left_out:,} more are left out."])
    table_sheet(book, "Transcripts", columns, rows)
