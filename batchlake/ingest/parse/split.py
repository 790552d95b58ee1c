"""Splits a document into its raw records.

Input: one JSON value as bytes. Output: `RecordGroup`s (records of one platform and kind, with what their
envelope says), `BadValue`s and `Unkept` keys. Which keys hold records, and what a record is, `recognition`
says. A value is cut out as it stands; but the elements of a list are first decoded together, which tells as
well that they are all of one kind.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from batchlake.ingest.parse.decode import RecordDecoder, Unlike, decoder_of
from batchlake.ingest.parse.fields import BATCHES, CALLS, field_list
from batchlake.ingest.parse.json_values import (
    Fields,
    elements_of,
    fields_of,
    given_text,
    is_nothing,
    is_time,
    joined,
    json_in_text,
    opens,
    text_of,
)
from batchlake.ingest.parse.parts import NO_ENVELOPE, BadValue, Columns, Envelope, Item, RecordGroup, Unkept
from batchlake.ingest.parse.platforms.envelopes import calls_of_batches, items_of, listed_calls
from batchlake.ingest.parse.platforms.recognition import foreign_keys, recognise
from batchlake.ingest.parse.recognition import (
    ABOUT_ANSWERS,
    ABOUT_REQUESTS,
    ENVELOPES,
    ID_KEYS,
    LISTS,
    RECORD_IDS,
    SVALYNC_BATCHES,
    SVALYNC_CALLS,
    holds_more,
    holds_records,
    is_container,
    is_likely_record,
    is_surely_record,
    kind_of,
    may_be_calls,
    may_hold,
    nodes_of,
    object_in,
    paths_of_batches_alone,
    refuses,
    weight_of,
    why_none,
)
from batchlake.text.ids import id_fault
from batchlake.text.statuses import canonical_status

_NOT_ITS_OWN: Final = frozenset(ENVELOPES) | ABOUT_ANSWERS
"""The keys of an object that don't tell what it is itself."""

_HELD_BY_RECORDS: Final = tuple(key for key in ENVELOPES if key != "batch")
"""The keys of a record under which others may lie."""

_as_value: Final = msgspec.json.Decoder(msgspec.Raw)


def split_document(raw: bytes, envelope: Envelope = NO_ENVELOPE, expected: str = CALLS) -> Iterator[Item]:
    """The records in one JSON value.

    Args:
        raw: the value's text.
        envelope: what is known from around it.
        expected: what a record is whose own keys don't tell: `calls` or `batches`.

    Raises:
        MsgspecError, RecursionError: at once, where it is not JSON.
    """
    head = raw.lstrip()[:1]
    if head == b"[":
        items = (split_document(bytes(element), envelope, expected) for element in elements_of(raw))
        return itertools.chain.from_iterable(items)
    if head == b"{":
        return _from_object(fields_of(raw), raw, envelope, expected)
    _as_value.decode(raw)
    return iter([BadValue.no_object(raw, envelope)])


def split_rest(raw: bytes) -> list[Item]:
    """What is left of an object whose lists, empty here, held records: it is around them, if nothing else."""
    match items := list(split_document(raw)):
        case [BadValue(code="unknown_shape", raw=whole)] if whole == raw:
            return list(_from_envelope(fields_of(raw), raw, NO_ENVELOPE))
    return items


def exported_at(document: bytes) -> str | None:
    """When a document says that it was exported."""
    return given_text(fields_of(document), "exported_at")


def split_list(key: str, listed: bytes | msgspec.Raw, envelope: Envelope) -> Iterator[Item]:
    """The records in a list, or in some elements of one, given as the text of a list.

    Args:
        key: the list's key; in `calls`, an element is a call unless it holds others.
        listed, envelope: its text, and what is known from around it.

    Raises:
        MsgspecError, RecursionError, UnicodeDecodeError: it is not a JSON list.
    """
    columns = decode_alike(key, listed)
    if columns is None:
        yield from split_elements(key, elements_of(listed), envelope)
    else:
        # Also of none: what is said around them is known.
        yield RecordGroup(SVALYNC_CALLS, (), envelope, columns, len(listed))


def decode_alike(key: str, listed: bytes | msgspec.Raw) -> Columns | None:
    """The records of a list decoded together; None where they aren't surely calls with usable ids, all of
    them.

    Raises:
        MsgspecError, RecursionError, UnicodeDecodeError: it is not a JSON list.
    """
    if key == "batches":
        return None
    try:
        columns = _list_decoder(key).decode(listed)
    except (Unlike, msgspec.ValidationError):
        return None
    return None if columns.nameless else columns


def split_elements(key: str, elements: Sequence[bytes | msgspec.Raw], envelope: Envelope) -> Iterator[Item]:
    """The records that elements of a list are, each recognized by itself."""
    if key in calls_of_batches():
        yield from listed_calls(key, elements, envelope)
        return
    calls: list[bytes | msgspec.Raw] = []
    for element in elements:
        if key == "calls" and _is_plain_call(element):
            calls.append(element)
            continue
        if calls:
            yield RecordGroup(SVALYNC_CALLS, calls, envelope)
            calls = []
        if opens(element, b"{") or (opens(element, b"[") and holds_records(element)):
            yield from split_document(bytes(element), envelope, BATCHES if key == "batches" else CALLS)
        else:
            yield BadValue.no_object(element, envelope)
    if calls:
        yield RecordGroup(SVALYNC_CALLS, calls, envelope)


def _list_decoder(key: str) -> RecordDecoder:
    if key == "calls":
        return decoder_of(
            SVALYNC_CALLS, frozenset({"call", "calls", "batch.calls"}) | foreign_keys(), frozenset(LISTS)
        )
    return decoder_of(SVALYNC_CALLS, paths_of_batches_alone() | foreign_keys())


def _is_plain_call(element: bytes | msgspec.Raw) -> bool:
    """Whether an element of `calls` is a call and holds no other record."""
    if not opens(element, b"{"):
        return False
    fields = fields_of(element)
    if recognise(fields) is not None:
        return False
    if fields.keys().isdisjoint(ENVELOPES):
        return True
    if fields.keys().isdisjoint(RECORD_IDS) and (object_in(fields, "call") or object_in(fields, "batch")):
        return False
    return not any(holds_records(fields.get(key)) for key in ENVELOPES)


def _from_object(fields: Fields, raw: bytes, outer: Envelope, expected: str) -> Iterator[Item]:
    foreign = items_of(fields, raw, outer, split_document)
    if foreign is not None:
        yield from foreign
        return
    envelope = replace(outer, exported_at=_exported_at(fields, outer))
    kind = kind_of(fields, expected)
    if _is_record(fields):
        yield from _from_record(kind, fields, raw, envelope)
    elif refuses(fields) or any(map(may_hold, fields.items())):
        yield from _from_envelope(fields, raw, envelope)
    else:
        yield from _from_record(kind, fields, raw, envelope)


def _is_record(fields: Fields) -> bool:
    """Whether an object is itself a call or a batch: an event or an answer has an id, too."""
    record = {key: value for key, value in fields.items() if key not in _NOT_ITS_OWN}
    around = [
        key
        for key, value in fields.items()
        if (key in ("batch", "call") and object_in(fields, key))
        or (key != "calls" and may_hold((key, value)) and holds_records(value))
        # An empty page has no records, and is none.
        or (key in LISTS and opens(value, b"[") and not elements_of(value))
    ]
    if is_surely_record(record):
        # One key is not enough to make a record of what a record lies in.
        return (
            "call" not in around or not is_likely_record(object_in(fields, "call")) or weight_of(record) > 1
        )
    if fields.keys().isdisjoint(RECORD_IDS):
        return False
    batch = object_in(fields, "batch")
    is_told_of = "status" in fields and canonical_status(text_of(fields, "status") or "") is not None
    says_status = "status" in fields and ("status" not in batch or (is_told_of and not weight_of(batch)))
    return not around or (says_status and around == ["batch"])


def _from_record(kind: str | None, fields: Fields, raw: bytes, envelope: Envelope) -> Iterator[Item]:
    """A batch with the calls listed in it, or a call; and whatever other records it holds."""
    if kind is None:
        yield BadValue("unknown_shape", why_none(fields), raw, envelope)
        return
    if kind == BATCHES:
        yield from split_batch(fields, envelope)
        return
    call = object_in(fields, "call")
    if call and call.keys().isdisjoint(RECORD_IDS) and weight_of(call):
        # What is in it belongs to this call.
        fields = call | {key: value for key, value in fields.items() if key != "call"}
        raw = joined(fields)
    held = [key for key in _HELD_BY_RECORDS if holds_records(fields.get(key))]
    if "batch" in fields and holds_records(object_in(fields, "batch").get("calls")):
        held.append("batch")
    if held:
        raw = joined({key: value for key, value in fields.items() if key not in held})
    yield RecordGroup(SVALYNC_CALLS, [raw], envelope)
    if held:
        yield from _from_envelope({key: fields[key] for key in held}, raw, envelope)


def split_batch(fields: Fields, outer: Envelope) -> Iterator[Item]:
    """A batch's own record without its calls, then each of its calls; `outer` is known from around it."""
    batch_id = _id_of(fields, *field_list(SVALYNC_BATCHES).identity)
    envelope = Envelope(batch_id or outer.batch_id, _exported_at(fields, outer))
    held: list[str] = [
        key
        for key in _HELD_BY_RECORDS
        # A batch's calls are not looked through to find that they may be calls.
        if key in fields and ((key == "calls" and may_be_calls(fields[key])) or holds_records(fields[key]))
    ]
    known = field_list(SVALYNC_BATCHES).tree.children
    held += [
        key
        for key, value in fields.items()
        if key not in held and key not in known and holds_records(value, is_surely_record)
    ]
    own_fields = {key: value for key, value in fields.items() if key not in held}
    if batch_id is not None or not held or own_fields.keys() - ABOUT_ANSWERS:
        yield RecordGroup(SVALYNC_BATCHES, [joined(own_fields)], envelope)
    for key in held:
        yield from _from_container(key, fields[key], envelope)


def _from_envelope(fields: Fields, raw: bytes, outer: Envelope) -> Iterator[Item]:
    """What lies under an envelope's keys; of the rest containers as a `BadValue`, others as `Unkept`."""
    left = dict(fields)
    envelope = Envelope(_id_of(left, "batch_id", "batch") or outer.batch_id, _exported_at(left, outer))
    if refuses(left):
        yield BadValue.refusal(raw, envelope)
        return
    found: list[Item] = []
    if (given := given_text(left, "batch_id")) is not None and _id_of(left, "batch_id") is None:
        found.append(
            BadValue("not_an_id", f"`batch_id` around records is not an id: {given[:80]!r}", raw, envelope)
        )
    if batch := object_in(left, "batch"):
        del left["batch"]
        if envelope.batch_id is not None and batch.keys().isdisjoint(ID_KEYS):
            batch["batch_id"] = msgspec.Raw(msgspec.json.encode(envelope.batch_id))
        found += split_batch(dict(batch), envelope)
        envelope = Envelope(
            _id_of(batch, *field_list(SVALYNC_BATCHES).identity) or envelope.batch_id,
            _exported_at(batch, envelope),
        )
    if (call := object_in(left, "call")) and recognise(call) is None:
        del left["call"]
        details = {key: left.pop(key) for key in sorted(_details() & left.keys() - call.keys())}
        found += _from_record(CALLS, call | details, joined(call | details), envelope)
    for key in [key for key in (*ENVELOPES, *left) if key in left]:
        if key in left and may_hold((key, left[key])):
            found += _from_container(key, left.pop(key), envelope)
    read = {"exported_at", "batch_id", "batch"} if _id_of(left, "batch") else {"exported_at", "batch_id"}
    unkept = {
        key: value
        for key, value in left.items()
        if key not in read and key not in ABOUT_ANSWERS and not is_nothing(value)
    }
    held = {key: value for key, value in unkept.items() if holds_more(value) and key not in ABOUT_REQUESTS}
    if held:
        message = f"{', '.join(f'`{key}`' for key in held)} around the records was not read"
        found.append(BadValue("unknown_shape", message, joined(held), envelope))
    if scalars := tuple(
        key for key, value in unkept.items() if key in ABOUT_REQUESTS or not is_container(value)
    ):
        found.append(Unkept(scalars))
    yield from found


def _from_container(key: str, value: bytes | msgspec.Raw, envelope: Envelope) -> Iterator[Item]:
    """The records under an envelope's key: a list, one object, an object of objects, a page, a JSON text."""
    value = json_in_text(value)
    if opens(value, b"["):
        if key == "response":
            for answer in elements_of(value):
                yield from _from_answer(answer, envelope)
        else:
            yield from split_list(key, value, envelope)
        return
    if not opens(value, b"{"):
        if not is_nothing(value):
            yield BadValue("not_a_list", f"`{key}` is not a list of records", bytes(value), envelope)
        return
    fields = fields_of(value)
    envelope = replace(envelope, exported_at=_exported_at(fields, envelope))
    if key == "response":
        yield from _from_answer(value, envelope)
    elif key == "batch" and fields:
        yield from split_batch(fields, envelope)
    elif is_likely_record(fields) or (key in ("call", "data") and not fields.keys().isdisjoint(RECORD_IDS)):
        yield from split_elements(key, [bytes(value)], envelope)
    elif not fields.keys().isdisjoint(ENVELOPES) and any(
        is_container(fields[inner]) for inner in ENVELOPES if inner in fields
    ):
        inner = next(one for one in ENVELOPES if one in fields and is_container(fields[one]))
        nested = fields.pop(inner)
        # A page of calls is a list of calls.
        yield from _from_container(key if inner in LISTS else inner, nested, envelope)
        if fields:
            yield from _from_envelope(fields, bytes(value), envelope)
    elif (nodes := nodes_of(fields)) is not None:
        yield from split_elements(key, nodes, envelope)
    elif fields and all(opens(one, b"{") for one in fields.values()) and _are_by_id(key, fields):
        yield from split_list(key, b"[" + b",".join(_named(fields)) + b"]", envelope)
    elif fields:
        yield BadValue("not_a_list", f"`{key}` is not a list of records", bytes(value), envelope)


def _from_answer(answer: msgspec.Raw | bytes, envelope: Envelope) -> Iterator[Item]:
    """An entry of `response`."""
    text = bytes(answer)
    if not opens(text, b"{"):
        yield BadValue("not_a_record", "an entry of `response` must be a JSON object", text, envelope)
        return
    fields = fields_of(text)
    if not refuses(fields) and fields.keys().isdisjoint(ENVELOPES):
        yield BadValue("unknown_shape", "an entry of `response` has no `data` with calls", text, envelope)
    else:
        yield from _from_envelope(fields, text, envelope)


def _are_by_id(key: str, fields: Fields) -> bool:
    """Whether the objects of an object are records, under their ids: in `calls` less has to speak for it."""
    several = [fields_of(value) for value in fields.values()]
    if key == "calls":
        return any(not ID_KEYS.isdisjoint(one) or "status" in one or kind_of(one) for one in several)
    return any(map(is_likely_record, several)) or any(kind_of(one) for one in several if "id" not in one)


def _named(fields: Fields) -> Iterator[bytes]:
    """The objects of an object, each with an id: its own, or its key there."""
    for key, value in fields.items():
        inner = fields_of(value)
        if inner.keys().isdisjoint(RECORD_IDS):
            yield joined({"id": msgspec.json.encode(key)} | inner)
        else:
            yield bytes(value)


def _details() -> frozenset[str]:
    """What may stand around a call as well as in it: its objects, and its transcript."""
    fields = field_list(SVALYNC_CALLS)
    objects = {key for key, node in fields.tree.children.items() if node.children and key != "batch"}
    return frozenset(objects) | set(fields.transcripts)


def _exported_at(fields: Fields, around: Envelope) -> str | None:
    """When an object says that it was exported, else what is said around it, also where it can't be read."""
    given = given_text(fields, "exported_at")
    return around.exported_at if given is None or (around.exported_at and not is_time(given)) else given


def _id_of(fields: Fields, *keys: str) -> str | None:
    """The first usable id under these keys."""
    ids = (text_of(fields, key) for key in keys)
    found = next((one for one in ids if one is not None), None)
    return None if found is None or id_fault(found) else found
