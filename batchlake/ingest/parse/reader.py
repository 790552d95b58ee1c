"""Reads one export: bytes in, raw records and faults out, every one with its place.

Several ways through, all with the same result where more than one could be taken. Sound documents that fit
the window are cut by msgspec, which is fastest, alone or in a row. JSON lines go line by line, so that a bad
line costs itself alone. Everything else (larger than the window, or damaged) goes through the bracket scan.
What is not quite JSON is repaired, record by record. Records of a document that turns out to be cut off are
to be dropped: `CorruptExport.document` says.

A document's envelope (its batch, its time) may stand behind its records. The envelope read so far is used
provisionally; the one complete at the document's end replaces it.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Final

from batchlake.ingest.parse import layout
from batchlake.ingest.parse.bracket_scanner import Element, Parsed, Scanner, Stray, UnmatchedBracket
from batchlake.ingest.parse.damage.boundaries import describe, fault_in, stripped, value_end, value_start
from batchlake.ingest.parse.damage.mend import Mended, begins_list, mend, mended_header
from batchlake.ingest.parse.damage.repair import Fault, repair
from batchlake.ingest.parse.fields import BATCHES, field_list
from batchlake.ingest.parse.json_values import BYTE_ORDER_MARK, JSON_FAULTS
from batchlake.ingest.parse.layout import Reopen, read_fully, sound_items
from batchlake.ingest.parse.parts import NO_ENVELOPE, NO_OBJECT, BadValue, Envelope, RecordGroup, Unkept
from batchlake.ingest.parse.parts import Item as SplitItem
from batchlake.ingest.parse.provisional import Suspect, note_provisional
from batchlake.ingest.parse.raw_records import (
    BadRecord,
    CorruptExport,
    Document,
    Item,
    RawRecords,
    Readable,
    StartOver,
)
from batchlake.ingest.parse.recognition import EXACT_KEYS, SVALYNC_CALLS
from batchlake.ingest.parse.split import decode_alike, exported_at, split_document, split_elements, split_rest

WINDOW_BYTES: Final = 32 * 1024 * 1024
"""How much of an export is looked at at a time; a sound document up to this size takes the fastest way."""

_MOST_WINDOWS_A_LINE: Final = 2
"""A line that is longer than so many windows is read as documents larger than a window are."""

_RAW_SHOWN_BYTES: Final = 4_096
_LONGEST_TAIL_BYTES: Final = 256
_KEY: Final = re.compile(rb'"[ \t\r\n]*:')
_NO_DOCUMENT: Final = Document(0, NO_ENVELOPE)


class RecordReader:
    """Reads the records of one export; iterate over `read` once.

    Args:
        window_bytes: how much of it is looked at at a time.
        first_record: the number of its first record.
        again: opens it once more, where it is larger than a window and can be.
    """

    def __init__(
        self, window_bytes: int = WINDOW_BYTES, first_record: int = 1, again: Reopen | None = None
    ) -> None:
        self._window_bytes = window_bytes
        self._again = again
        self._start = 0
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
        if is_whole:
            self._again = lambda: nullcontext(io.BytesIO(head))
        self._start = len(BYTE_ORDER_MARK) if head.startswith(BYTE_ORDER_MARK) else 0
        head = head.removeprefix(BYTE_ORDER_MARK)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield CorruptExport("not_utf8", "the file is UTF-16; save it as UTF-8", 0)
        elif not head.strip():
            if is_whole:
                yield CorruptExport("empty_file", "the file holds nothing", 0)
            else:
                yield from self._read_scanned(layout.windows(head, stream, self._window_bytes))
        elif is_whole and (items := sound_items(head)) is not None:
            yield from self._from_items(items, None)
        elif layout.is_line_by_line(head):
            yield from self._read_lines(head, stream)
        elif head[value_start(head, 0) :][:1] not in (b"{", b"["):
            fault, byte = fault_in(head)
            message = layout.other_format(head) or fault
            yield CorruptExport("not_json", message, byte, None, head[:_RAW_SHOWN_BYTES])
        elif is_whole and (documents := layout.documents_in(head)) is not None:
            for line, document in documents:
                yield from self._from_items(split_document(document), line)
        elif is_whole and layout.begins_lines(head):
            yield from self._read_lines(head, stream)
        else:
            yield from self._read_scanned(layout.windows(head, stream, self._window_bytes))

    def read_record(self, text: bytes, line: int | None, envelope: Envelope) -> Iterator[Item]:
        """The same of one record's text, with what is known from around it."""
        items = sound_items(text, envelope)
        document = Document(0, envelope)
        if items is not None:
            yield from self._from_items(items, line)
        elif (repaired := self._repaired(text, line, document)) is not None:
            yield from repaired[1]
            yield from self._from_items(split_document(repaired[0], envelope), line)
        else:
            yield self._unusable("not_json", fault_in(text)[0], text, line, document)

    def _from_items(self, items: Iterable[SplitItem], line: int | None) -> Iterator[Item]:
        """The records of one sound JSON value."""
        document = Document(0)
        for item in items:
            if isinstance(item, RecordGroup):
                if item.is_empty:
                    continue
                if item.envelope != document.envelope or field_list(item.format).kind == BATCHES:
                    document = self._next_document(item.envelope)
                yield self._record(item, document, line)
            else:
                yield self._other(item, line)

    def _other(
        self, item: BadValue | Unkept, line: int | None, document: Document | None = None
    ) -> BadRecord | Unkept:
        if isinstance(item, Unkept):
            return item
        return self._unusable(item.code, item.message, item.raw, line, document or Document(0, item.envelope))

    def _repaired(
        self, text: bytes, line: int | None, document: Document = _NO_DOCUMENT
    ) -> tuple[bytes, list[BadRecord]] | None:
        """A text as JSON and its faults, as problems of its first record; None where it can't be read."""
        found = repair(text, EXACT_KEYS)
        if found is None:
            return None
        return found.text, self._unusables(found.faults, line, document)

    def _unusables(self, faults: Iterable[Fault], line: int | None, document: Document) -> list[BadRecord]:
        number = self._records + 1
        return [
            BadRecord("not_json", fault.message, fault.raw, number, line, document, fault.path)
            for fault in faults
        ]

    def _read_mended(self, mended: Mended, stream: Readable, line: int | None = None) -> Iterator[Item]:
        """The same of what was mended, given what it was mended from, and then what that cost."""
        document = _NO_DOCUMENT
        self._again = None
        for item in self._read_scanned(itertools.chain(mended.read_from(stream), [b""])):
            if isinstance(item, RawRecords) and mended.batches == 1:
                document = item.document
            yield item
        for fault in mended.faults:
            yield BadRecord("not_json", fault.message, fault.raw, self._records, line, document, fault.path)

    def _mended_line(self, line: bytes) -> Mended | None:
        """A line that holds calls, where brackets or quotes are the fault; None where repair costs none."""
        repaired = repair(line, EXACT_KEYS)
        if repaired and not any(begins_list(fault.raw) for fault in repaired.faults):
            return None
        return mend(io.BytesIO(line))

    def _afresh(self, byte: int) -> Iterator[Item] | None:
        """All of the export once more, mended from a byte on; None where that can't be."""
        again = self._again
        if again is None:
            return None
        self._again = None
        with again() as stream:
            mended = mend(stream, self._start + byte)
        return self._read_afresh(mended, again) if mended else None

    def _read_afresh(self, mended: Mended, again: Reopen) -> Iterator[Item]:
        yield StartOver()
        self._records = self._before
        with again() as stream:
            yield from self._read_mended(mended, stream)

    def _read_lines(self, head: bytes, stream: Readable) -> Iterator[Item]:
        number = 1
        rest = head
        while rest:
            more = read_fully(stream, self._window_bytes)
            cut = rest.rfind(b"\n") + 1 if more else len(rest)
            lines, rest = rest[:cut], rest[cut:] + more
            if not lines and len(rest) >= _MOST_WINDOWS_A_LINE * self._window_bytes:
                pieces = layout.windows(rest, stream, self._window_bytes)
                # What has been read of it isn't held while the rest is.
                rest = more = b""
                yield from self._read_scanned(pieces)
                return
            position = 0
            while position < len(lines):
                end = lines.find(b"\n", position)
                end = len(lines) if end < 0 else end
                line = stripped(lines[position:end])
                items = sound_items(line) if line else ()
                if items is None and begins_list(line) and (mended := self._mended_line(line)):
                    items = ()
                    yield from self._read_mended(mended, io.BytesIO(line), number)
                if items is None:
                    start = lines.index(line, position)
                    ends_at = value_end(lines, start)
                    if ends_at is None and more:
                        rest = lines[start:] + rest
                        if len(rest) < _MOST_WINDOWS_A_LINE * self._window_bytes:
                            break
                        pieces = layout.windows(rest, stream, self._window_bytes)
                        rest = more = lines = line = b""
                        yield from self._read_scanned(pieces)
                        return
                    if ends_at:
                        # What stands behind it on its last line comes next.
                        end = ends_at
                        line = lines[start:end]
                        items = sound_items(line)
                if items is not None:
                    yield from self._from_items(items, number)
                elif (repaired := self._repaired(line, number)) is not None:
                    yield from repaired[1]
                    yield from self._from_items(split_document(repaired[0]), number)
                else:
                    yield self._unusable("not_json", fault_in(line)[0], line, number)
                number += line.count(b"\n")
                position = end
                if lines[position : position + 1] == b"\n":
                    number += 1
                    position += 1

    def _read_scanned(self, pieces: Iterator[bytes]) -> Iterator[Item]:
        document = self._next_document(None)

        def decoded(key: str, listed: bytes) -> RecordGroup | None:
            note_provisional(document, scanner)
            return None if document.is_refused else _decoded(key, listed)

        scanner = Scanner(decoded)
        first = Suspect()
        listed_from, tail = (-1, 0), b""  # A list at the top is scanned as documents, cut off with it.
        try:
            for window in pieces:
                tail = window[-_LONGEST_TAIL_BYTES:] or tail
                for found in scanner.feed(window):
                    if isinstance(found, Stray):
                        if _KEY.search(found.raw) and (items := self._afresh(first.byte)):
                            yield from items
                            return
                        yield self._stray(found)
                    elif isinstance(found, Element | Parsed):
                        note_provisional(document, scanner)
                        if isinstance(found, Element):
                            yield from self._element(found, document)
                        else:
                            yield self._record(found.elements, document, None)
                    else:
                        sound = sound_items(found.header)
                        first.note(found.byte, scanner.arrays, is_sound=sound is not None)
                        is_damaged = sound is None and begins_list(found.header)
                        if is_damaged and (items := self._afresh(first.byte)):
                            yield from items
                            return
                        yield from self._end_of(found.header, sound, document)
                        if found.byte != listed_from[0]:
                            listed_from = (found.byte, document.number)
                        document = self._next_document(None)
        except UnmatchedBracket as error:
            if items := self._afresh(first.byte):
                yield from items
                return
            yield CorruptExport("not_json", "a closing bracket too many", error.byte, document.number)
            return
        if (byte := scanner.unfinished()) is not None:
            is_whole = tail.rstrip().endswith((b"}", b"]"))
            if is_whole and (items := self._afresh(byte if first.is_sound else first.byte)):
                yield from items
                return
            message = f"the document that begins at byte {byte} is cut off; nothing of it was used"
            start = listed_from[1] if byte == listed_from[0] else document.number
            yield CorruptExport("cut_off", message, scanner.bytes_seen(), start)

    def _stray(self, stray: Stray) -> Item:
        if stray.in_array:
            return self._unusable("not_a_record", NO_OBJECT, stray.raw, None)
        return CorruptExport("not_json", "this is not JSON", stray.byte, None, stray.raw[:_RAW_SHOWN_BYTES])

    def _element(self, element: Element, document: Document) -> Iterator[Item]:
        raw = element.raw
        if document.is_refused:
            document.has_refused = True
            yield self._other(BadValue.refusal(raw, NO_ENVELOPE), None, document)
            return
        try:
            raw.decode()
            items = list(split_elements(element.array, [raw], NO_ENVELOPE))
        except JSON_FAULTS as error:
            repaired = self._repaired(raw, None, document)
            if repaired is None:
                yield self._unusable("not_json", describe(error, raw)[0], raw, None, document)
                return
            yield from repaired[1]
            items = list(split_elements(element.array, [repaired[0]], NO_ENVELOPE))
        batch: Document | None = None
        for item in items:
            if isinstance(item, RecordGroup) and item.is_empty:
                continue
            if not isinstance(item, RecordGroup):
                yield self._other(item, None, document)
            elif item.envelope == NO_ENVELOPE:
                yield self._record(item, document, None)
            else:
                if batch is None or batch.provisional != item.envelope:
                    batch = self._next_document(None)
                    batch.provisional = item.envelope
                    document.batches.append(batch)
                yield self._record(item, batch, None)

    def _end_of(self, header: bytes, sound: Iterable[SplitItem] | None, document: Document) -> Iterator[Item]:
        """The records in what is left of a document without its elements, which its envelope is read from."""
        if sound is None:
            repaired = self._repaired(header, None) or self._mended_header(header)
            if repaired is None:
                document.end(document.provisional or NO_ENVELOPE)
                yield self._unusable("not_json", fault_in(header)[0], header, None)
                return
            header, faults = repaired
            sound = split_document(header)
            yield from (replace(fault, document=document) for fault in faults)
        is_object = header[:1] == b"{"
        items = split_rest(header) if is_object and document.holds_records else list(sound)
        envelopes = [item.envelope for item in items if isinstance(item, RecordGroup)]
        own_envelope = Envelope(None, exported_at(header) if is_object else None)
        document.end(envelopes[0] if is_object and envelopes else own_envelope)
        for item in items:
            if isinstance(item, RecordGroup) and item.is_empty:
                continue
            if not isinstance(item, RecordGroup):
                # The calls of a refusal were reported one by one.
                if not (document.has_refused and isinstance(item, BadValue) and item.is_refusal):
                    yield self._other(item, None)
            elif is_object and item.envelope == document.envelope:
                yield self._record(item, document, None)
            else:
                yield self._record(item, self._next_document(item.envelope), None)

    def _mended_header(self, header: bytes) -> tuple[bytes, list[BadRecord]] | None:
        found = mended_header(header)
        return found and (found[0], self._unusables(found[1], None, _NO_DOCUMENT))

    def _next_document(self, envelope: Envelope | None) -> Document:
        self._documents += 1
        return Document(self._documents, envelope)

    def _record(self, part: RecordGroup, document: Document, line: int | None) -> RawRecords:
        found = RawRecords(
            part.format, part.raws, document, self._records + 1, line, part.columns,
            part.bytes or sum(map(len, part.raws)),
        )  # fmt: skip
        self._records += found.count
        document.has_records = True
        return found

    def _unusable(
        self, code: str, message: str, raw: bytes, line: int | None, document: Document = _NO_DOCUMENT
    ) -> BadRecord:
        self._records += 1
        return BadRecord(code, message, raw, self._records, line, document)


def _decoded(key: str, listed: bytes) -> RecordGroup | None:
    """What a scanner makes of several elements of an array."""
    listed.decode()
    columns = decode_alike(key, listed)
    return None if columns is None else RecordGroup(SVALYNC_CALLS, (), NO_ENVELOPE, columns, len(listed))
