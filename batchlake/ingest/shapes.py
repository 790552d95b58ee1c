"""Tells the published shapes apart and takes a document into its raw records.

In comes one JSON value as bytes, out come `Part`s (raw records with the format that reads them, which is the
name of a file in `sql/sources`, and what their envelope says) and `Misfit`s. Only keys are looked at: a value
is cut out as it stands, never parsed further. But the elements of an array are tried as regular records
first, which tells their format as well.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from batchlake.ingest.regularity import Regular, read_regular

CALL: Final = "svalync_call"
REST_CALL: Final = "svalync_rest_call"
BATCH: Final = "svalync_batch"
BATCH_STATUS: Final = "svalync_batch_status"

_REST_KEYS: Final = frozenset(
    """
    agentId callDuration callType createdAt endedAt endedBy from_phone_number isTestMode pathways startedAt
    to_phone_number tokens_consumed transcripts updatedAt userData userId
    """.split()
)
_CALL_KEYS: Final = frozenset(
    """
    analytics call_id cost direction duration end_time ended_at phone_number recording_url start_time
    started_at transcript
    """.split()
)
_STATUS_KEYS: Final = frozenset(("total_calls", "completed_calls", "failed_calls"))
_BATCH_KEYS: Final = frozenset(("statistics", "completed_at"))

_Fields = dict[str, msgspec.Raw]
_as_object: Final = msgspec.json.Decoder(_Fields)
_as_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_as_value: Final = msgspec.json.Decoder(msgspec.Raw)
_as_text: Final = msgspec.json.Decoder(str | int | None)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document says about the records in it: their batch, and when it was exported (as text)."""

    batch_id: str | None = None
    exported_at: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Records in a row: the format that reads them, their JSON texts, and their envelope.

    Where they are all regular, `regular` stands for `raws`; `bytes` is the size of their text.
    """

    format: str
    raws: Sequence[bytes | msgspec.Raw]
    envelope: Envelope
    regular: Regular | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that is no record: why, and its JSON text."""

    code: str
    message: str
    raw: bytes


def take_apart(raw: bytes, envelope: Envelope = Envelope()) -> Iterator[Part | Misfit]:
    """The records in one JSON value.

    Args:
        raw: the value's text.
        envelope: what is known from around it.

    Raises:
        MsgspecError, RecursionError: at once, where it is no JSON.
    """
    head = raw.lstrip()[:1]
    if head == b"[":
        elements = _as_array.decode(raw)
        return itertools.chain.from_iterable(take_apart(bytes(element), envelope) for element in elements)
    if head == b"{":
        return _from_object(_as_object.decode(raw), raw, envelope)
    _as_value.decode(raw)
    return iter([Misfit("not_a_record", "a record must be a JSON object", raw)])


def exported_at(document: bytes) -> str | None:
    """When a document says that it was exported."""
    return _text(_as_object.decode(document), "exported_at")


def listed_parts(array: str, listed: bytes | msgspec.Raw, envelope: Envelope) -> Iterator[Part]:
    """The records in a `calls` or `data` array, or in some elements of one, given as the text of a list.

    Raises:
        MsgspecError, RecursionError, UnicodeDecodeError: it is no JSON list.
    """
    format_name = REST_CALL if array == "data" else CALL
    regular = read_regular(format_name, listed)
    if regular is None:
        yield from element_parts(array, _as_array.decode(listed), envelope)
    elif regular.count:
        yield Part(format_name, (), envelope, regular, len(listed))


def element_parts(array: str, raws: Sequence[bytes | msgspec.Raw], envelope: Envelope) -> Iterator[Part]:
    """The records that elements of a `calls` or `data` array are."""
    if array == "data":
        if raws:
            yield Part(REST_CALL, raws, envelope)
    else:
        for format_name, alike in itertools.groupby(raws, _call_format_of):
            yield Part(format_name, list(alike), envelope)


def _from_object(fields: _Fields, raw: bytes, outer: Envelope) -> Iterator[Part | Misfit]:
    envelope = Envelope(outer.batch_id, _text(fields, "exported_at") or outer.exported_at)
    if _opens(fields, "batch", b"{"):
        yield from _from_batch(_as_object.decode(fields["batch"]), envelope)
    elif _opens(fields, "call", b"{"):
        call_envelope = Envelope(_text(fields, "batch_id") or envelope.batch_id, envelope.exported_at)
        yield Part(_call_format(_as_object.decode(fields["call"])), [fields["call"]], call_envelope)
    elif _opens(fields, "response", b"[", b"{"):
        yield from _from_response(fields["response"], envelope)
    elif _opens(fields, "data", b"[", b"{") and not fields.keys() & {"id", "call_id"}:
        yield from _from_response_entry(fields, raw, envelope)
    elif _opens(fields, "calls", b"[") or fields.keys() & (_STATUS_KEYS | {"statistics"}):
        yield from _from_batch(fields, envelope)
    elif fields.keys() & {"id", "call_id"}:
        is_batch = fields.keys() & _BATCH_KEYS and not fields.keys() & (_CALL_KEYS | _REST_KEYS)
        yield Part(BATCH if is_batch else _call_format(fields), [raw], envelope)
    else:
        yield Misfit(
            "unknown_shape",
            "neither a batch nor a call: no `batch`, `call`, `calls`, `response`, `id` or `call_id`",
            raw,
        )


def _from_batch(fields: _Fields, outer: Envelope) -> Iterator[Part]:
    """A batch's own record without its calls, then each of its calls."""
    batch_id = _text(fields, "id") or _text(fields, "batch_id")
    envelope = Envelope(batch_id, _text(fields, "exported_at") or outer.exported_at)
    calls = fields.pop("calls", None) if _opens(fields, "calls", b"[") else None
    if batch_id is not None or calls is None or fields.keys() - {"exported_at"}:
        is_status = bool(fields.keys() & _STATUS_KEYS) or "id" not in fields
        yield Part(BATCH_STATUS if is_status else BATCH, [_joined(fields)], envelope)
    if calls is not None:
        yield from listed_parts("calls", calls, envelope)


def _call_format_of(raw: bytes | msgspec.Raw) -> str:
    try:
        return _call_format(_as_object.decode(raw))
    except msgspec.ValidationError:
        return CALL


def _from_response(raw: msgspec.Raw, envelope: Envelope) -> Iterator[Part | Misfit]:
    entries = _as_array.decode(raw) if bytes(raw).lstrip()[:1] == b"[" else [raw]
    for entry in entries:
        text = bytes(entry)
        if text.lstrip()[:1] != b"{":
            yield Misfit("not_a_record", "an entry of `response` must be a JSON object", text)
        else:
            yield from _from_response_entry(_as_object.decode(text), text, envelope)


def _from_response_entry(fields: _Fields, raw: bytes, envelope: Envelope) -> Iterator[Part | Misfit]:
    if "success" in fields and bytes(fields["success"]).strip() != b"true":
        yield Misfit("platform_error", "the platform answered `success: false`", raw)
    elif _opens(fields, "data", b"["):
        yield from listed_parts("data", fields["data"], envelope)
    elif _opens(fields, "data", b"{"):
        yield Part(REST_CALL, [fields["data"]], envelope)
    else:
        yield Misfit("unknown_shape", "an entry of `response` has no `data` with calls", raw)


def _call_format(fields: Mapping[str, msgspec.Raw]) -> str:
    return CALL if _REST_KEYS.isdisjoint(fields) else REST_CALL


def _opens(fields: Mapping[str, msgspec.Raw], key: str, *openings: bytes) -> bool:
    return key in fields and bytes(fields[key]).lstrip()[:1] in openings


def _text(fields: Mapping[str, msgspec.Raw], key: str) -> str | None:
    """A field that should be text (a number will do), None where it is missing or something else."""
    if key not in fields:
        return None
    try:
        value = _as_text.decode(fields[key])
    except msgspec.MsgspecError:
        return None
    return None if value is None or value == "" else str(value)


def _joined(fields: _Fields) -> bytes:
    """The object of these fields, each value as it stood."""
    pairs = (json.dumps(key).encode() + b":" + bytes(value) for key, value in fields.items())
    return b"{" + b",".join(pairs) + b"}"
