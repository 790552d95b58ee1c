"""What an ingest did, for people (a few lines) and for programs (a versioned document)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

REPORT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of one ingest. Counts are of this run alone.

    `run_id` is None where nothing was new and so nothing was written. `unknown_statuses` counts the call
    records whose status is none that batchlake knows, by the platform's spelling.
    """

    lake: str
    run_id: str | None
    dry_run: bool
    started_at: datetime
    seconds: float
    exports_read: int
    exports_skipped: int
    bytes_read: int
    records: int
    calls_new: int
    calls_updated: int
    calls_unchanged: int
    batches_new: int
    batches_updated: int
    segments_written: int
    problems_by_code: Mapping[str, int]
    unknown_statuses: Mapping[str, int]
    passed_over: tuple[str, ...]
    table_versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def problems(self) -> int:
        """How many problems this run found, of every level."""
        return sum(self.problems_by_code.values())

    @property
    def changed(self) -> bool:
        """Whether the lake is another than before (would be, in a dry run)."""
        return self.run_id is not None

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, with the version of this layout."""
        facts = asdict(self)
        facts["started_at"] = self.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        facts["passed_over"] = list(self.passed_over)
        return {"version": REPORT_VERSION, "problems": self.problems} | facts

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        read = f"{_counted(self.exports_read, 'export')} read, {self.exports_skipped} already held"
        if not self.exports_read and not self.problems:
            lines = [f"Nothing changed: {read}."]
        else:
            lines = [
                f"{read}, {_counted(self.records, 'record')} in {self.seconds:.1f} s.",
                f"Calls: {self.calls_new} new, {self.calls_updated} updated, "
                f"{self.calls_unchanged} unchanged. "
                f"Batches: {self.batches_new} new, {self.batches_updated} updated. "
                f"Utterances written: {self.segments_written}.",
            ]
        if self.problems:
            codes = ", ".join(f"{code} {count}" for code, count in sorted(self.problems_by_code.items()))
            lines.append(f"Problems: {self.problems} ({codes}). `batchlake problems` lists them.")
        for spelling, count in sorted(self.unknown_statuses.items()):
            lines.append(f"Status {spelling!r} is not known: {_counted(count, 'call')} kept as unknown.")
        if self.passed_over:
            entries = _counted(len(self.passed_over), "file")
            lines.append(f"Passed over (hidden, Markdown, or a lake): {entries}.")
        if self.dry_run:
            lines.append("Dry run: nothing was written.")
        elif self.run_id:
            lines.append(f"Run {self.run_id} is committed to {self.lake}.")
        return lines


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
