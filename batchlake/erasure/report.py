"""What an erasure did, for people, for programs and for the file: it names nobody.

A number in it is its last two digits at most; values are counted, places are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from batchlake.erasure.verify import Verification

REPORT_VERSION: Final = 1

NOT_COVERED: Final = (
    "Backups, disk snapshots, replicas, versions of objects in a bucket, blocks of a disk after their file "
    "is gone, copies on machines that do not ask again.",
    "Files that left the lake: reports, CSV, notebooks, views.sql, caches of other tools; recipients may "
    "have to be told. Source exports: --elsewhere finds them.",
    "The platform, its recordings, and the receivers of its webhooks: --todo lists what to delete there.",
    "Shell history, process lists, terminals, cron mail.",
    "People recognised by what is said rather than by a value; names that no --value names; a number read "
    "out over turns in a transcript that came as one text, in tens (fifty-five), or with other words between "
    "its digits; languages without digit words; voices.",
    "A --value is replaced where it stands now: a later export of somebody else's call may bring it back.",
    "Anonymised calls keep exact figures, which the holder of the platform's own record can match; where "
    "that is too much, use --mode remove.",
    "Tombstones and pseudonyms stay personal data while the key exists; destroying it ends both, and the "
    "keeping out of later exports.",
    "Whether to erase at all (duties to keep, legal claims) is the controller's decision.",
)
"""What no erasure can promise."""

NOT_REDACTED: Final = (
    "Names that no field of the record gives, or only another record; ids that hold a number without +; "
    "people recognised by what is said rather than by a value; numbers read out in tens (fifty-five), or "
    "with other words between their digits; languages that are not named, or without digit words; voices.",
    "A platform's own scrubbed transcript that came after the raw one was stored, or lies in the landing: "
    "the raw one is redacted by the rules here.",
    "Backups, disk snapshots, replicas, versions of objects in a bucket, blocks of a disk after their file "
    "is gone, copies on machines that do not ask again.",
    "Files that left the lake, and source exports, which hold plain values: reports, CSV, notebooks, "
    "views.sql, caches of other tools.",
    "The platform, its recordings, and the receivers of its webhooks.",
    "Pseudonyms stay personal data while the key exists; destroying it ends that, and one contact then has "
    "two.",
)
"""What no redaction can promise."""


@dataclass(frozen=True, slots=True)
class Left:
    """A place that could not be cleaned or proven, why, and what to do."""

    place: str
    why: str
    what_to_do: str


@dataclass(slots=True)
class ErasureReport:
    """The outcome of one erasure, or what it would be (`dry_run`).

    Attributes:
        targets: how many of each kind were named.
        calls: matched, removed, anonymised; `own_line` those that stay with our own line replaced.
        rows: rows that went or became figures, by table.
        mentions: values replaced or emptied, by `table.column`.
        batches: erased calls by batch, each with its source, as `svalync/batch_1`.
        tombstones: how many of each kind keep later exports out.
        redacted: how many values of each kind were redacted, where the lake was.
        history: how many earlier states ended.
        files: of the lake, rewritten and deleted.
        landing, local: what was done there.
        verification: what was read and found; None for a dry run.
        left: what could not be cleaned or proven.
        elsewhere: files named by `--elsewhere` that hold something; nothing is changed there.
        suggestions: values of the calls' own fields that `--value` may be given; for a dry run alone.
        not_covered: what no erasure, or no redaction, can promise.
    """

    erasure_id: str
    run_id: str | None
    dry_run: bool
    mode: str
    reference: str | None
    erased_at: datetime | None
    seconds: float = 0
    key_id: str | None = None
    targets: Mapping[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    mentions: Mapping[str, int] = field(default_factory=dict)
    batches: Mapping[str, int] = field(default_factory=dict)
    tombstones: Mapping[str, int] = field(default_factory=dict)
    redacted: Mapping[str, int] = field(default_factory=dict)
    history: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    landing: dict[str, int] = field(default_factory=dict)
    local: dict[str, int] = field(default_factory=dict)
    verification: Verification | None = None
    left: list[Left] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    suggestions: Mapping[str, int] = field(default_factory=dict)
    not_covered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Name what can't be promised, always."""
        self.not_covered = NOT_REDACTED if self.mode == "redact" else NOT_COVERED

    @property
    def is_proven(self) -> bool:
        """Whether everything was cleaned and nothing was found afterwards."""
        return not self.left and self.verification is not None and self.verification.is_clean

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, with the version of this layout."""
        facts = asdict(self)
        facts["erased_at"] = self.erased_at and self.erased_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        facts["not_covered"] = list(self.not_covered)
        return {"version": REPORT_VERSION, "is_proven": self.is_proven} | facts

    def to_keep(self, erased: Callable[[str], str]) -> dict[str, Any]:
        """What the lake keeps of it: a file elsewhere may be named after the person."""
        facts = self.to_dict()
        facts["elsewhere"] = list(map(erased, self.elsewhere))
        facts["left"] = [one | {"place": erased(one["place"])} for one in facts["left"]]
        return facts

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        calls = self.calls
        if self.mode == "redact":
            done = (
                "would be redacted; nothing was written" if self.dry_run else f"redacted, run {self.run_id}"
            )
            lines = [f"Values {done}: {_listed(self.redacted) or 'none'}."]
        elif self.dry_run:
            lines = [
                f"Dry run: {_calls(calls['matched'])} would be erased ({self.mode}); nothing was written."
            ]
        else:
            lines = [
                f"Erasure {self.erasure_id} ({self.mode}), run {self.run_id}: "
                f"{_calls(calls['removed'])} removed, {calls['anonymised']} anonymised."
            ]
        if calls.get("own_line"):
            lines.append(
                f"{_calls(calls['own_line'])} with the number as our side: the number is replaced there, and "
                "nothing else goes."
            )
        lines += [f"Rows: {_listed(self.rows)}."] if self.rows else []
        lines += [f"Mentions: {_listed(self.mentions)}."] if self.mentions else []
        if self.suggestions:
            fields = ", ".join(f"{name} ({count})" for name, count in self.suggestions.items())
            lines.append(
                f"These fields of the calls may hold names or addresses to give as --value: {fields}."
            )
        for name, counts in (("Files", self.files), ("Landing", self.landing), ("This machine", self.local)):
            lines += [f"{name}: {_listed(counts).replace('_', ' ')}."] if counts else []
        if self.verification:
            read = self.verification
            lines.append(
                f"Verified by {read.by}: {read.files} files, {read.bytes} bytes, {read.strings} strings "
                f"read, {sum(hit.count for hit in read.hits)} hits. State {read.state_digest}."
            )
            lines += [f"Hit: {hit.place}, {hit.column}: {hit.count}." for hit in read.hits]
        lines += [f"Left: {one.place}: {one.why}. {one.what_to_do}" for one in self.left]
        lines += [f"Elsewhere, unchanged: {file}" for file in self.elsewhere]
        if self.dry_run and self.mode != "redact":
            lines.append(f"To do it: the same with --expect {calls['matched']} instead of --dry-run.")
        lines.append(f"Not covered by any {'redaction' if self.mode == 'redact' else 'erasure'}:")
        lines += [f"  - {line}" for line in self.not_covered]
        return lines


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"
