"""Records of one kind as Arrow tables, as SQL reads them: `RecordBatch`es.

Input: records as the reader found them, decoded or as JSON texts. Output: their fields as columns of text,
named as `sql/ingest/load/typed_<kind>.sql` reads them, their utterances, and what can't stand where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from batchlake.engine import columns
from batchlake.ingest.load.field_columns import TEXT_TYPES, FieldColumns, trimmed
from batchlake.ingest.parse.decode import decoder_of
from batchlake.ingest.parse.fields import FieldList, field_list, typed_fields
from batchlake.ingest.parse.json_values import extra_text, scalar_text
from batchlake.ingest.parse.parts import Columns, Utterances
from batchlake.ingest.parse.raw_records import RawRecords
from batchlake.schema import DEFAULT_SOURCE

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_AT_ONCE: Final = 64
"""JSON texts of records that are decoded together."""

_CHUNK_RECORDS: Final = 2_048
"""How many records are worth a table."""

SPEAKER: Final = "speaker"
"""The path in an utterance's `extra` of a word for its speaker that the column doesn't tell."""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one kind.

    Attributes:
        format: names their file in `sql/sources`.
        records: the relation `given_<kind>`.
        faults: the relation `given_faults`: values that can't stand where they do.
        utterances: those of transcripts that are lists, as given.
        counts: how many of these each record has.
    """

    format: str
    records: pa.Table
    faults: pa.Table
    utterances: pa.Table
    counts: NDArray[np.int64]

    @property
    def kind(self) -> str:
        """`calls` or `batches`."""
        return field_list(self.format).kind

    def spoken(self) -> pa.Table:
        """The relation `given_utterances`: the utterances without their text."""
        times = self.utterances["time"]
        moments = columns.moments(times)
        given = {
            "speaker": self.utterances["speaker"],
            "moment": columns.nothing("timestamp", len(times)) if moments is None else moments,
            "timestamp": times if moments is None else columns.nothing("string", len(times)),
            "confidence": self.utterances["confidence"],
            "confidence_text": self.utterances["confidence_text"],
        }
        return columns.table(given)

    def typed_utterances(self, speakers: pa.Table, typed: pa.Table) -> pa.Table:
        """The utterances as their types: the columns of `split_transcripts`, in another order.

        Args:
            speakers: whose they are, the rows of `speaking_records`.
            typed: the rows of `typed_utterances`.
        """
        of_record = np.repeat(np.arange(len(speakers)), self.counts)
        return columns.table(
            {name: columns.repeated(speakers[name], of_record) for name in speakers.column_names}
            | {
                "place": self.utterances["place"],
                "speaker": typed["speaker"],
                "text": self.utterances["text"],
            }
            | {name: typed[name] for name in ("spoken_at", "offset_seconds", "confidence")}
            | {"extra": self.utterances["extra"], "unread_time": typed["unread_time"]}
            | {"unread_confidence": typed["unread_confidence"], "given": self.utterances["given"]}
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records as Arrow tables: the records, their faults (by place among them), their utterances."""

    records: pa.Table
    faults: list[tuple[int, str, str, str]]
    utterances: pa.Table
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Buffered:
    """So many records in a row of the export of this number; where they are decoded, without their values."""

    export_number: int
    run: RawRecords
    count: int

    @property
    def place(self) -> str:
        """Where they belong: a batch's transcripts lie together in the lake."""
        return self.run.document.known.batch_id or ""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One of records in a row: which, from 0, and its JSON text."""

    buffered: Buffered
    offset: int
    raw: bytes


class RecordBuffer:
    """Records of one kind that are to be typed together, in the order of their batches.

    Decoded ones become tables as soon as these are worth it: they take less memory, and what decoding takes
    is used again while it is warm.

    Args:
        format_name: names their file in `sql/sources`.
    """

    def __init__(self, format_name: str) -> None:
        self.count = 0
        self._format = format_name
        self._fields = field_list(format_name)
        self._texts: list[Buffered] = []
        self._decoded: list[tuple[Buffered, Columns]] = []
        self._decoded_count = 0
        self._chunks: list[tuple[list[Buffered], Chunk]] = []

    def add(self, export_number: int, run: RawRecords) -> None:
        """Take records in a row."""
        self.count += run.count
        if run.columns is None:
            self._texts.append(Buffered(export_number, run, run.count))
            return
        some = Buffered(export_number, replace(run, columns=None), run.count)
        if run.count >= _CHUNK_RECORDS:
            self._chunks.append(([some], _chunk(self._fields, run.columns)))
            return
        self._decoded.append((some, run.columns))
        self._decoded_count += run.count
        if self._decoded_count >= _CHUNK_RECORDS:
            self._make_chunk()

    def runs(self) -> Iterator[Buffered]:
        """All that was taken."""
        for several, _ in self._chunks:
            yield from several
        yield from (some for some, _ in self._decoded)
        yield from self._texts

    def to_batch(self) -> tuple[RecordBatch, list[RawRecord]]:
        """The records as one batch, and those that have no usable id."""
        self._make_chunk()
        chunks = sorted(self._chunks, key=lambda one: one[0][0].place)
        texts = sorted(self._texts, key=lambda one: one.place)
        decoded = [some for several, _ in chunks for some in several]
        given = [
            RawRecord(some, offset, bytes(raw)) for some in texts for offset, raw in enumerate(some.run.raws)
        ]
        found = _Texts(self._format, given)
        tables = [chunk for _, chunk in chunks] + list(_chunks_of(self._fields, found.columns))
        places = _places(decoded)
        if found.places:
            places = _concat([places, _places(texts).take(columns.integers(found.places))])
        return _batch(self._format, places, tables or [_chunk(self._fields, Columns())]), found.nameless

    def _make_chunk(self) -> None:
        """Make a table of what is decoded and in none."""
        if not self._decoded:
            return
        several = sorted(self._decoded, key=lambda one: one[0].place)
        self._decoded, self._decoded_count = [], 0
        gathered = Columns()
        for _, found in several:
            gathered.extend(found)
        self._chunks.append(([some for some, _ in several], _chunk(self._fields, gathered)))


class _Texts:
    """Records given as JSON texts, decoded many at a time, with their places among all."""

    def __init__(self, format_name: str, raws: Sequence[RawRecord]) -> None:
        self.columns: list[Columns] = []
        self.places: list[int] = []
        self.nameless: list[RawRecord] = []
        self._decoder = decoder_of(format_name)
        for start in range(0, len(raws), _AT_ONCE):
            self._take(raws[start : start + _AT_ONCE], range(start, len(raws)))

    def _take(self, raws: Sequence[RawRecord], places: Sequence[int]) -> None:
        found = self._decoder.decode(b"[" + b",".join([one.raw for one in raws]) + b"]")
        if found.nameless:
            without = frozenset(found.nameless)
            self.nameless += [raws[place] for place in found.nameless]
            named = [place for place in range(len(raws)) if place not in without]
            if named:
                self._take([raws[place] for place in named], [places[place] for place in named])
            return
        self.columns.append(found)
        self.places += places[: len(raws)]


def _batch(format_name: str, places: pa.Table, chunks: Sequence[Chunk]) -> RecordBatch:
    records = _concat([chunk.records for chunk in chunks])
    for name in places.column_names:
        records = records.append_column(name, places[name])
    platform = field_list(format_name).platform
    of_home = platform == DEFAULT_SOURCE
    records = records.append_column("platform", columns.texts([None if of_home else platform] * len(records)))
    faults: list[tuple[int, str, str, str]] = []
    before = 0
    for chunk in chunks:
        faults += [(place + before, field, code, raw) for place, field, code, raw in chunk.faults]
        before += len(chunk.counts)
    of_record = columns.integers([place for place, *_ in faults])
    given = {name: places[name].take(of_record) for name in ("export_no", "record")}
    given["field"] = columns.texts([field for _, field, _, _ in faults])
    given["code"] = columns.texts([code for _, _, code, _ in faults])
    given["raw"] = columns.texts([raw for _, _, _, raw in faults])
    return RecordBatch(
        format_name,
        records,
        columns.table(given),
        _concat([chunk.utterances for chunk in chunks]),
        np.concatenate([chunk.counts for chunk in chunks]),
    )


def _places(buffered: Sequence[Buffered]) -> pa.Table:
    """Where each record stands, and what is said around it."""
    integers: dict[str, list[int | None]] = {"export_no": [], "document": [], "record": [], "line": []}
    texts: dict[str, list[str | None]] = {"envelope_batch_id": [], "envelope_exported_at": []}
    for some in buffered:
        run, count = some.run, some.count
        integers["export_no"] += [some.export_number] * count
        integers["document"] += [run.document.number] * count
        integers["record"] += range(run.number, run.number + count)
        integers["line"] += [run.line] * count
        envelope = run.document.known
        texts["envelope_batch_id"] += [envelope.batch_id] * count
        texts["envelope_exported_at"] += [envelope.exported_at] * count
    return columns.table(
        {name: columns.integers(values) for name, values in integers.items()}
        | {name: columns.texts(values) for name, values in texts.items()}
    )


def _chunks_of(fields: FieldList, several: Iterable[Columns]) -> Iterator[Chunk]:
    """The same records in chunks of a size that is worth a table."""
    small = Columns()
    for records in several:
        small.extend(records)
        if small.count >= _CHUNK_RECORDS:
            yield _chunk(fields, small)
            small = Columns()
    if small.count:
        yield _chunk(fields, small)


def _chunk(fields: FieldList, found: Columns) -> Chunk:
    given = FieldColumns(fields, found)
    names = tuple(dict.fromkeys((*typed_fields(fields.kind), *fields.columns)))
    nothing = columns.texts([None] * found.count)
    records = {name: given.columns.get(name, nothing) for name in names}
    records["extra"] = columns.texts([extra_text(extra) for extra in found.extra])
    records["transcript"] = columns.texts(found.transcript)
    records["transcript_digest"] = columns.texts(found.transcript_digest)
    return Chunk(
        columns.table(records),
        found.faults,
        utterances_table(found.utterances),
        found.utterances.of_each(),
    )


def utterances_table(said: Utterances) -> pa.Table:
    """Utterances as a `RecordBatch` has them."""
    confidence, confidence_text = _confidences(said.confidence)
    count = len(said.text)
    given = columns.nothing("string", count)
    if said.unusable:
        given = columns.texts([said.unusable.get(place) for place in range(count)])
    return columns.table(
        {
            "place": columns.from_numpy(_places_within(said.of_each())),
            "speaker": trimmed(_scalar_texts(said.speaker)),
            "text": columns.texts(said.text),
            "time": trimmed(_scalar_texts(said.time)),
            "confidence": confidence,
            "confidence_text": confidence_text,
            "extra": columns.texts(said.extra),
            "given": given,
        }
    )


def _confidences(values: Sequence[Any]) -> tuple[pa.Array, pa.Array]:
    """Confidences that are numbers, and the others as text."""
    if set(map(type, values)) <= {float, NoneType}:
        return columns.numbers(values), columns.nothing("string", len(values))
    texts = [None if isinstance(value, float) else value for value in values]
    numbers = [value if isinstance(value, float) else None for value in values]
    return columns.numbers(numbers), trimmed(_scalar_texts(texts))


def _scalar_texts(values: Sequence[Any]) -> pa.StringArray:
    if set(map(type, values)) <= TEXT_TYPES:
        return columns.texts(values)
    return columns.texts(list(map(scalar_text, values)))


def _places_within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1, 2, 3 ... up to each count."""
    return np.arange(1, counts.sum() + 1) - np.repeat(counts.cumsum() - counts, counts)


def _concat(tables: Sequence[Any]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(tables)
