"""Reads one export: bytes in, raw records and faults out, every one with its place.

Three ways through, all with the same result where more than one could be taken. Sound documents that fit the
window are cut by msgspec, which is fastest. JSON lines go line by line, so that a bad line costs itself
alone. Everything else (larger than the window, or damaged) goes through the bracket scan. Records of a
document that turns out to be cut off are to be dropped: `Broken.document` says.

A document's envelope (its batch, its time) may stand behind its records. What stands before them is foreseen,
so that records can be put where they will belong; what is known at the end decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from batchlake.ingest.regularity import Regular
from batchlake.ingest.scan import Document as ScannedDocument
from batchlake.ingest.scan import Element, Parsed, Scanner, Stray, UnmatchedBracket
from batchlake.ingest.shapes import (
    Envelope,
    Misfit,
    Part,
    element_parts,
    exported_at,
    listed_parts,
    take_apart,
)

WINDOW_BYTES: Final = 32 * 1024 * 1024
"""How much of an export is looked at at a time; a sound document up to this size takes the fastest way."""

_FIRST_SCANNED_BYTES: Final = 64 * 1024
_SCANNED_BYTES: Final = 8 * 1024 * 1024
"""How much is scanned at a time. The first piece is small: the faster way begins inside an array."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_RAW_SHOWN_BYTES: Final = 4_096
_JSON_FAULTS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

_BETWEEN_VALUES: Final = b" \t\r\n,"
"""Lines that were cut out of an array have commas."""

_separators: Final = re.compile(b"[%b]*" % _BETWEEN_VALUES)

_LONGEST_WORD: Final = 12
"""Of JSON, in characters, that says nothing before it is whole: two escapes that are one character."""

_whole: Final = msgspec.json.Decoder(msgspec.Raw)
_at_the_beginning: Final = json.JSONDecoder(parse_int=str, parse_float=str)


class Readable(Protocol):
    """What records are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


@dataclass(slots=True)
class Document:
    """One JSON document of an export; its envelope is known once its end is seen, and foreseen before."""

    number: int
    envelope: Envelope | None = None
    foreseen: Envelope | None = None


@dataclass(frozen=True, slots=True)
class RawRecords:
    """Records in a row: the file of `sql/sources` that reads them, their texts, the first one's place.

    Where they are all `regular`, that stands for their texts, which had so many `bytes`.
    """

    format: str
    raws: Sequence[bytes | msgspec.Raw]
    document: Document
    number: int
    line: int | None = None
    regular: Regular | None = None
    bytes: int = 0

    @property
    def count(self) -> int:
        """How many records."""
        return self.regular.count if self.regular else len(self.raws)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record that can't be one: why, its place, and its text."""

    code: str
    message: str
    raw: bytes
    number: int
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The export breaks here. `document`: the number of the document whose records are not to be used."""

    code: str
    message: str
    byte: int
    document: int | None = None
    raw: bytes = b""


Item = RawRecords | Unusable | Broken


class RecordReader:
    """Reads the records of one export; iterate over `read` once."""

    def __init__(self, window_bytes: int = WINDOW_BYTES, first_record: int = 1) -> None:
        self._window_bytes = window_bytes
        self._documents = 0
        self._before = first_record - 1
        self._records = self._before

    @property
    def records(self) -> int:
        """How many records have been found so far, unusable ones among them."""
        return self._records - self._before

    def read(self, stream: Readable) -> Iterator[Item]:
        """Every record and fault of the stream, in order."""
        return self.read_on(read_fully(stream, self._window_bytes), stream)

    def read_on(self, head: bytes, stream: Readable) -> Iterator[Item]:
        """The same of a stream whose first window (all of it, if it is shorter) has been read."""
        is_whole = len(head) < self._window_bytes
        head = head.removeprefix(_BYTE_ORDER_MARK)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield Broken("not_utf8", "the file is UTF-16; save it as UTF-8", 0)
        elif not head.strip():
            if is_whole:
                yield Broken("empty_file", "the file holds nothing", 0)
            else:
                yield from self._read_scanned(head, stream)
        elif is_whole and (parts := _sound_parts(head)) is not None:
            yield from self._from_parts(parts, None)
        elif _is_line_by_line(head):
            yield from self._read_lines(head, stream)
        elif head.lstrip()[:1] not in (b"{", b"["):
            yield Broken("not_json", _complaint(head), _fault_byte(head), None, head[:_RAW_SHOWN_BYTES])
        elif is_whole and (documents := _documents(head)) is not None:
            for line, document in documents:
                yield from self._from_parts(take_apart(document), line)
        else:
            yield from self._read_scanned(head, stream)

    def _from_parts(self, parts: Iterable[Part | Misfit], line: int | None) -> Iterator[Item]:
        """The records of one sound JSON value."""
        document = Document(0)
        for part in parts:
            if isinstance(part, Misfit):
                yield self._unusable(part.code, part.message, part.raw, line)
            else:
                if part.envelope is not document.envelope:
                    document = self._next_document(part.envelope)
                yield self._record(part, document, line)

    def _read_lines(self, head: bytes, stream: Readable) -> Iterator[Item]:
        number = 1
        rest = head
        while rest:
            more = read_fully(stream, self._window_bytes)
            cut = rest.rfind(b"\n") + 1 if more else len(rest)
            lines, rest = rest[:cut], rest[cut:] + more
            position = 0
            while position < len(lines):
                end = lines.find(b"\n", position)
                end = len(lines) if end < 0 else end
                line = lines[position:end].strip(_BETWEEN_VALUES)
                parts = _sound_parts(line) if line else ()
                if parts is None:
                    start = lines.index(line, position)
                    value_end = _value_end(lines, start)
                    if value_end is None and more:
                        rest = lines[start:] + rest
                        if len(rest) < 3 * self._window_bytes:
                            break
                        yield from self._read_scanned(rest, stream)
                        return
                    if value_end:
                        # What stands behind it on its last line comes next.
                        end = value_end
                        line = lines[start:end]
                        parts = _sound_parts(line)
                if parts is None:
                    yield self._unusable("not_json", _complaint(line), line, number)
                else:
                    yield from self._from_parts(parts, number)
                number += line.count(b"\n")
                position = end
                if lines[position : position + 1] == b"\n":
                    number += 1
                    position += 1

    def _read_scanned(self, head: bytes, stream: Readable) -> Iterator[Item]:
        scanner = Scanner(_parts_of)
        document = self._next_document(None)
        try:
            for window in self._windows(head, stream):
                for found in scanner.feed(window):
                    if isinstance(found, Stray):
                        yield self._stray(found)
                    elif isinstance(found, Element | Parsed):
                        if document.foreseen is None:
                            document.foreseen = _foreseen(scanner.preamble())
                        if isinstance(found, Element):
                            yield from self._element(found, document)
                        else:
                            yield from (self._record(part, document, None) for part in found.elements)
                    else:
                        yield from self._end_of(found, document)
                        document = self._next_document(None)
        except UnmatchedBracket as error:
            yield Broken("not_json", "a closing bracket too many", error.byte, document.number)
            return
        if (byte := scanner.unfinished()) is not None:
            message = f"the document that begins at byte {byte} is cut off; nothing of it was used"
            yield Broken("cut_off", message, scanner.bytes_seen(), document.number)

    def _windows(self, head: bytes, stream: Readable) -> Iterator[bytes]:
        """What the scanner is fed: the first window in pieces, what follows, and an empty one at the end."""
        size = min(self._window_bytes, _SCANNED_BYTES)
        yield head[:_FIRST_SCANNED_BYTES]
        for start in range(_FIRST_SCANNED_BYTES, len(head), size):
            yield head[start : start + size]
        while window := read_fully(stream, size):
            yield window
        yield b""

    def _stray(self, stray: Stray) -> Item:
        if stray.in_array:
            return self._unusable("not_a_record", "a record must be a JSON object", stray.raw, None)
        return Broken("not_json", "this is not JSON", stray.byte, None, stray.raw[:_RAW_SHOWN_BYTES])

    def _element(self, element: Element, document: Document) -> Iterator[Item]:
        try:
            parts = list(element_parts(element.array, [element.raw], Envelope()))
        except _JSON_FAULTS as error:
            yield self._unusable("not_json", _message(error, element.raw), element.raw, None)
            return
        for part in parts:
            yield self._record(part, document, None)

    def _end_of(self, scanned: ScannedDocument, document: Document) -> Iterator[Item]:
        """The records in what is left of a document without its elements, which its envelope is read from."""
        is_object = scanned.header[:1] == b"{"
        try:
            parts = list(take_apart(scanned.header))
            envelopes = [part.envelope for part in parts if isinstance(part, Part)]
            document.envelope = Envelope(None, exported_at(scanned.header) if is_object else None)
        except _JSON_FAULTS as error:
            document.envelope = Envelope()
            yield self._unusable("not_json", _message(error, scanned.header), scanned.header, None)
            return
        if is_object and envelopes:
            document.envelope = envelopes[0]
        for part in parts:
            if isinstance(part, Misfit):
                yield self._unusable(part.code, part.message, part.raw, None)
            elif is_object:
                yield self._record(part, document, None)
            else:
                yield self._record(part, self._next_document(part.envelope), None)

    def _next_document(self, envelope: Envelope | None) -> Document:
        self._documents += 1
        return Document(self._documents, envelope)

    def _record(self, part: Part, document: Document, line: int | None) -> RawRecords:
        found = RawRecords(
            part.format, part.raws, document, self._records + 1, line, part.regular,
            part.bytes or sum(map(len, part.raws)),
        )  # fmt: skip
        self._records += found.count
        return found

    def _unusable(self, code: str, message: str, raw: bytes, line: int | None) -> Unusable:
        self._records += 1
        return Unusable(code, message, raw, self._records, line)


def _parts_of(array: str, listed: bytes) -> list[Part]:
    """What a scanner makes of several elements of an array."""
    return list(listed_parts(array, listed, Envelope()))


def _foreseen(preamble: bytes) -> Envelope:
    """What a document says of its records before the first of them."""
    try:
        parts = [part for part in take_apart(preamble) if isinstance(part, Part)]
        own = exported_at(preamble) if preamble[:1] == b"{" else None
    except _JSON_FAULTS:
        return Envelope()
    return parts[0].envelope if parts else Envelope(None, own)


def read_fully(stream: Readable, size: int) -> bytes:
    """Up to `size` bytes: fewer only at the stream's end, whatever single reads return."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _sound_parts(text: bytes) -> Iterable[Part | Misfit] | None:
    """What the records in a text come in, None where it isn't sound: one JSON value in UTF-8."""
    try:
        text.decode()
        return take_apart(text)
    except _JSON_FAULTS:
        return None


def _is_line_by_line(head: bytes) -> bool:
    """Whether these are JSON lines: the first line is sound and not the last, or the next two are."""
    lines = [line for line in head[: 1 << 20].split(b"\n", 64) if line.strip()][:3]
    sound = [line.strip()[:1] in (b"{", b"[") and _sound_parts(line.strip()) is not None for line in lines]
    return len(sound) > 1 and (sound[0] or sound[1:] == [True, True])


def _documents(text: bytes) -> list[tuple[int, bytes]] | None:
    """The documents in a row that a text is, each with its line; None where it is anything else."""
    found = []
    line, position = 1, 0
    while (start := _separators.match(text, position).end()) < len(text):  # type: ignore[union-attr]
        end = _value_end(text, start)
        if not end or _sound_parts(text[start:end]) is None:
            return None
        line += text.count(b"\n", position, start)
        found.append((line, text[start:end]))
        line += text.count(b"\n", start, end)
        position = end
    return found


def _value_end(text: bytes, start: int) -> int | None:
    """Where the JSON object or list ends that begins here; 0 if it is none, None if the text ends before it.

    It is looked for in more and more of the text: to decode all of it for each bad line would take hours.
    """
    if text[start : start + 1] not in (b"{", b"["):
        return 0
    size = _FIRST_SCANNED_BYTES
    while True:
        some = text[start : start + size].decode("utf-8", "surrogateescape")
        try:
            _, end = _at_the_beginning.raw_decode(some)
        except json.JSONDecodeError as error:
            is_cut = error.pos >= len(some) - _LONGEST_WORD or error.msg.startswith("Unterminated string")
            if not is_cut:
                return 0
            if start + size >= len(text):
                return None
            size *= 8
        except RecursionError:
            return 0
        else:
            return start + len(some[:end].encode("utf-8", "surrogateescape"))


def _complaint(text: bytes) -> str:
    try:
        _whole.decode(text)
        text.decode()
    except _JSON_FAULTS as error:
        return _message(error, text)
    return "this is not JSON"


def _message(error: Exception, text: bytes) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply to be read"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 (byte {error.start})"
    return f"not JSON: {error}".partition(" (byte ")[0]


def _fault_byte(text: bytes) -> int:
    """The byte that the parser stopped at, as far as it says."""
    message = _complaint(text)
    _, found, rest = message.rpartition("(byte ")
    return int(rest.rstrip(")")) if found else len(text)
