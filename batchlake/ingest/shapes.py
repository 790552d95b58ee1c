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
_NAMES: Final = frozenset(("id", "call_id"))
_DETAILS: Final = frozenset(("analytics", "transcript", "transcripts"))
"""What may stand beside a call as well as in it."""

LISTS: Final = ("batches", "content", "entries", "items", "records", "results", "rows")
"""What other platforms call a list of batches or calls."""

_WRAPPED: Final = {"batch": (b"{",), "call": (b"{",), "response": (b"[", b"{")}

_ABOUT_PAGES: Final = frozenset(
    """
    count cursor has_more limit links message meta metadata next next_cursor next_page offset page page_info
    page_size pages pagination paging per_page previous size success total total_pages
    """.split()
)
"""What an answer says of itself: nothing that is kept."""

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
    if _is_record(fields):
        yield from _from_record(fields, raw, envelope)
    elif any(_opens(fields, key, *openings) for key, openings in _WRAPPED.items()):
        yield from _from_wrapper(fields, envelope)
    elif _opens(fields, "data", b"[", b"{"):
        yield from _from_response_entry(fields, raw, envelope)
    elif _opens(fields, "calls", b"[") or fields.keys() & (_STATUS_KEYS | {"statistics"}):
        yield from _from_batch(fields, envelope)
    elif lists := [key for key in LISTS if _opens(fields, key, b"[")]:
        for key in lists:
            for element in _as_array.decode(fields[key]):
                yield from take_apart(bytes(element), envelope)
        yield from _from_wrapper({key: value for key, value in fields.items() if key not in lists}, envelope)
    else:
        yield Misfit(
            "unknown_shape",
            "neither a batch nor a call: no `batch`, `call`, `calls`, `response`, `id` or `call_id`",
            raw,
        )


def _is_record(fields: _Fields) -> bool:
    """Whether an object is itself a batch or a call, rather than around some: an event has an id, too."""
    if fields.keys().isdisjoint(_NAMES):
        return False
    if fields.keys().isdisjoint(_WRAPPED):
        return True
    batch, call = (_object(fields, key) for key in ("batch", "call"))
    answers = _entries(fields["response"]) if _opens(fields, "response", b"[", b"{") else []
    if "calls" in batch or call.keys() & _NAMES or any("data" in answer for answer in answers):
        return False
    is_alone = not (batch or call or answers)
    says_status = "status" in fields and "status" not in batch
    return is_alone or says_status or not fields.keys().isdisjoint(_CALL_KEYS | _REST_KEYS)


def _from_record(fields: _Fields, raw: bytes, envelope: Envelope) -> Iterator[Part | Misfit]:
    """A batch with the calls listed in it, or a call, which may tell of its batch."""
    if _opens(fields, "calls", b"[") or fields.keys() & (_STATUS_KEYS | {"statistics"}):
        yield from _from_batch(fields, envelope)
    elif fields.keys() & _BATCH_KEYS and not fields.keys() & (_CALL_KEYS | _REST_KEYS):
        yield Part(BATCH, [raw], envelope)
    else:
        batch_id = _text(_object(fields, "batch"), "id") or envelope.batch_id
        yield Part(_call_format(fields), [raw], Envelope(batch_id, envelope.exported_at))


def _from_wrapper(fields: _Fields, envelope: Envelope) -> Iterator[Part | Misfit]:
    """What `batch`, `call`, `response`, `data` and `calls` of an object hold, and the rest as a misfit."""
    left = dict(fields)
    envelope = Envelope(_text(left, "batch_id") or envelope.batch_id, envelope.exported_at)
    if _opens(left, "batch", b"{"):
        batch = _as_object.decode(left.pop("batch"))
        batch_id = _text(batch, "id") or _text(batch, "batch_id") or envelope.batch_id
        yield from _from_batch(batch, envelope)
        envelope = Envelope(batch_id, envelope.exported_at)
    if _opens(left, "call", b"{"):
        call = _as_object.decode(left["call"])
        details = {key: left.pop(key) for key in sorted(_DETAILS & left.keys() - call.keys())}
        raw = _joined(call | details) if details else left["call"]
        del left["call"]
        yield Part(_call_format(call | details), [raw], envelope)
    if _opens(left, "response", b"[", b"{"):
        yield from _from_response(left.pop("response"), envelope)
    if _opens(left, "data", b"["):
        yield from listed_parts("data", left.pop("data"), envelope)
    elif _opens(left, "data", b"{"):
        yield Part(REST_CALL, [left.pop("data")], envelope)
    if _opens(left, "calls", b"["):
        yield from listed_parts("calls", left.pop("calls"), envelope)
    others = {key: value for key, value in left.items() if key not in _ABOUT_PAGES and _holds_more(value)}
    if others:
        names = ", ".join(f"`{key}`" for key in others)
        yield Misfit("unknown_shape", f"{names} stands beside what was used", _joined(others))


def _from_batch(fields: _Fields, outer: Envelope) -> Iterator[Part]:
    """A batch's own record without its calls, then each of its calls."""
    batch_id = _text(fields, "id") or _text(fields, "batch_id")
    envelope = Envelope(batch_id or outer.batch_id, _text(fields, "exported_at") or outer.exported_at)
    calls = fields.pop("calls", None) if _opens(fields, "calls", b"[") else None
    if batch_id is not None or calls is None or fields.keys() - _ABOUT_PAGES - {"exported_at"}:
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
    elif _opens(fields, "data", b"[", b"{") or _opens(fields, "calls", b"["):
        yield from _from_wrapper(fields, envelope)
    else:
        yield Misfit("unknown_shape", "an entry of `response` has no `data` with calls", raw)


def _call_format(fields: Mapping[str, msgspec.Raw]) -> str:
    return CALL if _REST_KEYS.isdisjoint(fields) else REST_CALL


def _opens(fields: Mapping[str, msgspec.Raw], key: str, *openings: bytes) -> bool:
    # A value begins without blanks; to look at all of it would copy it.
    return key in fields and bytes(memoryview(fields[key])[:1]) in openings


def _object(fields: Mapping[str, msgspec.Raw], key: str) -> _Fields:
    """A field's own fields; none where it is no object."""
    return _as_object.decode(fields[key]) if _opens(fields, key, b"{") else {}


def _entries(answers: msgspec.Raw) -> list[_Fields]:
    """The objects in a `response`, which is a list of them or one."""
    listed = _as_array.decode(answers) if bytes(answers).lstrip()[:1] == b"[" else [answers]
    return [_as_object.decode(entry) for entry in listed if bytes(entry).lstrip()[:1] == b"{"]


def _holds_more(value: msgspec.Raw) -> bool:
    """Whether a value is an object or a list that isn't empty."""
    text = bytes(value).strip()
    return text[:1] in (b"{", b"[") and bool(text[1:-1].strip())


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
