"""What an object of an export is: a call, a batch, or something around them.

Two tables say it. `ENVELOPES` names the keys under which records lie; what lies there is known by what is in
it. `kind_of` weighs a record's own keys against the lists of fields (`sql/sources`): no single key decides.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from batchlake.ingest.parse.fields import BATCHES, CALLS, FieldList, Node, field_list
from batchlake.ingest.parse.json_values import (
    Fields,
    elements_of,
    fields_of,
    flag_of,
    is_nothing,
    json_in_text,
    opens,
    text_of,
)

SVALYNC_CALLS: Final = "svalync_calls"
SVALYNC_BATCHES: Final = "svalync_batches"

_MOST_LOOKED_AT: Final = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of record: an object with any of `keys`, or with a list or an object in any of `containers`."""

    kind: str
    keys: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()


RECOGNITION: Final = (
    Rule(CALLS, keys=("call_id",)),
    Rule(BATCHES, containers=("calls",)),
)
"""Tried in this order; what no rule recognises is weighed against the lists of fields."""

LISTS: Final = ("data", "batches", "content", "entries", "items", "records", "results", "rows")
"""The keys of lists whose elements alone say what they are."""

PLATFORM_LISTS: Final = frozenset(
    (("batch_calls",), ("call_data",), ("conversations",), ("data", "logs"), ("data", "campaigns"))
)
"""Where other platforms alone have lists of records in a document that is an object: a record's own list of
such a name is none."""

ENVELOPES: Final = ("batch", "call", "calls", "response", *LISTS)
"""The keys under which records lie."""

ABOUT_ANSWERS: Final = frozenset(
    """
    api_version count cursor exported_at has_more limit links meta metadata next next_cursor next_page ok
    offset page page_info page_size pages pagination pagination_key paging per_page previous request_id size
    success total total_count total_pages version
    """.split()
)
"""What an answer says of itself and its pages: neither kept nor named in the report."""

ABOUT_REQUESTS: Final = frozenset(("headers", "params", "query"))
"""What a log of webhooks says of a request beside its body: kept nowhere, and named in the report."""

_OF_EVENTS: Final = frozenset(("event", "event_type", "eventType"))
"""An object with one of these and an `id` is an event, unless something else speaks for a call or a batch."""

_OF_SETTINGS: Final = frozenset(
    """
    agent_prompts conversation_config firstMessage first_message globalPrompt members model orgId
    response_engine tasks transcriber voice voice_id
    """.split()
)
"""The same of what platforms keep besides calls: agents, their numbers, tools and files."""

_OF_AGENTS: Final = frozenset(("agent_id", "agent_name", "agentId"))
"""What such an object has as a call has it."""

RECORD_IDS: Final = field_list(SVALYNC_CALLS).identity
"""The keys of a record's own id."""

ID_KEYS: Final = frozenset((*RECORD_IDS, *field_list(SVALYNC_BATCHES).identity))
"""The keys of a record's own id, or of a batch's."""

EXACT_KEYS: Final = ID_KEYS | {"batch"}
"""The keys of ids, wherever they stand."""


@functools.cache
def _known_paths(name: str) -> frozenset[str]:
    fields = field_list(name)
    return frozenset(path for choice in fields.choices for path in choice.paths) | set(fields.transcripts)


@functools.cache
def _objects_of_batches_alone() -> frozenset[str]:
    """The keys of objects that a batch has and a call has not."""
    children = field_list(SVALYNC_BATCHES).tree.children
    return (
        frozenset(key for key, node in children.items() if node.children)
        - field_list(SVALYNC_CALLS).tree.children.keys()
    )


@functools.cache
def paths_of_batches_alone() -> frozenset[str]:
    """The paths that speak for a batch: its fields that are none of a call's, and an envelope's keys."""
    batch_paths = _known_paths(SVALYNC_BATCHES) - _known_paths(SVALYNC_CALLS)
    # An object that holds one of them is decoded as an object of its own.
    return batch_paths | _objects_of_batches_alone() | set(ENVELOPES) - {"batch"} | {"batch.calls"}


def kind_of(fields: Fields, expected: str = CALLS) -> str | None:
    """`calls` or `batches`, by what an object holds itself; None where nothing speaks for either.

    Where no rule recognises it, the list of fields that knows more of what it holds decides.

    Args:
        fields: the object's.
        expected: what it is where both know as much, if it has an id at all.
    """
    for rule in RECOGNITION:
        if any(key in fields and not is_nothing(fields[key]) for key in rule.keys) or any(
            key in fields and is_container(fields[key]) for key in rule.containers
        ):
            return rule.kind
    if not _OF_SETTINGS.isdisjoint(fields) and not _speaks_for_record(fields):
        return None
    calls, batches = _weights(fields)
    if batches > calls or (not calls and fields.keys() & _objects_of_batches_alone()):
        return BATCHES
    if calls > batches:
        return CALLS
    return expected if calls or ("id" in fields and _OF_EVENTS.isdisjoint(fields)) else None


def is_likely_record(fields: Fields) -> bool:
    """Whether an object is probably a call or a batch: an id alone doesn't say so, with a state it does."""
    return is_surely_record(fields) or (not fields.keys().isdisjoint(ID_KEYS) and "status" in fields)


def is_surely_record(fields: Fields) -> bool:
    """Whether an object has an id, and something that only a call or a batch has."""
    if "call_id" in fields and not is_nothing(fields["call_id"]):
        return True
    named = not fields.keys().isdisjoint(ID_KEYS)
    return named and (max(_weights(fields)) > 0 or holds_records(fields.get("calls")))


def weight_of(fields: Fields) -> int:
    """How many fields an object has that only a call or a batch has."""
    return max(_weights(fields))


def holds_records(
    value: bytes | msgspec.Raw | None, is_record: Callable[[Fields], bool] = is_likely_record
) -> bool:
    """Whether a list, an object, or a JSON text of one holds what is a call or a batch, by `is_record`."""
    if value is None or not is_container(value := json_in_text(value)):
        return False
    inner = elements_of(value) if opens(value, b"[") else list(fields_of(value).values())
    if opens(value, b"{") and is_record(fields_of(value)):
        return True
    # One record at the beginning shows what the others are.
    for element in inner[:_MOST_LOOKED_AT]:
        if opens(element, b"{"):
            found = fields_of(element)
            if is_record(found) or any(holds_records(found.get(key), is_record) for key in ENVELOPES):
                return True
        elif opens(element, b"[") and opens(value, b"{") and holds_records(element, is_record):
            return True
    return False


def may_hold(member: tuple[str, msgspec.Raw]) -> bool:
    """Whether records may lie under a key of an object that is none itself, also in a JSON text."""
    key, value = member
    return is_container(json_in_text(value)) if key in ENVELOPES else holds_records(value, is_surely_record)


def nodes_of(fields: Fields) -> list[msgspec.Raw] | None:
    """The elements of GraphQL's page: its `nodes`, or what its `edges` lead to; None where it is none."""
    for key in ("nodes", "edges"):
        if key in fields and opens(fields[key], b"["):
            listed = elements_of(fields[key])
            return [fields_of(one).get("node", one) if opens(one, b"{") else one for one in listed]
    return None


def why_none(fields: Fields) -> str:
    """Why an object is neither a call nor a batch."""
    if of_settings := sorted(_OF_SETTINGS & fields.keys()):
        return (
            f"no call: an agent, a number, a tool or the like, as its `{of_settings[0]}` says, with nothing "
            "that only a call or a batch has"
        )
    if "id" in fields:
        return "an event, whose `id` is its own: no `call_id`, and nothing that only a call or a batch has"
    return "neither a batch nor a call: no `batch`, `call`, `calls`, `response`, `id` or `call_id`"


def is_container(value: bytes | msgspec.Raw) -> bool:
    """Whether a value is an object or a list."""
    return opens(value, b"[", b"{")


def object_in(fields: Fields, key: str) -> Fields:
    """A field's own fields; none where it is no object."""
    return fields_of(fields[key]) if key in fields and opens(fields[key], b"{") else {}


def holds_more(value: msgspec.Raw) -> bool:
    """Whether a value is an object or a list that isn't empty."""
    return is_container(value) and bool(bytes(value)[1:-1].strip())


def refuses(fields: Fields) -> bool:
    """Whether an answer says that it failed."""
    return "success" in fields and flag_of(fields["success"]) is False and "call_id" not in fields


def may_be_calls(value: msgspec.Raw) -> bool:
    """Whether a batch's `calls` is to be read as such: a number may be their count, which is a field."""
    return not opens(value, *(b"%c" % one for one in b"-0123456789tf"))


def _weights(fields: Fields) -> tuple[int, int]:
    """How much of an object speaks for a call, and for a batch."""
    as_call = _found(field_list(SVALYNC_CALLS), fields)
    as_batch = _found(field_list(SVALYNC_BATCHES), fields)
    calls, batches = len(as_call - as_batch), len(as_batch - as_call)
    own_id, batch_id = text_of(fields, "id"), text_of(fields, "batch_id")
    # What has an id and names a batch of another id belongs to that batch.
    return calls + (own_id is not None and batch_id is not None and own_id != batch_id), batches


def _speaks_for_record(fields: Fields) -> bool:
    """Whether an object has something that only a call or a batch has, and no agent."""
    as_call = _found(field_list(SVALYNC_CALLS), fields)
    as_batch = _found(field_list(SVALYNC_BATCHES), fields)
    return bool((as_call ^ as_batch) - _OF_AGENTS)


def _found(known: FieldList, fields: Fields) -> set[str]:
    """The known paths at which an object has a value."""
    found = set(known.transcripts) & fields.keys()
    _walk(known.tree, fields, "", found)
    return found


def _walk(node: Node, fields: Fields, prefix: str, found: set[str]) -> None:
    for key in fields.keys() & node.children.keys():
        child, value = node.children[key], fields[key]
        if child.children and opens(value, b"{"):
            _walk(child, fields_of(value), f"{prefix}{key}.", found)
        elif child.is_value:
            found.add(prefix + key)
