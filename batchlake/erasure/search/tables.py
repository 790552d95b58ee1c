"""Searches the files of a lake's tables before any is rewritten: most hold nothing, and are read once.

Input: the tables at pinned versions, what is looked for. Output: the columns of each file in which something
was found. A file never changes under its name, so what was found holds until it is rewritten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from batchlake.engine import columns
from batchlake.erasure.search.parquet import Wanted, search_parquet
from batchlake.erasure.search.threads import at_once

if TYPE_CHECKING:
    from batchlake.store.delta.tables import LakeTables

Held = dict[tuple[str, str], frozenset[str]]
"""The columns in which something was found, by table and file."""


def search_tables(lake: LakeTables, pins: Mapping[str, int], wanted: Wanted) -> Held:
    """Search every file that these tables name at these versions."""
    files: list[tuple[str, str, str]] = []
    for table in pins:
        names = list(lake.sizes(table, pins[table]))
        paths = lake.storage.local(table, names)
        files += [(table, name, path) for name, path in zip(names, paths, strict=True)]
    found = at_once(lambda file: search_parquet(file[2], wanted), files)
    return {(table, name): frozenset(one.hits) for (table, name, _), one in zip(files, found, strict=True)}


def holds_any(path: str, column: str, values: Collection[str]) -> bool:
    """Whether a column of a file holds one of these values."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        held = file.read(columns=[column])[column]
    found = pc.is_in(held, columns.texts(sorted(values))).combine_chunks()
    return bool(len(columns.places(found)))
