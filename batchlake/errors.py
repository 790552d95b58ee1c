"""Every error batchlake raises on purpose, with a stable `code`.

    BatchlakeError
    ├── InvalidBatchId        invalid_batch_id       (also a ValueError)
    ├── InvalidFilter         invalid_filter         (also a ValueError)
    ├── InvalidRequest        invalid_request        (also a ValueError)
    │   ├── StateVacuumed     invalid_request
    │   │   └── StateErased*  state_erased
    │   ├── NothingToForget*  nothing_to_forget      (also a LookupError)
    │   └── ErasureMismatch*  erasure_mismatch
    ├── InvalidConfiguration  invalid_configuration  (also a ValueError)
    ├── NotFound              not_found              (also a LookupError)
    │   ├── BatchNotFound     batch_not_found
    │   └── CallNotFound      call_not_found
    ├── AnalyticsUnavailable  analytics_unavailable
    ├── QueryError            query_error
    ├── QueryTimeout          query_timeout          (also a TimeoutError)
    ├── RateLimited           rate_limited
    ├── PullFailed            pull_failed
    ├── ExportUnreadable      export_unreadable
    └── LakeError             lake_error
        ├── LakeNotFound      lake_not_found
        ├── LakeUnreachable   lake_unreachable
        ├── LakeLocked        lake_locked
        ├── LakeDamaged       lake_damaged
        ├── LakeTooNew        lake_too_new
        ├── LakeNotWritable   lake_not_writable
        ├── PrivacyKeyMissing* privacy_key_missing
        └── WrongPrivacyKey*  wrong_privacy_key

Those with * are in `batchlake.privacy.errors`. Each carries its facts as attributes (`details()` gathers
them for JSON) and ends its message with what to do next. Exit statuses belong to the shell: `cli.failures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from batchlake.text.escaping import shown


class BatchlakeError(Exception):
    """The base of every error above; catch it to catch them all."""

    code: ClassVar[str] = "batchlake_error"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self._facts = facts
        for name, value in facts.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling: subclasses take other arguments than the base."""
        return _rebuild, (type(self), self.message, self._facts)

    def details(self) -> dict[str, Any]:
        """The facts as plain JSON values."""
        return dict(self._facts)


def _rebuild(kind: type[BatchlakeError], message: str, facts: dict[str, Any]) -> BatchlakeError:
    error = kind.__new__(kind)
    BatchlakeError.__init__(error, message, **facts)
    return error


class InvalidBatchId(BatchlakeError, ValueError):
    """A batch id that no platform issues: empty, over 256 characters, or with control characters."""

    code = "invalid_batch_id"
    batch_id: str

    def __init__(self, batch_id: str, reason: str) -> None:
        super().__init__(
            f"invalid batch id {shown(batch_id)}: {reason}. Give an id as `batchlake batches` lists it.",
            batch_id=batch_id,
            reason=reason,
        )


class NotFound(BatchlakeError, LookupError):
    """Nothing of this id is in the lake; `nearest` holds the most similar ids that are.

    Where a `source` was named that lacks it, `sources` are those that have it.
    """

    code = "not_found"
    noun: ClassVar[str]
    plural: ClassVar[str]
    nearest: list[str]
    source: str | None
    sources: list[str]

    def __init__(
        self, wanted: str, nearest: list[str], source: str | None = None, sources: Sequence[str] = ()
    ) -> None:
        if source is not None and sources:
            what = f"{self.noun} {shown(wanted)} exists for source {_or(sources)}, not {shown(source)}."
        elif nearest:
            what = f"no {self.noun} {shown(wanted)} in this lake. Did you mean {_or(nearest)}?"
        else:
            what = (
                f"no {self.noun} {shown(wanted)} in this lake. "
                f"The lake holds no {self.plural}: ingest an export first."
            )
        facts = {"nearest": nearest, "source": source, "sources": list(sources)}
        super().__init__(
            f"{what} `batchlake {self.plural}` lists {self.plural}.", **{f"{self.noun}_id": wanted}, **facts
        )


class BatchNotFound(NotFound):
    """No batch of this id is in the lake."""

    code = "batch_not_found"
    noun, plural = "batch", "batches"
    batch_id: str


class CallNotFound(NotFound):
    """No call of this id is in the lake."""

    code = "call_not_found"
    noun, plural = "call", "calls"
    call_id: str


@dataclass(frozen=True, slots=True)
class FilterFault:
    """One thing wrong with a filter: where, what was given, what is allowed, and the nearest valid name."""

    path: str
    given: str
    allowed: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean `{self.nearest}`?" if self.nearest else ""
        return f"{self.path}: got {self.given}, allowed: {self.allowed}{hint}"


class _Faulty(BatchlakeError, ValueError):
    """What a person wrote has faults, all of them listed."""

    subject: ClassVar[str]
    advice: ClassVar[str]
    faults: list[Any]

    def __init__(self, faults: Sequence[Any]) -> None:
        count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"invalid {self.subject}, {count}:\n{lines}\n{self.advice}", faults=faults)

    def details(self) -> dict[str, Any]:
        """The faults as plain JSON values."""
        return {"faults": [asdict(fault) for fault in self.faults]}


class InvalidFilter(_Faulty):
    """A filter with one or more `faults`, all of them listed."""

    code = "invalid_filter"
    subject = "filter"
    advice = "`batchlake filter schema` prints what a filter may hold."
    faults: list[FilterFault]


class InvalidRequest(BatchlakeError, ValueError):
    """An argument that is not a filter and not an id is wrong: a dimension, a time, a format."""

    code = "invalid_request"


class StateVacuumed(InvalidRequest):
    """The state that was asked for can't be read any more: `vacuum` has deleted what it needs.

    `at` is the id of the run that left it. The lake itself is sound.
    """

    at: str

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"the state of run {run_id} can't be read any more: its files have been vacuumed. "
            "Ask again to read the newest; `batchlake runs` lists later ones.",
            at=run_id,
        )


@dataclass(frozen=True, slots=True)
class ConfigurationFault:
    """One thing wrong with the configuration: its place (file and line, or variable), its key and why."""

    place: str
    key: str
    reason: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean `{self.nearest}`?" if self.nearest else ""
        return f"{self.place}: {f'{self.key}: ' if self.key else ''}{self.reason}{hint}"


class InvalidConfiguration(_Faulty):
    """`batchlake.toml` or the environment has `faults`, all of them listed; never the value of a secret."""

    code = "invalid_configuration"
    subject = "configuration"
    advice = "Fix this and rerun the command; `batchlake config show` lists every value and its origin."
    faults: list[ConfigurationFault]


class AnalyticsUnavailable(BatchlakeError):
    """The batch or lake holds no call to compute analytics from; `reason` says why."""

    code = "analytics_unavailable"
    reason: str

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(
            f"no analytics for {subject}: {reason}. Ingest an export that lists its calls, then ask again.",
            subject=subject,
            reason=reason,
        )


class QueryError(BatchlakeError):
    """SQL typed by a person could not be run; `position` counts characters from 0 where it is known."""

    code = "query_error"
    position: int | None


class QueryTimeout(BatchlakeError, TimeoutError):
    """A query ran longer than its time limit; `seconds` is the limit."""

    code = "query_timeout"
    seconds: float

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"stopped after {seconds:g} s. Narrow the query with a filter, or raise --timeout.",
            seconds=seconds,
        )


class RateLimited(BatchlakeError):
    """A platform kept refusing requests; `retry_after` is in seconds, None where it did not say."""

    code = "rate_limited"
    retry_after: float | None

    def __init__(self, platform: str, retry_after: float | None) -> None:
        when = f"in {retry_after:g} s" if retry_after is not None else "later"
        super().__init__(
            f"{platform} is limiting requests. What was fetched is kept; pull again {when} to continue.",
            platform=platform,
            retry_after=retry_after,
        )


class PullFailed(BatchlakeError):
    """A pull stopped before its end; what it fetched is kept. `status` is the platform's, None for none."""

    code = "pull_failed"
    platform: str
    reason: str
    status: int | None

    def __init__(self, platform: str, reason: str, status: int | None = None) -> None:
        super().__init__(
            f"the pull from {platform} stopped: {reason}. What was fetched before is kept; "
            "fix this and pull again to continue.",
            platform=platform,
            reason=reason,
            status=status,
        )


class ExportUnreadable(BatchlakeError):
    """A path that was named cannot be opened; nothing was ingested."""

    code = "export_unreadable"
    location: str

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(
            f"cannot read {shown(location)}: {reason}. Nothing was ingested; check the path and try again.",
            location=location,
            reason=reason,
        )


class LakeError(BatchlakeError):
    """Something about the lake as a whole; `lake` is its location."""

    code = "lake_error"
    lake: str


class _ReasonedLakeError(LakeError):
    """An error about a lake with its `reason`."""

    sentence: ClassVar[str]
    reason: str

    def __init__(self, lake: str, reason: str) -> None:
        super().__init__(self.sentence.format(lake=shown(lake), reason=reason), lake=lake, reason=reason)


class LakeNotFound(LakeError):
    """There is no lake at this location."""

    code = "lake_not_found"

    def __init__(self, lake: str, reason: str = "nothing has been ingested there") -> None:
        super().__init__(
            f"no lake at {shown(lake)}: {reason}. "
            f"`batchlake ingest PATH --lake {lake}` makes one, or name another with --lake.",
            lake=lake,
        )


class LakeUnreachable(_ReasonedLakeError):
    """The storage that the lake lives in can't be asked: network, credentials, permission, no such bucket."""

    code = "lake_unreachable"
    sentence = "cannot reach the lake {lake}: {reason}. Fix this and rerun the command."


class LakeLocked(LakeError):
    """Another process is writing; `holder` says which, `since` since when (RFC 3339), as far as known."""

    code = "lake_locked"
    holder: str | None
    since: str | None

    def __init__(self, lake: str, holder: str | None, since: str | None) -> None:
        super().__init__(
            f"the lake {shown(lake)} is being written by {holder or 'another process'}"
            f"{f' since {since}' if since else ''}. Wait for it, or give --wait SECONDS.",
            lake=lake,
            holder=holder,
            since=since,
        )


class LakeDamaged(_ReasonedLakeError):
    """The lake's files contradict its log; `reason` says where."""

    code = "lake_damaged"
    sentence = (
        "the lake {lake} is damaged: {reason}. `batchlake check` lists what is wrong; "
        "`--at` reads an earlier state."
    )


class LakeTooNew(LakeError):
    """The lake was written by a newer batchlake than this one."""

    code = "lake_too_new"

    def __init__(self, lake: str, found: int, known: int) -> None:
        super().__init__(
            f"the lake {shown(lake)} has format {found}; this batchlake knows up to {known}. "
            "Upgrade batchlake: `pip install --upgrade batchlake`.",
            lake=lake,
            found=found,
            known=known,
        )


class LakeNotWritable(_ReasonedLakeError):
    """The lake cannot be written (read-only, full disk, permission); it stays as it was."""

    code = "lake_not_writable"
    sentence = (
        "cannot write to the lake {lake}: {reason}. "
        "The lake is as it was before; fix this and rerun the command."
    )


def _or(names: Sequence[str]) -> str:
    return " or ".join(map(shown, names))
