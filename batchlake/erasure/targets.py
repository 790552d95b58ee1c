"""Who or what is to be forgotten: the calls that go, and the values that are replaced where they stand.

Input: numbers, call ids, filters, other values. Output: `Targets`, found in the newest state of the lake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import json_path
from batchlake.errors import InvalidRequest
from batchlake.filters.parse import read_filter
from batchlake.filters.pseudonyms import with_pseudonyms
from batchlake.filters.selection import select
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import key_of, keys_of
from batchlake.privacy.redaction.names import folded_name
from batchlake.schema import contact_of
from batchlake.store.storage import Storage

Mode = Literal["remove", "anonymise"]

MOST_FILTERED: Final = 100_000
_TAIL_DIGITS: Final = 7


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks to be forgotten; all of it adds up.

    Attributes:
        numbers: as `contacts` lists them; the calls whose contact has one of them.
        calls: ids.
        extra: a value of the export's own fields, or several of which each counts, by path.
        filter: of the calls, in any form that `select` takes.
        values: names, addresses; replaced where they stand.
        source: only of this platform or account.
        region: in which numbers without `+` are read.
        own_line: erase also the calls whose number is our side.
        follow: erase all calls of the contacts of `calls` and `filter`.
    """

    numbers: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    filter: Any = None
    values: tuple[str, ...] = ()
    source: str | None = None
    region: str | None = None
    own_line: bool = False
    follow: bool = False

    def __post_init__(self) -> None:
        if not (self.numbers or self.calls or self.extra or self.filter or self.values):
            raise InvalidRequest(
                "nobody is named. Give --number, --call, --extra, --filter or --value, and --dry-run first."
            )
        if any("*" in number for number in self.numbers):
            raise InvalidRequest("a number to forget is a whole one: no * in it.")
        if not all(self.extra):
            raise InvalidRequest("a field to forget by has a name, as customer.id.")
        refuse_empty((*self.values, *self.calls))
        if self.follow and not (self.calls or self.extra or self.filter):
            raise InvalidRequest(
                "--follow is of the contacts of --call, --extra or --filter. Give one of them."
            )
        if self.own_line and not (self.numbers or self.follow):
            raise InvalidRequest("--own-line is of --number, or of --follow. Give one of them.")

    def own_values(self) -> list[tuple[str, Any]]:
        """Each own field's path with each of its values."""
        return [
            (path, value)
            for path, given in self.extra.items()
            for value in (given if isinstance(given, list | tuple) else [given])
        ]

    def kinds(self) -> dict[str, int]:
        """How many targets there are of each kind."""
        counts = {
            "number": len(self.numbers),
            "call": len(self.calls),
            "extra": len(self.own_values()),
            "filter": int(bool(self.filter)),
            "value": len(self.values),
        }
        return {kind: count for kind, count in counts.items() if count}


def refuse_empty(values: Iterable[str]) -> None:
    """Refuse a value that every text holds.

    Raises:
        InvalidRequest: one of them is empty or blank.
    """
    if any(not value.strip() for value in values):
        raise InvalidRequest("an empty value is in every text. Give a whole name, address or id.")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is erased, and its batch; None while that is unknown."""

    source: str
    call_id: str
    batch_id: str | None


@dataclass(frozen=True, slots=True)
class Targets:
    """What was found.

    Attributes:
        calls: those that go.
        own_line: how many calls stay whose number is our side.
        keys: the numbers' keys.
        finder: finds the values everywhere.
    """

    calls: tuple[Call, ...]
    own_line: int
    keys: frozenset[str]
    finder: Finder

    @property
    def places(self) -> frozenset[tuple[str, str]]:
        """The calls by source and id."""
        return frozenset((call.source, call.call_id) for call in self.calls)


def resolve(engine: Engine, storage: Storage, request: Request, key: PrivacyKey | None) -> Targets:
    """Find the calls and values that a request means.

    Args:
        engine: holds the lake's tables.
        storage: where the lake lives: it knows whether it is redacted.
        request: what is asked.
        key: of a lake that is redacted: its pseudonyms of the numbers are looked for, too.

    Raises:
        InvalidRequest: a number can't be read, or the filter matches too many calls.
    """
    keys = frozenset().union(*(keys_of(number, request.region) for number in request.numbers))
    found: dict[tuple[str, str], Call] = {}

    def add(rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            if request.source in (None, row["source"]):
                found[row["source"], row["call_id"]] = Call(row["source"], row["call_id"], row["batch_id"])

    add(_named_calls(engine, storage, request))
    if request.follow and found:
        keys |= _contact_keys(engine, found, request.region)
    if key:
        keys |= pseudonyms_of_numbers(key, keys)
    own_line = 0
    for row in _calls_of(engine, keys) if keys else ():
        if request.source not in (None, row["source"]):
            continue
        contact, own = _sides(row)
        if _is_in(contact, keys) or (request.own_line and _is_in(own, keys)):
            add([row])
        elif _is_in(own, keys):
            own_line += 1
    ids = {call.call_id for call in found.values()}
    shared = _shared(engine, found) if ids else set()
    values = request.values
    if key:
        values += pseudonyms_of_values(key, values)
    finder = Finder.of_values(keys, frozenset(ids - shared), values)
    return Targets(tuple(found.values()), own_line, keys, finder)


def pseudonyms_of_numbers(key: PrivacyKey, keys: frozenset[str]) -> frozenset[str]:
    """What a column of numbers holds of numbers with these keys in a redacted lake."""
    return frozenset(key.pseudonym("tel", one) for one in keys)


def pseudonyms_of_values(key: PrivacyKey, values: Sequence[str]) -> tuple[str, ...]:
    """What a field of its own holds of these values in a redacted lake."""
    return tuple(key.pseudonym(kind, folded_name(one)) for one in values for kind in ("name", "email"))


def _named_calls(engine: Engine, storage: Storage, request: Request) -> list[dict[str, Any]]:
    """The calls that a request names by a field, their id or a filter.

    Raises:
        InvalidRequest: the filter matches too many.
    """
    found: list[dict[str, Any]] = []
    for path, value in request.own_values():
        text = value if isinstance(value, str) else json.dumps(value)
        parts = path.split(".")
        # A path with an empty part is a field's name, and none that DuckDB reads.
        named = {"name": json_path([path]), "path": json_path(parts if all(parts) else [path]), "value": text}
        found += engine.rows(sql_files.load("erasure/calls_of_field").text, named)
    if request.calls:
        found += _calls_with(engine, request.calls)
    if request.filter:
        selection = select(with_pseudonyms(read_filter(request.filter), storage))
        rows = engine.rows(
            f"select source, call_id, batch_id from calls where {selection.where} limit {MOST_FILTERED + 1}",
            selection.params,
        )
        if len(rows) > MOST_FILTERED:
            raise InvalidRequest(f"the filter matches more than {MOST_FILTERED} calls. Narrow it.")
        found += rows
    return found


def _sides(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The contact's number and ours; None for ours where the call has the contact's alone."""
    to_number, from_number = row["to_number"], row["from_number"]
    contact = contact_of(row["direction"], to_number, from_number)
    if row["direction"] == "inbound":
        return contact, to_number
    return contact, None if to_number is None else from_number


def _is_in(number: str | None, keys: frozenset[str]) -> bool:
    return number is not None and key_of(number) in keys


def _calls_of(engine: Engine, keys: frozenset[str]) -> list[dict[str, Any]]:
    """The calls that may have one of these numbers on a side."""
    digits = [key.lstrip("+") for key in keys if key.lstrip("+").isdecimal()]
    params = {
        "tails": sorted({one[-_TAIL_DIGITS:] for one in digits}),
        "others": sorted(key for key in keys if not key.lstrip("+").isdecimal()),
    }
    return engine.rows(sql_files.load("erasure/calls_with_numbers").text, params)


def _calls_with(engine: Engine, ids: Iterable[str]) -> list[dict[str, Any]]:
    """The calls of any source that have one of these ids."""
    return engine.rows(sql_files.load("erasure/calls_with_ids").text, {"call_ids": sorted(set(ids))})


def _contact_keys(
    engine: Engine, found: Mapping[tuple[str, str], Call], region: str | None
) -> frozenset[str]:
    """The keys of the contacts of these calls."""
    rows = _calls_with(engine, (call_id for _, call_id in found))
    contacts = {_sides(row)[0] for row in rows if (row["source"], row["call_id"]) in found}
    keys: frozenset[str] = frozenset()
    for contact in contacts:
        if contact:
            key = key_of(contact) or contact
            keys |= keys_of(key, region) if key.startswith("+") or region else frozenset({key})
    return keys


def _shared(engine: Engine, found: Mapping[tuple[str, str], Call]) -> set[str]:
    """The ids of these calls that a call of another source has, too."""
    rows = _calls_with(engine, (call_id for _, call_id in found))
    return {row["call_id"] for row in rows if (row["source"], row["call_id"]) not in found}
