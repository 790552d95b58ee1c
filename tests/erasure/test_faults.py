"""A full disk, a lost lease, a kill in a bucket or of a redaction: finished, or it has not begun."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.errors import LakeLocked, LakeNotWritable
from batchlake.lake import Lake
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import BegunRun, Ledger
from batchlake.store.local import LocalStorage
from tests.effort import at_length, some
from tests.erasure.people import NUMBER, SPELLINGS, call, traces, write_export_of
from tests.lakes import damages, rows
from tests.storage import Bucket
from tests.store.crash_points import Points, fill_disk, watched
from tests.store.object_storage.buckets import lease

VALUES = (*SPELLINGS, "14155550199", "4155550199")
HERS = "from calls where call_id = 'call_000'"
STEPS = ("marker", "rewrite", "commit", "committed", "purged", "cleaned", "verified")

KILLED = """
import os, sys
import batchlake
lake, step, verb = sys.argv[1:]
def progress(name):
    if name == step:
        os.kill(os.getpid(), 9)
if verb == "redact":
    batchlake.open(lake).redact(["all"], "US", progress=progress)
else:
    batchlake.open(lake).forget(numbers=["+14155550199"], expect="any", progress=progress)
"""


def _killed(lake: str | Path, step: str, verb: str = "forget") -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(lake), step, verb], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds the person, and an earlier state of it."""
    folder = tmp_path_factory.mktemp("faults")
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export_of(folder / "1", [call(0, to_number=NUMBER), call(1)]))
    lake.ingest(write_export_of(folder / "2", [call(2, summary=f"ask {NUMBER}")]))
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


def _forgotten_with(points: Points, lake: Lake) -> None:
    """Forget the person, with a point at everything that is written, synced or deleted."""
    with pytest.MonkeyPatch.context() as patch:
        watched(points, patch.setattr)
        for name in ("delete", "write_note", "delete_note", "move_in"):
            patch.setattr(LocalStorage, name, points.around(getattr(LocalStorage, name)))
        lake.forget(numbers=[NUMBER], expect=1)


def test_a_full_disk_anywhere_is_no_half_erasure(made: Path, tmp_path: Path) -> None:
    """Before the commit nothing has happened; after it the next writer finishes. No neighbour is lost."""
    shutil.copytree(made, tmp_path / "count")
    counted = Points(None, fill_disk)
    _forgotten_with(counted, batchlake.open(tmp_path / "count"))
    for at in some(range(1, counted.passed + 1), 2):
        folder = tmp_path / f"full-{at}"
        shutil.copytree(made, folder)
        lake = batchlake.open(folder)
        # What is beside the erasure (a folder that could not be synced once more) may fail unnoticed.
        with suppress(LakeNotWritable, OSError):
            _forgotten_with(Points(at, fill_disk), lake)
        held = rows(folder, HERS)
        lake.compact()
        assert rows(folder, HERS) == held, at
        assert not lake.has_unfinished_erasure()
        if held:
            assert lake.forget(numbers=[NUMBER], expect=1).is_proven
        assert traces((*VALUES, "call_000"), folder) == [], at
        assert damages(folder) == []
        assert rows(folder, "select count(*) as calls from calls") == [{"calls": 2}]
        shutil.rmtree(folder)


def test_a_note_written_in_vain_is_taken_back(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the run of the note is committed: its row is past its table's pin. Readers
    read on, and the next writer purges around it, takes it back and notes the erasure once."""
    commit = Ledger.commit

    def full(ledger: Ledger, writer: Writer, run: BegunRun, *facts: Any, **more: Any) -> Any:
        if run.kind == "proof":
            raise LakeNotWritable(str(lake.root), "the disk is full")
        return commit(ledger, writer, run, *facts, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", full)
        for again in (False, True):
            with pytest.raises(LakeNotWritable):
                lake.compact() if again else lake.forget(numbers=[NUMBER], expect=1)
            assert lake.erasures().to_dicts() == []
            assert rows(lake.root, HERS) == []
    lake.compact()
    assert not lake.has_unfinished_erasure()
    assert len(lake.erasures().to_dicts()) == 1
    assert traces((*VALUES, "call_000"), Path(lake.root)) == []
    assert damages(lake.root) == []


@pytest.mark.parametrize("step", some(STEPS[::-1], 1))
@at_length
def test_a_redaction_that_is_killed_is_finished_or_has_not_begun(lake: Lake, step: str) -> None:
    """Before the commit all is plain and nothing redacts; after it the next writer redacts, purges, notes."""
    _killed(lake.root, step, "redact")
    is_begun = STEPS.index(step) >= STEPS.index("committed")
    assert lake.has_unfinished_erasure() == is_begun
    lake.compact()
    assert bool(traces(VALUES, Path(lake.root))) != is_begun
    if not is_begun:
        assert lake.redact(["all"], "US").is_proven
    assert traces(VALUES, Path(lake.root)) == []
    assert damages(lake.root) == []
    (noted,) = lake.erasures().to_dicts()
    assert (noted["mode"], noted["hits"]) == ("redact", 0)
    assert lake.forget(numbers=[NUMBER], expect=1).is_proven


@pytest.fixture
def far(bucket: Bucket, tmp_path: Path) -> Lake:
    """The same lake in a bucket."""
    lake = batchlake.open(f"{bucket.address}/some/lake")
    lake.ingest(
        write_export_of(tmp_path / "1", [call(0, to_number=NUMBER), call(1, summary=f"ask {NUMBER}")])
    )
    return lake


def _objects(bucket: Bucket, folder: Path) -> Path:
    """The bucket's objects as files."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in bucket.objects().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@at_length
@pytest.mark.parametrize("step", STEPS)
def test_killed_in_a_bucket(
    far: Lake, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """As in a folder; the dead writer's lease is taken over."""
    _killed(str(far.root), step)
    is_done = STEPS.index(step) >= STEPS.index("committed")
    assert (rows(str(far.root), HERS) == []) == is_done
    bucket.put("some/lake/_lock.json", lease(released=True))
    far.compact()
    assert not far.has_unfinished_erasure()
    if not is_done:
        assert far.forget(numbers=[NUMBER], expect=1).is_proven
    assert traces((*VALUES, "call_000"), _objects(bucket, tmp_path / "objects")) == []
    assert damages(str(far.root)) == []
    assert rows(str(far.root), "select call_id, summary from calls") == [
        {"call_id": "call_001", "summary": "ask <erased>"}
    ]


@pytest.mark.parametrize(("step", "is_done"), some([("committed", True), ("rewrite", False)], 1))
@at_length
def test_a_lease_that_is_lost(far: Lake, bucket: Bucket, step: str, is_done: bool) -> None:
    """Before the commit the erasure ends and nothing has happened; after it the next writer goes on."""

    def taken_over(name: str) -> None:
        if name == step:
            bucket.put("some/lake/_lock.json", lease())

    with pytest.raises(LakeLocked):
        far.forget(numbers=[NUMBER], expect=1, progress=taken_over)
    assert (rows(str(far.root), HERS) == []) == is_done
    bucket.put("some/lake/_lock.json", lease(released=True))
    far.compact()
    assert (rows(str(far.root), HERS) == []) == is_done
    assert not far.has_unfinished_erasure()
    if not is_done:
        assert far.forget(numbers=[NUMBER], expect=1).is_proven
    assert far.verify_erasures().is_clean
    assert damages(str(far.root)) == []
