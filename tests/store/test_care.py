"""Care of a lake: `check` finds what is wrong, `compact` and `vacuum` change no row."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import InvalidRequest, LakeDamaged, LakeNotFound, LakeTooNew
from batchlake.lake import Lake
from batchlake.maintenance import check, compact, vacuum
from batchlake.schema import FORMAT_VERSION
from batchlake.store import LakeTables
from tests.lakes import contents, ingested, rows, write_export


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for version in (1, 2, 3):
        calls = [{"id": f"c{n}", "duration": version, "transcript": [{"text": "Hi"}]} for n in range(version)]
        document = {"exported_at": f"2024-01-0{version}T00:00:00Z", "batch": {"id": "b", "calls": calls}}
        ingested(tmp_path / "lake", write_export(tmp_path / "in", f"{version}.json", document))
    return tmp_path / "lake"


def test_compaction_changes_no_row(root: Path) -> None:
    """Fewer files, the same rows, a run of its own, and the states before it stay readable."""
    before = contents(root)
    first = rows(root, "select run_id from runs order by run_id")[0]["run_id"]
    report = compact(root)
    assert report.tables["exports"]["files_before"] == 3
    assert report.tables["exports"]["files_after"] == 1
    assert contents(root) == before
    assert check(root) == []
    assert [row["kind"] for row in rows(root, "select kind from runs order by run_id")] == ["ingest"] * 3 + [
        "compact"
    ]
    assert len(batchlake.open(root).at(first).calls().to_dicts()) == 1


def test_compaction_of_nothing_is_no_run(root: Path) -> None:
    """Where every table is one file already, the ledger says nothing of it, and no version is new."""
    assert compact(root).run_id
    before = rows(root, "from runs order by run_id")
    again = compact(root)
    assert again.run_id is None
    assert all(one["files_before"] == one["files_after"] for one in again.tables.values())
    assert rows(root, "from runs order by run_id") == before


def test_vacuum_deletes_what_no_kept_state_names(root: Path) -> None:
    """Within the time to keep nothing goes; past it earlier states go, and asking for one says so."""
    before = contents(root)
    first = rows(root, "select run_id from runs order by run_id")[0]["run_id"]
    assert all(figures["files_deleted"] == 0 for figures in vacuum(root).tables.values())
    dry = vacuum(root, keep_for=timedelta(0), dry_run=True)
    assert dry.tables["calls"]["files_deleted"] > 0
    assert len(batchlake.open(root).at(first).calls().to_dicts()) == 1
    done = vacuum(root, keep_for=timedelta(0))
    assert done.tables["calls"]["files_deleted"] == dry.tables["calls"]["files_deleted"]
    assert done.tables["calls"]["bytes_after"] < done.tables["calls"]["bytes_before"]
    assert contents(root) == before
    assert check(root) == []
    with pytest.raises(InvalidRequest, match="vacuum"):
        batchlake.open(root).at(first).calls().to_dicts()


def test_check_names_a_file_that_is_gone_or_changed(root: Path) -> None:
    """A missing and a cut data file are named with their table."""
    (gone,) = LakeTables(root).files("batches")
    Path(gone).unlink()
    changed = Path(LakeTables(root).files("calls")[0])
    os.truncate(changed, 10)
    found = {(finding.table, finding.code) for finding in check(root)}
    assert found == {("batches", "missing_file"), ("calls", "changed_file")}


def test_damaged_pages_are_the_lakes_fault(tmp_path: Path) -> None:
    """Bytes changed anywhere in a data file: an answer, or an error that names the lake; never DuckDB's."""
    root = tmp_path / "lake"
    calls = [{"id": f"c{number}", "summary": f"Said {number * 7919} words"} for number in range(300)]
    ingested(root, write_export(tmp_path / "in", "1.json", {"batch": {"id": "b", "calls": calls}}))
    (file,) = (Path(path) for path in LakeTables(root).files("calls"))
    sound = file.read_bytes()
    dice = random.Random(3)
    damages = []
    questions: dict[str, Callable[[Lake], object]] = {
        "calls": lambda lake: lake.calls().to_dicts(),
        "sql": lambda lake: lake.sql("select * from calls").to_dicts(),
        "batch": lambda lake: lake.batch("b", include_analytics=True),
        "analytics": lambda lake: lake.analytics(),
    }
    for _ in range(30):
        place = dice.randrange(4, len(sound) - 8)
        file.write_bytes(sound[:place] + dice.randbytes(4) + sound[place + 4 :])
        for name, ask in questions.items():
            try:
                ask(batchlake.open(root))
            except LakeDamaged as error:
                damages.append((name, error))
    assert {name for name, _ in damages} == set(questions)
    assert {error.lake for _, error in damages} == {str(root)}
    assert {"Error", "InvalidInputException"} <= {type(error.__cause__).__name__ for _, error in damages}
    file.write_bytes(sound[:4] + bytes(len(sound) // 2) + sound[4 + len(sound) // 2 :])
    (finding,) = check(root)
    assert (finding.table, finding.code, file.name in finding.message) == ("calls", "damaged_file", True)


def test_check_names_tables_that_disagree(root: Path) -> None:
    """Rows put in past the ledger are only noted; pinned ones that contradict are errors."""
    import polars as pl
    from deltalake import write_deltalake

    calls = pl.scan_delta(str(root / "calls")).collect()
    write_deltalake(str(root / "calls"), calls.head(1).to_arrow(), mode="append")
    assert [(finding.level, finding.code) for finding in check(root)] == [("note", "unfinished_run")]
    versions = rows(root, "select * from runs order by run_id")[-1]["table_versions"]
    runs = pl.scan_delta(str(root / "runs")).collect().sort("run_id")
    later = (
        runs.tail(1)
        .with_columns(pl.lit("9").alias("run_id"), pl.col("finished_at") + timedelta(seconds=1))
        .to_arrow()
    )
    pins = [[(name, version + (name == "calls")) for name, version in versions.items()]]
    position = later.schema.get_field_index("table_versions")
    import pyarrow as pa

    kind = pa.map_(pa.string(), pa.int64())
    later = later.set_column(position, "table_versions", pa.array(pins, kind))
    write_deltalake(str(root / "runs"), later, mode="append")
    assert "repeated_key" in {finding.code for finding in check(root)}


def test_there_must_be_a_lake(tmp_path: Path) -> None:
    """Care of nothing is an error that says so."""
    for verb in (check, compact, vacuum):
        with pytest.raises(LakeNotFound):
            verb(tmp_path / "nothing")


def test_a_newer_lake_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lake of a later format says which it has and which are known, for readers and writers."""
    monkeypatch.setattr("batchlake.store.ledger.FORMAT_VERSION", FORMAT_VERSION - 1)
    with pytest.raises(LakeTooNew):
        batchlake.open(root).calls().to_dicts()
    with pytest.raises(LakeTooNew):
        ingested(root, root.parent / "in" / "1.json")


def test_a_read_only_lake_answers(root: Path) -> None:
    """Questions need no write permission, and an ingest says what is missing."""
    for folder, _, files in os.walk(root):
        for name in files:
            Path(folder, name).chmod(0o444)
        Path(folder).chmod(0o555)
    assert len(batchlake.open(root).calls().to_dicts()) == 3
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
