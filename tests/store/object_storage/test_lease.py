"""One writer at a time in a bucket, and what a writer that dies leaves."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import (
    LakeLocked,
    LakeNotWritable,
)
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.run import ingest
from batchlake.store.delta.tables import LakeTables
from batchlake.store.maintenance import check
from tests.effort import at_length
from tests.lakes import contents, damages, ingested, rows, write_export
from tests.storage import Bucket, environment
from tests.store.crash_points import run_in_process
from tests.store.object_storage.buckets import exports, lease
from tests.store.test_transactions import state


def write(lake: str, folder: Path, writer: int, variables: dict[str, str]) -> None:
    """Export a shared batch again and again: one more call of this writer's each time, in one run."""
    os.environ.update(variables)
    for run in range(2):
        calls = [{"id": f"w{writer}-{number}", "duration": run} for number in range(run + 1)]
        given = {"exported_at": f"2024-01-01T00:0{run}:00Z", "batch": {"id": "shared", "calls": calls}}
        path = write_export(folder / "in", f"{writer}-{run}.json", given)
        ingest(lake, [path], IngestOptions(wait_seconds=120))


@at_length
def test_writers_at_once(bucket: Bucket, lake: str, tmp_path: Path) -> None:
    """Two writers that wait for each other: every call is there in its last state."""
    context = multiprocessing.get_context("forkserver")
    variables = environment(bucket.endpoint) | {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    processes = [
        context.Process(target=write, args=(lake, tmp_path, writer, variables)) for writer in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    found = rows(lake, "select call_id, duration_seconds as duration from calls order by call_id")
    assert found == [
        {"call_id": f"w{writer}-{number}", "duration": 1.0} for writer in range(2) for number in range(2)
    ]
    assert check(lake) == []


def test_a_second_writer_is_answered(bucket: Bucket, lake: str, tmp_path: Path) -> None:
    """It is told who writes and since when; with `wait_seconds` it goes on when the first has ended."""
    (path,) = exports(tmp_path, 1)
    with LakeTables(lake).storage.lock():
        with pytest.raises(LakeLocked, match=rf"being written by process {os.getpid()} on .* since 20"):
            ingested(lake, path)
        assert ingested(lake, path, dry_run=True).calls_new == 4
    hold = threading.Event()

    def first() -> None:
        with LakeTables(lake).storage.lock():
            hold.set()
            time.sleep(1)

    thread = threading.Thread(target=first)
    thread.start()
    hold.wait()
    assert ingested(lake, path, wait_seconds=30).calls_new == 4
    thread.join()


@pytest.mark.parametrize(
    ("facts", "is_free"),
    [
        ({}, False),
        ({"renewed": "2024-01-01T00:00:00Z"}, True),
        pytest.param({"released": True}, True, marks=at_length),
    ],
)
def test_a_lease_of_another_machine(
    bucket: Bucket, lake: str, tmp_path: Path, facts: dict[str, Any], is_free: bool
) -> None:
    """It holds while it is renewed, and ends when it was given back or not renewed in time."""
    (path,) = exports(tmp_path, 1)
    bucket.put("some/lake/_lock.json", lease(**facts))
    if is_free:
        assert ingested(lake, path).calls_new == 4
    else:
        with pytest.raises(LakeLocked, match="process 7 on elsewhere"):
            ingested(lake, path)


def test_a_writer_that_was_taken_for_dead(bucket: Bucket, fed: str, tmp_path: Path) -> None:
    """One that loses its lease while it works commits nothing, and leaves the new one's lease alone."""
    _, later = exports(tmp_path, 2)
    before = contents(fed)
    stolen = lease()
    with pytest.raises(LakeLocked, match="another writer, which took over"):
        ingest(fed, [later], IngestOptions(), lambda *_: bucket.put("some/lake/_lock.json", stolen))
    assert contents(fed) == before
    with pytest.raises(LakeLocked, match="process 7 on elsewhere"):
        ingested(fed, later)
    bucket.put("some/lake/_lock.json", lease(released=True))
    assert ingested(fed, later).calls_new == 1
    assert damages(fed) == []


@at_length
def test_a_table_that_another_has_changed(fed: str, tmp_path: Path) -> None:
    """A commit between this writer's own, by anyone, is noticed: nothing is committed upon it."""
    from deltalake import DeltaTable, write_deltalake

    _, later = exports(tmp_path, 2)
    before = contents(fed)
    storage = LakeTables(fed).storage
    again = DeltaTable(storage.table("calls"), storage_options=storage.storage_options).to_pyarrow_table()

    def intrude(_location: str, size: int) -> None:
        if size == 0:
            write_deltalake(
                storage.table("calls"), again, mode="append", storage_options=storage.storage_options
            )

    with pytest.raises(LakeLocked, match="another writer, which took over"):
        ingest(fed, [later], IngestOptions(), intrude)
    assert contents(fed) == before
    assert ingested(fed, later).calls_new == 1
    assert damages(fed) == []


@at_length
def test_a_kill_leaves_the_lake_before_or_after(bucket: Bucket, fed: str, tmp_path: Path) -> None:
    """Killed in the middle, the lake is sound and the one before or after; the next ingest goes on."""
    _, second = exports(tmp_path, 2)
    variables = environment(bucket.endpoint) | {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    before = contents(fed)
    bucket.copy("some/lake", "rehearsal")
    points = run_in_process(f"{bucket.address}/rehearsal", [second], None, variables)
    assert points is not None
    after = contents(f"{bucket.address}/rehearsal")
    outcomes = []
    for fatal in (points // 2, points):
        bucket.copy("some/lake", f"killed-{fatal}")
        root = f"{bucket.address}/killed-{fatal}"
        assert run_in_process(root, [second], fatal, variables) is None
        found = state(root)
        assert found in (before, after)
        outcomes.append(found == after)
        ingested(root, second)
        assert contents(root) == after
        assert damages(root) == []
    assert outcomes[0] is False
    assert outcomes[-1] is True


def test_a_store_that_ignores_conditions(
    bucket: Bucket, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two writers could create the same object, no lake is made."""
    import obstore

    put = obstore.put
    monkeypatch.setattr(obstore, "put", lambda *given, mode, **how: put(*given, mode="overwrite", **how))
    with pytest.raises(LakeNotWritable, match=r"ignores conditions on writes \(If-None-Match\)"):
        ingested(lake, *exports(tmp_path, 1))
    assert bucket.paths() == ["some/lake/_lock.json"]
