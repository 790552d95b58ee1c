"""Reads the exports that were found, and stages what the lake doesn't hold of them.

Input: exports. Output: their records and problems in the staging tables, and a `ReadExport` for each. Exports
that fit the window are read first and looked up many at a time; a larger one is read twice where it may be
held.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from batchlake.ingest.find.archives import UnpackError
from batchlake.ingest.find.held_exports import HeldExports
from batchlake.ingest.find.sources import Export, Fingerprint, Found, RecordAgain, in_turn
from batchlake.ingest.load.staging import ReadExport, Staging
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.parse.layout import read_fully
from batchlake.ingest.parse.parts import Envelope, Unkept
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, Item, RawRecords, Readable, StartOver
from batchlake.ingest.parse.reader import RecordReader
from batchlake.schema import DEFAULT_SOURCE

_COPIED_BYTES: Final = 1 << 20
UNREADABLE: Final = "unreadable"
"""The code of the problem of a file that can't be opened or read."""

_MOST_SMALL: Final = 1_000
"""How many exports are looked up at a time."""

Progress = Callable[[str, int], None]
"""Called with an export's location when it begins, and with the bytes read since the last call.

One that also has a method `step` (`Steps`) is told what a run does next.
"""


class Steps(Protocol):
    """Is told the steps of a run."""

    def step(self, name: str, count: int | None) -> None:
        """A step begins: `reading` so many bytes (None where that isn't known), `merging` so many records,
        `writing` so many calls."""


def tell_step(progress: Progress, name: str, count: Callable[[], int | None]) -> None:
    """Tell a progress that wants to know it that a step begins, and of how much."""
    step = getattr(progress, "step", None)
    if step is not None:
        step(name, count())


@dataclass(frozen=True, slots=True)
class _Small:
    """An export that fits the window: all its bytes, and their SHA-256 in hexadecimal."""

    export: Export
    head: bytes
    sha256: str


class ExportReading:
    """The reading of one run.

    Args:
        staging: takes what is read.
        held: what the lake holds already.
        options: how to ingest.
        progress: called with what is read.
        skipped: how many files the lake holds that were not even opened.

    Attributes:
        exports: those that were read, in order; one that couldn't be has no id.
        skipped: how many were not, for the lake holds them.
        unkept: keys around records whose values are kept nowhere, with how often.
    """

    def __init__(
        self, staging: Staging, held: HeldExports, options: IngestOptions, progress: Progress, skipped: int
    ) -> None:
        self.exports: list[ReadExport] = []
        self.skipped = skipped
        self.unkept: Counter[str] = Counter()
        self._staging = staging
        self._held = held
        self._options = options
        self._progress = progress
        self._seen: set[str] = set()

    def read(self, found: Found) -> None:
        """Stage all that was found."""
        for broken, error in found.broken:
            self._note_broken(broken, error)
        with closing(in_turn(found.exports)) as exports:
            self._read_exports(exports)

    def _read_exports(self, exports: Iterable[Export]) -> None:
        """Stage what isn't held. Exports that fit the window are looked up many at a time."""
        small: list[_Small] = []
        window_bytes = self._options.window_bytes
        for export in exports:
            self._progress(export.location, 0)
            try:
                with export.open() as stream:
                    printed = Fingerprint(stream, partial(self._progress, export.location))
                    head = b"" if export.record else read_fully(printed, window_bytes)
                    if not export.record and len(head) < window_bytes:
                        small.append(_Small(export, head, printed.sha256()))
                    else:
                        self._read_small(small)
                        self._read_large(export, head, printed)
            except (UnpackError, OSError) as error:
                self._read_small(small)
                self._note_broken(export, error)
            if len(small) >= _MOST_SMALL or sum(len(one.head) for one in small) >= window_bytes:
                self._read_small(small)
        self._read_small(small)

    def _read_small(self, several: list[_Small]) -> None:
        """Stage those that aren't held, and be done with all."""
        # Equal files of one run are one export, whatever is forced.
        known = self._seen | self._held.ids_among({one.sha256 for one in several})
        window_bytes = self._options.window_bytes
        for one in several:
            if one.sha256 in known:
                self.skipped += 1
                continue
            known.add(one.sha256)
            read = self._new_export(one.export)
            self._staging.begin(read)
            reader = RecordReader(window_bytes)
            for item in _settled(reader.read_on(one.head, io.BytesIO())):
                self._stage_item(read, item)
            read.records = reader.records
            self._end(read, one.sha256, len(one.head))
        several.clear()

    def _read_large(self, export: Export, head: bytes, printed: Fingerprint) -> None:
        """Stage one that doesn't fit the window, unless its bytes turn out to be held; or a record again."""
        read = self._new_export(export)
        self._staging.begin(read)
        if export.record:
            self._read_again(read, export.record)
            self.exports.append(read)
            return
        window_bytes = self._options.window_bytes
        may_be_held = export.path is not None and self._held.may_hold(export.size(), window_bytes)
        try:
            if not may_be_held:
                self._stage_records(read, head, printed, export)
            # Reading twice is cheap next to typing what is held.
            while printed.read(_COPIED_BYTES):
                pass
            sha256 = printed.sha256()
            if sha256 in self._seen or self._held.ids_among({sha256}):
                self._staging.drop(read)
                self.skipped += 1
                return
            if may_be_held:
                with export.open() as again:
                    self._stage_records(read, read_fully(again, window_bytes), again, export)
        except (UnpackError, OSError):
            self._staging.drop(read)
            raise
        self._end(read, sha256, printed.bytes)

    def _end(self, read: ReadExport, sha256: str, size: int) -> None:
        """An export was read to its end."""
        read.export_id, read.bytes = sha256, size
        self._seen.add(sha256)
        self.exports.append(read)

    def _new_export(self, export: Export) -> ReadExport:
        number = len(self.exports) + self.skipped + 1
        again = export.record
        return ReadExport(
            number, self._options.source or DEFAULT_SOURCE, again.export_id if again else None,
            export.location, export.observed_at, etag=export.etag, is_whole=again is None,
            is_source_named=self._options.source is not None, named_batch_id=self._options.batch,
        )  # fmt: skip

    def _read_again(self, read: ReadExport, again: RecordAgain) -> None:
        """Stage a record by its text: it stays a record of its export, at its place."""
        reader = RecordReader(first_record=again.number)
        for item in reader.read_record(again.data, again.line, Envelope(again.batch_id)):
            self._stage_item(read, item)
        read.records = reader.records

    def _stage_records(self, read: ReadExport, head: bytes, stream: Readable, export: Export) -> None:
        again = export.open if export.path else None
        reader = RecordReader(self._options.window_bytes, again=again)
        for item in reader.read_on(head, stream):
            self._stage_item(read, item)
        read.records = reader.records

    def _stage_item(self, read: ReadExport, item: Item) -> None:
        if isinstance(item, RawRecords):
            self._staging.add(read, item)
        elif isinstance(item, BadRecord):
            self._note_unusable(read, item)
        elif isinstance(item, Unkept):
            self.unkept.update(item.keys)
        elif isinstance(item, StartOver):
            self._staging.forget(read)
        else:
            self._note_break(read, item)

    def _note_unusable(self, read: ReadExport, item: BadRecord) -> None:
        self._staging.problem(
            read, item.document, level="record" if item.path is None else "field", code=item.code,
            message=item.message, raw=item.raw.decode("utf-8", "backslashreplace"), field=item.path,
            record=item.number, line=item.line,
        )  # fmt: skip

    def _note_break(self, read: ReadExport, broken: CorruptExport) -> None:
        if broken.document is not None:
            self._staging.forget(read, broken.document)
        raw = broken.raw.decode("utf-8", "backslashreplace") or None
        self._staging.problem(
            read, level="file", code=broken.code, message=f"{broken.message} (byte {broken.byte})",
            byte=broken.byte, raw=raw,
        )  # fmt: skip

    def _note_broken(self, export: Export, error: UnpackError | OSError) -> None:
        read = self._new_export(export)
        self.exports.append(read)
        self._staging.begin(read)
        if isinstance(error, UnpackError):
            message = f"{error.message} (byte {error.byte})"
            self._staging.problem(read, level="file", code=error.code, message=message, byte=error.byte)
        else:
            self._staging.problem(read, level="file", code=UNREADABLE, message=error.strerror or str(error))


def _settled(items: Iterable[Item]) -> list[Item]:
    """What reading an export gives, but for what it takes back later: what is cut off costs no statement."""
    settled: list[Item] = []
    for item in items:
        if isinstance(item, StartOver):
            settled.clear()
        elif isinstance(item, CorruptExport) and item.document is not None:
            first = item.document
            settled = [
                one for one in settled if not isinstance(one, RawRecords) or one.document.number < first
            ]
            settled.append(replace(item, document=None))
        else:
            settled.append(item)
    return settled
