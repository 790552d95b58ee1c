"""Several writers and readers at once: no update is lost, no read is torn."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import LakeLocked, LakeNotFound
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.run import ingest
from batchlake.store.lock import writer_lock
from batchlake.store.maintenance import check
from tests.effort import EVERYTHING
from tests.lakes import engine_of, ingested, rows, write_export

RUNS = int(os.environ.get("BATCHLAKE_RUNS", "6" if EVERYTHING else "2"))
"""Runs of each writer and questions of each reader; 50 shows it at length."""

PEOPLE = 4 if EVERYTHING else 2


def write(folder: Path, writer: int) -> None:
    """Export a shared batch again and again: one more call of this writer's each time, in one run."""
    for run in range(RUNS):
        calls = [{"id": f"w{writer}-{number}", "duration": run, "transcript": [{"text": f"Run {run}"}]}
                 for number in range(run + 1)]  # fmt: skip
        document = {"exported_at": f"2024-01-01T00:{run:02}:00Z", "batch": {"id": "shared", "calls": calls}}
        path = write_export(folder / "in", f"{writer}-{run}.json", document)
        ingest(folder / "lake", [path], IngestOptions(wait_seconds=300))


def read(folder: Path, findings: Any) -> None:
    """Ask for what must agree within one state: each run gives all calls of its writer one duration."""
    torn = 0
    for _ in range(RUNS):
        try:
            with engine_of(folder / "lake") as engine:
                torn += engine.row(
                    """
                    select count(*) as torn from (
                        select split_part(call_id, '-', 1) as writer, count(*) as calls,
                            min(duration_seconds) as lowest, max(duration_seconds) as highest,
                            sum(segment_count) as counted
                        from calls group by all
                    ) held
                    left join (
                        select split_part(call_id, '-', 1) as writer, count(*) as said, min(text) as least,
                            max(text) as most
                        from segments group by all
                    ) spoken using (writer)
                    where lowest <> highest or calls <> highest + 1 or said <> calls or least <> most
                        or most <> 'Run ' || highest::bigint
                    """
                )["torn"]
        except LakeNotFound:
            time.sleep(0.05)
    findings.put(torn)


def test_writers_and_readers_at_once(tmp_path: Path) -> None:
    """Several writers and readers: every call is there in its last state, and no reader saw half a run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["batchlake.ingest.run", "polars", "pyarrow", "tests.store.test_concurrency"]
    )
    findings = context.SimpleQueue()
    processes = [context.Process(target=write, args=(tmp_path, writer)) for writer in range(PEOPLE)]
    processes += [context.Process(target=read, args=(tmp_path, findings)) for _ in range(PEOPLE)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)
    assert [findings.get() for _ in range(PEOPLE)] == [0] * PEOPLE
    found = rows(
        tmp_path / "lake", "select call_id, duration_seconds as duration from calls order by call_id"
    )
    expected = [{"call_id": f"w{writer}-{number}", "duration": RUNS - 1}
                for writer in range(PEOPLE) for number in range(RUNS)]  # fmt: skip
    assert found == sorted(expected, key=lambda row: str(row["call_id"]))
    assert len(rows(tmp_path / "lake", "select * from runs")) == PEOPLE * RUNS
    assert check(tmp_path / "lake") == []


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Without waiting, the second writer gets the holder's process and since when, and changes nothing."""
    path = write_export(tmp_path / "in", "a.json", {"id": "c1"})
    with writer_lock(tmp_path / "lake"), pytest.raises(LakeLocked) as caught:
        ingested(tmp_path / "lake", path)
    assert f"process {os.getpid()}" in str(caught.value.holder)
    assert str(caught.value.since).endswith("Z")
    assert ingested(tmp_path / "lake", path).calls_new == 1
