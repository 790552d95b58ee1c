"""A batch with its calls as the platform documents it, recomputed from the calls held.

Input: a `BatchRequest`. Output: JSON; `batch_json` gives it piece by piece, and `batch_details` parses the
same text into models: there is one shape, and one place that makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchlake.analytics.batch_cache import batch_in_memory
from batchlake.analytics.details.call_json import call_documents, documents_of
from batchlake.analytics.families.statistics import statistics
from batchlake.analytics.lookup import find_batch
from batchlake.engine.interrupts import ConcurrentQueries
from batchlake.engine.protocols import QueryEngine
from batchlake.errors import AnalyticsUnavailable
from batchlake.filters.selection import select
from batchlake.models.batch_summary import BatchSummary, SelectedCalls

if TYPE_CHECKING:
    from batchlake.filters.model import Filter
    from batchlake.models.batches import BatchDetails
    from batchlake.models.blocks import BatchAnalytics


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A question about a batch.

    Args:
        source, batch_id: which batch, as in `find_batch`.
        filter: which of its calls; None for all. With a filter, `selection` says how many matched.
        include_analytics: the batch's analytics, and each call's own.
        include_transcripts: each call's transcript.
    """

    source: str | None
    batch_id: str
    filter: Filter | Mapping[str, Any] | None = None
    include_analytics: bool = False
    include_transcripts: bool = False


def batch_details(engine: QueryEngine, request: BatchRequest) -> BatchDetails:
    """A batch, its matching calls in order of time, and their statistics, as models.

    Raises:
        InvalidBatchId, BatchNotFound: there is no such batch.
        InvalidFilter: the filter holds faults.
        AnalyticsUnavailable: analytics of a batch without a call in the lake.
    """
    from batchlake.models.batches import BatchDetails

    return BatchDetails.model_validate_json("".join(batch_json(engine, request)))


def batch_json(engine: QueryEngine, request: BatchRequest) -> Iterator[str]:
    """The JSON of `batch_details` in pieces, a call a line; an invalid request raises at once."""
    include_analytics = request.include_analytics
    batch = find_batch(engine, request.source, request.batch_id)
    key = (batch["source"], request.batch_id)
    selection = select(request.filter, batch=key)
    optional = {"transcript": request.include_transcripts, "analytics": include_analytics}
    parts = {"facts", "recording"} | {part for part, included in optional.items() if included}
    with batch_in_memory(engine, *key, with_segments=include_analytics) as (within, held):
        if include_analytics and not held:
            raise AnalyticsUnavailable(f"batch {request.batch_id!r}", "none of its calls has come yet")
        clone = within.clone()
        with ConcurrentQueries(clone.interrupt, 1) as pool:
            # Over a batch in memory most of each question is its planning, which keeps one core busy.
            few_calls = pool.start(documents_of, clone, selection, parts) if within is not engine else None
            figures: dict[str, Any] = {}
            if include_analytics:
                # What computes them takes long to import.
                from batchlake.analytics.metrics import DEFAULTS, blocks

                figures = blocks(within, selection, DEFAULTS)
            counted = figures.pop("statistics", None) or statistics(within, selection)
            calls: Iterable[list[str]] = (
                [few_calls.result()]
                if few_calls
                else call_documents(engine, selection, parts, counted.total_calls)
            )
    summary = BatchSummary(
        id=request.batch_id,
        status=batch["status"],
        created_at=batch["created_at"],
        completed_at=batch["completed_at"],
        selection=(SelectedCalls(matched=counted.total_calls, of=held) if selection.is_filtered else None),
        statistics=counted,
    )
    analytics = None
    if include_analytics:
        from batchlake.models.blocks import BatchAnalytics

        analytics = BatchAnalytics(**figures)
    return _pieces(summary, calls, analytics)


def _pieces(
    summary: BatchSummary, calls: Iterable[list[str]], analytics: BatchAnalytics | None
) -> Iterator[str]:
    yield '{"batch":' + summary.model_dump_json().removesuffix("}") + ',"calls":['
    separator = "\n"
    for documents in filter(None, calls):
        yield separator + ",\n".join(documents)
        separator = ",\n"
    yield "]"
    if analytics:
        yield ',\n"analytics":' + analytics.model_dump_json()
    yield "}}\n"
