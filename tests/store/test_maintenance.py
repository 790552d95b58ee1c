"""Care of a lake: `check` finds what is wrong, `compact` and `vacuum` change no row."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

import batchlake
from batchlake.errors import InvalidRequest, LakeDamaged, LakeNotFound, LakeTooNew, StateVacuumed
from batchlake.lake import Lake
from batchlake.schema import PLAIN_FORMAT, TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.maintenance import MaintenanceReport, check, compact, vacuum
from tests.effort import EVERYTHING, at_length, share, some
from tests.lakes import contents, ingested, rows, write_export


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three exports and a lake of three runs."""
    folder = tmp_path_factory.mktemp("runs")
    for version in (1, 2, 3):
        calls = [{"id": f"c{n}", "duration": version, "transcript": [{"text": "Hi"}]} for n in range(version)]
        document = {"exported_at": f"2024-01-0{version}T00:00:00Z", "batch": {"id": "b", "calls": calls}}
        ingested(folder / "lake", write_export(folder / "in", f"{version}.json", document))
    return folder


@pytest.fixture
def root(three_runs: Path, tmp_path: Path) -> Path:
    """The lake, for the test alone."""
    shutil.copytree(three_runs, tmp_path, dirs_exist_ok=True)
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
    thrown = [(dice.randrange(4, len(sound) - 8), dice.randbytes(4)) for _ in range(30)]
    for place, noise in share(thrown, 1, 5):
        file.write_bytes(sound[:place] + noise + sound[place + 4 :])
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
    monkeypatch.setattr("batchlake.store.ledger.FORMAT_VERSION", PLAIN_FORMAT - 1)
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


def exported(folder: Path, day: int) -> Path:
    """The export of one batch on a day: every call changes, one is new."""
    calls = [
        {"id": f"c{n}", "duration": day, "transcript": [{"text": f"Hi {day}"}] * 2}
        for n in range(day % 7 + 1)
    ]
    stamp = f"2024-{day // 28 + 1:02}-{day % 28 + 1:02}T00:00:00Z"
    return write_export(
        folder / "in", f"{day}.json", {"exported_at": stamp, "batch": {"id": "b", "calls": calls}}
    )


def run_ids(root: Path) -> list[str]:
    """The lake's runs, oldest first."""
    return [row["run_id"] for row in rows(root, "select run_id from runs order by run_id")]


def named_by(root: Path, run_ids: Iterable[str]) -> dict[str, set[str]]:
    """The names of the data files that the states of these runs name, read by delta-rs."""
    wanted = set(run_ids)
    pins = [row["table_versions"] for row in rows(root, "from runs") if row["run_id"] in wanted]
    return {
        name: {
            Path(uri).name
            for version in ({pin[name] for pin in pins} if name != "runs" else {None})
            for uri in DeltaTable(str(root / name), version=version).file_uris()
        }
        for name in TABLES
    }


def there(root: Path) -> dict[str, set[str]]:
    """The names of the data files that are there."""
    return {name: {path.name for path in (root / name).glob("*.parquet*")} for name in TABLES}


def oldest_entries(root: Path) -> dict[str, int]:
    """The version with which each table's log begins."""
    return {name: min(int(path.name[:20]) for path in log_of(root, name)) for name in TABLES}


def log_of(root: Path, name: str) -> list[Path]:
    """The entries of a table's log, oldest first."""
    return sorted((root / name / "_delta_log").glob("0*"))


def keep_last(root: Path, monkeypatch: pytest.MonkeyPatch, count: int, **options: Any) -> MaintenanceReport:
    """A vacuum that keeps the states of the last so many runs."""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "since", lambda self, moment: self.all()[:count])
        return vacuum(root, **options)


@pytest.fixture(scope="module")
def five_runs(three_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with two runs more."""
    folder = tmp_path_factory.mktemp("more") / "runs"
    shutil.copytree(three_runs, folder)
    for day in (4, 5):
        ingested(folder / "lake", exported(folder, day))
    return folder


@pytest.fixture
def long_root(five_runs: Path, tmp_path: Path) -> Path:
    """Its lake, for the test alone."""
    shutil.copytree(five_runs, tmp_path, dirs_exist_ok=True)
    return tmp_path / "lake"


def test_vacuum_goes_by_what_is_there(long_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that dead runs left go, named in a log or not; each log begins at the oldest state kept."""
    root = long_root
    for day in range(6, 9 if EVERYTHING else 6):
        ingested(root, exported(root.parent, day))
    for name in TABLES:
        (root / name / "part-killed.zstd.parquet").write_bytes(b"half a fi")
        (root / name / "part-killed.zstd.parquet#1").write_bytes(b"half")
        (root / name / "_delta_log" / "_commit_killed.json.tmp").write_bytes(b"{")
    assert {(finding.level, finding.code) for finding in check(root)} == {("note", "unnamed_file")}
    assert all("vacuum" in finding.mend for finding in check(root))
    ids = run_ids(root)
    states = [contents_at(root, one) for one in ids[-3:]]
    dry = keep_last(root, monkeypatch, 3, dry_run=True)
    assert there(root)["calls"] >= {"part-killed.zstd.parquet"}
    done = keep_last(root, monkeypatch, 3)
    for name, figures in done.tables.items():
        assert figures["files_deleted"] == dry.tables[name]["files_deleted"] >= 2
        assert figures["log_entries_deleted"] == dry.tables[name]["log_entries_deleted"] >= 1
    assert there(root) == named_by(root, ids[-3:])
    pins = [row["table_versions"] for row in rows(root, "from runs order by run_id")][-3:]
    oldest = oldest_entries(root)
    assert {name: oldest[name] for name in pins[0]} == pins[0]
    assert check(root) == []
    lake = batchlake.open(root)
    for one, expected in zip(ids[-3:], states, strict=True):
        assert contents_at(root, one) == expected
    for one in ids[:-3]:
        with pytest.raises(StateVacuumed, match=f"the state of run {one} .* vacuumed") as caught:
            lake.at(one).calls().to_dicts()
        assert isinstance(caught.value, InvalidRequest)
    # The time to keep reaches back to states that are gone.
    again = vacuum(root, keep_for=timedelta(days=10_000))
    assert all(figures["files_deleted"] == 0 for figures in again.tables.values())
    for day in some((9, 10), 1):
        ingested(root, exported(root.parent, day))
        compact(root)
    assert check(root) == []
    assert contents_at(root, ids[-3]) == states[0]


def contents_at(root: Path, run_id: str) -> Any:
    """What some tables hold in the state of a run."""
    lake = batchlake.open(root).at(run_id)
    return [
        lake.sql(f"select * from {name} order by all").to_dicts() for name in ("calls", "segments", "exports")
    ]


@at_length
def test_a_long_log_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past several checkpoints of Delta's own, wherever it is cut: what is kept is readable, runs go on."""
    root = tmp_path / "lake"
    monkeypatch.setattr("batchlake.store.delta.writer._CHECKPOINT_INTERVAL", 4 if EVERYTHING else 2)
    runs, lasting = (9, (7, 4)) if EVERYTHING else (5, (4,))
    for day in range(1, runs + 1):
        ingested(root, exported(tmp_path, day))
    ids = run_ids(root)
    states = {one: contents_at(root, one) for one in ids}
    for kept in lasting:
        copy = tmp_path / f"kept{kept}"
        shutil.copytree(root, copy)
        for kept_then in (kept, max(1, kept // 2)):
            keep_last(copy, monkeypatch, kept_then)
            assert check(copy) == []
            for one in ids[-kept_then:]:
                assert contents_at(copy, one) == states[one]
            assert there(copy) == named_by(copy, ids[-kept_then:])
        (copy / "calls" / "_delta_log" / "_last_checkpoint").unlink(missing_ok=True)
        ingested(copy, exported(tmp_path, 13))
        assert check(copy) == []
        assert len(batchlake.open(copy).calls().to_dicts()) == 7


def test_a_vacuum_killed_anywhere(long_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before any deletion, the lake is sound, kept states are readable; the next vacuum ends it."""

    class Killed(BaseException):
        """Nothing catches it."""

    root = long_root
    ids = run_ids(root)
    states = {one: contents_at(root, one) for one in ids[-2:]}
    whole = root.parent / "whole"
    shutil.copytree(root, whole)
    figures = keep_last(whole, monkeypatch, 2).tables.values()
    steps = sum(one["files_deleted"] + one["log_entries_deleted"] for one in figures)
    assert steps > 20
    unlink = Path.unlink
    for fatal in some(range(steps // 4, steps, steps // 4), 1):
        copy = root.parent / f"killed{fatal}"
        shutil.copytree(root, copy)
        passed = 0

        def die(path: Path, **how: Any) -> None:
            nonlocal passed
            if path.parent.name != copy.name:  # noqa: B023 - not the lock's
                if passed == fatal:  # noqa: B023
                    raise Killed
                passed += 1
            unlink(path, **how)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", die)
            with pytest.raises(Killed):
                keep_last(copy, monkeypatch, 2)
        assert [finding for finding in check(copy) if finding.level == "error"] == []
        for one, expected in states.items():
            assert contents_at(copy, one) == expected
        if fatal % 2:
            ingested(copy, exported(root.parent, 6))
        else:
            keep_last(copy, monkeypatch, 2)
            assert there(copy) == there(whole)
            assert oldest_entries(copy) == oldest_entries(whole)
        assert [finding for finding in check(copy) if finding.level == "error"] == []


def test_what_can_not_be_followed_is_not_deleted(root: Path) -> None:
    """A log with a gap is damage: `check` says so and `vacuum` deletes nothing."""
    log_of(root, "calls")[1].unlink()
    before = there(root)
    assert [(finding.table, finding.code) for finding in check(root) if finding.level == "error"]
    with pytest.raises(LakeDamaged):
        vacuum(root, keep_for=timedelta(0))
    assert there(root)["calls"] == before["calls"]


def test_a_lost_file_that_the_newest_run_names_is_damage(root: Path) -> None:
    """Not a vacuum: for the newest state and for an earlier one that names it too."""
    first = LakeTables(root).files("calls", 1)
    ingested(root, write_export(root.parent / "in", "other.json", {"id": "x", "batch_id": "other"}))
    lake = batchlake.open(root)
    oldest, *_, before, newest = run_ids(root)
    for file in LakeTables(root).files("calls"):
        Path(file).unlink()
    for state in (lake, lake.at(newest), lake.at(before)):
        with pytest.raises(LakeDamaged):
            state.calls().to_dicts()
    for file in first:
        Path(file).unlink()
    with pytest.raises(StateVacuumed):
        lake.at(oldest).calls().to_dicts()
