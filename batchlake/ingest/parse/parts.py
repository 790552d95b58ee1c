"""What a document is split into: records in a row with what is said around them, and what is not a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class Utterances:
    """Utterances as columns, one record's after another's.

    Attributes:
        counts: how many each record has.
        speaker, text, time, confidence: as given; `text` is None where nothing can be used as such.
        extra: what else an utterance holds, as the column of `segments`.
        unusable: the JSON texts of utterances without text, by their place among all.
    """

    counts: list[int] = field(default_factory=list)
    speaker: list[Any] = field(default_factory=list)
    text: list[str | None] = field(default_factory=list)
    time: list[Any] = field(default_factory=list)
    confidence: list[Any] = field(default_factory=list)
    extra: list[str | None] = field(default_factory=list)
    unusable: dict[int, str] = field(default_factory=dict)

    def of_each(self) -> NDArray[np.int64]:
        """`counts` as an array."""
        return np.array(self.counts, np.int64)

    def drop(self, before: int, places: Sequence[int]) -> None:
        """Forget some of the last record's, which begin at `before`."""
        gone = frozenset(places)
        for name in ("speaker", "text", "time", "confidence", "extra"):
            values = getattr(self, name)
            values[before:] = [one for place, one in enumerate(values[before:]) if place not in gone]
        ours = {place - before: self.unusable.pop(place) for place in list(self.unusable) if place >= before}
        for place in ours.keys() - gone:
            self.unusable[before + place - sum(one < place for one in gone)] = ours[place]
        self.counts[-1] -= len(gone)

    def extend(self, others: Utterances) -> None:
        """Take those of further records."""
        before = len(self.text)
        for name in ("counts", "speaker", "text", "time", "confidence", "extra"):
            getattr(self, name).extend(getattr(others, name))
        self.unusable |= {before + place: raw for place, raw in others.unusable.items()}


@dataclass(slots=True)
class Columns:
    """Records of one kind as columns, in their order.

    Attributes:
        count: how many records.
        scalars: the values by their path (`analytics.sentiment.positive`), without paths that no record has.
        extra: what each record holds that no field names, JSON texts by their path; None where that is
        nothing.
        faults: values that can't stand where they do: the record's place, path, code, and the JSON text.
        transcript: a transcript in one string; None elsewhere.
        transcript_digest: half of the SHA-256 of the transcript's JSON text as exported; None without one.
        transcript_paths: under which path how many records have their transcript.
        utterances: of the transcripts that are lists.
        nameless: the places of records without a usable id.
    """

    count: int = 0
    scalars: dict[str, list[Any]] = field(default_factory=dict)
    extra: list[dict[str, bytes] | None] = field(default_factory=list)
    faults: list[tuple[int, str, str, str]] = field(default_factory=list)
    transcript: list[str | None] = field(default_factory=list)
    transcript_digest: list[str | None] = field(default_factory=list)
    transcript_paths: dict[str, int] = field(default_factory=dict)
    utterances: Utterances = field(default_factory=Utterances)
    nameless: list[int] = field(default_factory=list)

    def extend(self, other: Columns) -> None:
        """Take further records of the same kind."""
        for path in self.scalars.keys() | other.scalars.keys():
            mine = self.scalars.setdefault(path, [None] * self.count)
            mine += other.scalars.get(path) or [None] * other.count
        self.faults += [(place + self.count, path, code, raw) for place, path, code, raw in other.faults]
        self.count += other.count
        self.extra += other.extra
        self.transcript += other.transcript
        self.transcript_digest += other.transcript_digest
        for path, count in other.transcript_paths.items():
            self.transcript_paths[path] = self.transcript_paths.get(path, 0) + count
        self.utterances.extend(other.utterances)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document says about the records in it: their batch, and when it was exported (as text)."""

    batch_id: str | None = None
    exported_at: str | None = None


NO_ENVELOPE: Final = Envelope()
NO_OBJECT: Final = "a record must be a JSON object"
REFUSED: Final = "the platform answered `success: false`"


@dataclass(frozen=True, slots=True)
class RecordGroup:
    """Records in a row, if any: the list of fields that reads them, their JSON texts, and their envelope.

    `columns` replaces `raws` where they have been decoded together; `bytes` is the size of their text.
    """

    format: str
    raws: Sequence[bytes | msgspec.Raw]
    envelope: Envelope
    columns: Columns | None = None
    bytes: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether it has no record, and only gives the envelope."""
        return not (self.columns.count if self.columns else self.raws)


@dataclass(frozen=True, slots=True)
class BadValue:
    """A value that is not a record: why, and its JSON text."""

    code: str
    message: str
    raw: bytes
    envelope: Envelope = NO_ENVELOPE

    @classmethod
    def no_object(cls, raw: bytes | msgspec.Raw, envelope: Envelope) -> BadValue:
        """What is in the place of a record and not an object."""
        return cls("not_a_record", NO_OBJECT, bytes(raw), envelope)

    @classmethod
    def refusal(cls, raw: bytes, envelope: Envelope) -> BadValue:
        """An answer that says that it failed."""
        return cls("platform_error", REFUSED, raw, envelope)

    @property
    def is_refusal(self) -> bool:
        """Whether it is such an answer."""
        return self.code == "platform_error"


@dataclass(frozen=True, slots=True)
class Unkept:
    """Keys around records whose values are kept nowhere."""

    keys: tuple[str, ...]


Item = RecordGroup | BadValue | Unkept
