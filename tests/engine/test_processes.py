"""Temporary folders: one for each engine, gone with it, and cleared by others when its process was killed."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest

import batchlake
from batchlake.engine.processes import TemporaryFolder, clear_dead_folders, is_alive
from batchlake.store.maintenance import compact, vacuum
from tests.effort import at_length
from tests.lakes import damages, ingested, write_export
from tests.storage import Bucket, environment
from tests.store.crash_points import run_in_process

SPILLING = """
import sys, batchlake
lake = batchlake.open(sys.argv[1], memory_limit="60MB", threads=1)
print(lake.sql("select count(*) from (select distinct hash(i), i from range(50_000_000) t(i))").to_dicts())
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, of the test's own."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    calls = [{"id": f"c{n}", "transcript": [{"text": f"Hi {n}"}]} for n in range(10)]
    return write_export(tmp_path / "in", "1.json", {"batch": {"id": "b", "calls": calls}})


def test_each_engine_has_a_folder_while_it_lives(tmp_path: Path, export: Path, temporary: Path) -> None:
    """Two lakes, and a result of an older state, spill into folders of their own; none is left."""
    ingested(tmp_path / "lake", export)
    lakes = [batchlake.open(tmp_path / "lake") for _ in range(2)]
    results = [lake.calls() for lake in lakes]
    fixed = lakes[0].at(lakes[0].runs().to_dicts()[0]["run_id"]).calls()
    folders = list(temporary.iterdir())
    assert len(folders) == 3
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    assert all(len(result.to_dicts()) == 10 for result in (*results, fixed))
    del lakes, results, fixed
    gc.collect()
    assert list(temporary.iterdir()) == []


@at_length
def test_a_killed_question(tmp_path: Path, export: Path, temporary: Path) -> None:
    """What it had spilled stays while it lives, and goes with the next process's first question."""
    ingested(tmp_path / "lake", export)
    process = subprocess.Popen([sys.executable, "-c", SPILLING, str(tmp_path / "lake")])
    until = time.monotonic() + 60
    while not any(path.is_file() for path in temporary.rglob("*")):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)
    clear_dead_folders()
    (folder,) = temporary.iterdir()
    assert any(folder.iterdir())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert any(folder.iterdir())
    count = "import sys, batchlake; batchlake.open(sys.argv[1]).sql('from calls').to_dicts()"
    subprocess.run([sys.executable, "-c", count, str(tmp_path / "lake")], check=True)
    assert list(temporary.iterdir()) == []


def test_a_killed_ingest(tmp_path: Path, export: Path, temporary: Path) -> None:
    """Its transcripts and its spill go with the next run of any kind."""
    ingested(tmp_path / "lake", write_export(tmp_path / "in", "0.json", {"id": "other"}))
    assert run_in_process(tmp_path / "lake", [export], 3) is None
    for name, care in (
        ("ingest", lambda root: ingested(root, export)),
        ("compact", compact),
        ("vacuum", lambda root: vacuum(root, keep_for=timedelta(0))),
    ):
        root = tmp_path / name
        shutil.copytree(tmp_path / "lake", root)
        assert list((root / "_scratch").glob("transcripts-*.parquet"))
        care(root)
        assert not (root / "_scratch").exists(), name
        assert list(temporary.glob("batchlake-*")) == [], name


@at_length
def test_a_killed_ingest_into_a_bucket(bucket: Bucket, tmp_path: Path, export: Path, temporary: Path) -> None:
    """Its transcripts are in the temporary folder, and go with the next run, which finishes the job."""
    lake = f"{bucket.address}/lake"
    variables = environment(bucket.endpoint) | {"TMPDIR": str(temporary)}
    assert run_in_process(lake, [export], 20, variables) is None
    (folder,) = temporary.glob("batchlake-*")
    assert list(folder.glob("transcripts-*.parquet"))
    bucket.delete("lake/_lock.json")
    assert ingested(lake, export).calls_new == 10
    assert damages(lake) == []
    assert list(temporary.glob("batchlake-*")) == []


def test_only_the_dead_of_this_user_and_container_are_cleared(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of others, of the living, of another container, and with other names stay."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    assert not is_alive(dead.pid)
    living = TemporaryFolder()
    namespace = living.path.name.split("-")[2]
    names = {
        f"batchlake-{dead.pid}-{namespace}-abc": False,
        f"batchlake-{dead.pid}-{int(namespace) + 1}-abc": True,
        f"batchlake-{os.getppid()}-{namespace}-abc": True,
        f"batchlake-{dead.pid}": True,
        "batchlake-demo-abc": True,
    }
    for name in names:
        (temporary / name).mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / f"batchlake-{dead.pid}-{namespace}-link").symlink_to(temporary / "elsewhere")
    kept = {name for name, stays in names.items() if stays}
    with monkeypatch.context() as patch:
        patch.setattr(os, "getuid", lambda: 12345)
        clear_dead_folders()
    assert names.keys() <= {path.name for path in temporary.iterdir()}
    clear_dead_folders()
    left = {path.name for path in temporary.iterdir()}
    assert left == {*kept, living.path.name, "elsewhere", f"batchlake-{dead.pid}-{namespace}-link"}


def test_no_room_for_a_folder(tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question is answered in memory."""
    ingested(tmp_path / "lake", export)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert len(batchlake.open(tmp_path / "lake").calls().to_dicts()) == 10
