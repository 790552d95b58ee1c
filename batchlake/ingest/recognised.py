"""What an ingest would make of exports, without making it: whose each record is, and where each field goes.

Input: paths, or none. Output: rows. Nothing is read of a lake, and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.ingest.find.archives import UnpackError
from batchlake.ingest.find.sources import Export, find, in_turn
from batchlake.ingest.parse.decode import decoder_of
from batchlake.ingest.parse.fields import FieldList, field_list, typed_fields
from batchlake.ingest.parse.layout import read_fully
from batchlake.ingest.parse.parts import Columns
from batchlake.ingest.parse.platforms.recognition import RECOGNITION, own_platforms
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, RawRecords
from batchlake.ingest.parse.reader import WINDOW_BYTES, RecordReader
from batchlake.ingest.parse.recognition import SVALYNC_BATCHES, SVALYNC_CALLS
from batchlake.ingest.reading import UNREADABLE

if TYPE_CHECKING:
    import pyarrow as pa

EXTRA: Final = "extra"
READ: Final = "read"
SEGMENTS: Final = "segments"
"""Where a field goes that gives no column."""

_KNOWN: Final = ("platform", "records", "recognised_by", "fields", "file")
_FIELDS: Final = ("location", "platform", "records", "field", "column", "count", "unit")
_WHOLE: Final = frozenset(("fields", "count", "record", "line"))
_RECORDS: Final = ("location", "record", "line", "platform", "records", "id", "batch_id")


def known_platforms(own: Iterable[str] = ()) -> pa.Table:
    """Every platform that is known, in the order in which records are tried: the user's own ones first.

    Columns: platform, records (`calls` or `batches`), recognised_by (keys that a record needs), fields (how
    many columns are filled), file.
    """
    rows = []
    for name in (*own, *RECOGNITION, SVALYNC_CALLS, SVALYNC_BATCHES):
        known = field_list(name)
        lines = " ".join(line.text if line.text.endswith(",") else f"{line.text};" for line in known.records)
        needs = lines.removesuffix(";") or "everything else"
        rows.append((known.platform, known.kind, needs, len(known.columns), known.place))
    return _table(_KNOWN, rows)


def fields_of_exports(paths: Iterable[str | os.PathLike[str]], own: Iterable[str] = ()) -> pa.Table:
    """Every field of the records of some exports: the column that it gives, or `extra`.

    Columns: location, platform, records (`calls` or `batches`), field (a path), column (`read` where it only
    decides about others), count (records that have it), unit (what it is converted from). What is no record
    has no platform, and its problem as `column`.
    """
    counts: dict[tuple[Any, ...], int] = {}
    row: tuple[str | None, ...]
    for location, item in _items(paths, own):
        if isinstance(item, RawRecords):
            known, found = _decoded(item)
            for field, column, unit, count in fields_of_columns(known, found):
                row = (location, known.platform, known.kind, field, column, unit)
                counts[row] = counts.get(row, 0) + count
        else:
            row = (location, None, None, None, item.code, None)
            counts[row] = counts.get(row, 0) + 1
    return _table(_FIELDS, [(*row[:5], count, row[5]) for row, count in counts.items()])


def records_of_exports(paths: Iterable[str | os.PathLike[str]], own: Iterable[str] = ()) -> pa.Table:
    """Every record of some exports, and what it is recognised as.

    Columns: location, record (its number, from 1), line, platform, records (`calls` or `batches`), id,
    batch_id. What is no record has no platform, and its problem as `records`.
    """
    rows: list[tuple[Any, ...]] = []
    for location, item in _items(paths, own):
        if isinstance(item, RawRecords):
            known, found = _decoded(item)
            ids = _first_of(known.identity, found)
            batches = _first_of(known.paths_of("batch_id"), found)
            for place in range(found.count):
                batch_id = batches[place] or item.document.known.batch_id
                named = (known.platform, known.kind, ids[place], batch_id)
                rows.append((location, item.number + place, item.line, *named))
        elif isinstance(item, BadRecord):
            rows.append((location, item.number, item.line, None, item.code, None, None))
        else:
            rows.append((location, None, None, None, item.code, None, None))
    return _table(_RECORDS, rows)


def _items(
    paths: Iterable[str | os.PathLike[str]], own: Iterable[str]
) -> Iterator[tuple[str, RawRecords | BadRecord | CorruptExport]]:
    """What is found in the exports, each with its export's location; one that can't be read is a fault."""
    found = find(paths)
    for broken, error in found.broken:
        yield broken.location, _corrupt(error)
    with own_platforms(own), closing(in_turn(found.exports)) as exports:
        for export in exports:
            try:
                for item in _read(export):
                    yield export.location, item
            except (UnpackError, OSError) as error:
                yield export.location, _corrupt(error)


def _read(export: Export) -> Iterator[RawRecords | BadRecord | CorruptExport]:
    with export.open() as stream:
        head = read_fully(stream, WINDOW_BYTES)
        reader = RecordReader(again=export.open if export.path else None)
        for item in reader.read_on(head, stream):
            if isinstance(item, RawRecords | BadRecord | CorruptExport):
                yield item


def _corrupt(error: UnpackError | OSError) -> CorruptExport:
    if isinstance(error, UnpackError):
        return CorruptExport(error.code, error.message, error.byte)
    return CorruptExport(UNREADABLE, error.strerror or str(error), 0)


def _decoded(run: RawRecords) -> tuple[FieldList, Columns]:
    known = field_list(run.format)
    if run.columns is not None:
        return known, run.columns
    listed = b"[" + b",".join(map(bytes, run.raws)) + b"]"
    return known, decoder_of(run.format).decode(listed)


def fields_of_columns(known: FieldList, found: Columns) -> Iterator[tuple[str, str, str | None, int]]:
    """Each field of records: its path, its column, its unit, and how many records have it."""
    filled: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    stored = typed_fields(known.kind)
    for choice in known.choices:
        units |= choice.units
        for alternative in choice.alternatives:
            for column, path in zip(choice.columns, alternative, strict=True):
                filled.setdefault(path, []).extend([column] if column in stored else [])
        for path in choice.kept:
            filled[path].append(EXTRA)
    for path, values in found.scalars.items():
        yield path, ", ".join(filled[path]) or READ, units.get(path), len(values) - values.count(None)
    yield from ((path, SEGMENTS, None, count) for path, count in found.transcript_paths.items())
    kept: dict[str, int] = {}
    for extra in found.extra:
        for path in extra or ():
            kept[path] = kept.get(path, 0) + 1
    yield from ((path, EXTRA, None, count) for path, count in sorted(kept.items()))


def _first_of(paths: Iterable[str], found: Columns) -> list[str | None]:
    several = [found.scalars[path] for path in paths if path in found.scalars]
    return [
        next((str(values[place]) for values in several if values[place] is not None), None)
        for place in range(found.count)
    ]


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pa.Table:
    found = {}
    for place, name in enumerate(names):
        values = [row[place] for row in rows]
        found[name] = columns.integers(values) if name in _WHOLE else columns.texts(values)
    return columns.table(found)
