"""The tables as other tools see them: Delta through polars, and plain Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from batchlake.schema import TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from tests.lakes import damages, ingested, rows, write_export

POLARS_TYPES = {
    "VARCHAR": pl.String(),
    "DOUBLE": pl.Float64(),
    "BIGINT": pl.Int64(),
    "BOOLEAN": pl.Boolean(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "DECIMAL(18,6)": pl.Decimal(18, 6),
}

PARQUET_TYPES = {
    "VARCHAR": "string",
    "DOUBLE": "double",
    "BIGINT": "int64",
    "BOOLEAN": "bool",
    "TIMESTAMPTZ": "timestamp[us, tz=UTC]",
    "DECIMAL(18,6)": "decimal128(18, 6)",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    call = {"id": "c1", "cost": "0.50", "transcript": {"segments": [{"speaker": "ai", "text": "Hi"}]}}
    write_export(folder / "in", "a.json", {"batch": {"id": "b1", "calls": [call, {"id": "c2"}]}})
    write_export(folder / "in", "b.json", "no JSON")
    ingested(folder / "lake", folder / "in")
    return folder / "lake"


@pytest.mark.parametrize("name", TABLES)
def test_polars_opens_every_table(root: Path, name: str) -> None:
    """`polars.scan_delta` reads each table with the documented columns and types."""
    found = pl.scan_delta(str(root / name)).collect_schema()
    table = TABLES[name]
    assert found.names() == list(table.column_names())
    for column in table.columns:
        if column.type in POLARS_TYPES:
            assert found[column.name] == POLARS_TYPES[column.type], column.name
    # Nobody was erased from this lake.
    is_empty = name in ("tombstones", "erasures")
    assert (pl.scan_delta(str(root / name)).collect().height == 0) is is_empty


@pytest.mark.parametrize("name", TABLES)
def test_every_file_is_plain_parquet(root: Path, name: str) -> None:
    """Each file is Parquet with the documented columns and types, compressed with Zstandard."""
    for path in LakeTables(root).files(name):
        file = pq.ParquetFile(path)
        types = {field.name: str(field.type) for field in file.schema_arrow}
        assert list(types) == list(TABLES[name].column_names())
        for column in TABLES[name].columns:
            if column.type in PARQUET_TYPES:
                assert types[column.name] == PARQUET_TYPES[column.type]
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_columns_carry_their_comments(root: Path) -> None:
    """The Delta schema says what each column means."""
    fields = {field.name: field.metadata for field in DeltaTable(str(root / "calls")).schema().fields}
    for column in TABLES["calls"].columns:
        assert fields[column.name] == {"comment": column.comment}


def test_the_run_that_finds_too_many_small_files_compacts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small files don't pile up, no row is lost or doubled, and earlier states can still be read."""
    monkeypatch.setattr("batchlake.store.delta.writer.MOST_SMALL_FILES", 2)
    for number in range(4):
        path = write_export(tmp_path / "in", f"{number}.json", {"id": f"c{number}", "batch_id": f"b{number}"})
        ingested(tmp_path / "lake", path)
    tables = LakeTables(tmp_path / "lake")
    assert len(tables.files("calls")) <= 2
    assert damages(tmp_path / "lake") == []
    found = rows(tmp_path / "lake", "select call_id from calls order by call_id")
    assert [row["call_id"] for row in found] == [f"c{number}" for number in range(4)]
    first = rows(tmp_path / "lake", "select table_versions['calls'] as pin from runs order by run_id")[0][
        "pin"
    ]
    assert pl.read_parquet(tables.files("calls", first)).height == 1


def test_the_files_of_a_batch_are_told_by_the_log(tmp_path: Path) -> None:
    """All files that hold one of the batches; of the others only those whose bounds are around it."""
    for run, batches in enumerate((["b1", "b5"], ["b3"], ["b7", None], [None], ["é", "😀"])):
        calls = [{"id": f"c{run}-{batch}", "batch_id": batch} for batch in batches]
        ingested(tmp_path / "lake", write_export(tmp_path / "in", f"{run}.json", calls))
    tables = LakeTables(tmp_path / "lake")
    snapshot = tables.snapshot({"calls": None, "runs": None})
    held = {path: set(pl.read_parquet(path)["batch_id"]) for path in tables.files("calls")}

    def found(*batch_ids: str) -> list[set[str | None]]:
        return sorted((held[path] for path in snapshot.files_of_batches("calls", batch_ids)), key=str)

    for batch in ("b1", "b3", "b5", "b7", "é", "😀"):
        assert [batches for batches in found(batch) if batch in batches]
    assert {"b1", "b5"} in found("b3")
    assert {"b7", None} not in found("b3")
    assert {"b3"} not in found("b1", "b5", "b9")
    assert {"b3"} in found("b9", "b3", "b0")
    assert snapshot.files_of_batches("runs", ["b1"]) == tables.files("runs")
    assert snapshot.files_of_batches("segments", ["b1"]) == []


def test_a_run_pins_the_version_of_every_table(root: Path) -> None:
    """The newest row of the ledger names the version of each other table."""
    version = Ledger(LakeTables(root)).newest()
    assert version.pins.keys() == TABLES.keys() - {"runs"}
    for name, pin in version.pins.items():
        assert DeltaTable(str(root / name)).version() == pin
