"""Takes raw records apart that hold nothing but what the file of their format names.

In come the JSON texts of a format's records; out come flags and digests, one a record, and the utterances
of the transcripts that are as expected. Nearly every record of nearly every export is regular: SQL then
needn't look for keys that the lake has no column for, nor read the transcript, which is most of the text.
What is not regular is left to SQL. The header of a file in `sql/sources` says what is regular
(`-- regular:`), which fields may hold the transcript (`-- transcript:`) and which the id (`-- identity:`).
A key's value is "any", a "text", a "text?", "number?" or "text or number?" (those three may be absent or
null), an object in braces or null, or a list of such objects.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from batchlake import sqlfiles

_AT_ONCE: Final = 64
"""Records that are checked by one decoding; where it fails, they are checked one by one."""

_DIGEST_LENGTH: Final = 32
"""Hexadecimal digits; 128 bits tell any number of transcripts apart, and they don't compress."""

_JSON_FAULTS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

_SCALARS: Final[dict[str, tuple[Any, Any]]] = {
    "any": (msgspec.Raw, msgspec.Raw(b"")),
    "text": (str, msgspec.NODEFAULT),
    "text?": (str | None, None),
    "number?": (float | None, None),
    "text or number?": (str | int | float | None, None),
}
"""The type and the default of each kind of value."""

_ABSENT: Final = _SCALARS["any"][1]
_NULL: Final = msgspec.Raw(b"null")
_SURELY_AN_ID: Final = re.compile(rb'"[A-Za-z0-9_.:-]{1,250}"')

_as_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_as_json: Final = msgspec.json.Encoder()


@dataclass(slots=True)
class Utterances:
    """Utterances as columns, one record's after another's; `counts`: how many each record has."""

    counts: list[int] = field(default_factory=list)
    speaker: list[str | None] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    timestamp: list[str | float | None] = field(default_factory=list)
    confidence: list[float | None] = field(default_factory=list)

    def add(self, segments: list[Any]) -> None:
        """Take one transcript's, which `counts` has."""
        self.speaker += [segment.speaker for segment in segments]
        self.text += [segment.text for segment in segments]
        self.timestamp += [segment.timestamp for segment in segments]
        self.confidence += [segment.confidence for segment in segments]


@dataclass(slots=True)
class Regularity:
    """What is regular of some records, in their order.

    Attributes:
        raws: the records' texts for SQL to read; without the transcript where all of the record is
            regular and it can be named, so that it can't become a problem, whose text is kept whole.
        is_regular: no key at any level, but in the transcript, is unknown or holds another kind of value.
        speaks_regularly: the same of the transcript; False where there is none.
        transcript_digest: half of the SHA-256 of the transcript's JSON text as exported; None without one.
        utterances: of the transcripts that are regular.
    """

    raws: list[bytes | msgspec.Raw] = field(default_factory=list)
    is_regular: list[bool] = field(default_factory=list)
    speaks_regularly: list[bool] = field(default_factory=list)
    transcript_digest: list[str | None] = field(default_factory=list)
    utterances: Utterances = field(default_factory=Utterances)


def regularity(format_name: str, raws: Sequence[bytes | msgspec.Raw]) -> Regularity:
    """Look at records of one format; what is no JSON object at all is irregular."""
    form = _form(format_name)
    found = Regularity()
    for start in range(0, len(raws), _AT_ONCE):
        some = raws[start : start + _AT_ONCE]
        try:
            records = form.many.decode(b"[" + b",".join(some) + b"]")
        except _JSON_FAULTS:
            for raw in some:
                form.note_any(raw, found)
        else:
            for raw, record in zip(some, records, strict=True):
                form.note(raw, record, found)
    return found


@dataclass(frozen=True, slots=True)
class _Form:
    """The decoders of one format: of regular records, of a record's own fields, of a regular transcript."""

    identity_fields: tuple[str, ...]
    transcript_fields: tuple[str, ...]
    many: msgspec.json.Decoder[Any]
    one: msgspec.json.Decoder[Any]
    speech: msgspec.json.Decoder[Any] | None

    def note_any(self, raw: bytes | msgspec.Raw, found: Regularity) -> None:
        """Note one record that may be irregular."""
        try:
            self.note(raw, self.one.decode(raw), found)
        except _JSON_FAULTS:
            try:
                fields = _as_object.decode(raw)
            except _JSON_FAULTS:
                fields = {}
            found.is_regular.append(False)
            self._note_transcript(_first_given(fields.get(name) for name in self.transcript_fields), found)
            found.raws.append(raw)

    def note(self, raw: bytes | msgspec.Raw, record: Any, found: Regularity) -> None:
        """Note one record that was decoded as a regular one."""
        found.is_regular.append(True)
        transcript = _first_given(getattr(record, name) for name in self.transcript_fields)
        self._note_transcript(transcript, found)
        if found.speaks_regularly[-1] and self._can_be_named(record):
            for name in self.transcript_fields:
                setattr(record, name, _ABSENT)
            raw = _as_json.encode(record)
        found.raws.append(raw)

    def _can_be_named(self, record: Any) -> bool:
        identity = _first_given(getattr(record, name) for name in self.identity_fields)
        return identity is not None and _SURELY_AN_ID.fullmatch(identity) is not None

    def _note_transcript(self, transcript: msgspec.Raw | None, found: Regularity) -> None:
        digest = hashlib.sha256(transcript).hexdigest()[:_DIGEST_LENGTH] if transcript else None
        found.transcript_digest.append(digest)
        segments = self._segments(transcript) if transcript else None
        found.speaks_regularly.append(segments is not None)
        found.utterances.counts.append(len(segments or ()))
        if segments:
            found.utterances.add(segments)

    def _segments(self, transcript: msgspec.Raw) -> list[Any] | None:
        """The utterances of a transcript, None where it is not regular."""
        try:
            return self.speech.decode(transcript).segments if self.speech else None
        except _JSON_FAULTS:
            return None


def _first_given(values: Iterable[msgspec.Raw | None]) -> msgspec.Raw | None:
    """The first value that is neither absent nor null."""
    return next((value for value in values if value and value != _NULL), None)


@functools.cache
def _form(format_name: str) -> _Form:
    header = sqlfiles.load(f"sources/{format_name}").header
    transcripts = _names(header.get("transcript", ""))
    shape: dict[str, Any] = json.loads(header.get("regular", "{}"))
    # A transcript is looked at by itself: its text is needed for the digest.
    record = _struct(format_name, shape | dict.fromkeys(transcripts, "any"))
    speech = next((shape[name] for name in transcripts if isinstance(shape.get(name), dict)), None)
    return _Form(
        _names(header.get("identity", "")),
        transcripts,
        msgspec.json.Decoder(list[record]),  # type: ignore[valid-type]
        msgspec.json.Decoder(record),
        msgspec.json.Decoder(_struct("speech", speech)) if speech else None,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _struct(name: str, shape: dict[str, Any]) -> type[msgspec.Struct]:
    """The type of an object with these keys and no other."""
    fields: list[tuple[str, Any, Any]] = [
        (key, *_typed(f"{name}_{key}", value)) for key, value in shape.items()
    ]
    required = [(key, kind) for key, kind, default in fields if default is msgspec.NODEFAULT]
    optional = [(key, kind, default) for key, kind, default in fields if default is not msgspec.NODEFAULT]
    return msgspec.defstruct(
        name, [*required, *optional], forbid_unknown_fields=True, omit_defaults=True, gc=False
    )


def _typed(name: str, value: Any) -> tuple[Any, Any]:
    """The type and the default of one key's value."""
    if isinstance(value, str):
        return _SCALARS[value]
    if isinstance(value, list):
        (item,) = value
        return list[_struct(name, item)], msgspec.NODEFAULT  # type: ignore[misc]
    return _struct(name, value) | None, None
