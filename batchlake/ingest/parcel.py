"""What is typed at once: records of one format as Arrow tables, their regular transcripts taken apart.

In come records as they were gathered, out come `Parcel`s for the typist: one of the regular records, one of
the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from batchlake import columns
from batchlake.ingest.records import RawRecords
from batchlake.ingest.regularity import (
    Irregular,
    Regular,
    Scalar,
    Utterances,
    add_irregular,
    read_regular,
    scalar_paths,
)
from batchlake.ingest.shapes import Envelope

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_AT_ONCE: Final = 64
"""Records that are read as regular ones together; where that fails, they are read one by one."""

_PIECE_RECORDS: Final = 2_048
"""How many records are worth a table."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Records of one format.

    Attributes:
        format: names their file in `sql/sources`.
        is_regular: what `records` is: the relation `call_fields` without `extra` and `misplaced`, or the
            relation `gathered_records` without `is_json`.
        records: the records.
        utterances: of their regular transcripts, as given.
        counts: how many of these each record has.
    """

    format: str
    is_regular: bool
    records: pa.Table
    utterances: pa.Table
    counts: NDArray[np.int64]

    def spoken(self) -> pa.Table:
        """The relation `given_utterances`: the utterances without their text."""
        times = self.utterances["timestamp"]
        moments = columns.moments(times)
        given = {
            "speaker": self.utterances["speaker"],
            "moment": columns.nothing("timestamp", len(times)) if moments is None else moments,
            "timestamp": times if moments is None else columns.nothing("string", len(times)),
            "confidence": self.utterances["confidence"],
        }
        return columns.table(given)

    def heard(self, speakers: pa.Table, typed: pa.Table) -> pa.Table:
        """The utterances as their types: the columns of `irregular_utterances`, in another order.

        Args:
            speakers: whose they are, the rows of `speaking_records`.
            typed: the rows of `regular_utterances`.
        """
        of_record = np.repeat(np.arange(len(speakers)), self.counts)
        nothing = columns.nothing("string", len(typed))
        utterances = columns.table(
            {name: columns.repeated(speakers[name], of_record) for name in speakers.column_names}
            | {
                "place": self.utterances["place"],
                "speaker": typed["speaker"],
                "text": self.utterances["text"],
            }
            | {name: typed[name] for name in ("spoken_at", "offset_seconds", "confidence")}
            | {"extra": nothing, "unread_time": typed["unread_time"]}
            | {"unread_confidence": typed["unread_confidence"], "given": nothing}
        )
        unusable = columns.places(speakers["call_id"].is_null().combine_chunks())
        if not len(unusable):
            return utterances
        return utterances.take(columns.from_numpy(np.flatnonzero(~np.isin(of_record, unusable))))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records as Arrow tables: the records, their utterances, and how many of these each record has."""

    records: pa.Table
    utterances: pa.Table
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Records in a row of the export of this number; a `piece` stands for many regular ones."""

    export_number: int
    run: RawRecords
    piece: Piece | None = None

    @property
    def count(self) -> int:
        """How many records."""
        return self.run.count if self.piece is None else len(self.piece.counts)


def gather(export_number: int, run: RawRecords) -> Gathered:
    """Records to be wrapped later; many regular ones become tables at once, which take less memory."""
    if run.regular is None or run.count < _PIECE_RECORDS:
        return Gathered(export_number, run)
    return Gathered(export_number, replace(run, regular=None), _regular_piece(run.format, run.regular))


def wrap(format_name: str, gathered: Sequence[Gathered]) -> list[Parcel]:
    """The parcels of records; an irregular one at least."""
    read = [some for some in gathered if some.piece or some.run.regular]
    others = [some for some in gathered if not (some.piece or some.run.regular)]
    sorted_out = _SortedOut(format_name, [raw for some in others for raw in some.run.raws])
    parcels = []
    regular = [found for some in read if (found := some.piece or some.run.regular)]
    if pieces := list(_pieces(format_name, [*regular, *sorted_out.regular])):
        places = _concat([_places(read), _places(others).take(columns.integers(sorted_out.regular_places))])
        parcels.append(_parcel(format_name, places, pieces, is_regular=True))
    irregular = sorted_out.irregular
    if irregular.raws or not parcels:
        places = _places(others).take(columns.integers(sorted_out.irregular_places))
        parcels.append(_parcel(format_name, places, [_irregular_piece(irregular)], is_regular=False))
    return parcels


class _SortedOut:
    """Raw records of one format told apart: regular ones, and the others, with their places among all."""

    def __init__(self, format_name: str, raws: Sequence[bytes | msgspec.Raw]) -> None:
        self.regular: list[Regular] = []
        self.regular_places: list[int] = []
        self.irregular = Irregular()
        self.irregular_places: list[int] = []
        for start in range(0, len(raws), _AT_ONCE):
            some = raws[start : start + _AT_ONCE]
            if not self._take(format_name, some, start):
                for place, raw in enumerate(some, start):
                    if len(some) == 1 or not self._take(format_name, [raw], place):
                        add_irregular(format_name, raw, self.irregular)
                        self.irregular_places.append(place)

    def _take(self, format_name: str, raws: Sequence[bytes | msgspec.Raw], start: int) -> bool:
        """Whether they are all regular, and so taken."""
        found = read_regular(format_name, b"[" + b",".join(raws) + b"]")
        if found is None or found.count != len(raws):
            return False
        self.regular.append(found)
        self.regular_places += range(start, start + len(raws))
        return True


def _parcel(format_name: str, places: pa.Table, pieces: Sequence[Piece], *, is_regular: bool) -> Parcel:
    records = _concat([piece.records for piece in pieces])
    for name in places.column_names:
        records = records.append_column(name, places[name])
    utterances = _concat([piece.utterances for piece in pieces])
    counts = np.concatenate([piece.counts for piece in pieces])
    return Parcel(format_name, is_regular, records, utterances, counts)


def _places(gathered: Sequence[Gathered]) -> pa.Table:
    """Where each record stands, and what is said around it."""
    integers: dict[str, list[int | None]] = {"export_no": [], "document": [], "record": [], "line": []}
    texts: dict[str, list[str | None]] = {"envelope_batch_id": [], "envelope_exported_at": []}
    for some in gathered:
        run, count = some.run, some.count
        integers["export_no"] += [some.export_number] * count
        integers["document"] += [run.document.number] * count
        integers["record"] += range(run.number, run.number + count)
        integers["line"] += [run.line] * count
        envelope = run.document.envelope or run.document.foreseen or Envelope()
        texts["envelope_batch_id"] += [envelope.batch_id] * count
        texts["envelope_exported_at"] += [envelope.exported_at] * count
    return columns.table(
        {name: columns.integers(values) for name, values in integers.items()}
        | {name: columns.texts(values) for name, values in texts.items()}
    )


def _pieces(format_name: str, several: Iterable[Regular | Piece]) -> Iterator[Piece]:
    """The same records in pieces of a size that is worth a table."""
    small = Regular()
    for records in several:
        if isinstance(records, Regular):
            small.extend(records)
        if small.count >= _PIECE_RECORDS or (small.count and isinstance(records, Piece)):
            yield _regular_piece(format_name, small)
            small = Regular()
        if isinstance(records, Piece):
            yield records
    if small.count:
        yield _regular_piece(format_name, small)


def _regular_piece(format_name: str, found: Regular) -> Piece:
    nothing = columns.texts([None] * found.count)
    records = {
        path: _texts(found.scalars[path]) if path in found.scalars else nothing
        for path in scalar_paths(format_name)
    }
    records["transcript"] = columns.texts(found.transcript)
    records["transcript_digest"] = columns.texts(found.transcript_digest)
    return Piece(columns.table(records), _utterances_table(found.utterances), found.utterances.of_each())


def _irregular_piece(found: Irregular) -> Piece:
    records = {
        "speaks_regularly": columns.flags(found.speaks_regularly),
        "transcript_digest": columns.texts(found.transcript_digest),
        "raw": _utf8(found.raws),
    }
    return Piece(columns.table(records), _utterances_table(found.utterances), found.utterances.of_each())


def _utterances_table(said: Utterances) -> pa.Table:
    return columns.table(
        {
            "place": columns.from_numpy(_places_within(said.of_each())),
            "speaker": columns.texts(said.speaker),
            "text": columns.texts(said.text),
            "timestamp": _texts(said.timestamp),
            "confidence": columns.numbers(said.confidence),
        }
    )


def _places_within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1, 2, 3 ... up to each count."""
    return np.arange(1, counts.sum() + 1) - np.repeat(counts.cumsum() - counts, counts)


def _texts(values: Sequence[Scalar]) -> pa.Array:
    """Texts, and other scalars as they stand in JSON, as far as their value goes."""
    kinds = set(map(type, values))
    if kinds <= {str, NoneType}:
        return columns.texts(values)  # type: ignore[arg-type]
    if kinds <= {int, float, NoneType}:
        return columns.texts([value if value is None else repr(value) for value in values])
    return columns.texts([value if isinstance(value, str | None) else _as_json(value) for value in values])


def _as_json(value: float) -> str:
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def _utf8(texts: Sequence[bytes | msgspec.Raw]) -> pa.Array:
    """The texts as strings. A byte that is no UTF-8 becomes `\\xNN`, which no JSON parser takes."""
    return columns.texts([bytes(text).decode("utf-8", "backslashreplace") for text in texts])


def _concat(tables: Sequence[Any]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(tables)
