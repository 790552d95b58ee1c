"""What was said: reads a call's transcript into columns of utterances.

Input: a transcript as its JSON text (a list of utterances, or an object with such a list; one in a single
string is cut apart by SQL). Output: `Utterances`. Their keys are learned as those of records are (`decode`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Final

import msgspec

from batchlake.ingest.parse.fields import FieldList
from batchlake.ingest.parse.json_values import (
    UNNAMEABLE,
    Number,
    as_json,
    as_text,
    elements_of,
    extra_column,
    extra_prefix,
    extra_text,
    fields_of,
    given_value,
    is_nothing,
    joined,
    json_in_text,
    opens,
    path_key,
    readable,
)
from batchlake.ingest.parse.parts import Utterances
from batchlake.ingest.parse.platforms.spoken import Spoken, first_in

_MOST_KEYS: Final = 64
_MOST_MISSED: Final = 100
"""After so many transcripts whose keys had no room, what was learned is forgotten."""

_DIGEST_LENGTH: Final = 32
"""Hexadecimal digits; 128 bits tell any number of transcripts apart, and they don't compress."""

_ABSENT: Final = msgspec.Raw(b"")

_STRICT: Final[Mapping[str, Any]] = {
    "speaker": str | None,
    "text": str | None,
    "time": str | int | float | None,
    "confidence": float | None,
}
"""The usual type of each part of an utterance; one of another type is decoded again, as whatever it is."""

_as_string: Final = msgspec.json.Decoder(str)


def digest_of(transcript: bytes | msgspec.Raw) -> str:
    """A transcript's key: half of the SHA-256 of its JSON text."""
    return hashlib.sha256(transcript).hexdigest()[:_DIGEST_LENGTH]


class SpeechReader:
    """Reads the transcripts of one kind of record.

    Args:
        fields: names the keys of a transcript and of its utterances.
    """

    def __init__(self, fields: FieldList) -> None:
        self._fields = fields
        self._keys = fields.utterances
        self._list_key = next(iter(fields.utterances.get("list", ())), "")
        self._part_of = {
            key: part for part, keys in fields.utterances.items() if part != "list" for key in keys
        }
        # `words.0.start`: the first element's `start`, in the list under `words`.
        self._first_list, _, self._first_key = next(
            (key.partition(".0.") for key in fields.utterances.get("time", ()) if ".0." in key), ("", "", "")
        )
        self._met: list[str] = []
        self._missed = 0
        self._spoken = Spoken(fields)
        self._strict: _Type = self._type(_STRICT)
        self._loose: _Type = self._type({})

    def read(
        self, transcript: msgspec.Raw, path: str, into: Utterances, extra: dict[str, bytes]
    ) -> tuple[str | None, tuple[str, str] | None]:
        """Take one record's transcript.

        Args:
            transcript: its JSON text.
            path: where it is in the record.
            into: takes its utterances.
            extra: takes what else a transcript that is an object holds.

        Returns:
            The transcript's text where it is one string; path and JSON text of what is not a transcript.

        Raises:
            UnicodeDecodeError: it is not UTF-8.
        """
        text = fault = None
        before = len(into.text)
        listed = given = json_in_text(transcript)
        if self._fields.spoken:
            return self._read_spoken(given, path, into, extra)
        if opens(given, b"{"):
            try:
                said = self._strict.in_object.decode(given).listed
            except msgspec.ValidationError:
                fields = fields_of(given)
                listed = fields.pop(self._list_key, b"[]")
                extra |= {
                    f"{path}.{path_key(key)}": found
                    for key, value in fields.items()
                    if (found := given_value(value)) is not None
                }
                if is_nothing(listed):
                    listed = b"[]"
                path = f"{path}.{self._list_key}"
            else:
                into.counts.append(len(said))
                self._add(self._strict, said, into, lambda: fields_of(given)[self._list_key])
                path = f"{path}.{self._list_key}"
                _drop_blank(into, before, lambda: fields_of(given)[self._list_key], path, extra)
                return None, None
        if opens(listed, b"["):
            self._add_list(listed, into)
            _drop_blank(into, before, lambda: listed, path, extra)
        else:
            into.counts.append(0)
            if opens(listed, b'"'):
                text = _as_string.decode(listed).strip()
            else:
                fault = (path, bytes(listed).decode())
        return text, fault

    def read_alike(self, transcripts: Sequence[msgspec.Raw], into: Utterances) -> list[int] | None:
        """Take the transcripts of several records at once, if all are objects of the usual form.

        Returns:
            How many utterances each has; None where one is to be looked at by itself, and none was taken.
        """
        if self._fields.spoken:
            return None
        try:
            found = self._strict.objects.decode(b"[" + b",".join(transcripts) + b"]")
        except msgspec.ValidationError:
            return None
        said = list(chain.from_iterable([one.listed for one in found]))
        texts = [one.text for one in said]
        if None in texts or _is_any_blank(texts):
            return None
        self._add(self._strict, said, into, lambda: b"")
        return [len(one.listed) for one in found]

    def _read_spoken(
        self, given: bytes | msgspec.Raw, path: str, into: Utterances, extra: dict[str, bytes]
    ) -> tuple[str | None, tuple[str, str] | None]:
        """The same of a platform in whose transcripts not everything was spoken."""
        if not opens(given, b"["):
            into.counts.append(0)
            if opens(given, b'"'):
                return self._spoken.text_of(_as_string.decode(given), path, extra), None
            return None, (path, bytes(given).decode())
        before, listed = len(into.text), self._spoken.as_objects(given)
        self._add_list(listed, into)
        if skipped := self._spoken.skipped(into.speaker[before:], into.text[before:]):
            elements = elements_of(listed)
            extra[path] = b"[" + b",".join(bytes(elements[place]) for place in skipped) + b"]"
            into.drop(before, skipped)
        return None, None

    def _add_list(self, listed: bytes | msgspec.Raw, into: Utterances) -> None:
        for _ in range(2):
            for kind in (self._strict, self._loose):
                try:
                    said = kind.alone.decode(listed)
                except msgspec.ValidationError:
                    continue
                into.counts.append(len(said))
                self._add(kind, said, into, lambda: listed)
                return
            if not self._learn(listed):
                break
        self._add_each(listed, into)

    def _learn(self, listed: bytes | msgspec.Raw) -> bool:
        """Whether keys of these utterances were new, and are known from now on."""
        objects = [fields_of(element) for element in elements_of(listed) if opens(element, b"{")]
        met = dict.fromkeys(key for fields in objects for key in fields)
        new = [key for key in met if key not in self._met and not UNNAMEABLE.search(key)]
        if not new:
            return False
        if len(self._met) + len(new) > _MOST_KEYS:
            self._missed += 1
            if self._missed < _MOST_MISSED or len(new) > _MOST_KEYS:
                return False
            # Keys that came up once are forgotten for those of now, which are likelier to come again.
            self._met = []
        self._missed = 0
        self._met += new
        self._strict, self._loose = self._type(_STRICT), self._type({})
        return True

    def _add_each(self, listed: bytes | msgspec.Raw, into: Utterances) -> None:
        """Utterances that can't be decoded together: some are not objects, or have keys too many."""
        elements = elements_of(listed)
        into.counts.append(len(elements))
        for element in elements:
            said: Any = None
            extra: dict[str, bytes] = {}
            if opens(element, b"{"):
                fields = fields_of(element)
                extra = {
                    path_key(key): value
                    for key in fields.keys() - set(self._met)
                    if (value := given_value(fields[key])) is not None
                }
                kept = joined({key: readable(value) for key, value in fields.items() if key in self._met})
                (said,) = self._loose.alone.decode(b"[" + kept + b"]")
            one = Utterances()
            if said is None:
                one.extend(Utterances([], [None], [None], [None], [None], [None]))
            else:
                self._add(self._loose, [said], one, lambda: b"[" + bytes(element) + b"]")  # noqa: B023
            own_extra = one.extra[0]
            if extra and own_extra:
                extra |= {key: bytes(value) for key, value in fields_of(own_extra.encode()).items()}
            one.extra[0] = extra_text(extra) if extra else own_extra
            if said is None:
                one.unusable[0] = bytes(element).decode()
            into.extend(one)

    def _add(
        self, kind: _Type, said: Sequence[Any], into: Utterances, listed: Callable[[], bytes | msgspec.Raw]
    ) -> None:
        """Put utterances into columns (but `counts`); `listed` gives the list that they were decoded from."""
        before = len(into.text)
        superseded: list[dict[str, str] | None] | None = None
        if kind.is_plain:
            into.speaker += [one.speaker for one in said]
            texts = [one.text for one in said]
            into.time += [one.time for one in said]
            into.confidence += [one.confidence for one in said]
        else:
            superseded = [None] * len(said)
            into.speaker += _first(kind.getters["speaker"], said, superseded)
            texts = _first(kind.getters["text"], said, superseded)
            into.time += _first(kind.getters["time"], said, superseded)
            into.confidence += _first(kind.getters["confidence"], said, superseded)
        if kind.first_of is not None and self._first_key:
            times = into.time
            for place, one in enumerate(said, before):
                if times[place] is None:
                    times[place] = first_in(kind.first_of(one), self._first_key)
        if kind is self._loose:
            texts = [text if isinstance(text, str) else as_text(text) for text in texts]
        into.text += texts
        extras = kind.extras(said) if kind.unknown else [None] * len(said)
        into.extra += extras if superseded is None else map(_with_superseded, extras, superseded)
        if None in texts:
            elements = elements_of(listed())
            into.unusable |= {
                before + place: bytes(elements[place]).decode()
                for place, text in enumerate(texts)
                if text is None
            }

    def _type(self, kinds: Mapping[str, Any]) -> _Type:
        """The type of utterances with the keys met; a part that `kinds` doesn't name may be anything."""
        getters: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {part: [] for part in _STRICT}
        unknown = []
        names: dict[str, str] = {}
        fields: list[tuple[str, Any, Any]] = []
        for number, key in enumerate(self._met):
            part = self._part_of.get(key)
            # The usual key of a part gives it its name: an attribute is found faster than by a getter.
            name = part if part and part not in names else f"f{number}"
            names[name] = key
            if part is None:
                unknown.append((path_key(key), attrgetter(name)))
                fields.append((name, msgspec.Raw, _ABSENT))
            else:
                getters[part].append((key, attrgetter(name)))
                fields.append((name, kinds.get(part, Any), None))
        for part, found in getters.items():
            found.sort(key=lambda named: self._keys[part].index(named[0]))
        is_plain = all(len(found) <= 1 for found in getters.values())
        utterance = msgspec.defstruct(
            "Utterance", fields, rename=names, forbid_unknown_fields=True, eq=False, gc=False,
            # A part that was never met is None throughout.
            namespace=dict.fromkeys(_STRICT.keys() - names.keys()),
        )  # fmt: skip
        speech = msgspec.defstruct(
            "Speech", [("listed", list[utterance])], rename={"listed": self._list_key or "list"},  # type: ignore[valid-type]
            forbid_unknown_fields=True, eq=False, gc=False,
        )  # fmt: skip
        hook = None if kinds else Number
        first_of = next((get for path, get in unknown if path == self._first_list), None)
        return _Type(
            {part: tuple(found) for part, found in getters.items()},
            tuple((path, extra_prefix(path), get) for path, get in sorted(unknown, key=itemgetter(0))),
            is_plain,
            msgspec.json.Decoder(list[utterance], float_hook=hook),  # type: ignore[valid-type]
            msgspec.json.Decoder(speech, float_hook=hook),
            msgspec.json.Decoder(list[speech], float_hook=hook),  # type: ignore[valid-type]
            first_of=first_of,
        )


Getters = tuple[tuple[str, Callable[[Any], Any]], ...]
Unknown = tuple[tuple[str, str, Callable[[Any], Any]], ...]


@dataclass(frozen=True, slots=True)
class _Type:
    """The type of an utterance: how to get its parts, under whichever keys they may stand, and to decode it.

    Attributes:
        getters: of each part, by key, in order of preference.
        unknown: the paths of other keys, what precedes their values in `extra`, and their getters.
        is_plain: whether each part was met under one key at most, and is had by its own name.
        alone, in_object, objects: decode a list of utterances, an object with such a list, and several.
        first_of: gets the list whose first element tells the time.
        made: what the same values have been made into: most repeat.
    """

    getters: Mapping[str, Getters]
    unknown: Unknown
    is_plain: bool
    alone: msgspec.json.Decoder[Any]
    in_object: msgspec.json.Decoder[Any]
    objects: msgspec.json.Decoder[Any]
    first_of: Callable[[Any], Any] | None = None
    made: dict[tuple[str, bytes], str | None] = field(default_factory=dict)

    def extras(self, said: Sequence[Any]) -> list[str | None]:
        """What each utterance holds besides its parts, as the column of `segments`."""
        columns = [
            column
            for _, prefix, get in self.unknown
            if (column := extra_column(prefix, list(map(bytes, map(get, said))), self.made)) is not None
        ]
        if any(None in column for column in columns):
            held = (",".join(filter(None, values)) for values in zip(*columns, strict=True))
            return [f"{{{one}}}" if one else None for one in held]
        if not columns:
            return [None] * len(said)
        return [f"{{{','.join(values)}}}" for values in zip(*columns, strict=True)]


def _first(getters: Getters, said: Sequence[Any], superseded: list[dict[str, str] | None]) -> list[Any]:
    """A part of each utterance: the value of the first key that has one; others are `superseded`."""
    found = []
    for place, one in enumerate(said):
        values = [(key, value) for key, get in getters if (value := get(one)) is not None]
        chosen = next((value for _, value in values if _says(value)), values[0][1] if values else None)
        for key, value in values:
            if value is not chosen and _says(value) and as_text(value) != as_text(chosen):
                superseded[place] = (superseded[place] or {}) | {key: as_json(value)}
        found.append(chosen)
    return found


def _is_any_blank(texts: Sequence[str]) -> bool:
    return "" in texts or any(map(str.isspace, texts))


def _drop_blank(
    into: Utterances,
    before: int,
    listed: Callable[[], bytes | msgspec.Raw],
    path: str,
    extra: dict[str, bytes],
) -> None:
    """Put what has a blank text of the last record's utterances, which begin at `before`, into `extra`."""
    texts = [(place, text) for place, text in enumerate(into.text[before:]) if text is not None]
    if _is_any_blank([text for _, text in texts]):
        elements = elements_of(listed())
        blank = [place for place, text in texts if not text.strip()]
        extra[path] = b"[" + b",".join(bytes(elements[place]) for place in blank) + b"]"
        into.drop(before, blank)


def _says(value: Any) -> bool:
    return not isinstance(value, str) or bool(value.strip())


def _with_superseded(extra: str | None, superseded: dict[str, str] | None) -> str | None:
    """An utterance's `extra` with the values of keys that others were preferred to."""
    if not superseded:
        return extra
    own_extra = {key: bytes(value) for key, value in fields_of(extra.encode()).items()} if extra else {}
    return extra_text(own_extra | {key: value.encode() for key, value in superseded.items()})
