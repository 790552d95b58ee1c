"""A batch as the platform documents it, recomputed over the calls that match a filter."""

from __future__ import annotations

from pydantic import Field

from batchlake.models.blocks import BatchAnalytics, Statistics
from batchlake.models.calls import Call
from batchlake.models.values import Figures, Known, Time


class SelectedCalls(Figures):
    """How many of the batch's calls held the filter matches."""

    matched: int
    of: int


class BatchSummary(Known):
    """A batch up to its calls."""

    id: str
    status: str | None = None
    created_at: Time | None = None
    completed_at: Time | None = None
    selection: SelectedCalls | None = None
    statistics: Statistics


class Batch(BatchSummary):
    """A batch and its matching calls, ordered by time, then id."""

    calls: list[Call] = Field(default_factory=list)
    analytics: BatchAnalytics | None = None


class BatchDetails(Figures):
    """A batch, in the documented envelope."""

    batch: Batch
