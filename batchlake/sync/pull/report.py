"""What a pull did, for people (a few lines) and for programs (a versioned document)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from batchlake.ingest.report import IngestReport, counted
from batchlake.text.values import utc_stamp

REPORT_VERSION: Final = 1
_FAILURES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """One batch or call that could not be fetched: why, and the HTTP status, None where there was none."""

    kind: str
    item_id: str
    reason: str
    status: int | None


@dataclass(slots=True)
class PullReport:
    """The outcome of one pull. Counts are of this pull alone; `bytes` are as received, before decoding.

    `resumed_pages` counts pages that an interrupted pull had landed and this one went on from.
    """

    platform: str
    landing: str
    started_at: datetime
    seconds: float = 0.0
    requests: int = 0
    bytes: int = 0
    pages: int = 0
    resumed_pages: int = 0
    calls_listed: int = 0
    batches: int = 0
    call_details: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ingests: list[IngestReport] = field(default_factory=list)

    @property
    def problems(self) -> int:
        """What could not be fetched, and what could not be used of what was."""
        return len(self.failures) + sum(report.problems for report in self.ingests)

    @property
    def answers(self) -> int:
        """How many answers landed."""
        return self.pages + self.batches + self.call_details

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, with the version of this layout."""
        return {
            "version": REPORT_VERSION,
            "platform": self.platform,
            "landing": self.landing,
            "started_at": utc_stamp(self.started_at),
            "seconds": self.seconds,
            "requests": self.requests,
            "bytes": self.bytes,
            "pages": self.pages,
            "resumed_pages": self.resumed_pages,
            "calls_listed": self.calls_listed,
            "batches": self.batches,
            "call_details": self.call_details,
            "problems": self.problems,
            "failures": [
                {"kind": one.kind, "id": one.item_id, "reason": one.reason, "status": one.status}
                for one in self.failures
            ],
            "notes": self.notes,
            "ingests": [report.to_dict() for report in self.ingests],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def summary(self) -> list[str]:
        """What was asked for and what came, then `faults`; without what the ingests did."""
        lines = [
            f"{self.platform}: {counted(self.requests, 'request')} in {self.seconds:.1f} s; "
            f"{counted(self.pages, 'page')} with {counted(self.calls_listed, 'call')}, "
            f"{counted(self.batches, 'batch', 'batches')}, details of {counted(self.call_details, 'call')}."
        ]
        if self.resumed_pages:
            lines.append(f"Went on from page {self.resumed_pages}, where an earlier pull was interrupted.")
        return lines + self.faults()

    def faults(self) -> list[str]:
        """What needs somebody: notes, and what was not fetched, by reason."""
        lines = [f"Note: {note}." for note in self.notes]
        by_reason = Counter((one.kind, one.reason) for one in self.failures)
        for (kind, reason), count in by_reason.most_common(_FAILURES_SHOWN):
            ids = [one.item_id for one in self.failures if (one.kind, one.reason) == (kind, reason)]
            more = f" and {count - 1} more" if count > 1 else ""
            lines.append(f"Not fetched: {kind} {ids[0]!r}{more}: {reason}.")
        return lines

    def _lines(self) -> list[str]:
        lines = self.summary() + [str(one) for one in self.ingests if one.changed or one.problems]
        if not any(report.changed for report in self.ingests):
            lines.append("The lake is as it was.")
        return lines
