"""Tells which raw records hold nothing but what the file of their format names, and marks their transcripts.

In come the JSON texts of a format's records, out come flags and digests, one a record. Nearly every record of
nearly every export is regular, and SQL then needn't look for keys that the lake has no column for, which is
dearer than all the rest. The header of a file in `sql/sources` says what is regular (`-- regular:`) and
which fields may hold the transcript (`-- transcript:`): "any" stands for any value, "text" for a string that
has to be there, braces for an object or null, brackets for a list.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from batchlake import sqlfiles

_AT_ONCE: Final = 64
"""Records that are checked by one decoding; where it fails, they are checked one by one."""

_DIGEST_LENGTH: Final = 32
"""Hexadecimal digits; 128 bits tell any number of transcripts apart, and they don't compress."""

_as_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ABSENT: Final = msgspec.Raw(b"")
_NULL: Final = msgspec.Raw(b"null")


@dataclass(slots=True)
class Regularity:
    """What is regular of some records, in their order.

    Attributes:
        is_regular: no key at any level, but in the transcript, is unknown or holds another kind of value.
        speaks_regularly: the same of the transcript; False where there is none.
        transcript_digest: half of the SHA-256 of the transcript's JSON text as exported; None where there is
            none.
    """

    is_regular: list[bool] = field(default_factory=list)
    speaks_regularly: list[bool] = field(default_factory=list)
    transcript_digest: list[str | None] = field(default_factory=list)


def regularity(format_name: str, raws: Sequence[bytes | msgspec.Raw]) -> Regularity:
    """Look at records of one format; what is no JSON object at all is irregular."""
    form = _form(format_name)
    found = Regularity()
    for start in range(0, len(raws), _AT_ONCE):
        some = raws[start : start + _AT_ONCE]
        try:
            records = form.many.decode(b"[" + b",".join(some) + b"]")
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            for raw in some:
                form.look(raw, found)
        else:
            for record in records:
                form.note(record, found, is_regular=True)
    return found


@dataclass(frozen=True, slots=True)
class _Form:
    """The decoders of one format: of regular records, of a record's own fields, of a regular transcript."""

    transcript_fields: tuple[str, ...]
    many: msgspec.json.Decoder[Any]
    one: msgspec.json.Decoder[Any]
    speech: msgspec.json.Decoder[Any] | None

    def look(self, raw: bytes | msgspec.Raw, found: Regularity) -> None:
        """Note one record that may be irregular."""
        try:
            self.note(self.one.decode(raw), found, is_regular=True)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            try:
                fields = _as_object.decode(raw)
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                fields = {}
            self._note(next(filter(None, map(fields.get, self.transcript_fields)), _ABSENT), found, False)

    def note(self, record: Any, found: Regularity, *, is_regular: bool) -> None:
        """Note one record that was decoded as a regular one."""
        transcript = next(
            (given for name in self.transcript_fields if (given := getattr(record, name)) is not _ABSENT),
            _ABSENT,
        )
        self._note(transcript, found, is_regular)

    def _note(self, transcript: msgspec.Raw, found: Regularity, is_regular: bool) -> None:
        found.is_regular.append(is_regular)
        if transcript is _ABSENT or transcript == _NULL:
            found.speaks_regularly.append(False)
            found.transcript_digest.append(None)
        else:
            found.speaks_regularly.append(self._is_regular_speech(transcript))
            found.transcript_digest.append(hashlib.sha256(transcript).hexdigest()[:_DIGEST_LENGTH])

    def _is_regular_speech(self, transcript: msgspec.Raw) -> bool:
        if self.speech is None:
            return False
        try:
            self.speech.decode(transcript)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return False
        return True


@functools.cache
def _form(format_name: str) -> _Form:
    header = sqlfiles.load(f"sources/{format_name}").header
    names = tuple(name.strip() for name in header.get("transcript", "").split(",") if name.strip())
    shape: dict[str, Any] = json.loads(header.get("regular", "{}"))
    # A transcript is looked at by itself: its text is needed for the digest.
    record = _struct(format_name, shape | dict.fromkeys(names, "any"))
    speech = next((shape[name] for name in names if isinstance(shape.get(name), dict)), None)
    return _Form(
        names,
        msgspec.json.Decoder(list[record]),  # type: ignore[valid-type]
        msgspec.json.Decoder(record),
        msgspec.json.Decoder(_struct("speech", speech)) if speech else None,
    )


def _struct(name: str, shape: dict[str, Any]) -> type[msgspec.Struct]:
    """The type of an object with these keys and no other."""
    fields: list[tuple[str, Any, Any]] = [
        (key, *_typed(f"{name}_{key}", value)) for key, value in shape.items()
    ]
    required = [(key, kind) for key, kind, default in fields if default is msgspec.NODEFAULT]
    optional = [(key, kind, default) for key, kind, default in fields if default is not msgspec.NODEFAULT]
    return msgspec.defstruct(name, [*required, *optional], forbid_unknown_fields=True, gc=False)


def _typed(name: str, value: Any) -> tuple[Any, Any]:
    """The type and the default of one key's value."""
    if value == "any":
        return msgspec.Raw, _ABSENT
    if value == "text":
        return str, msgspec.NODEFAULT
    if isinstance(value, list):
        (item,) = value
        return list[_struct(name, item)], msgspec.NODEFAULT  # type: ignore[misc]
    return _struct(name, value) | None, None
