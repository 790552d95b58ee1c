"""Splits documents of any size into records by brackets and quotes alone, in bounded memory.

Input: windows of bytes. Output: elements (of an array of records, as soon as their last brace is seen) and,
at each document's end, a `Document` with everything but those elements. Values are not validated here but
by the reader, so that one broken element costs no other.

For a window: the positions of unescaped quotes give every bracket's in-string parity, the cumulative sum over
the brackets outside strings gives its depth; only brackets near the top are then looked at one by one.

Inside an array there is a way several times as fast. Where a window begins between two elements, it is cut
before what looks like the beginning of its last one, and handed to a JSON parser as a list, which gives
`Parsed` elements: had the cut been at another place, that would fail (and the window be scanned).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from batchlake.ingest.parse.json_values import BYTE_ORDER_MARK, JSON_FAULTS
from batchlake.ingest.parse.recognition import ENVELOPES, LISTS, PLATFORM_LISTS

_DEEPEST_LEVEL: Final = 8
"""An element of `[{"response": [{"data": {"batch": {"calls": [{` is at level 8; deeper ones lie in it."""

_SIGNS: Final = np.zeros(256, dtype=np.int8)
_SIGNS[[ord("{"), ord("[")]] = 1
_SIGNS[[ord("}"), ord("]")]] = -1

_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*$', re.DOTALL)
_BLANKS: Final = b" \t\r\n"
_SEPARATORS: Final = _BLANKS + b","
_TEXTS_AND_COMMAS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[^",]+|[",]', re.DOTALL)


_MOST_CUTS_TRIED: Final = 4
_LONGEST_HEAD_BYTES: Final = 256
_MOST_HELD_BYTES: Final = 1 << 20
"""A longer beginning of an element is not read twice for the sake of the faster way."""

_RECORD_ARRAYS: Final = frozenset(("calls", *LISTS))

ParseList = Callable[[str, bytes], Any]
"""Reads elements of an array, given its key and the text of a list; None, or a fault, where it can't."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a record array as it stands: the array's key, and its text."""

    array: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was made of several elements of a record array."""

    elements: Any


@dataclass(frozen=True, slots=True)
class Document:
    """A document's end: its text with its record arrays emptied, and the byte where it began."""

    header: bytes
    byte: int


@dataclass(frozen=True, slots=True)
class Stray:
    """Text between documents that is none: its first byte, the text, and whether an array surrounds it."""

    byte: int
    raw: bytes
    in_array: bool


class UnmatchedBracket(Exception):
    """A closing bracket too many at this byte; what follows can't be separated any more."""

    def __init__(self, byte: int) -> None:
        super().__init__(byte)
        self.byte = byte


@dataclass(slots=True)
class Scanner:
    """The state carried from window to window. Feed it every window, then ask `unfinished`."""

    parse: ParseList
    _buffer: bytes = b""
    _buffer_byte: int = 0
    _depth: int = 0
    _in_string: bool = False
    _escaped: bool = False
    _path: list[str] = field(default_factory=list)
    _root: int = 0
    _mark: int = 0
    _event_end: int = 0
    _document_byte: int = 0
    _header: list[bytes] = field(default_factory=list)
    _closers: list[bytes] = field(default_factory=list)
    _array_level: int = 0
    _held: bytes = b""
    _array_key: str = ""
    arrays: int = 0
    """How many arrays of records have begun."""

    def feed(self, window: bytes) -> Iterator[Element | Parsed | Document | Stray]:
        """What ends within this window; an empty one says that nothing follows."""
        is_last = not window
        if self._held:
            window, self._held = self._held + window, b""
        if not is_last and self._array_level == self._depth > 0 and not self._buffer:
            parsed, rest = self._parse_elements(window)
            if parsed:
                yield parsed
                self._buffer_byte += rest
                self._held = window[rest:]
                return
        yield from self._scan(window)
        if not is_last:
            self._hold()

    def _parse_elements(self, text: bytes) -> tuple[Parsed | None, int]:
        """The elements that end in a text which begins between two, None if unsure; where the rest begins."""
        begin = len(text) - len(text.lstrip(_SEPARATORS))
        head = text[begin : text.find(b":", begin, begin + _LONGEST_HEAD_BYTES) + 1]
        cut = len(text)
        for _ in range(_MOST_CUTS_TRIED if head[:1] == b"{" else 0):
            if (cut := text.rfind(head, begin + 1, cut)) < 0:
                break
            between = text[max(begin, cut - _LONGEST_HEAD_BYTES) : cut]
            if (blank := between.rstrip(_BLANKS)).endswith(b","):
                listed = b"[" + text[begin : cut - len(between) + len(blank) - 1] + b"]"
                try:
                    elements = self.parse(self._array_key, listed)
                except JSON_FAULTS:
                    continue
                return (Parsed(elements), cut) if elements is not None else (None, 0)
        return None, 0

    def _scan(self, window: bytes) -> Iterator[Element | Document | Stray]:
        start = len(self._buffer)
        self._buffer += window
        for position, level, opens in self._events(window):
            yield from self._event(start + position, level, opens=opens)
        if self._array_level and self._depth == self._array_level and not self._in_string:
            yield from self._scalars(self._last_comma())
        elif self._depth <= self._root and not self._in_string:
            yield from self._between_documents(len(self._buffer))
        self._forget(self._mark)

    def unfinished(self) -> int | None:
        """The byte where a document that never ended began, None where all ended."""
        return self._document_byte if self._depth or self._in_string else None

    def bytes_seen(self) -> int:
        """How many bytes have been fed."""
        return self._buffer_byte + len(self._buffer) + len(self._held)

    def preamble(self) -> bytes:
        """The document up to the array that is being read, as JSON: what is open is closed."""
        return b"".join([*self._header, *reversed(self._closers)])

    def _hold(self) -> None:
        """Inside an array, go back to before the element that is open, to begin the next window there."""
        if self._array_level and len(self._buffer) <= _MOST_HELD_BYTES:
            self._held, self._buffer = self._buffer, b""
            self._depth, self._in_string, self._escaped = self._array_level, False, False
            self._event_end = 0

    def _events(self, window: bytes) -> Iterator[tuple[int, int, bool]]:
        """Brackets near the top, outside strings: position, level of the container, whether it opens."""
        text = np.frombuffer(window, dtype=np.uint8)
        quotes = np.flatnonzero(text == ord('"'))
        escaped = self._escaped_positions(text)
        if escaped.size:
            quotes = np.setdiff1d(quotes, escaped, assume_unique=True)
        brackets = np.flatnonzero(_SIGNS[text])
        outside = (np.searchsorted(quotes, brackets) + self._in_string) % 2 == 0
        brackets = brackets[outside]
        signs = _SIGNS[text[brackets]]
        depths = self._depth + np.cumsum(signs, dtype=np.int64)
        levels = np.where(signs > 0, depths, depths + 1)
        near_top = levels <= _DEEPEST_LEVEL
        self._in_string = bool((quotes.size + self._in_string) % 2)
        events = zip(
            brackets[near_top].tolist(),
            levels[near_top].tolist(),
            (signs[near_top] > 0).tolist(),
            strict=True,
        )
        self._depth = int(depths[-1]) if depths.size else self._depth
        yield from events

    def _escaped_positions(self, text: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Positions after an odd run of backslashes; notes a run cut by the window's end."""
        backslashes = np.flatnonzero(text == ord("\\"))
        carried, self._escaped = self._escaped, False
        if not backslashes.size:
            return np.zeros(1 if carried else 0, dtype=np.int64)
        breaks = np.flatnonzero(np.diff(backslashes) > 1)
        starts = backslashes[np.concatenate(([0], breaks + 1))]
        ends = backslashes[np.concatenate((breaks, [backslashes.size - 1]))] + 1
        lengths = ends - starts
        if carried and starts[0] == 0:
            lengths[0] += 1
        positions: NDArray[np.int64] = ends[lengths % 2 == 1]
        if positions.size and positions[-1] == text.size:
            self._escaped = True
            positions = positions[:-1]
        if carried and starts[0] != 0:
            positions = np.concatenate(([0], positions))
        return positions

    def _event(self, position: int, level: int, *, opens: bool) -> Iterator[Element | Document | Stray]:
        if self._array_level:
            yield from self._event_in_array(position, level, opens=opens)
        elif opens:
            yield from self._open(position, level)
        else:
            yield from self._close(position, level)

    def _event_in_array(self, position: int, level: int, *, opens: bool) -> Iterator[Element]:
        if level == self._array_level:
            if self._buffer[position : position + 1] != b"]":
                raise UnmatchedBracket(self._buffer_byte + position)
            yield from self._scalars(position)
            self._mark = position
            self._event_end = position + 1
            self._array_level = 0
            self._path.pop()
            self._closers.pop()
        elif level == self._array_level + 1:
            if opens:
                yield from self._scalars(position)
                self._mark = position
            else:
                yield Element(self._array_key, self._buffer[self._mark : position + 1])
                self._mark = position + 1

    def _scalars(self, end: int) -> Iterator[Element]:
        """What is between an array's objects: nothing but commas, or values that are not records."""
        between = self._buffer[self._mark : max(end, self._mark)]
        if between.strip(_SEPARATORS):
            value = b""
            for token in _TEXTS_AND_COMMAS.findall(between + b","):
                if token != b",":
                    value += token
                elif value.strip(_BLANKS):
                    yield Element(self._array_key, value.strip(_BLANKS))
                    value = b""
        self._mark = max(end, self._mark)

    def _last_comma(self) -> int:
        """The place behind the last comma between an array's values, not within a text."""
        last = self._mark
        for token in _TEXTS_AND_COMMAS.finditer(self._buffer, self._mark):
            if token[0] == b",":
                last = token.end()
        return last

    def _open(self, position: int, level: int) -> Iterator[Stray]:
        opens_array = self._buffer[position : position + 1] == b"["
        closer = b"]" if opens_array else b"}"
        if level <= self._root + 1:
            yield from self._between_documents(position)
            if opens_array and self._root == 0:
                self._root = 1
                self._document_byte = self._buffer_byte + position
                self._mark = position + 1
            else:
                self._path = [""]
                self._closers = [closer]
                self._header = []
                if self._root == 0:
                    self._document_byte = self._buffer_byte + position
                self._mark = position
        else:
            key = _KEY.search(self._buffer, self._event_end, position)
            self._path.append(key.group(1).decode("utf-8", "replace") if key else "")
            self._closers.append(closer)
            if opens_array and self._is_record_array():
                self._header.append(self._buffer[self._mark : position + 1])
                self._mark = position + 1
                self._array_level = level
                # A page of calls is a list of calls.
                self._array_key = "calls" if "calls" in self._path else self._path[-1]
                self.arrays += 1
        self._event_end = position + 1

    def _is_record_array(self) -> bool:
        """Whether the array at the end of the path holds records: only envelopes lie around it."""
        path = self._path[1:]
        if self._root == 0 and tuple(path) in PLATFORM_LISTS:
            return True
        return path[-1] in _RECORD_ARRAYS and all(not key or key in ENVELOPES for key in path)

    def _close(self, position: int, level: int) -> Iterator[Document | Stray]:
        if level <= 0:
            raise UnmatchedBracket(self._buffer_byte + position)
        if level == self._root and self._root == 1:
            yield from self._between_documents(position)
            self._root = 0
            self._mark = position + 1
        else:
            self._path.pop()
            self._closers.pop()
            if level == self._root + 1:
                self._header.append(self._buffer[self._mark : position + 1])
                yield Document(b"".join(self._header), self._document_byte)
                self._header = []
                self._mark = position + 1
        self._event_end = position + 1

    def _between_documents(self, end: int) -> Iterator[Stray]:
        text = self._buffer[self._mark : end].replace(BYTE_ORDER_MARK, b"")
        if text.strip(_SEPARATORS if self._root else _BLANKS):
            yield Stray(self._buffer_byte + self._mark, text.strip(_SEPARATORS), self._root == 1)
        self._mark = max(end, self._mark)

    def _forget(self, position: int) -> None:
        """Let go of the text before a position; an open string or document keeps what it needs."""
        self._buffer = self._buffer[position:]
        self._buffer_byte += position
        self._mark -= position
        self._event_end = max(self._event_end - position, 0)
