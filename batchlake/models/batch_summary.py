"""A batch up to its calls, which are written as the JSON that SQL makes of them."""

from __future__ import annotations

from batchlake.models.statistics import Statistics
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
