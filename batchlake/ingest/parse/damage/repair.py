"""Reads what is not quite JSON, so that a fault costs the value in which it stands and nothing else.

Input: the text of an object or a list that a JSON parser refuses. Output: the same text without what can't be
read, which a parser takes, and the faults. Brackets and quotes must be in their places; where they aren't,
nothing is known about what follows, and there is no repair. Nor is there one that keeps nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from batchlake.ingest.parse.json_values import JSON_FAULTS, path_key

_DEEPEST: Final = 200
_MOST_SOUND_DEPTH: Final = 4
"""How deep objects and lists are first tried as a whole."""
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_MOST_FAULTS: Final = 1_000
_RAW_SHOWN_BYTES: Final = 60

_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD: Final = re.compile(rb"[^\s,:{}\[\]\"]+")
_TEXTS_AND_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)
_OPENING: Final = (b"[", b"{")
_CLOSING: Final = (b"]", b"}")
_TEXTS_BRACKETS_AND_COMMAS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{\]},]', re.DOTALL)
_DIGITS: Final = re.compile(rb"\d+$")
_COLON: Final = re.compile(rb"[ \t\r\n]*:")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")

_is_value: Final = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that can't be read as it stands: its path in the text, what became of it, and its own text."""

    path: str
    message: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text that is JSON in UTF-8, and what it had to lose for that."""

    text: bytes
    faults: list[Fault]


class _TooDeep(Exception):
    """A value is nested deeper than is read."""


class _BeyondRepair(Exception):
    """The text's structure can't be followed."""


def repair(text: bytes, exact: Collection[str] = ()) -> Repaired | None:
    """A text as JSON; None where its brackets or quotes are out of place, or nothing of it can be read.

    Args:
        text: what a parser refuses.
        exact: keys whose text is of no use where a part of it is not a character: two ids would become one.

    >>> repair(b'{"id": "c1", "cost": NaN, }').text
    b'{"id":"c1"}'
    """
    reader = _Reader(text, exact)
    try:
        value = reader.value("", 0)
    except (_BeyondRepair, _TooDeep, RecursionError):
        return None
    if value is None or value in (b"{}", b"[]") or reader.blanks() < len(text):
        return None
    return Repaired(value, reader.faults)


@dataclass(slots=True)
class _Reader:
    text: bytes
    exact: Collection[str]
    position: int = 0
    faults: list[Fault] = field(default_factory=list)

    def blanks(self) -> int:
        """Go past blanks; where that ends."""
        found = _BLANKS.match(self.text, self.position)
        self.position = found.end() if found else self.position
        return self.position

    def value(self, path: str, depth: int) -> bytes | None:
        """The value that begins here, None where it can't be read."""
        start = self.blanks()
        opening = self.text[start : start + 1]
        if depth > _DEEPEST:
            raise _TooDeep
        if opening in _OPENING and 0 < depth <= _MOST_SOUND_DEPTH and (sound := self._sound(start)):
            return sound
        if opening == b"{":
            return self._object(path, depth)
        if opening == b"[":
            return self._list(path, depth)
        if opening == b'"':
            return self._text(path)
        found = _WORD.match(self.text, start)
        raw = found[0] if found else b""
        self.position = start + len(raw)
        try:
            _is_value.decode(raw)
        except msgspec.MsgspecError:
            self._junk()
            self._lost(path, "is no JSON value", self.text[start : self.position].strip())
            return None
        return raw

    def _junk(self) -> None:
        """Go to the comma or the bracket with which the value ends that can't be read."""
        for found in _TEXTS_BRACKETS_AND_COMMAS.finditer(self.text, self.position):
            if found.start() < self.position:
                continue
            if found[0] in _OPENING:
                self.position = self._end(found.start())
            elif found[0] == b"," or found[0] in _CLOSING:
                self.position = found.start()
                return
        raise _BeyondRepair

    def _sound(self, start: int) -> bytes | None:
        """The object or list that begins there, where nothing is wrong with it: most of a text is sound."""
        end = self._end(start)
        text = self.text[start:end]
        try:
            text.decode()
            _is_value.decode(text)
        except JSON_FAULTS:
            return None
        self.position = end
        return text

    def _object(self, path: str, depth: int) -> bytes:
        pairs: list[bytes] = []
        for _ in self._members(b"}", path):
            found = _TEXT.match(self.text, start := self.blanks())
            colon = _COLON.match(self.text, found.end()) if found else None
            if not found or not colon:
                # What it was to be is unknown.
                self._junk()
                junk = self.text[start : self.position].strip()
                if pairs and _DIGITS.fullmatch(junk) and _DIGITS.search(pairs[-1]):
                    # 1,5 was to be one number.
                    lost = pairs.pop()
                    self._fault(path, f"{_where(path)} holds a number with a comma", lost + b"," + junk)
                else:
                    self._fault(path, f"{_where(path)} holds what is not a member", junk)
                continue
            key = self._decoded(found[0])
            self.position = colon.end()
            inner = f"{path}.{path_key(key or '')}" if path else path_key(key or "")
            start = self.position
            try:
                value = self.value(inner, depth + 1)
            except _TooDeep:
                value = None
                self._skip(start, inner)
            if key is None or _REPLACEMENT in key:
                self._bad_key(
                    path, found[0] + b":" + self.text[start : self.position], is_kept=key is not None
                )
            if key is None:
                continue
            if value is not None:
                pairs.append(json.dumps(key, ensure_ascii=False).encode() + b":" + value)
        return b"{" + b",".join(pairs) + b"}"

    def _list(self, path: str, depth: int) -> bytes:
        values = []
        for number in self._members(b"]", path):
            value = self.value(f"{path}[{number}]", depth + 1)
            values.append(b"null" if value is None else value)
        return b"[" + b",".join(values) + b"]"

    def _members(self, closing: bytes, path: str) -> Iterator[int]:
        """Numbers from 1, one before each member of the object or list that begins here, up to its end."""
        self.position += 1
        number = 0
        while self.text[self.blanks() : self.position + 1] != closing:
            if self.position >= len(self.text):
                raise _BeyondRepair
            if self.text[self.position : self.position + 1] == b",":
                self._comma(path)
                self.position += 1
                continue
            number += 1
            yield number
            sign = self.text[self.blanks() : self.position + 1]
            if sign not in (b",", closing):
                start = self.position
                self._junk()
                self._fault(
                    path,
                    f"{_where(path)} holds what is not a value",
                    self.text[start : self.position].strip(),
                )
                sign = self.text[self.position : self.position + 1]
            if sign == b",":
                self.position += 1
                if self.text[self.blanks() : self.position + 1] == closing:
                    self._comma(path)
            elif sign != closing:
                raise _BeyondRepair
        self.position += 1

    def _text(self, path: str) -> bytes | None:
        found = _TEXT.match(self.text, self.position)
        if not found:
            raise _BeyondRepair
        self.position = found.end()
        raw = found[0]
        try:
            raw.decode()
            return bytes(_is_value.decode(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass
        text = self._decoded(raw)
        if text is None or (_REPLACEMENT in text and path.rpartition(".")[2] in self.exact):
            self._lost(path, "is no JSON text", raw)
            return None
        if _REPLACEMENT in text:
            self._fault(path, f"`{path}` holds what is not a character; that was read as {_REPLACEMENT}", raw)
        else:
            self._fault(path, f"`{path}` holds a control character that should be escaped", raw)
        return json.dumps(text, ensure_ascii=False).encode()

    def _decoded(self, raw: bytes) -> str | None:
        """A JSON text with what is not a character replaced; None where it is none."""
        try:
            text = json.loads(raw.decode("utf-8", "replace"), strict=False)
        except ValueError:
            return None
        return _SURROGATES.sub(_REPLACEMENT, text)

    def _skip(self, start: int, path: str) -> None:
        """Go past the object or list that begins there."""
        self.position = self._end(start)
        self._lost(path, "is nested too deeply", self.text[start : self.position])

    def _end(self, start: int) -> int:
        """Where the object or list that begins there ends."""
        depth = 0
        for found in _TEXTS_AND_BRACKETS.finditer(self.text, start):
            depth += (found[0] in _OPENING) - (found[0] in _CLOSING)
            if not depth:
                return found.end()
        raise _BeyondRepair

    def _lost(self, path: str, why: str, raw: bytes) -> None:
        self._fault(path, left_empty(path, raw, why), raw)

    def _bad_key(self, path: str, raw: bytes, *, is_kept: bool) -> None:
        became = f"what is not a character in it was read as {_REPLACEMENT}" if is_kept else "it was left out"
        self._fault(path, f"{_where(path)} has a key that is not JSON text; {became}", raw)

    def _comma(self, path: str) -> None:
        within = f" in `{path}`" if path else ""
        self._fault(path, f"an extra comma{within} was ignored", b",")

    def _fault(self, path: str, message: str, raw: bytes) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(path, message, raw))
        else:
            last = self.faults[-1]
            self.faults[-1] = Fault(
                last.path, f"more than {_MOST_FAULTS} values can't be read; this is one", last.raw
            )


def left_empty(path: str, raw: bytes, why: str) -> str:
    """What is said of a value that can't be read."""
    shown = raw[:_RAW_SHOWN_BYTES].decode("utf-8", "replace") + "..." * (len(raw) > _RAW_SHOWN_BYTES)
    return f"`{path}` was left empty: '{shown}' {why}"


def _where(path: str) -> str:
    return f"`{path}`" if path else "the record"
