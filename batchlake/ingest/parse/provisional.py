"""What is known of a document while it is scanned: the envelope so far, and where damage may have begun."""

from __future__ import annotations

from dataclasses import dataclass

from batchlake.ingest.parse.bracket_scanner import Scanner
from batchlake.ingest.parse.damage.repair import repair
from batchlake.ingest.parse.json_values import JSON_FAULTS
from batchlake.ingest.parse.parts import NO_ENVELOPE, BadValue, Envelope, RecordGroup
from batchlake.ingest.parse.raw_records import Document
from batchlake.ingest.parse.recognition import EXACT_KEYS
from batchlake.ingest.parse.split import exported_at, split_document


@dataclass(slots=True)
class Suspect:
    """The document in which a bracket may be out of place that shows further on: the last, or an unsound
    one before it.
    """

    byte: int = 0
    is_sound: bool = True
    _arrays: int = 0

    def note(self, byte: int, arrays: int, *, is_sound: bool) -> None:
        """Take the next document: where it begins, and how many lists of records there were up to its end."""
        if self.is_sound or (is_sound and arrays > self._arrays):
            self.byte, self.is_sound = byte, is_sound
        self._arrays = arrays


def note_provisional(document: Document, scanner: Scanner) -> None:
    """Note what the document that is being scanned has said so far, when the first record of a list comes."""
    if document.arrays != scanner.arrays:
        document.arrays = scanner.arrays
        envelope, document.is_refused = _provisional(scanner.preamble())
        document.provisional = document.provisional or envelope


def _provisional(preamble: bytes) -> tuple[Envelope, bool]:
    """What a document says of its records before the first of them, and whether it is a refusal."""
    try:
        items = list(split_document(preamble))
        own_time = exported_at(preamble) if preamble[:1] == b"{" else None
    except JSON_FAULTS:
        repaired = repair(preamble, EXACT_KEYS)
        return (NO_ENVELOPE, False) if repaired is None else _provisional(repaired.text)
    # What is refused last is what is being read.
    is_refused = any(isinstance(item, BadValue) and item.is_refusal for item in items[-1:])
    envelopes = (item.envelope for item in items if isinstance(item, RecordGroup))
    return next(envelopes, Envelope(None, own_time)), is_refused
