"""What reading an export gives: raw records, values that can't be used, the place where it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from batchlake.ingest.parse.parts import NO_ENVELOPE, Columns, Envelope, Unkept


class Readable(Protocol):
    """What records are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


@dataclass(slots=True)
class Document:
    """One JSON document of an export, or a batch in it.

    Attributes:
        number: its number in the export, from 1; 0 where nothing that was made of it can be dropped again.
        envelope: what it says of its records; known once its end is seen.
        provisional: what it has said before.
        is_refused: whether the platform says of the list being read that it refused to answer.
        has_refused: whether a record of such a list was found.
        has_records: whether records were found in it, besides those of its batches.
        arrays: how many lists of records had begun when that was looked at.
        batches: documents for the batches in it, which tell their own ids, as `provisional`.
    """

    number: int
    envelope: Envelope | None = None
    provisional: Envelope | None = None
    is_refused: bool = False
    has_refused: bool = False
    has_records: bool = False
    arrays: int = 0
    batches: list[Document] = field(default_factory=list)

    @property
    def holds_records(self) -> bool:
        """Whether records were found in it, or in a batch in it."""
        return self.has_records or bool(self.batches)

    @property
    def known(self) -> Envelope:
        """What is known of its envelope so far."""
        return self.envelope or self.provisional or NO_ENVELOPE

    def end(self, envelope: Envelope) -> None:
        """The document's end is seen: this is its envelope, and what its batches don't tell is as it says."""
        self.envelope = envelope
        for batch in self.batches:
            own = batch.provisional or NO_ENVELOPE
            batch.envelope = Envelope(
                own.batch_id or envelope.batch_id, own.exported_at or envelope.exported_at
            )


@dataclass(frozen=True, slots=True)
class RawRecords:
    """Records in a row: the file of `sql/sources` that reads them, their texts, the first one's place.

    Where they have been decoded, `columns` stand for their texts, which had so many `bytes`.
    """

    format: str
    raws: Sequence[bytes | msgspec.Raw]
    document: Document
    number: int
    line: int | None = None
    columns: Columns | None = None
    bytes: int = 0

    @property
    def count(self) -> int:
        """How many records."""
        return self.columns.count if self.columns else len(self.raws)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that can't be one, or (with its path) a value in a record: why, its place, and its text."""

    code: str
    message: str
    raw: bytes
    number: int
    line: int | None
    document: Document
    path: str | None = None


@dataclass(frozen=True, slots=True)
class CorruptExport:
    """The export breaks here. `document`: the number of the document whose records are not to be used."""

    code: str
    message: str
    byte: int
    document: int | None = None
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class StartOver:
    """What was read of the export so far is not to be used: what follows is read from its beginning."""


Item = RawRecords | BadRecord | CorruptExport | Unkept | StartOver
