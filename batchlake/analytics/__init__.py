"""Metrics, audits, progress and documents, computed from the calls held."""

from batchlake.analytics.audit import audit
from batchlake.analytics.definitions import definitions, definitions_table
from batchlake.analytics.details import batch_details, batch_json, call_details, write_batch
from batchlake.analytics.grouping import DIMENSIONS
from batchlake.analytics.metrics import Options, analyse, statistics
from batchlake.analytics.progress import progress, progress_chart

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
    "progress",
    "progress_chart",
    "statistics",
    "write_batch",
]
