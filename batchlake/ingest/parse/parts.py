"""What a document is split into: records in a row with what is said around them, and what is not a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from batchlake.ingest.parse.decode import Columns


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document says about the records in it: their batch, and when it was exported (as text)."""

    batch_id: str | None = None
    exported_at: str | None = None


NO_ENVELOPE: Final = Envelope()


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


@dataclass(frozen=True, slots=True)
class Unkept:
    """Keys around records whose values are kept nowhere."""

    keys: tuple[str, ...]


Item = RecordGroup | BadValue | Unkept
