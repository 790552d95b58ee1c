"""Decodes the records of one kind, given as the JSON text of a list, into columns.

Input: a JSON list of records, all of one platform and kind. Output: `Columns`: the values of the fields that
the platform's `FieldList` names, by their path; everything else the records hold, as `extra`; and their
utterances.

An object is decoded by msgspec into a type that has the keys met so far and no other, which takes no longer
than a parse. A key that wasn't met before fails that; it is learned, and the list is decoded again. So
records that hold a hundred keys of their own are read at the speed of those that hold none. Past `MOST_KEYS`
unknown keys the others are cut out of each record before it is decoded.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import msgspec

from batchlake.ingest.parse.fields import FieldList, Node, field_list
from batchlake.ingest.parse.json_values import (
    UNNAMEABLE,
    Fields,
    Number,
    as_json,
    as_text,
    fields_of,
    given_value,
    is_nothing,
    joined,
    opens,
    path_key,
    readable,
)
from batchlake.ingest.parse.parts import Columns
from batchlake.ingest.parse.utterances import SpeechReader, digest_of
from batchlake.text.ids import id_fault

MOST_KEYS: Final = 256
"""How many unknown keys are learned."""

_ABSENT: Final = msgspec.Raw(b"")
_NULL: Final = msgspec.Raw(b"null")
_SURELY_AN_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,250}")
_as_objects: Final = msgspec.json.Decoder(list[Fields])


class Unlike(Exception):
    """A list holds a record that may be of another kind; each is to be recognised by itself."""


@dataclass(slots=True)
class _Slot:
    """One key met: whether the list of fields knows it, and the keys met in the object under it."""

    key: str
    known: Node | None
    is_transcript: bool
    shape: _Shape | None
    get: Callable[[Any], Any]

    @property
    def is_scalar(self) -> bool:
        """Whether its value is decoded."""
        return self.known is not None and not (self.known.is_json or self.is_transcript)


class _Shape:
    """The keys met in one object of the records.

    Args:
        known: the known keys of that object.
        prefix: the path to it, with a dot at its end.
    """

    def __init__(self, known: Node, prefix: str = "") -> None:
        self.prefix = prefix
        self.slots: dict[str, _Slot] = {}
        self.kind: Any = None
        self.empty: Any = None
        self._known = known
        self.build()

    def learn(self, objects: Iterable[Fields], forbidden: frozenset[str], room: int) -> int:
        """Take in the keys of objects; how many unknown ones are new, at most `room`.

        Raises:
            Unlike: a key is forbidden.
        """
        learned = 0
        inner: dict[str, list[Fields]] = {}
        objects = list(objects)
        for key in itertools.chain.from_iterable(objects):
            if self.prefix + key in forbidden:
                raise Unlike(key)
        for fields in objects:
            for key, value in fields.items():
                slot = self.slots.get(key)
                if slot is None:
                    known = self._known.children.get(key)
                    if known is None:
                        if learned >= room or UNNAMEABLE.search(key):
                            continue
                        learned += 1
                    slot = self._add(key, known)
                if slot.shape and opens(value, b"{"):
                    inner.setdefault(key, []).append(fields_of(value))
        try:
            for key, values in inner.items():
                if shape := self.slots[key].shape:
                    learned += shape.learn(values, forbidden, room - learned)
        finally:
            self.build()
        return learned

    def _add(self, key: str, known: Node | None) -> _Slot:
        shape = _Shape(known, f"{self.prefix}{key}.") if known and known.children else None
        # A transcript is kept as it stands.
        is_transcript = known is not None and known.is_transcript
        slot = _Slot(key, known, is_transcript, shape, attrgetter(f"f{len(self.slots)}"))
        self.slots[key] = slot
        return slot

    def build(self) -> None:
        """Make the type of objects with these keys and no other."""
        fields: list[tuple[str, Any, Any]] = []
        for number, slot in enumerate(self.slots.values()):
            if slot.shape:
                kind = slot.shape.kind | str | int | float | bool | list | None
                fields.append((f"f{number}", kind, None))
            elif slot.is_scalar:
                fields.append((f"f{number}", Any, None))
            else:
                fields.append((f"f{number}", msgspec.Raw, _ABSENT))
        self.kind = msgspec.defstruct(
            "Record", fields, rename={f"f{number}": key for number, key in enumerate(self.slots)},
            forbid_unknown_fields=True, eq=False, gc=False,
        )  # fmt: skip
        self.empty = self.kind()

    def split(self, fields: Fields, extra: dict[str, bytes]) -> bytes:
        """An object's JSON text without the keys that were not learned, which are put into `extra`."""
        kept: dict[str, bytes | msgspec.Raw] = {}
        for key, value in fields.items():
            slot = self.slots.get(key)
            if slot is None:
                if (text := given_value(value)) is not None:
                    extra[self.prefix + path_key(key)] = text
            elif slot.shape and opens(value, b"{"):
                kept[key] = slot.shape.split(fields_of(value), extra)
            elif slot.is_scalar:
                kept[key] = readable(value)
            else:
                kept[key] = value
        return joined(kept)

    def collect(self, objects: Sequence[Any], found: Columns) -> None:
        """Put the values of objects, one of each record, into columns."""
        for slot in self.slots.values():
            values = list(map(slot.get, objects))
            path = self.prefix + slot.key
            if slot.is_transcript:
                continue
            if slot.known is None:
                if values.count(_ABSENT) < len(values):
                    _add_extra(found.extra, self.prefix + path_key(slot.key), values)
            elif slot.shape:
                self._collect_object(slot, slot.shape, path, values, found)
            elif slot.known.is_json:
                texts = [None if is_nothing(value) else bytes(value).decode() for value in values]
                _keep(found.scalars, path, texts)
            else:
                _keep(found.scalars, path, values)

    def values_of(self, path: Sequence[str], objects: Iterable[Any]) -> list[Any] | None:
        """What each of several objects has under a path of keys; None where the path was not met."""
        slot = self.slots.get(path[0])
        if slot is None:
            return None
        values = list(map(slot.get, objects))
        if len(path) == 1:
            return values
        if slot.shape is None:
            return None
        kind, empty = slot.shape.kind, slot.shape.empty
        return slot.shape.values_of(path[1:], [one if type(one) is kind else empty for one in values])

    def _collect_object(
        self, slot: _Slot, shape: _Shape, path: str, values: list[Any], found: Columns
    ) -> None:
        kind, empty = shape.kind, shape.empty
        others = [None if type(value) is kind else value for value in values]
        if others.count(None) < len(others):
            if slot.known and slot.known.is_value:
                _keep(found.scalars, path, others)
            else:
                found.faults += [
                    (place, path, "not_an_object", as_json(value))
                    for place, value in enumerate(others)
                    if value is not None and not (isinstance(value, str) and not value.strip())
                ]
        held = [value if type(value) is kind else empty for value in values]
        if held.count(empty) < len(held):
            shape.collect(held, found)


class RecordDecoder:
    """Decodes lists of records of one kind, and learns their keys.

    Args:
        fields: what their fields mean.
        forbidden: paths that make a record one that may be of another kind.
        containers: keys that also count where they hold an object or a list.
    """

    def __init__(
        self, fields: FieldList, forbidden: frozenset[str] = frozenset(), containers: Iterable[str] = ()
    ) -> None:
        self.fields = fields
        self._forbidden = forbidden
        self._containers = frozenset(containers)
        self._speech = SpeechReader(fields)
        self._learned = 0
        self._shape = _Shape(fields.tree)
        self._decoder = self._made()

    def decode(self, listed: bytes | msgspec.Raw) -> Columns:
        """The records of a list, given as its JSON text.

        Raises:
            MsgspecError, RecursionError, UnicodeDecodeError: it is not a JSON list of objects.
            Unlike: a record may be of another kind.
        """
        extras: list[dict[str, bytes]] | None = None
        try:
            records = self._decoder.decode(listed)
        except msgspec.ValidationError:
            objects = _as_objects.decode(listed)
            self._learn(objects)
            extras = [{} for _ in objects]
            try:
                records = self._decoder.decode(listed)
            except msgspec.MsgspecError:
                cut = [self._shape.split(one, extra) for one, extra in zip(objects, extras, strict=True)]
                records = self._decoder.decode(b"[" + b",".join(cut) + b"]")
        return self._columns(records, extras)

    def _learn(self, objects: Sequence[Fields]) -> None:
        try:
            self._learned += self._shape.learn(objects, self._forbidden, MOST_KEYS - self._learned)
            if self._learned >= MOST_KEYS:
                # Keys that came up once would be looked for in every record; those of now come again sooner.
                self._shape = _Shape(self.fields.tree)
                self._learned = self._shape.learn(objects, self._forbidden, MOST_KEYS // 2)
        finally:
            self._decoder = self._made()

    def _made(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(list[self._shape.kind], float_hook=Number)  # type: ignore[name-defined]

    def _columns(self, records: Sequence[Any], extras: list[dict[str, bytes]] | None) -> Columns:
        found = Columns(len(records))
        found.extra = [extra or None for extra in extras] if extras else [None] * len(records)
        for key in self._containers & self._shape.slots.keys():
            if any(opens(value, b"[", b"{") for value in map(self._shape.slots[key].get, records)):
                raise Unlike(key)
        self._shape.collect(records, found)
        self._add_speech(records, found)
        found.nameless = self._nameless(found)
        return found

    def _add_speech(self, records: Sequence[Any], found: Columns) -> None:
        several = [
            (path, values)
            for path in self.fields.transcripts
            if (values := self._shape.values_of(path.split("."), records)) is not None
        ]
        if not several:
            found.transcript = [None] * found.count
            found.transcript_digest = [None] * found.count
            found.utterances.counts = [0] * found.count
            return
        if len(several) == 1 and self._add_alike(several[0][1], found):
            return
        paths = [path for path, _ in several]
        for place, found_values in enumerate(zip(*(values for _, values in several), strict=True)):
            text = digest = None
            given = [
                (path, value)
                for path, value in zip(paths, found_values, strict=True)
                if value and not is_nothing(value) and not _is_empty(value)
            ]
            if given:
                key, transcript = given[0]
                digest = digest_of(transcript)
                found.transcript_paths[key] = found.transcript_paths.get(key, 0) + 1
                extra = {other: bytes(value) for other, value in given[1:] if value != transcript}
                text, fault = self._speech.read(transcript, key, found.utterances, extra)
                if extra:
                    found.extra[place] = (found.extra[place] or {}) | extra
                if fault:
                    found.faults.append((place, fault[0], "not_a_transcript", fault[1]))
            else:
                found.utterances.counts.append(0)
            found.transcript.append(text)
            found.transcript_digest.append(digest)

    def _add_alike(self, transcripts: Sequence[msgspec.Raw], found: Columns) -> bool:
        """Whether the transcripts of all records were taken at once, being of the usual form, or none."""
        given = [one for one in transcripts if one is not _ABSENT and one != _NULL]
        counts = self._speech.read_alike(given, found.utterances)
        if counts is None:
            return False
        found.transcript = [None] * found.count
        if len(given) == found.count:
            found.utterances.counts = counts
            found.transcript_digest = list(map(digest_of, given))
        else:
            others = iter(counts)
            for one in transcripts:
                is_given = one is not _ABSENT and one != _NULL
                found.utterances.counts.append(next(others) if is_given else 0)
                found.transcript_digest.append(digest_of(one) if is_given else None)
        return True

    def _nameless(self, found: Columns) -> list[int]:
        """The places of records without a usable id: each becomes a problem, which keeps its text."""
        several = [found.scalars[path] for path in self.fields.identity if path in found.scalars]
        if not several:
            return list(range(found.count))
        surely = _SURELY_AN_ID.fullmatch
        nameless = []
        for place, values in enumerate(zip(*several, strict=True)):
            for value in values:
                if type(value) is str and surely(value):
                    break
                if (text := as_text(value)) is not None:
                    if id_fault(text):
                        nameless.append(place)
                    break
            else:
                nameless.append(place)
        return nameless


def decoder_of(
    name: str, forbidden: frozenset[str] = frozenset(), containers: frozenset[str] = frozenset()
) -> RecordDecoder:
    """This thread's decoder of the records that `sql/sources/<name>.sql` reads; it keeps what it learns."""
    key = (name, forbidden, containers)
    if key not in _decoders.made:
        _decoders.made[key] = RecordDecoder(field_list(name), forbidden, containers)
    return _decoders.made[key]


class _Decoders(threading.local):
    """The decoders of a thread: two ingests at once would change what the other has learned."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, frozenset[str], frozenset[str]], RecordDecoder] = {}


_decoders: Final = _Decoders()


def _is_empty(value: msgspec.Raw) -> bool:
    """Whether a value is an object or a list that holds nothing."""
    first, *second = memoryview(value)[:2]
    if first not in b"[{" or (second and second[0] not in b" \t\r\n]}"):
        return False
    return not bytes(value)[1:-1].strip()


def _add_extra(extras: list[dict[str, bytes] | None], path: str, values: Sequence[msgspec.Raw]) -> None:
    """Put the values of an unknown path into each record's `extra`."""
    for place, value in enumerate(values):
        text = given_value(value)
        if text is None:
            continue
        held = extras[place]
        if held is None:
            extras[place] = {path: text}
        else:
            held[path] = text


def _keep(scalars: dict[str, list[Any]], path: str, values: list[Any]) -> None:
    if values.count(None) < len(values):
        scalars[path] = values
