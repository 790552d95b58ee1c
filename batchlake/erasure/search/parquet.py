"""Searches a Parquet file for what is looked for: every string in it, those of dictionaries, maps and lists
too, calls by their id, numbers that are read out over turns.

Input: the file, what is looked for, which calls are erased. Output: hits by column, and how many strings were
read. Columns are read with their dictionaries: a text that ten thousand rows hold is searched once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from batchlake.engine import columns
from batchlake.erasure.rows import JSON_COLUMNS, NUMBER_COLUMNS, over_turns_of
from batchlake.privacy.speech import hits_in_lists
from batchlake.schema import SEGMENTS

if TYPE_CHECKING:
    from io import BytesIO

    import pyarrow as pa
    from numpy.typing import NDArray
    from pyarrow.parquet import ParquetFile

    from batchlake.erasure.landed.records import IsCall
    from batchlake.privacy.finder import Finder

TURNS: Final = "text, over turns"
"""How hits over several utterances are listed."""

_SPOKEN: Final = ("source", "call_id", "speaker", "position", "text")
_CALL: Final = ("source", "call_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for.

    Attributes:
        finder: values.
        is_call: which calls are erased.
        ids: those of the erased calls, where they are known; None where only digests are.
    """

    finder: Finder
    is_call: IsCall
    ids: frozenset[str] | None = None


@dataclass(slots=True)
class Found:
    """Hits by column, and how many strings were read."""

    hits: Counter[str] = field(default_factory=Counter)
    strings: int = 0


def search_parquet(source: BytesIO | str, wanted: Wanted) -> Found:
    """Search one file."""
    import pyarrow.parquet as pq

    found = Found()
    # A dictionary may hold what no row refers to.
    with pq.ParquetFile(source) as first:
        texts = _with_dictionaries(first)
    if isinstance(source, str):
        file = pq.ParquetFile(source, read_dictionary=texts)
    else:
        source.seek(0)
        file = pq.ParquetFile(source, read_dictionary=texts)
    names = set(file.schema_arrow.names)
    held = _of_text(file)
    is_speech = set(SEGMENTS.key) | {"speaker", "text"} <= names
    parts: list[pa.Table] = []
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=held)
        for name, column in _leaves(rows):
            if not (is_speech and name == "text"):
                _search_column(name, column, wanted.finder, found)
        if names.issuperset(_CALL):
            own = _own_calls(rows, wanted)
            if own:
                found.hits["call_id"] += own
        if is_speech:
            parts.append(_search_speech(rows, wanted.finder, found))
    if any(map(len, parts)):
        turns = len(over_turns_of(_together(parts), wanted.finder, are_parts=True))
        if turns:
            found.hits[TURNS] += turns
    return found


def _search_column(name: str, column: pa.ChunkedArray, finder: Finder, found: Found) -> None:
    for chunk in column.chunks:
        values = _values(chunk)
        found.strings += len(values)
        count = len(finder.hits(values))
        if name in NUMBER_COLUMNS and finder.looks_for_numbers:
            likely = values.take(columns.from_numpy(finder.whole_candidates(values)))
            numbers = filter(None, likely.to_pylist())
            count += sum(finder.is_whole(number) and not finder.finds(number) for number in numbers)
        if name in JSON_COLUMNS:
            count += len(hits_in_lists(finder, values))
        if count:
            found.hits[name] += count


def _values(chunk: pa.Array) -> pa.Array:
    """The texts of a chunk, or those of its dictionary; bytes of a file that isn't ours as texts."""
    import pyarrow as pa

    values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return columns.texts(
            [one if one is None else one.decode("utf-8", "replace") for one in values.to_pylist()]
        )
    return values


def _own_calls(rows: pa.Table, wanted: Wanted) -> int:
    """How many erased calls the rows are of."""
    import pyarrow.compute as pc

    rows = rows.select(_CALL)
    if wanted.ids is not None:
        held = pc.is_in(rows["call_id"], columns.texts(sorted(wanted.ids)))
        rows = rows.take(columns.from_numpy(columns.places(held)))
    # The same call stands in many rows of utterances.
    _, firsts = np.unique(columns.group_numbers(columns.plain(rows)), return_index=True)
    pairs = rows.take(columns.from_numpy(firsts))
    return sum(
        call_id is not None and wanted.is_call(source, call_id)
        for source, call_id in zip(pairs["source"].to_pylist(), pairs["call_id"].to_pylist(), strict=True)
    )


def _search_speech(rows: pa.Table, finder: Finder, found: Found) -> pa.Table:
    """Search what was said; returns the utterances that may be a part of a number read out over turns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = rows.select(_SPOKEN)
    places: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    since = 0
    for chunk in rows["text"].chunks:
        values = _values(chunk)
        found.strings += len(values)
        likely = finder.likely(values, finder.parts_sieve) if finder.looks_for_numbers else None
        some = values if likely is None else values.take(columns.from_numpy(likely))
        if count := len(finder.hits(some)):
            found.hits["text"] += count
        if likely is not None and len(likely):
            parts = likely[finder.parts(some)]
            if pa.types.is_dictionary(chunk.type):
                held = np.zeros(len(values) + 1, bool)
                held[parts] = True
                there = columns.places(pc.is_valid(chunk.indices))
                codes = columns.to_numpy(chunk.indices.cast("int64"), np.int64)[there]
                parts = there[held[codes]]
            places.append(parts + since)
        since += len(chunk)
    return columns.plain(rows.take(columns.from_numpy(np.concatenate(places))))


def _together(parts: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(parts).combine_chunks()


def _of_text(file: ParquetFile) -> list[str]:
    """The columns that hold text, and an utterance's place: numbers and times hold no value."""
    schema = file.metadata.schema
    paths = {column.path for column in map(schema.column, range(len(schema.names)))
             if column.physical_type == "BYTE_ARRAY"}  # fmt: skip
    return [
        name
        for name in file.schema_arrow.names
        if name == "position" or any(path == name or path.startswith(f"{name}.") for path in paths)
    ]


def _with_dictionaries(file: ParquetFile) -> list[str]:
    """The columns of text that have a dictionary, and can be read with it."""
    metadata = file.metadata
    found = []
    for at, name in enumerate(metadata.schema.names):
        column = metadata.schema.column(at)
        if column.physical_type != "BYTE_ARRAY" or column.path != name:
            continue
        chunks = [metadata.row_group(group).column(at) for group in range(metadata.num_row_groups)]
        encodings = {encoding for chunk in chunks for encoding in chunk.encodings}
        has_dictionary = any(chunk.has_dictionary_page for chunk in chunks)
        if has_dictionary and "DELTA_BYTE_ARRAY" not in encodings:
            found.append(name)
    return found


def _leaves(rows: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Every column of text, those inside structures, lists and maps too."""
    import pyarrow as pa

    types = pa.types
    of_text = (
        types.is_dictionary,
        types.is_string,
        types.is_large_string,
        types.is_binary,
        types.is_large_binary,
    )
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        kind = column.type
        if any(is_kind(kind) for is_kind in of_text):
            yield name, column
        elif pa.types.is_struct(kind):
            inner = pa.Table.from_arrays(column.flatten(), [f"{name}.{part.name}" for part in kind])
            yield from _leaves(inner)
        elif pa.types.is_map(kind):
            for part, values in (("key", "keys"), ("value", "items")):
                arrays = [getattr(chunk, values) for chunk in column.chunks]
                yield from _leaves(
                    pa.table(
                        {
                            f"{name}.{part}": pa.chunked_array(
                                arrays, getattr(kind, f"{part if part == 'key' else 'item'}_type")
                            )
                        }
                    )
                )
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            arrays = [chunk.values for chunk in column.chunks]
            yield from _leaves(pa.table({f"{name}.item": pa.chunked_array(arrays, kind.value_type)}))
