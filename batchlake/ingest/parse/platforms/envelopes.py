"""What lies around other platforms' records: pages, webhooks, events, batches.

Input: an object of an export. Output: its records as `RecordGroup`s where it is one of another platform's, or
an envelope around some; None where it is neither, and so is left to `batchlake/ingest/parse/split.py`. What
lies in an envelope is told by what is in it; the envelope only tells where, when it was observed, and which
batch it is of.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from batchlake.ingest.parse.decode import decoder_of
from batchlake.ingest.parse.fields import BATCHES, CALLS, Choice, FieldList, field_list
from batchlake.ingest.parse.json_values import (
    JSON_FAULTS,
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
from batchlake.ingest.parse.parts import BadValue, Columns, Envelope, Item, RecordGroup, Unkept
from batchlake.ingest.parse.platforms.recognition import RECOGNITION, batch_or_call, recognise
from batchlake.ingest.parse.platforms.units import UNITS
from batchlake.ingest.parse.recognition import ENVELOPES, PLATFORM_LISTS, holds_records, refuses
from batchlake.text.ids import id_fault

Split = Callable[[bytes, Envelope], Iterator[Item]]
"""Splits a value that is no record of another platform."""

_CONTAINERS: Final = (
    "call",
    "data",
    "response",
    "calls",
    "items",
    "results",
    "conversations",
    "batch_calls",
    "analysis",
    "logs",
    "campaign",
    "campaigns",
    "body",
    "payload",
    "Body",
    "Message",
)
"""The keys under which other platforms' records lie, and objects that hold such keys; what logs a webhook
has it under the last four, as an object or as its text."""

_OF_CAMPAIGNS: Final = ("events", "metrics")
"""Sibling keys that describe a batch and are kept with it."""

_PAGE_KEYS: Final = frozenset(
    """
    call_count count cursor dispositionMetricsConfig end errors event event_timestamp first_page_uri hasMore
    has_more last_page_uri limit message metadata next nextCursor next_cursor next_doc next_page_uri num_pages
    offset page page_number page_size pagination pagination_key previous previous_page_uri start status
    success total total_count total_pages type uri
    """.split()
)
"""What an envelope says of itself and its pages: neither kept nor named in the report."""

_ABOUT: Final = _PAGE_KEYS | {*ENVELOPES}
_LISTS: Final = frozenset(_CONTAINERS) - {"call", "campaign", "response"}
_OF_PLATFORMS_ALONE: Final = frozenset(path[-1] for path in PLATFORM_LISTS)
_HEAD_BYTES: Final = 64
_OBSERVED_AT: Final = "event_timestamp"
_EVENT: Final = "event"

_REPORTS: Final = {"end-of-call-report": "vapi_calls"}
"""Messages that are records, by their type: what they say wins over the call in them, which is a copy from
the call's start."""

_NOT_THE_CALLS: Final = frozenset(("type", "call", "timestamp"))
_WITHOUT_FACTS: Final = "full_audio"
"""The key of a recording in an event that has no other content."""


def items_of(fields: Fields, raw: bytes, outer: Envelope, split: Split) -> Iterator[Item] | None:
    """The records of another platform that an object is or holds; None where it is not of another platform.

    Args:
        fields: the object's.
        raw: its text.
        outer: what is known from around it.
        split: takes what is found inside an envelope and is not of another platform.
    """
    name = recognise(fields)
    if name is not None:
        return _from_record(name, fields, raw, outer)
    if "message" in fields and opens(fields["message"], b"{"):
        found = _from_message(fields, outer)
        if found is not None:
            return found
    for key in _CONTAINERS:
        if key in fields:
            found = _from_container(key, fields, outer, split)
            if found is not None:
                return found
    return None


def listed_calls(key: str, elements: Sequence[bytes | msgspec.Raw], envelope: Envelope) -> Iterator[Item]:
    """The calls among some elements of a batch's list, one of `calls_of_batches`; what has no id is none."""
    name = calls_of_batches()[key]
    identity = field_list(name).identity
    for element in elements:
        if not opens(element, b"{"):
            yield BadValue.no_object(element, envelope)
        elif any(text_of(fields_of(element), one) for one in identity):
            yield RecordGroup(name, [element], envelope)
        else:
            yield Unkept((key,))


@functools.cache
def calls_of_batches() -> dict[str, str]:
    """The keys under which other platforms' batches list their calls, and the files that read these."""
    return {
        field_list(name).calls: batch_or_call(name, CALLS) for name in RECOGNITION if field_list(name).calls
    }


def _from_list(
    listed: bytes | msgspec.Raw, several: Sequence[Fields], envelope: Envelope, split: Split
) -> Iterator[Item]:
    """The records of a list whose first is another platform's."""
    first = recognise(several[0])
    if first is not None and _is_simple(first) and all(recognise(fields) == first for fields in several):
        columns = _decoded(first, listed)
        if columns is not None and columns.count == len(several):
            yield RecordGroup(first, (), envelope, columns, len(bytes(listed)))
            return
    for element in elements_of(listed):
        if not opens(element, b"{"):
            yield BadValue.no_object(element, envelope)
            continue
        found = items_of(fields_of(element), bytes(element), envelope, split)
        yield from split(bytes(element), envelope) if found is None else found


def _objects_in(listed: bytes | msgspec.Raw) -> list[Fields]:
    """The objects of a list, each as its own fields."""
    try:
        return _as_objects.decode(listed)
    except msgspec.ValidationError:
        return [fields_of(one) for one in elements_of(listed) if opens(one, b"{")]


def _is_empty(listed: bytes | msgspec.Raw) -> bool:
    head = bytes(memoryview(listed)[1:_HEAD_BYTES]).lstrip()
    return head[:1] == b"]" if head else not elements_of(listed)


def _decoded(name: str, listed: bytes | msgspec.Raw) -> Columns | None:
    """Records of one kind decoded together; None where one can't be, or has no id."""
    try:
        columns = decoder_of(name).decode(listed)
    except JSON_FAULTS:
        return None
    return None if columns.nameless else columns


def _from_record(name: str, fields: Fields, raw: bytes, outer: Envelope) -> Iterator[Item]:
    known = field_list(name)
    if known.kind == CALLS:
        if _WITHOUT_FACTS in fields:
            yield Unkept((_WITHOUT_FACTS,))
        else:
            yield RecordGroup(name, [raw], outer)
        return
    envelope = Envelope(
        _id_of(known, fields) or outer.batch_id, _observed_at(known, fields) or outer.exported_at
    )
    key = known.calls
    if not key or key not in fields or not opens(fields[key], b"["):
        yield RecordGroup(name, [raw], envelope)
        return
    calls_name = batch_or_call(name, CALLS)
    identity = field_list(calls_name).identity
    calls: list[msgspec.Raw] = []
    others: list[msgspec.Raw] = []
    for element in elements_of(fields[key]):
        is_call = opens(element, b"{") and any(text_of(fields_of(element), one) for one in identity)
        (calls if is_call else others).append(element)
    own = dict(fields)
    if others:
        # What has no id yet is no call; it stays with the batch.
        own[key] = msgspec.Raw(b"[" + b",".join(map(bytes, others)) + b"]")
    else:
        del own[key]
    yield RecordGroup(name, [joined(own)], envelope)
    if calls:
        yield RecordGroup(calls_name, calls, envelope)


def _from_message(fields: Fields, outer: Envelope) -> Iterator[Item] | None:
    """A report of a call's end; of other messages of a running call nothing is read."""
    message = fields_of(fields["message"])
    kind = text_of(message, "type")
    call = fields_of(message["call"]) if "call" in message and opens(message["call"], b"{") else {}
    if kind is None or not (kind in _REPORTS or (call and recognise(call))):
        return None
    if kind not in _REPORTS:
        return iter([Unkept((f"message of type {kind[:60]}",))])
    own = {
        key: value for key, value in message.items() if key not in _NOT_THE_CALLS and not is_nothing(value)
    }
    # A report's call has ended, whatever the copy says.
    own["status"] = msgspec.Raw(b'"ended"')
    record = call | own
    if not is_nothing(message.get("timestamp", b"")):
        record["updatedAt"] = message["timestamp"]
    overruled = {key: value for key, value in call.items() if key in own and _differs(value, own[key])}
    if overruled:
        record["call"] = msgspec.Raw(joined(overruled))
    items: list[Item] = [RecordGroup(_REPORTS[kind], [joined(record)], outer)]
    if unkept := _unkept({key: value for key, value in fields.items() if key != "message"}):
        items.append(unkept)
    return iter(items)


def _differs(value: msgspec.Raw, other: msgspec.Raw) -> bool:
    # Objects are compared as they are spelled: `extra` keeps what is in them anyway.
    return not is_nothing(value) and bytes(value) != bytes(other)


def _from_container(key: str, fields: Fields, outer: Envelope, split: Split) -> Iterator[Item] | None:
    """The records under one key of an envelope, None where none of another platform lies there."""
    given = json_in_text(fields[key])
    value = given if isinstance(given, msgspec.Raw) else msgspec.Raw(given)
    if opens(value, b"["):
        if key not in _LISTS or _is_home(fields, key):
            return None
        if _is_empty(value):
            # An empty page has no records, and is none.
            return iter(()) if _is_empty_page(fields, key) else None
        several = _objects_in(value)
        if not any(map(recognise, several[:1])):
            return None
        return _with_rest(_from_list(value, several, _around(fields, outer), split), fields, key)
    if not opens(value, b"{"):
        return None
    inner = fields_of(value)
    if key == "analysis" or (_is_home(fields, key) and key == "call"):
        return None
    if siblings := _siblings(key, fields, inner):
        inner |= siblings
        fields = {one: fields[one] for one in fields if one not in siblings}
        value = msgspec.Raw(joined(inner))
    around = _around(fields, outer)
    if key in ("call", "data") and _EVENT in fields and _OBSERVED_AT not in fields:
        around = Envelope(around.batch_id, _when_it_happened(inner) or around.exported_at)
    found = items_of(inner, bytes(value), around, split)
    return None if found is None else _with_rest(found, fields, key)


def _siblings(key: str, fields: Fields, inner: Fields) -> Fields:
    """What stands next to a campaign, or to the one call of a webhook, and describes it."""
    if key not in ("call", "campaign") or fields.keys() <= _ABOUT or (name := recognise(inner)) is None:
        return {}
    keys = _OF_CAMPAIGNS if key == "campaign" else fields.keys() - _ABOUT - inner.keys()
    found = {one: fields[one] for one in fields if one in keys and not is_nothing(fields[one])}
    return found if recognise(inner | found) == name else {}


def _is_empty_page(fields: Fields, key: str) -> bool:
    """Whether there is nothing around an empty list but what pages say of themselves."""
    others = {one: value for one, value in fields.items() if one != key}
    return (
        bool(others or key in _OF_PLATFORMS_ALONE)
        and others.keys() <= _PAGE_KEYS
        and not refuses(fields)
        and not any(holds_records(value) for value in others.values())
    )


def _is_home(fields: Fields, key: str) -> bool:
    """Whether an envelope is a batch or a call of the home platform's: it has an id of its own."""
    return any(one in fields for one in ("batch_id", "id", "call_id", "batch") if one != key)


def _around(fields: Fields, outer: Envelope) -> Envelope:
    return Envelope(outer.batch_id, _time(fields, _OBSERVED_AT, None) or outer.exported_at)


def _with_rest(items: Iterator[Item], fields: Fields, key: str) -> Iterator[Item]:
    yield from items
    if unkept := _unkept({one: value for one, value in fields.items() if one != key}):
        yield unkept


def _unkept(rest: Fields) -> Unkept | None:
    keys = tuple(key for key, value in rest.items() if key not in _PAGE_KEYS and not is_nothing(value))
    return Unkept(keys) if keys else None


def _id_of(known: FieldList, fields: Fields) -> str | None:
    """A batch's id, under any of its paths."""
    for path in known.identity:
        *outer, key = path.split(".")
        inner = _inside(fields, outer)
        found = text_of(inner, key)
        if found is not None:
            return None if id_fault(found) else found
    return None


def _observed_at(known: FieldList, fields: Fields) -> str | None:
    """When a batch was observed, by its own field; None where that can't be read."""
    for choice in known.choices:
        if choice.columns == ("updated_at",) and (found := _first_time(choice, fields)):
            return found
    return None


def _first_time(choice: Choice, fields: Fields) -> str | None:
    """The first of the times of a choice that can be read."""
    for path in choice.paths:
        *outer, key = path.split(".")
        found = _time(_inside(fields, outer), key, choice.units.get(path))
        if found and is_time(found):
            return found
    return None


def _when_it_happened(call: Fields) -> str | None:
    """When a call ended, else when it began: about the time of a webhook that doesn't say when it was sent.

    The time of the file that it lies in says less: webhooks may be copied later, or lie in one file.
    """
    name = recognise(call)
    choices = {choice.columns: choice for choice in field_list(name).choices} if name else {}
    for column in ("ended_at", "started_at"):
        choice = choices.get((column,))
        if choice and (found := _first_time(choice, call)):
            return found
    return None


def _time(fields: Fields, key: str, unit: str | None) -> str | None:
    text = given_text(fields, key)
    return UNITS[unit].convert(text) if text is not None and unit else text


def _inside(fields: Fields, path: list[str]) -> Fields:
    for key in path:
        fields = fields_of(fields[key]) if key in fields and opens(fields[key], b"{") else {}
    return fields


@functools.cache
def _is_simple(name: str) -> bool:
    """Whether each record of a list is a call and nothing more."""
    return field_list(name).kind != BATCHES


_as_objects: Final = msgspec.json.Decoder(list[Fields])
