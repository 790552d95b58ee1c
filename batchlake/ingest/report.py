"""What an ingest did, for people (a few lines) and for programs (a versioned document)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from batchlake.text.values import utc_stamp

REPORT_VERSION: Final = 1
_MOST_LISTED: Final = 8
# Other platforms send dozens of fields without a column, so the report shows the most frequent alone.
_EXTRA_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of one ingest. Counts are of this run alone.

    Attributes:
        run_id: None where nothing was new and so nothing was written.
        calls_updated: calls with a changed value other than the time of observation.
        calls_not_understood: calls whose state, time, duration and cost are all unknown.
        unknown_statuses: call records whose status is none that is known, by the platform's spelling.
        extra_fields: fields kept in `extra`, by table (`calls`, `batches`, `segments`) and path: how many
            records had them, the most frequent first.
        unkept_fields: fields around the records that aren't records, and how often they came: kept
            nowhere.
        kept_out: records of erased calls and numbers, which did not come in.
        came_after: calls of erased numbers that began after the erasure, and came in.
        redacted: values redacted, by kind.
        future_observations: records observed after now, by their own word; `newest_observation` is the
            latest of them.
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
    calls_not_understood: int
    batches_new: int
    batches_updated: int
    segments_written: int
    problems_by_code: Mapping[str, int]
    unknown_statuses: Mapping[str, int]
    skipped_files: tuple[str, ...]
    extra_fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unkept_fields: Mapping[str, int] = field(default_factory=dict)
    future_observations: int = 0
    newest_observation: datetime | None = None
    table_versions: Mapping[str, int] = field(default_factory=dict)
    kept_out: int = 0
    came_after: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)

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
        facts["started_at"] = utc_stamp(self.started_at)
        facts["newest_observation"] = self.newest_observation and utc_stamp(self.newest_observation)
        facts["skipped_files"] = list(self.skipped_files)
        return {"version": REPORT_VERSION, "problems": self.problems} | facts

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _not_understood(self) -> list[str]:
        """What the exports said that has no place in a column."""
        lines = []
        if self.calls_not_understood:
            lines.append(
                f"Not understood: {counted(self.calls_not_understood, 'call')} whose state, time, duration "
                "and cost are all unknown."
            )
        if self.extra_fields:
            tables = (
                f"of {table} {_listed([f'{name} ({count})' for name, count in fields.items()], _EXTRA_SHOWN)}"
                for table, fields in self.extra_fields.items()
            )
            lines.append(f"Kept in `extra`, see `batchlake fields`: {'; '.join(tables)}.")
        if self.unkept_fields:
            listed = _listed(f"{name} ({count})" for name, count in self.unkept_fields.items())
            lines.append(f"Outside of the records, and not kept: {listed}.")
        if self.future_observations and self.newest_observation:
            lines.append(
                f"{counted(self.future_observations, 'record')} dated after now, up to "
                f"{utc_stamp(self.newest_observation)}: until then no later export changes what they say."
            )
        return lines

    def _lines(self) -> list[str]:
        read = f"{counted(self.exports_read, 'export')} read, {self.exports_skipped} already held"
        if not self.exports_read and not self.problems:
            lines = [f"Nothing changed: {read}."]
        else:
            lines = [
                f"{read}, {counted(self.records, 'record')} in {self.seconds:.1f} s.",
                f"Calls: {self.calls_new} new, {self.calls_updated} updated, "
                f"{self.calls_unchanged} unchanged. "
                f"Batches: {self.batches_new} new, {self.batches_updated} updated. "
                f"Utterances written: {self.segments_written}.",
            ]
        if self.problems:
            codes = ", ".join(f"{code} {count}" for code, count in sorted(self.problems_by_code.items()))
            lines.append(f"Problems: {self.problems} ({codes}). `batchlake problems` lists them.")
        for spelling, count in sorted(self.unknown_statuses.items()):
            lines.append(f"Status {spelling!r} is not known: {counted(count, 'call')} kept as unknown.")
        lines += self._not_understood()
        if self.redacted:
            listed = _listed(f"{kind} {count}" for kind, count in self.redacted.items())
            lines.append(f"Redacted: {listed}.")
        if self.kept_out or self.came_after:
            again = counted(self.came_after, "call")
            lines.append(
                f"Erased earlier: {counted(self.kept_out, 'record')} kept out; {again} of erased numbers "
                "began after the erasure, and came in."
            )
        if self.skipped_files:
            entries = counted(len(self.skipped_files), "file")
            lines.append(f"Passed over (hidden, Markdown, a lake, a link, or unreadable): {entries}.")
        if self.dry_run:
            lines.append("Dry run: nothing was written.")
        elif self.run_id:
            lines.append(f"Run {self.run_id} is committed to {self.lake}.")
        return lines


def _listed(fields: Iterable[str], most: int = _MOST_LISTED) -> str:
    """The first of some fields, and how many others there are."""
    listed = list(fields)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "batch", "batches"), counted(3, "call")
    ('1 batch', '3 calls')
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
