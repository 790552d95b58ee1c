"""Rows on their way to Delta: made before they are read."""

from __future__ import annotations

from pathlib import Path

from batchlake.engine import Engine
from batchlake.ingest.changes import _made


def test_rows_sorted_at_the_limit_of_memory_are_all_read(tmp_path: Path) -> None:
    """As a stream, the sort begins within the limit and fails half way, when the reserve is of no use."""
    columns = ", ".join(f"hash(i * {number})::varchar as c{number}" for number in range(40))
    query = f"select i, {columns} from range(150_000) t(i) order by c1, c2, c3"
    with Engine(
        memory_limit="130MB", memory_in_reserve="2GB", threads=2, spill=tmp_path, keeps_order=True
    ) as engine:
        read = [batch.column("c1") for batch in _made(engine, query)]
    assert sum(map(len, read)) == 150_000
    first = [values[0].as_py() for values in read]
    assert first == sorted(first)
