"""What a filter costs: its conditions reach the Parquet files, and one batch reads one batch's row groups."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.errors import LakeDamaged
from batchlake.filters.compile import compile_filter
from batchlake.filters.parse import read_filter
from batchlake.filters.selection import select
from batchlake.schema import CALLS, SEGMENTS

FILES, BATCHES_A_FILE, CALLS_A_BATCH = 4, 5, 200
CALLS_A_FILE = BATCHES_A_FILE * CALLS_A_BATCH
WANTED = 7
"""The batch that is asked for: a row group in the middle of the second file."""

MADE = {
    "source": "'svalync'",
    "call_id": "'call_' || i",
    "batch_id": f"'batch_' || (i // {CALLS_A_BATCH})",
    "status": "case when i % 3 = 0 then 'failed' else 'completed' end",
    "outcome": "case when i % 3 = 0 then 'failed' else 'completed' end",
    "duration_seconds": "i % 60",
    "cost": "i % 10 * 0.1",
    "call_time": "timestamptz '2024-01-01T00:00:00Z' + to_minutes(i)",
    "success": "i % 2 = 0",
    "position": "1",
    "speaker": "'ai'",
    "text": "'Hello ' || i",
    "text_key": "'hello ' || i",
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parquet files of both tables with a row group for each batch."""
    folder = tmp_path_factory.mktemp("lake")
    with Engine(threads=1) as engine:
        for table in (CALLS, SEGMENTS):
            columns = ", ".join(f"({MADE.get(c.name, 'null')})::{c.type} as {c.name}" for c in table.columns)
            for number in range(FILES):
                first = number * CALLS_A_FILE
                rows = engine.arrow(
                    f"select {columns} from range({first}, {first + CALLS_A_FILE}) r(i) order by i"
                )
                pq.write_table(rows, folder / f"{table.name}_{number}.parquet", row_group_size=CALLS_A_BATCH)
    return folder


@pytest.fixture
def engine(lake: Path) -> Iterator[Engine]:
    with Engine("the lake") as engine:
        _show(engine, lake)
        yield engine


def _show(engine: Engine, folder: Path) -> None:
    for table in (CALLS, SEGMENTS):
        engine.run(view_of(table, [str(path) for path in sorted(folder.glob(f"{table.name}_*"))]))


@pytest.mark.parametrize(
    ("chosen", "columns"),
    [
        ({"batch_id": "batch_7"}, ["batch_id"]),
        ({"batch_id": ["batch_7", "batch_9"]}, ["batch_id"]),
        ({"status": "failed"}, ["status"]),
        ({"status": ["failed", "completed"]}, ["status"]),
        ({"outcome": ["failed", "unknown"]}, ["outcome"]),
        ({"duration": {"min": 30, "max": 50}}, ["duration_seconds"]),
        ({"cost": {"min": "0.1", "max": 0.5}}, ["cost"]),
        ({"cost": {"min": "0.12345678901234567890"}}, ["cost"]),
        ({"date_range": {"start": "2024-01-01", "end": "2024-01-02"}}, ["call_time"]),
        (
            {
                "batch_id": "batch_7",
                "status": "failed",
                "duration": {"min": 1},
                "cost": {"max": "0.8"},
                "success": True,
            },
            ["batch_id", "status", "duration_seconds", "cost", "success"],
        ),
    ],
    ids=repr,
)
def test_conditions_are_filters_of_the_scan(
    engine: Engine, chosen: dict[str, Any], columns: list[str]
) -> None:
    """The plan shows them in the scan of the files, on the columns themselves, without a cast."""
    compiled = compile_filter(read_filter(chosen))
    (row,) = engine.rows(f"explain (format json) select * from calls where {compiled.sql}", compiled.params)
    shown = " ".join(_scan_filters(json.loads(row["explain_value"])))
    for column in columns:
        assert column in shown
    assert "CAST(cost" not in shown
    assert "CAST(duration" not in shown


def _scan_filters(plan: Any) -> Iterator[str]:
    for node in plan:
        found = node.get("extra_info", {}).get("Filters", "")
        yield found if isinstance(found, str) else " ".join(found)
        yield from _scan_filters(node.get("children", []))


QUERY = """
select (select count(*) from selected_calls) as calls,
       (select sum(cost)::varchar from selected_calls where duration_seconds >= 0) as cost,
       (select count(distinct text) from selected_segments) as texts
"""


@pytest.mark.parametrize("question", ["filter", "batch", "text"])
def test_one_batch_reads_one_batch(lake: Path, tmp_path: Path, question: str) -> None:
    """A question about one batch is answered though every other batch's row groups, of calls and of segments,
    are overwritten with rubbish; a question about all of them is not."""
    damaged = tmp_path / "damaged"
    shutil.copytree(lake, damaged)
    for path in damaged.iterdir():
        _ruin_all_but(path, f"batch_{WANTED}")
    selection = {
        "filter": lambda: select({"batch_id": f"batch_{WANTED}"}),
        "batch": lambda: select({"status": ["failed", "completed"]}, batch=("svalync", f"batch_{WANTED}")),
        "text": lambda: select({"text": "hello"}, batch=("svalync", f"batch_{WANTED}")),
    }[question]()
    with Engine("the lake") as engine:
        _show(engine, lake)
        whole = engine.row(selection.over(QUERY), selection.params)
        assert whole["calls"] == whole["texts"] == CALLS_A_BATCH
        _show(engine, damaged)
        assert engine.row(selection.over(QUERY), selection.params) == whole
        with pytest.raises((LakeDamaged, duckdb.Error)):
            engine.row(select().over(QUERY))


def _ruin_all_but(path: Path, batch_id: str) -> None:
    metadata = pq.ParquetFile(path).metadata
    place = metadata.schema.names.index("batch_id")
    content = bytearray(path.read_bytes())
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if group.column(place).statistics.min == batch_id:
            continue
        for chunk in (group.column(column) for column in range(group.num_columns)):
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(content)
