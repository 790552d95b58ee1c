"""A batch as the platform documents it, recomputed over the calls that match a filter."""

from __future__ import annotations

from pydantic import Field

from batchlake.models.batch_summary import BatchSummary
from batchlake.models.blocks import BatchAnalytics
from batchlake.models.calls import Call
from batchlake.models.values import Figures


class Batch(BatchSummary):
    """A batch and its matching calls, ordered by time, then id."""

    calls: list[Call] = Field(default_factory=list)
    analytics: BatchAnalytics | None = None


class BatchDetails(Figures):
    """A batch, in the documented envelope."""

    batch: Batch
