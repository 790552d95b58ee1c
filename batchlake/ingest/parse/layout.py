"""How an export is laid out: one sound document, several in a row, JSON lines, or none of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Final

import msgspec

from batchlake.ingest.parse.damage.boundaries import stripped, value_end, value_start
from batchlake.ingest.parse.json_values import JSON_FAULTS, Fields, given_text
from batchlake.ingest.parse.parts import NO_ENVELOPE, Envelope
from batchlake.ingest.parse.parts import Item as SplitItem
from batchlake.ingest.parse.platforms.recognition import own_names
from batchlake.ingest.parse.raw_records import Readable
from batchlake.ingest.parse.split import split_batch, split_document

_FIRST_SCANNED_BYTES: Final = 64 * 1024
_SCANNED_BYTES: Final = 8 * 1024 * 1024
"""How much is scanned at a time. The first piece is small: the faster way begins inside an array."""

_OTHER_FORMATS: Final = (
    (257, b"ustar", "not JSON, but a tar archive: unpack it, or pack the files as zip"),
    (0, b"7z\xbc\xaf", "not JSON, but a 7z archive: unpack it, or pack the files as zip"),
    (0, b"Rar!", "not JSON, but a RAR archive: unpack it, or pack the files as zip"),
    (0, b"PAR1", "not JSON, but Parquet: export the calls as JSON"),
    (0, b"SQLite format 3", "not JSON, but an SQLite database: export the calls as JSON"),
    (0, b"%PDF-", "not JSON, but a PDF: export the calls as JSON"),
    (0, b"<", "not JSON, but HTML or XML, as servers answer with that refuse: see what it says"),
)
"""Files that lie among exports: where they tell what they are, by which bytes, and what to say of them."""

Reopen = Callable[[], AbstractContextManager[Readable]]
"""Opens a stream once more, from its beginning."""


def read_fully(stream: Readable, size: int) -> bytes:
    """Up to `size` bytes: fewer only at the stream's end, whatever single reads return."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _BatchExport(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A document that holds a batch and nothing else."""

    batch: Fields
    exported_at: msgspec.Raw = msgspec.Raw(b"")


_as_batch_export: Final = msgspec.json.Decoder(_BatchExport)


def sound_items(text: bytes, envelope: Envelope = NO_ENVELOPE) -> Iterable[SplitItem] | None:
    """What the records in a text come in, None where it isn't sound: one JSON value in UTF-8."""
    try:
        text.decode()
        return _batch_items(text, envelope) or split_document(text, envelope)
    except JSON_FAULTS:
        return None


def _batch_items(text: bytes, envelope: Envelope) -> Iterable[SplitItem] | None:
    """The same of the export that is seen most, a batch's, which is parsed once; None of any other."""
    if envelope != NO_ENVELOPE or own_names():
        return None
    try:
        found = _as_batch_export.decode(text)
    except msgspec.ValidationError:
        return None
    if not found.batch:
        return None
    said_at = given_text({"exported_at": found.exported_at}, "exported_at") if found.exported_at else None
    return split_batch(found.batch, Envelope(None, said_at))


def other_format(head: bytes) -> str | None:
    """What to say of a file that isn't JSON, None where its first bytes don't tell what it is."""
    text = stripped(head[:64])
    return next(
        (name for place, magic, name in _OTHER_FORMATS if (head if place else text).startswith(magic, place)),
        None,
    )


def is_line_by_line(head: bytes) -> bool:
    """Whether these are JSON lines: the first line is sound and not the last, or the next two are."""
    lines = [stripped(line) for line in head.split(b"\n", 64)]
    sound = [
        line[:1] in (b"{", b"[") and sound_items(line) is not None
        for line in [one for one in lines if one][:3]
    ]
    return len(sound) > 1 and (sound[0] or sound[1:] == [True, True])


def begins_lines(text: bytes) -> bool:
    """Whether damaged text is JSON lines: each begins a value, none ends within a list, and one is sound.

    The lines of an indented document begin with blanks, or end with commas.
    """
    lines = [line.rstrip(b"\r") for line in text.split(b"\n") if line.strip()]
    if len(lines) < 2 or not all(line[:1] in b"{[" and line[-1:] not in b",{[" for line in lines):
        return False
    return any(sound_items(line) is not None for line in lines[:64])


def documents_in(text: bytes) -> list[tuple[int, bytes]] | None:
    """The documents in a row that a text is, each with its line; None where it is anything else."""
    found = []
    line, position = 1, 0
    while (start := value_start(text, position)) < len(text):
        end = value_end(text, start)
        if not end or sound_items(text[start:end]) is None:
            return None
        line += text.count(b"\n", position, start)
        found.append((line, text[start:end]))
        line += text.count(b"\n", start, end)
        position = end
    return found


def windows(head: bytes, stream: Readable, window_bytes: int) -> Iterator[bytes]:
    """What the scanner is fed: the first window in pieces, what follows, and an empty one at the end."""
    size = min(window_bytes, _SCANNED_BYTES)
    yield head[:_FIRST_SCANNED_BYTES]
    for start in range(_FIRST_SCANNED_BYTES, len(head), size):
        yield head[start : start + size]
    head = b""
    while window := read_fully(stream, size):
        yield window
    yield b""
