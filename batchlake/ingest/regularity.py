"""Takes raw records apart that hold nothing but what the file of their format names.

In comes the JSON text of a list of records; out come their scalars and utterances as columns, where every
record of the list is regular. Nearly every record of nearly every export is. SQL gets those without any JSON
left to parse, but for transcripts in one string; it takes the others apart itself
(`sql/sources/<format>_fields.sql`), except for their transcripts where those are as expected. The header of a
file in `sql/sources` says what is regular (`-- regular:`), which fields may hold the transcript
(`-- transcript:`) and which the id (`-- identity:`).

A key's value there is a "scalar" (text, number, true or false), a "text?", or an object in braces, which with
a key "." may be a scalar instead; each may be absent or null. In a transcript it is a list of objects with a
"text", which must be there, a "text?", a "number?" or a "text or number?".
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from batchlake import sqlfiles

_DIGEST_LENGTH: Final = 32
"""Hexadecimal digits; 128 bits tell any number of transcripts apart, and they don't compress."""

_JSON_FAULTS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

Scalar = str | int | float | bool | None

_KINDS: Final[dict[str, tuple[Any, Any]]] = {
    "scalar": (Scalar, None),
    "text": (str, msgspec.NODEFAULT),
    "text?": (str | None, None),
    "number?": (float | None, None),
    "text or number?": (str | int | float | None, None),
}
"""The type and the default of each kind of value."""

_ABSENT: Final = msgspec.Raw(b"")
_NOTHING: Final = (b"null", b'""')
_SURELY_AN_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,250}")

_as_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_as_text: Final = msgspec.json.Decoder(str)


@dataclass(slots=True)
class Utterances:
    """Utterances as columns, one record's after another's; `counts`: how many each record has."""

    counts: list[int] = field(default_factory=list)
    speaker: list[str | None] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    timestamp: list[str | float | None] = field(default_factory=list)
    confidence: list[float | None] = field(default_factory=list)

    def of_each(self) -> NDArray[np.int64]:
        """`counts` as an array."""
        return np.array(self.counts, np.int64)

    def add(self, segments: Sequence[Any]) -> None:
        """Take one record's."""
        self.counts.append(len(segments))
        self.speaker += [segment.speaker for segment in segments]
        self.text += [segment.text for segment in segments]
        self.timestamp += [segment.timestamp for segment in segments]
        self.confidence += [segment.confidence for segment in segments]

    def extend(self, others: Utterances) -> None:
        """Take those of further records."""
        for name in Utterances.__slots__:
            getattr(self, name).extend(getattr(others, name))


@dataclass(slots=True)
class Regular:
    """Regular records as columns, in their order.

    Attributes:
        count: how many records.
        scalars: the values by their path (`analytics.sentiment.positive`), but for paths that no record has.
        transcript: the JSON text of a transcript in one string, which SQL cuts apart; None elsewhere.
        transcript_digest: half of the SHA-256 of the transcript's JSON text as exported; None without one.
        utterances: of the transcripts that are lists.
    """

    count: int = 0
    scalars: dict[str, list[Scalar]] = field(default_factory=dict)
    transcript: list[str | None] = field(default_factory=list)
    transcript_digest: list[str | None] = field(default_factory=list)
    utterances: Utterances = field(default_factory=Utterances)

    def extend(self, other: Regular) -> None:
        """Take further records of the same format."""
        for path in self.scalars.keys() | other.scalars.keys():
            mine = self.scalars.setdefault(path, [None] * self.count)
            mine += other.scalars.get(path) or [None] * other.count
        self.count += other.count
        self.transcript += other.transcript
        self.transcript_digest += other.transcript_digest
        self.utterances.extend(other.utterances)


@dataclass(slots=True)
class Irregular:
    """Records that SQL takes apart, in their order.

    Attributes:
        raws: their JSON texts.
        speaks_regularly: whether the utterances were taken here; False where there is no transcript.
        transcript_digest: as of `Regular`.
        utterances: of the transcripts that are regular.
    """

    raws: list[bytes | msgspec.Raw] = field(default_factory=list)
    speaks_regularly: list[bool] = field(default_factory=list)
    transcript_digest: list[str | None] = field(default_factory=list)
    utterances: Utterances = field(default_factory=Utterances)


def read_regular(format_name: str, listed: bytes | msgspec.Raw) -> Regular | None:
    """The records of a list, given as its JSON text; None where one isn't regular, or it is no list."""
    form = _form(format_name)
    if form is None:
        return None
    found = Regular()
    try:
        records = form.many.decode(listed)
        for transcript in form.transcripts(records):
            _add_speech(form, transcript, found)
    except _JSON_FAULTS:
        return None
    if not all(map(form.can_be_named, records)):
        return None
    found.count = len(records)
    found.scalars = _scalars(form.record, records)
    return found


def add_irregular(format_name: str, raw: bytes | msgspec.Raw, found: Irregular) -> None:
    """Add a record that isn't regular, or no JSON object at all."""
    form = _form(format_name)
    transcript = None
    if form:
        try:
            fields = _as_object.decode(raw)
        except _JSON_FAULTS:
            fields = {}
        transcript = _first_given(fields.get(name) for name in form.transcript_fields)
    segments = _segments(form, transcript) if form and transcript else None
    found.raws.append(raw)
    found.speaks_regularly.append(segments is not None)
    found.transcript_digest.append(_digest(transcript) if transcript else None)
    found.utterances.add(segments or ())


def scalar_paths(format_name: str) -> tuple[str, ...]:
    """The paths of a format's scalars: the columns that its file in `sql/sources` reads."""
    form = _form(format_name)
    return tuple(form.record.paths()) if form else ()


@dataclass(frozen=True, slots=True)
class _Object:
    """An object with certain keys and no other.

    Attributes:
        kind: its type; `empty` is one that holds nothing.
        scalars: the keys of scalars.
        objects: the objects in it by their key, and whether a scalar may stand there instead.
    """

    kind: type[msgspec.Struct]
    empty: msgspec.Struct
    scalars: tuple[str, ...]
    objects: dict[str, tuple[_Object, bool]]

    def paths(self, prefix: str = "") -> Iterable[str]:
        """The paths of all scalars below it."""
        yield from (prefix + key for key in self.scalars)
        for key, (inner, may_be_scalar) in self.objects.items():
            if may_be_scalar:
                yield prefix + key
            yield from inner.paths(f"{prefix}{key}.")


@dataclass(frozen=True, slots=True)
class _Form:
    """One format: its records, which of their fields name them, and which hold the transcript."""

    record: _Object
    identity_fields: tuple[str, ...]
    transcript_fields: tuple[str, ...]
    many: msgspec.json.Decoder[Any]
    speech: msgspec.json.Decoder[Any] | None

    def transcripts(self, records: Sequence[Any]) -> Iterable[msgspec.Raw | None]:
        """The transcript of each record as its JSON text."""
        several = [map(attrgetter(name), records) for name in self.transcript_fields]
        return map(_first_given, zip(*several, strict=True))

    def can_be_named(self, record: Any) -> bool:
        """Whether the record surely has a usable id: one without becomes a problem, which keeps its text."""
        for name in self.identity_fields:
            identity = getattr(record, name)
            if identity is not None:
                return isinstance(identity, str) and _SURELY_AN_ID.fullmatch(identity) is not None
        return False


def _add_speech(form: _Form, transcript: msgspec.Raw | None, found: Regular) -> None:
    """Add a record's transcript: its text where it is one string, its utterances where it is a list.

    Raises:
        MsgspecError: it is neither.
    """
    text = None
    segments = _segments(form, transcript) if transcript else ()
    if transcript and segments is None:
        _as_text.decode(transcript)
        text = bytes(transcript).decode()
    found.transcript.append(text)
    found.transcript_digest.append(_digest(transcript) if transcript else None)
    found.utterances.add(segments or ())


def _segments(form: _Form, transcript: msgspec.Raw) -> list[Any] | None:
    """The utterances of a transcript, None where it is not regular."""
    try:
        return form.speech.decode(transcript).segments if form.speech else None
    except _JSON_FAULTS:
        return None


def _digest(transcript: msgspec.Raw) -> str:
    return hashlib.sha256(transcript).hexdigest()[:_DIGEST_LENGTH]


def _first_given(values: Iterable[msgspec.Raw | None]) -> msgspec.Raw | None:
    """The first value that is neither absent nor null nor an empty text."""
    for value in values:
        if value and (len(value) > 4 or bytes(value) not in _NOTHING):
            return value
    return None


def _scalars(form: _Object, objects: Sequence[Any], prefix: str = "") -> dict[str, list[Scalar]]:
    """The scalars of objects by their path, but for paths where none has a value."""
    found: dict[str, list[Scalar]] = {}
    for key in form.scalars:
        _keep(found, prefix + key, list(map(attrgetter(key), objects)))
    for key, (inner, may_be_scalar) in form.objects.items():
        values = list(map(attrgetter(key), objects))
        if may_be_scalar:
            _keep(found, prefix + key, [None if type(value) is inner.kind else value for value in values])
        held = [value if type(value) is inner.kind else inner.empty for value in values]
        if held.count(inner.empty) < len(held):
            found |= _scalars(inner, held, f"{prefix}{key}.")
    return found


def _keep(found: dict[str, list[Scalar]], path: str, values: list[Scalar]) -> None:
    if values.count(None) < len(values):
        found[path] = values


@functools.cache
def _form(format_name: str) -> _Form | None:
    """The form of a format; None where the header of its file names nothing as regular."""
    header = sqlfiles.load(f"sources/{format_name}").header
    if "regular" not in header:
        return None
    shape: dict[str, Any] = json.loads(header["regular"])
    transcripts = _names(header["transcript"])
    # A transcript is looked at by itself: its text is needed for the digest.
    speech = [given for name in transcripts if isinstance(given := shape.pop(name), dict)]
    record = _object(format_name, shape, dict.fromkeys(transcripts, (msgspec.Raw, _ABSENT)))
    return _Form(
        record,
        _names(header["identity"]),
        transcripts,
        msgspec.json.Decoder(list[record.kind]),  # type: ignore[name-defined]
        msgspec.json.Decoder(_speech_type(speech[0])) if speech else None,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _object(name: str, shape: Mapping[str, Any], more: Mapping[str, tuple[Any, Any]]) -> _Object:
    """An object of this shape, and of `more` fields with their types and defaults."""
    inner = {
        key: (_object(f"{name}_{key}", value, {}), "." in value)
        for key, value in shape.items()
        if isinstance(value, dict)
    }
    scalars = tuple(key for key in shape if key not in inner and key != ".")
    types = {key: _KINDS[shape[key]] for key in scalars} | {
        key: (held.kind | Scalar if may_be_scalar else held.kind | None, None)
        for key, (held, may_be_scalar) in inner.items()
    }
    kind = _struct(name, types | dict(more))
    return _Object(kind, kind(), scalars, inner)


def _speech_type(shape: Mapping[str, Any]) -> type[msgspec.Struct]:
    """The type of a transcript: an object with one list of utterances."""
    ((key, [utterance]),) = shape.items()
    kind = _struct("utterance", {name: _KINDS[given] for name, given in utterance.items()})
    return _struct("speech", {key: (list[kind], msgspec.NODEFAULT)})  # type: ignore[valid-type]


def _struct(name: str, types: Mapping[str, tuple[Any, Any]]) -> type[msgspec.Struct]:
    """The type of objects with these keys, given with their types and defaults, and no other."""
    fields = [(key, kind, default) for key, (kind, default) in types.items()]
    # What has no default stands first.
    fields.sort(key=lambda field: field[2] is not msgspec.NODEFAULT)
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, eq=False, gc=False)
