"""The batches that a report touches: how they stand, how far they have come, and what they reported.

Input: a subject. Output: the batches whole, whatever the filter: progress and audit are of all calls of a
batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from batchlake.analytics.audits.audit import audit, totals
from batchlake.analytics.progress import progress
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.models.audits import Audit, Progress
from batchlake.query import views
from batchlake.reports.contents.redaction import masked_text
from batchlake.reports.contents.subject import NAMED_BATCHES, Subject
from batchlake.reports.model import BatchState
from batchlake.store.ledger import Version

MOST_LISTED: Final = 50
"""How many batches a report lists."""

MOST_FOLLOWED: Final = 12
"""Over more batches, a report follows none of them by itself, and of an audit lists only differences."""


def touched_batches(engine: Engine, subject: Subject) -> list[BatchState]:
    """The batches named, and those that the selected calls belong to, newest first."""
    views.create_view(engine, "batch_overview")
    query = f"""
with
{NAMED_BATCHES},
touched_batches as ({sql_files.load("reports/touched_batches").text}
)

select * from batch_overview semi join touched_batches using (source, batch_id)
"""
    rows = engine.rows(
        f"{subject.selection.over(query)} order by created_at desc nulls last, batch_id, source",
        {**subject.selection.params, "named": subject.named_rows()},
    )
    return [BatchState(**{name: row[name] for name in BatchState.model_fields}) for row in rows]


def progress_of(engine: Engine, batches: Sequence[BatchState], version: Version) -> list[Progress]:
    """Each batch's progress as of the run; none of many batches."""
    if len(batches) > MOST_FOLLOWED:
        return []
    return [progress(engine, batch.source, batch.batch_id, version.finished_at) for batch in batches]


def audit_of(engine: Engine, batches: Sequence[BatchState], subject: Subject) -> tuple[Audit | None, int]:
    """What the batches reported against the same recomputed; and how many differing batches it leaves out."""
    if not batches:
        return None, 0
    few = len(batches) <= MOST_FOLLOWED
    if subject.named:
        found = [audit(engine, (one.source, one.batch_id), only_differences=not few) for one in batches]
    else:
        found = [audit(engine, None, subject.filter, only_differences=not few)]
    audited = [batch for one in found for batch in one.batches]
    whole = Audit(
        audited_batches=sum(one.audited_batches for one in found),
        compared=sum(one.compared for one in found),
        not_compared=sum(one.not_compared for one in found),
        defined_otherwise=sum(one.defined_otherwise for one in found),
        differences=sum(one.differences for one in found),
        unexplained=sum(one.unexplained for one in found),
        totals=totals(total for one in found for total in one.totals),
        batches_without_total=sum(one.batches_without_total for one in found),
        batches=audited[:MOST_LISTED],
    )
    return whole, max(len(audited) - MOST_LISTED, 0)


def without_numbers(found: Audit) -> Audit:
    """The audit with the phone numbers in its responses masked; their figures are named by what was said."""
    batches = [
        batch.model_copy(
            update={
                "figures": [
                    figure.model_copy(update={"figure": masked_text(figure.figure)})
                    for figure in batch.figures
                ]
            }
        )
        for batch in found.batches
    ]
    return found.model_copy(update={"batches": batches})
