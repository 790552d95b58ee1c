"""A lake of a batchlake that had fewer columns: every question reads it, a writer adds the columns."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, Schema, write_deltalake

import batchlake
from batchlake.schema import TABLES
from batchlake.store.maintenance import check, compact, vacuum
from tests.effort import at_length
from tests.lakes import contents, damages, ingested, rows, write_export

LACKING = {
    "calls": ("ended_by", "field_observed_at", "cost", "success", "ended_at", "engagement"),
    "segments": ("confidence", "spoken_at"),
    "batches": ("reported_common_responses", "completed_at"),
    "problems": ("byte",),
    "runs": ("host",),
}
"""Columns of every type, last and between others, that the earlier lake lacks and its run left null."""


def document(day: int, batch: str = "b", **fields: Any) -> dict[str, Any]:
    calls = [
        {"id": f"{batch}{n}", "status": "completed", "duration": day, "transcript": [{"text": f"Hi {day}"}]}
        | fields
        for n in range(day + 1)
    ]
    header = {"id": batch, "status": "completed", "calls": calls}
    return {"exported_at": f"2024-01-0{day}T00:00:00Z", "batch": header}


def remove_columns(root: Path) -> None:
    """Make of a lake with one run what an earlier batchlake would have left."""
    for name, columns in LACKING.items():
        folder = root / name
        delta = DeltaTable(str(folder))
        held = pl.read_delta(str(folder))
        assert delta.version() == 1 or (held.is_empty() and delta.version() == 0)
        assert name == "runs" or all(held[column].is_null().all() for column in columns)
        kept = Schema([field for field in delta.schema().fields if field.name not in columns])
        configuration = delta.metadata().configuration
        shutil.rmtree(folder)
        made = DeltaTable.create(str(folder), schema=kept, configuration=configuration)
        if not held.is_empty():
            write_deltalake(made, held.drop(columns).to_arrow(), mode="append")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export, a `plain` lake of it, and that `lake` as an earlier batchlake left it."""
    folder = tmp_path_factory.mktemp("columns")
    export = write_export(folder / "in", "1.json", [document(1), document(1, "other")])
    ingested(folder / "plain", export)
    shutil.copytree(folder / "plain", folder / "lake")
    remove_columns(folder / "lake")
    return folder


@pytest.fixture
def root(earlier: Path, tmp_path: Path) -> Path:
    """The earlier lake, for the test alone; its export and the plain lake lie beside it."""
    shutil.copytree(earlier, tmp_path, dirs_exist_ok=True)
    return tmp_path / "lake"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """An export that has values for the columns."""
    fields = {"cost": "0.25", "success": True, "ended_by": "user", "end_time": "2024-01-02T00:00:00Z"}
    return write_export(tmp_path / "in", "2.json", document(2, **fields))


def test_an_earlier_lake_answers(root: Path) -> None:
    """Every question has an answer, the missing columns are NULL, and nothing is written."""
    before = sorted(path.name for path in root.rglob("*"))
    lake = batchlake.open(root)
    (first, *_) = found = lake.calls({"batch_id": "b"}).to_dicts()
    assert len(found) == 2
    assert list(first) == list(TABLES["calls"].column_names())
    assert {first[column] for column in LACKING["calls"]} == {None}
    assert lake.sql("select count(*) as n from calls where cost is null").to_dicts() == [{"n": 4}]
    assert lake.sql("select count(*) as n from calls where cost >= 0").to_dicts() == [{"n": 0}]
    assert lake.calls({"cost": {"min": 0}}).to_dicts() == []
    assert lake.batch("b", include_analytics=True, include_transcripts=True).batch.statistics.total_calls == 2
    assert lake.call("b0").call.id == "b0"
    assert lake.analytics(by="batch_id").statistics.total_calls == 4
    assert len(lake.audit().batches) == 2
    assert lake.progress("b").batch_id == "b"
    assert len(lake.batches().to_dicts()) == 2
    assert lake.runs().to_dicts()[0]["host"] is None
    assert len(lake.exports().to_dicts()) == 1
    assert lake.problems().to_dicts() == []
    assert lake.report("b").document
    with lake.connect() as connection:
        assert connection.execute("select count(*), count(ended_at) from calls").fetchall() == [(4, 0)]
    assert check(root) == []
    assert sorted(path.name for path in root.rglob("*")) == before


def test_a_writer_adds_the_columns_that_older_files_lack(root: Path, newer: Path, tmp_path: Path) -> None:
    """After the next ingest the lake is one that always had the columns, and its older state can be read."""
    first = rows(root, "from runs")[0]["run_id"]
    ingested(root, newer)
    ingested(tmp_path / "plain", newer)
    expected = contents(tmp_path / "plain")
    assert contents(root) == expected
    assert check(root) == []
    for name, table in TABLES.items():
        found = pl.scan_delta(str(root / name)).collect_schema()
        assert set(found.names()) == set(table.column_names())
    assert pl.read_delta(str(root / "calls"))["cost"].null_count() == 2
    assert len(batchlake.open(root).at(first).calls().to_dicts()) == 4
    compact(root)
    vacuum(root, keep_for=timedelta(0))
    assert check(root) == []
    assert contents(root) == expected


def test_only_data_makes_a_run(root: Path) -> None:
    """Adding columns alone is no run: neither `compact` with nothing to fold nor a known export makes one."""
    assert compact(root).run_id is None
    assert ingested(root, root.parent / "in" / "1.json").run_id is None
    assert len(rows(root, "from runs")) == 1
    assert check(root) == []


@at_length
def test_what_a_dead_run_left_is_taken_back_with_its_columns(root: Path, newer: Path) -> None:
    """A run that died after it added columns and rows: both go, and the next run adds the columns anew."""
    copy = root.parent / "copy"
    shutil.copytree(root, copy)
    ingested(root, newer)
    expected = contents(root)
    # The ledger as it was before that run.
    shutil.rmtree(root / "runs")
    shutil.copytree(copy / "runs", root / "runs")
    assert contents(root) == contents(copy)
    assert damages(root) == []
    ingested(root, newer)
    assert contents(root) == expected
    assert damages(root) == []
    vacuum(root)
    assert check(root) == []
