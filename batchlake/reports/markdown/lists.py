"""The sections of a report that list batches, calls, what was reported, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from batchlake.models.audits import Audit, Progress
from batchlake.reports.comparison import Amount
from batchlake.reports.markdown.syntax import escaped, numbers, paragraph, section, table, texts
from batchlake.reports.model import (
    BatchState,
    CallTranscript,
    NotableCall,
    NotableCalls,
    Problems,
    Provenance,
    Report,
)
from batchlake.reports.wording import NO_CURRENCY, shown
from batchlake.text.values import utc_text


def batches(report: Report) -> Iterator[str]:
    """The batches that the selection touches."""
    yield from section("Batches")
    yield from table(
        [
            *texts("Batch", "Status", "Created", "Completed"),
            *numbers("Done", "Total", "Progress", "Held"),
        ],
        map(_batch_row, report.batches),
    )
    if report.batches_left_out:
        yield from paragraph(f"{report.batches_left_out:,} more are not listed.")


def _batch_row(of: BatchState) -> list[Any]:
    times = (of.created_at, of.completed_at)
    return [
        *(of.batch_id, of.status, *(moment and utc_text(moment) for moment in times)),
        *(of.done, of.total, shown(of.progress, "ratio"), of.held_calls),
    ]


def progress(of: Progress) -> Iterator[str]:
    """The history of a batch."""
    yield from section(f"Progress of {of.batch_id}")
    yield from table(
        [
            *texts("Observed at", "Counted"),
            *numbers("Done", "Total", "Completed", "Failed", "In progress", "Unknown"),
        ],
        (
            [utc_text(one.observed_at), one.counted, one.done, one.total, one.completed, one.failed,
             one.in_progress, one.unknown]
            for one in of.history
        ),
    )  # fmt: skip


def notable_calls(of: NotableCalls) -> Iterator[str]:
    """Calls that stand out in one way."""
    yield from section(f"{of.title} ({len(of.calls):,} of {of.of:,})")
    yield from table(
        [
            *texts("Call", "Batch", "Time", "Status"),
            *numbers("Duration", "Cost", "Negative"),
            *texts("Agent", "From", "To", "Summary"),
        ],
        map(_outstanding_row, of.calls),
    )


def _outstanding_row(of: NotableCall) -> list[Any]:
    return [
        *(of.call_id, of.batch_id, of.call_time and utc_text(of.call_time), of.status),
        shown(of.duration_seconds, "seconds"),
        shown(of.cost, "money", of.currency),
        shown(of.sentiment_negative, "0 to 1"),
        *(of.agent_name or of.agent_id, of.from_number, of.to_number, of.summary),
    ]


_AGREES: Final = {True: "yes", False: "no", None: "not compared"}


def audit(of: Audit, left_out: int) -> Iterator[str]:
    """What the platform reported beside what the calls add up to."""
    yield from section("Reported beside recomputed")
    yield from table(
        [
            *texts("Batch", "Figure"),
            *numbers("Reported", "Recomputed", "Difference"),
            *texts("Agrees", "Why"),
        ],
        (
            [
                *(batch.batch_id, one.figure),
                *(_audited(amount, one.unit) for amount in (one.reported, one.recomputed, one.difference)),
                *(_AGREES[one.agrees], "; ".join(filter(None, (one.explanation, one.detail)))),
            ]
            for batch in of.batches
            for one in batch.figures
        ),
    )
    if left_out:
        yield from paragraph(f"{left_out:,} more batches with differences are not listed.")


def _audited(amount: Amount | None, unit: str) -> str:
    """An amount of the audit, whose money is of the batch's own currency, which it doesn't name."""
    return shown(amount, unit).removesuffix(f" ({NO_CURRENCY})")


def problems(of: Problems) -> Iterator[str]:
    """What could not be used of the exports."""
    yield from section(f"Problems of the exports ({of.total:,})")
    yield from table(
        [*texts("Export", "Problem", "Field"), *numbers("Times"), *texts("For example")],
        ([one.export, one.code, one.field, one.problems, one.message] for one in of.groups),
    )
    if of.left_out:
        yield from paragraph(f"{of.left_out:,} more kinds are not listed.")


def transcript(of: CallTranscript) -> Iterator[str]:
    """What was said in one call."""
    yield from section(f"Transcript of {of.call_id}")
    yield from table(
        [*texts("Speaker"), *numbers("At"), *texts("Text")],
        (
            [
                one.speaker,
                "" if one.offset_seconds is None else shown(one.offset_seconds, "seconds"),
                one.text,
            ]
            for one in of.utterances
        ),
    )
    if of.left_out:
        yield from paragraph(f"{of.left_out:,} more utterances are not shown.")


def definitions(report: Report) -> Iterator[str]:
    """What each metric means."""
    yield from section("Definitions")
    yield from table(
        texts("Metric", "Unit", "Definition", "Numerator / denominator"),
        (
            [
                one.name,
                one.unit,
                one.definition,
                f"{one.numerator} / {one.denominator}" if one.numerator else "",
            ]
            for one in report.definitions
        ),
    )


def made_from(of: Provenance) -> Iterator[str]:
    """What the report was made from."""
    yield from section("Made from")
    yield from paragraph(
        f"- Lake {escaped(of.lake)}, run {escaped(of.run_id)}, finished at {utc_text(of.run_finished_at)}"
    )
    yield f"- Selection: {escaped(of.selection)}"
    yield f"- Time zone: {escaped(of.timezone)}"
    yield f"- Calls: {of.calls_selected:,} selected of {of.calls_held:,} held"
    for left in of.left_out:
        yield f"- Left out: {left.count:,} {left.unit}, {escaped(left.why)}"
    yield f"- By batchlake {escaped(of.batchlake_version)}"
