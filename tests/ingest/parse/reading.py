"""The reader, and what comes of it as tests compare it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from batchlake.ingest.parse.parts import Unkept
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, Document, RawRecords
from batchlake.ingest.parse.reader import RecordReader

CALL: dict[str, Any] = {"id": "c1", "note": 'quotes " and } ] in \\ text', "about": {"tags": [1, [2]]}}
BATCH = {
    "exported_at": "2024-01-01T00:00:00Z",
    "batch": {"id": "b1", "calls": [CALL, {"id": "c2"}], "status": "done"},
}


@dataclass
class RawRecord:
    """One of `RawRecords`."""

    format: str
    raw: bytes
    document: Document
    number: int
    line: int | None


def texts(records: RawRecords) -> list[bytes]:
    """The JSON texts of records, decoded ones made anew (those here hold no known objects)."""
    if records.columns is None:
        return [bytes(raw) for raw in records.raws]
    scalars, extras = records.columns.scalars, records.columns.extra
    found = [
        {path: values[place] for path, values in scalars.items() if values[place] is not None}
        | {path: json.loads(value) for path, value in (extras[place] or {}).items()}
        for place in range(records.count)
    ]
    return [json.dumps(one).encode() for one in found]


def read(data: bytes | str, window_bytes: int = 1 << 20) -> list[RawRecord | BadRecord | CorruptExport]:
    raw = data.encode() if isinstance(data, str) else data
    items: list[RawRecord | BadRecord | CorruptExport] = []
    for item in RecordReader(window_bytes).read(io.BytesIO(raw)):
        if isinstance(item, Unkept):
            continue
        if isinstance(item, RawRecords):
            items += [
                RawRecord(item.format, text, item.document, number, item.line)
                for number, text in enumerate(texts(item), item.number)
            ]
        else:
            items.append(item)
    return items


def summary(items: list[RawRecord | BadRecord | CorruptExport]) -> list[tuple[Any, ...]]:
    """Format, value and envelope of the records; kind and code of the rest; in a fixed order."""
    found = []
    for item in items:
        if isinstance(item, RawRecord):
            envelope = item.document.envelope
            assert envelope is not None
            found.append((item.format, json.loads(item.raw), envelope.batch_id, envelope.exported_at))
        else:
            found.append((type(item).__name__, item.code))
    return sorted(found, key=repr)
