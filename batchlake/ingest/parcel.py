"""What is typed at once: raw records of one format as Arrow tables, their regular transcripts taken apart.

In come records as they were gathered, out comes a `Parcel` for the typist.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from batchlake.ingest.records import RawRecords
from batchlake.ingest.regularity import regularity
from batchlake.ingest.shapes import Envelope

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_PIECE_RECORDS: Final = 2_048
"""How many records are Python objects at a time."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Records of one format.

    Attributes:
        format: names their file in `sql/sources`.
        records: the relation `gathered_records`, without `is_json`.
        utterances: of their regular transcripts; the relation `given_utterances`.
    """

    format: str
    records: pa.Table
    utterances: pa.Table


def wrap(format_name: str, gathered: Sequence[tuple[int, RawRecords]]) -> Parcel:
    """The parcel of records, each run of them with the number of its export."""
    import pyarrow as pa

    raws = [raw for _, run in gathered for raw in run.raws]
    starts = range(0, max(len(raws), 1), _PIECE_RECORDS)
    pieces = [_piece(format_name, raws[start : start + _PIECE_RECORDS]) for start in starts]
    records, utterances = (pa.concat_tables(tables) for tables in zip(*pieces, strict=True))
    places = _places(gathered)
    for name in places.column_names:
        records = records.append_column(name, places[name])
    of_record = np.repeat(np.arange(len(raws)), records["utterances"].to_numpy())
    for name in ("export_no", "record"):
        utterances = utterances.append_column(name, places[name].take(pa.array(of_record)))
    return Parcel(format_name, records.drop_columns("utterances"), utterances)


def _places(gathered: Sequence[tuple[int, RawRecords]]) -> pa.Table:
    """Where each record stands, and what is said around it."""
    import pyarrow as pa

    integers: dict[str, list[int | None]] = {"export_no": [], "document": [], "record": [], "line": []}
    texts: dict[str, list[str | None]] = {"envelope_batch_id": [], "envelope_exported_at": []}
    for export_number, run in gathered:
        count = len(run.raws)
        integers["export_no"] += [export_number] * count
        integers["document"] += [run.document.number] * count
        integers["record"] += range(run.number, run.number + count)
        integers["line"] += [run.line] * count
        envelope = run.document.envelope or run.document.foreseen or Envelope()
        texts["envelope_batch_id"] += [envelope.batch_id] * count
        texts["envelope_exported_at"] += [envelope.exported_at] * count
    return pa.table(
        {name: pa.array(values, pa.int64()) for name, values in integers.items()}
        | {name: pa.array(values, pa.string()) for name, values in texts.items()}
    )


def _piece(format_name: str, raws: Sequence[bytes | msgspec.Raw]) -> tuple[pa.Table, pa.Table]:
    """Some records, with how many regular utterances each has, and those utterances."""
    import pyarrow as pa

    found = regularity(format_name, raws)
    said = found.utterances
    records = {
        "is_regular": pa.array(found.is_regular, pa.bool_()),
        "speaks_regularly": pa.array(found.speaks_regularly, pa.bool_()),
        "transcript_digest": pa.array(found.transcript_digest, pa.string()),
        "raw": _utf8(found.raws),
        "utterances": pa.array(said.counts, pa.int64()),
    }
    utterances = {
        "place": pa.array(_places_within(np.array(said.counts, np.int64))),
        "speaker": pa.array(said.speaker, pa.string()),
        "text": pa.array(said.text, pa.string()),
        "timestamp": _texts(said.timestamp),
        "confidence": _numbers(said.confidence),
    }
    return pa.table(records), pa.table(utterances)


def _places_within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1, 2, 3 ... up to each count."""
    return np.arange(1, counts.sum() + 1) - np.repeat(counts.cumsum() - counts, counts)


def _numbers(values: Sequence[float | None]) -> pa.Array:
    """Numbers; with no NULL among them at a third of the cost."""
    import pyarrow as pa

    try:
        return pa.array(np.asarray(array("d", values)))  # type: ignore[type-var]
    except TypeError:
        return pa.array(values, pa.float64())


def _texts(values: Sequence[str | float | None]) -> pa.Array:
    """Texts, and numbers as texts."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _utf8(texts: Sequence[bytes | msgspec.Raw]) -> pa.Array:
    """The texts as strings. A byte that is no UTF-8 becomes `\\xNN`, which no JSON parser takes."""
    import pyarrow as pa

    whole = [bytes(text) for text in texts]
    try:
        return pa.array(whole, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([text.decode("utf-8", "backslashreplace") for text in whole], pa.string())
