"""Reports for tests of their formats: over real lakes, and with hostile text in every place that holds one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from batchlake.analytics import definitions
from batchlake.reports.calls import CALL_COLUMNS
from batchlake.reports.comparison import compare_selections
from batchlake.reports.model import CallTranscript, Distribution, Problems, Provenance, Report, Utterance
from batchlake.responses import Analytics

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def report_of(analytics: Analytics, **parts: Any) -> Report:
    """A report of an analytics document with nothing else in it but the parts given."""
    calls = analytics.statistics.total_calls
    return Report(
        **{
            "title": "Batch b1",
            "analytics": analytics,
            "headlines": [],
            "durations": Distribution(unit="seconds"),
            "costs": [],
            "batches": [],
            "progress": [],
            "audit": None,
            "standing_out": [],
            "problems": Problems(),
            "definitions": definitions(),
            "provenance": Provenance(
                lake="lake",
                run_id="20240101T120000.000000Z-1a2b3c",
                run_finished_at=NOON,
                selection=analytics.selection,
                timezone=analytics.timeline.timezone,
                calls_held=calls,
                calls_selected=calls,
                left_out=[{"count": 2, "unit": "records", "why": "they have no id"}],
                batchlake_version="0.1.0",
            ),
            **parts,
        }
    )


def call_row(**values: Any) -> dict[str, Any]:
    """A row of the list of calls; what isn't given is unknown."""
    return {**dict.fromkeys(column.name for column in CALL_COLUMNS), **values}
