"""Finds the lists of records in a damaged stream, and what lies before, between and behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from batchlake.ingest.parse.damage.boundaries import value_end
from batchlake.ingest.parse.fields import BATCHES, CALLS
from batchlake.ingest.parse.json_values import JSON_FAULTS, fields_of
from batchlake.ingest.parse.raw_records import Readable
from batchlake.ingest.parse.recognition import LISTS, RECORD_IDS, is_likely_record, is_surely_record, kind_of

READ_BYTES: Final = 8 * 1024 * 1024
_MOST_AROUND_BYTES: Final = 64 * 1024 * 1024
"""How long what lies between two lists of calls may be, and a text in such a list."""
_MOST_ELEMENT_BYTES: Final = 1024 * 1024
"""How much of a list's first element is read to recognise what it is."""
_LONGEST_ANCHOR_BYTES: Final = 256

LIST_BEGINS: Final = re.compile(
    rb'(?<!\\)"(calls|%b)"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*' % "|".join(LISTS).encode()
)
TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|"|[\[{\]}]', re.DOTALL)
_NAMED: Final = re.compile(rb'\{[ \t\r\n]*"(?:%b)"' % "|".join(RECORD_IDS).encode())


class ListsUnclear(Exception):
    """No list of calls can be separated from what is around it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of the stream that stay as they are: from where, and up to where."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RecordList:
    """A list of records: its key, and where its elements are."""

    key: str
    span: Span


@dataclass(slots=True)
class _Survey:
    """A stream read in windows; only what isn't done with is held."""

    stream: Readable
    text: bytes = b""
    byte: int = 0
    is_at_end: bool = False

    def more(self) -> bool:
        """Hold more of it; False where there is no more."""
        if self.is_at_end:
            return False
        if len(self.text) > _MOST_AROUND_BYTES:
            raise ListsUnclear
        window = self.stream.read(READ_BYTES)
        self.text += window
        self.is_at_end = not window
        return bool(window)

    def take(self, size: int) -> bytes:
        """Be done with so much of what is held."""
        taken, self.text = self.text[:size], self.text[size:]
        self.byte += size
        return taken


def survey(
    stream: Readable, start: int, *, are_emptied: bool = False
) -> tuple[list[bytes], list[RecordList]]:
    """The lists of records, and what lies before, between and behind them: one text more than lists."""
    held = _Survey(stream)
    while held.byte + len(held.text) < start and held.more():
        held.take(min(start - held.byte, len(held.text)))
    held.take(start - held.byte)
    around: list[bytes] = []
    lists: list[RecordList] = []
    searched = 0
    while True:
        found = LIST_BEGINS.search(held.text, searched)
        if found is None:
            searched = max(searched, len(held.text) - _LONGEST_ANCHOR_BYTES)
            if not held.more():
                break
            continue
        searched = found.start() + 1
        if not _begins_records(held, found.group(1).decode(), found.end(), are_emptied=are_emptied):
            continue
        around.append(held.take(found.end())[: found.start()])
        begin = held.byte
        _take_list(held)
        lists.append(RecordList(found.group(1).decode(), Span(begin, held.byte)))
        held.take(1)
        searched = 0
    around.append(held.text)
    return around, lists


def _begins_records(held: _Survey, key: str, position: int, *, are_emptied: bool) -> bool:
    """Whether the list whose first element would stand there is one of calls."""
    while len(held.text) <= position and held.more():
        pass
    first = held.text[position : position + 1]
    if first == b"]":
        return are_emptied or key == "calls"
    if first != b"{":
        return False
    while (end := value_end(held.text, position)) is None:
        if len(held.text) - position > _MOST_ELEMENT_BYTES or not held.more():
            break
    if not end:
        # The first of them is damaged, too.
        return key == "calls" and _NAMED.match(held.text, position) is not None
    try:
        fields = fields_of(held.text[position:end])
    except JSON_FAULTS:
        return key == "calls"
    if key == "calls":
        return is_likely_record(fields)
    return key != BATCHES and is_surely_record(fields) and kind_of(fields) == CALLS


def _take_list(held: _Survey) -> None:
    """Be done with a list's elements, up to the bracket that closes it."""
    depth = 1
    while True:
        done = 0
        for token in TOKENS.finditer(held.text):
            if token[0] == b'"':
                # A text that ends in what isn't held yet.
                break
            depth += (token[0] in (b"[", b"{")) - (token[0] in (b"]", b"}"))
            if not depth:
                held.take(token.start())
                return
            done = token.end()
        else:
            done = len(held.text)
        held.take(done)
        if not held.more():
            raise ListsUnclear
