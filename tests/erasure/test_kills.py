"""Killed at any step, an erasure has not happened, or is finished by the next writer."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import batchlake
from batchlake.store.maintenance import check
from tests.effort import at_length, some
from tests.erasure.people import NUMBER, SPELLINGS, traces
from tests.lakes import damages, rows

VALUES = (*SPELLINGS, "14155550199", "4155550199", "call_000", "call_001")

KILLED = """
import os, sys
import batchlake
step = sys.argv[2]
def progress(name):
    if name == step:
        os.kill(os.getpid(), 9)
batchlake.open(sys.argv[1]).forget(numbers=["+14155550199"], expect=2, progress=progress)
"""

KILLED_DELETING = """
import os, sys
import batchlake
from batchlake.store.local import LocalStorage
left = int(sys.argv[2])
delete = LocalStorage.delete
def counted(self, table, names):
    global left
    for name in names:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        delete(self, table, [name])
LocalStorage.delete = counted
batchlake.open(sys.argv[1]).forget(numbers=["+14155550199"], expect=2)
"""


@pytest.fixture
def lake(planted_lake: batchlake.Lake) -> batchlake.Lake:
    """The planted lake."""
    return planted_lake


def _killed(script: str, lake: batchlake.Lake, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script, str(lake.root), how], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("step", some(["commit", "marker", "rewrite"], 1))
def test_killed_before_the_commit_nothing_has_happened(
    lake: batchlake.Lake, tmp_path: Path, step: str
) -> None:
    """The person is still there, the lake is sound after the next run, and the erasure can be done again."""
    before = rows(lake.root, "select count(*) as calls from calls")
    _killed(KILLED, lake, step)
    assert rows(lake.root, "select count(*) as calls from calls") == before
    lake.ingest(tmp_path / "exports")
    assert lake.forget(numbers=[NUMBER], expect=2).is_proven
    assert traces(VALUES, tmp_path / "lake") == []
    assert damages(lake.root) == []


@pytest.mark.parametrize("step", some(["committed", "purged", "cleaned", "verified"], 1))
def test_killed_after_the_commit_the_next_writer_finishes(
    lake: batchlake.Lake, tmp_path: Path, step: str
) -> None:
    """Readers see the erased state; `check` says so; the next compact finishes and proves it."""
    _killed(KILLED, lake, step)
    assert rows(lake.root, "from calls where call_id in ('call_000', 'call_001')") == []
    assert "unfinished_erasure" in {finding.code for finding in check(lake.root)}
    lake.compact()
    assert traces(VALUES, tmp_path / "lake") == []
    assert damages(lake.root) == []
    erasure = lake.erasures().to_dicts()[0]
    assert (erasure["calls"], erasure["hits"]) == (2, 0)


@pytest.mark.parametrize("deleted", some([3, 0, 11], 1))
def test_killed_between_two_deletions_the_lake_stays_readable(
    lake: batchlake.Lake, tmp_path: Path, deleted: int
) -> None:
    """Whatever is deleted already, the newest state answers, and the next writer goes on."""
    _killed(KILLED_DELETING, lake, str(deleted))
    assert rows(lake.root, "from calls where call_id = 'call_000'") == []
    lake.vacuum()
    assert traces(VALUES, tmp_path / "lake") == []
    assert damages(lake.root) == []


@at_length
def test_a_reader_in_a_loop_sees_before_or_after(lake: batchlake.Lake) -> None:
    """No question fails, and each counts the calls of one state or the other."""
    counts: list[int] = []
    failures: list[Exception] = []
    done = threading.Event()
    reader = batchlake.open(lake.root)

    def read() -> None:
        while not done.is_set():
            try:
                counts.append(reader.analytics().statistics.total_calls)
            except Exception as error:
                failures.append(error)
            done.wait(0.1)

    thread = threading.Thread(target=read)
    thread.start()
    before = len(lake.calls().to_dicts())
    lake.forget(numbers=[NUMBER], expect=2)
    done.set()
    thread.join()
    assert failures == []
    assert set(counts) <= {before, before - 2}
