"""A local analytics engine over exported voice-call batches.

>>> import batchlake
>>> lake = batchlake.open("lake")  # created on first ingest
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchlake.late import importer
from batchlake.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from batchlake.errors import (
        AnalyticsUnavailable,
        BatchlakeError,
        BatchNotFound,
        CallNotFound,
        ExportUnreadable,
        FilterFault,
        InvalidBatchId,
        InvalidFilter,
        InvalidRequest,
        LakeDamaged,
        LakeError,
        LakeLocked,
        LakeNotFound,
        LakeNotWritable,
        LakeTooNew,
        QueryError,
        QueryTimeout,
        RateLimited,
    )
    from batchlake.filters import CompiledFilter, Filter, compile_filter
    from batchlake.ingest import IngestReport
    from batchlake.lake import Lake, open  # noqa: A004 - the documented name
    from batchlake.reports import BatchReport
    from batchlake.responses import Analytics, BatchDetails, CallDetails
    from batchlake.result import Result

__all__ = [
    "Analytics",
    "AnalyticsUnavailable",
    "BatchDetails",
    "BatchNotFound",
    "BatchReport",
    "BatchlakeError",
    "CallDetails",
    "CallNotFound",
    "CompiledFilter",
    "ExportUnreadable",
    "Filter",
    "FilterFault",
    "IngestReport",
    "InvalidBatchId",
    "InvalidFilter",
    "InvalidRequest",
    "Lake",
    "LakeDamaged",
    "LakeError",
    "LakeLocked",
    "LakeNotFound",
    "LakeNotWritable",
    "LakeTooNew",
    "QueryError",
    "QueryTimeout",
    "RateLimited",
    "Result",
    "compile_filter",
    "open",
]

_HOMES = dict.fromkeys(__all__, "errors") | {
    "Analytics": "responses",
    "BatchDetails": "responses",
    "BatchReport": "reports",
    "CallDetails": "responses",
    "CompiledFilter": "filters",
    "Filter": "filters",
    "IngestReport": "ingest",
    "Lake": "lake",
    "Result": "result",
    "compile_filter": "filters",
    "open": "lake",
}
__getattr__ = importer(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
