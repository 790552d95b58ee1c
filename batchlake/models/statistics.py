"""The statistics of calls: a model of its own, since a batch without analytics needs no other block."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from batchlake.models.values import Figures, Money, Seconds


class Statistics(Figures):
    """Counts of calls by outcome and status, mean duration in seconds, total cost.

    `total_cost` is None where costs are in several `currencies` (None in it is one that the export doesn't
    name), and where there are none; `unknown` is left out where it is 0.
    """

    total_calls: int = 0
    completed: int = 0
    failed: int = 0
    in_progress: int = 0
    unknown: int = 0
    average_duration: Seconds | None = None
    total_cost: Money | None = None
    currencies: list[str | None] = Field(default_factory=list)
    by_status: dict[str, int] = Field(default_factory=dict)
    calls_without_duration: int = 0
    calls_without_cost: int = 0

    @model_serializer(mode="wrap")
    def _leave_out_none_unknown(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if key != "unknown" or value}
