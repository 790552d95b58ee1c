"""Searches the files of a lake's tables before any is rewritten: most hold nothing, and are read once.

Input: the tables at pinned versions, what is looked for. Output: the columns of each file in which something
was found, and the digests of the files that hold nothing: bytes that are equal need no second search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from batchlake.engine import columns
from batchlake.erasure.search.parquet import Wanted, search_parquet
from batchlake.erasure.search.threads import at_once

if TYPE_CHECKING:
    from batchlake.store.delta.tables import LakeTables

Held = dict[tuple[str, str], frozenset[str]]
"""The columns in which something was found, by table and file."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found.

    Attributes:
        held: in which columns of which files.
        clean: how many strings a file has that holds nothing, by the SHA-256 of its bytes.
    """

    held: Held = field(default_factory=dict)
    clean: dict[bytes, int] = field(default_factory=dict)


def search_tables(lake: LakeTables, pins: Mapping[str, int], wanted: Wanted) -> Searched:
    """Search every file that these tables name at these versions, its bytes and every string in it."""
    files: list[tuple[str, str, str]] = []
    for table in pins:
        names = list(lake.sizes(table, pins[table]))
        paths = lake.storage.local(table, names)
        files += [(table, name, path) for name, path in zip(names, paths, strict=True)]
    searched = Searched()

    def search(file: tuple[str, str, str]) -> None:
        table, name, path = file
        data = Path(path).read_bytes()
        found = search_parquet(BytesIO(data), wanted)
        searched.held[table, name] = frozenset(found.hits)
        if not found.hits and not wanted.finder.hits_in_bytes(data):
            searched.clean[hashlib.sha256(data).digest()] = found.strings

    for _ in at_once(search, files):
        pass
    return searched


def holds_any(path: str, column: str, values: Collection[str]) -> bool:
    """Whether a column of a file holds one of these values."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        held = file.read(columns=[column])[column]
    found = pc.is_in(held, columns.texts(sorted(values)))
    return bool(len(columns.places(found)))
