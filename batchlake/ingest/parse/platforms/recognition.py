"""Which platform a record is of, and whether it is a call or a batch, by its own keys alone.

Input: an object's fields. Output: the name of the file of `sql/sources` that reads it, None for what is
recognised as the home platform's own (`batchlake/ingest/parse/recognition.py`). `RECOGNITION` is the order in
which the files are tried; what each needs stands in its header, below `records`, one way a line:

    id, and one of orgId, endedReason, type=inboundPhoneCall|webCall

A key counts when it is there, even as null. `key=a|b` needs one of these values, `key=CA*` one that begins
so, `key{}` an object, `key[]` a list; `without key, key` needs these to be absent.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.json_values import Fields, opens, text_of
from batchlake.ingest.parse.recognition import SVALYNC_CALLS

HOME_KEYS: Final = frozenset(
    "callDuration callType userData isTestMode tokens_consumed analytics phone_number".split()
)
"""A record with any of these is the home platform's, whatever else stands in it."""

RECOGNITION: Final = (
    "twilio_calls",
    "elevenlabs_calls",
    "elevenlabs_batches",
    "smallest_atoms_calls",
    "smallest_atoms_batches",
    "ultravox_calls",
    "vapi_batches",
    "vapi_calls",
    "retell_calls",
    "retell_batches",
    "synthflow_calls",
    "bland_batches",
    "bland_calls",
    "bolna_batches",
    "bolna_calls",
)
"""Tried in this order, after the user's own platforms; what none recognises is the home platform's."""

_ONE_OF: Final = ", and one of "
_WITHOUT: Final = ", without "
_MOST_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Need:
    """One key that a record needs, and what its value has to be."""

    key: str
    among: frozenset[str] = frozenset()
    prefix: str = ""
    container: bytes = b""

    @property
    def is_plain(self) -> bool:
        """Whether the key alone decides."""
        return not (self.among or self.prefix or self.container)

    def holds(self, fields: Fields) -> bool:
        """Whether an object has it."""
        if self.key not in fields:
            return False
        if self.container:
            return opens(fields[self.key], self.container)
        if self.is_plain:
            return True
        text = text_of(fields, self.key) or ""
        return text in self.among or bool(self.prefix and text.startswith(self.prefix))


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to recognise a record: it has all of `needs`, one of `any_of`, and none of `absent`."""

    format: str
    needs: tuple[Need, ...]
    any_of: tuple[Need, ...]
    absent: frozenset[str]

    def may_hold(self, keys: frozenset[str]) -> bool:
        """Whether an object of these keys may be such a record."""
        return (
            all(need.key in keys for need in self.needs)
            and (not self.any_of or any(need.key in keys for need in self.any_of))
            and self.absent.isdisjoint(keys)
        )

    def holds(self, fields: Fields) -> bool:
        """Whether an object is such a record, given that it may be."""
        return all(need.holds(fields) for need in self.needs if not need.is_plain) and (
            not self.any_of or any(need.holds(fields) for need in self.any_of)
        )


def recognise(fields: Fields) -> str | None:
    """The file of `sql/sources` that reads a record, None where it is the home platform's, or nobody's."""
    keys = tuple(fields)
    remembered = _candidates(_own.get())
    found = remembered.get(keys)
    if found is None:
        if len(remembered) >= _MOST_REMEMBERED:
            remembered.clear()
        found = remembered[keys] = tuple(_rules_for(frozenset(keys), _own.get()))
    for rule in found:
        if rule.holds(fields):
            return rule.format
    return None


@functools.cache
def rules(format_name: str) -> tuple[Rule, ...]:
    """The ways in which the records of one file are recognised.

    Raises:
        ValueError: a line can't be read; says which and why.
    """
    lines: list[str] = []
    for line in field_list(format_name).records:
        if lines and lines[-1].endswith(","):
            lines[-1] += f" {line.text}"
        else:
            lines.append(line.text)
    return tuple(_rule(format_name, line) for line in lines)


def batch_or_call(format_name: str, kind: str) -> str:
    """The file that reads the other kind of record of the same platform."""
    return f"{format_name.rpartition('_')[0]}_{kind}"


@contextmanager
def own_platforms(names: Iterable[str]) -> Iterator[None]:
    """Within, records are also tried by these files of the user's, which `fields.add_own` was given."""
    token = _own.set(tuple(names))
    try:
        yield
    finally:
        _own.reset(token)


def own_names() -> tuple[str, ...]:
    """The user's own files in force."""
    return _own.get()


@functools.cache
def foreign_keys() -> frozenset[str]:
    """Every record of another platform has one of these keys; one without is the home platform's.

    Of each rule a key that it can't do without, if the home platform has none of that name.
    """
    home = field_list(SVALYNC_CALLS).tree.children
    found: set[str] = set()
    for name in RECOGNITION:
        for rule in rules(name):
            own = [need.key for need in rule.needs if need.key not in home]
            found |= set(own[-1:]) or {need.key for need in rule.any_of} or {rule.needs[-1].key}
    return frozenset(found)


_own: ContextVar[tuple[str, ...]] = ContextVar("own_platforms", default=())


@functools.lru_cache(16)
def _candidates(own: tuple[str, ...]) -> dict[tuple[str, ...], tuple[Rule, ...]]:
    """What was found for keys before; one memory for each set of own platforms."""
    return {}


def _rules_for(keys: frozenset[str], own: tuple[str, ...]) -> Iterator[Rule]:
    for name in own:
        yield from (rule for rule in rules(name) if rule.may_hold(keys))
    if HOME_KEYS & keys or ("agentId" in keys and not {"callId", "_id", "conversationId"} & keys):
        return
    for name in RECOGNITION:
        yield from (rule for rule in rules(name) if rule.may_hold(keys))


def _rule(name: str, line: str) -> Rule:
    rest, _, absent = line.partition(_WITHOUT)
    needs, _, any_of = rest.partition(_ONE_OF)
    if not needs.strip():
        raise ValueError(f"{line!r} names no key that a record needs")
    return Rule(
        name,
        tuple(map(_need, _split(needs))),
        tuple(map(_need, _split(any_of))),
        frozenset(_split(absent)),
    )


def _need(text: str) -> Need:
    if text.endswith(("[]", "{}")):
        return Need(text[:-2], container=text[-2:-1].encode())
    key, _, value = text.partition("=")
    if value.endswith("*"):
        return Need(key, prefix=value[:-1])
    return Need(key, among=frozenset(value.split("|")) if value else frozenset())


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
