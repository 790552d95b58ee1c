"""A local analytics engine over exported voice-call batches.

>>> import batchlake
>>> lake = batchlake.open("lake")  # created on first ingest
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchlake._lazy import importer
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
        NotFound,
        QueryError,
        QueryTimeout,
        RateLimited,
    )
    from batchlake.filters.compile import CompiledFilter, compile_filter
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period
    from batchlake.ingest.report import IngestReport
    from batchlake.lake import Lake, open  # noqa: A004 - the documented name
    from batchlake.models.analytics import Analytics
    from batchlake.models.batches import BatchDetails
    from batchlake.models.calls import CallDetails
    from batchlake.privacy.redaction.redactor import Redactor
    from batchlake.privacy.redaction.rules import Rules
    from batchlake.query.result import Result
    from batchlake.reports.batch_report import BatchReport
    from batchlake.sync.configuration import saved_filter

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
    "NotFound",
    "Period",
    "QueryError",
    "QueryTimeout",
    "RateLimited",
    "Redactor",
    "Result",
    "Rules",
    "compile_filter",
    "open",
    "saved_filter",
]

_HOMES = dict.fromkeys(__all__, "errors") | {
    "Analytics": "models.analytics",
    "BatchDetails": "models.batches",
    "BatchReport": "reports.batch_report",
    "CallDetails": "models.calls",
    "CompiledFilter": "filters.compile",
    "Filter": "filters.model",
    "IngestReport": "ingest.report",
    "Lake": "lake",
    "Period": "filters.values.period",
    "Redactor": "privacy.redaction.redactor",
    "Result": "query.result",
    "Rules": "privacy.redaction.rules",
    "compile_filter": "filters.compile",
    "open": "lake",
    "saved_filter": "sync.configuration",
}
__getattr__ = importer(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
