"""Metrics, audits, progress and documents, computed from the calls held."""

from typing import TYPE_CHECKING

from batchlake.late import importer

if TYPE_CHECKING:
    from batchlake.analytics.auditing import audit
    from batchlake.analytics.calls import call_details
    from batchlake.analytics.defining import (
        definitions,
        definitions_table,
        pattern_definitions,
        patterns_table,
    )
    from batchlake.analytics.details import batch_details, batch_json, write_batch
    from batchlake.analytics.grouping import DIMENSIONS
    from batchlake.analytics.metrics import Options, analyse, statistics
    from batchlake.analytics.progressing import progress, progress_chart

__all__ = [
    "DIMENSIONS",
    "Options",
    "analyse",
    "audit",
    "batch_details",
    "batch_json",
    "call_details",
    "definitions",
    "definitions_table",
    "pattern_definitions",
    "patterns_table",
    "progress",
    "progress_chart",
    "statistics",
    "write_batch",
]

__getattr__ = importer(
    __name__,
    {
        "DIMENSIONS": "grouping",
        "Options": "metrics",
        "analyse": "metrics",
        "audit": "auditing",
        "batch_details": "details",
        "batch_json": "details",
        "call_details": "calls",
        "definitions": "defining",
        "definitions_table": "defining",
        "pattern_definitions": "defining",
        "patterns_table": "defining",
        "progress": "progressing",
        "progress_chart": "progressing",
        "statistics": "metrics",
        "write_batch": "details",
    },
)
