"""A process forked from one that used a lake is told so, one forked before works; neither hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.effort import at_length
from tests.paths import ROOT
from tests.query.sql_lake import make_lake

HEAD = """
import os, sys, gc
import batchlake
from batchlake.engine.engine import Engine

def child(work):
    sys.stdout.flush()
    number = os.fork()
    if number:
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    try:
        print("it answered", work())
    except batchlake.BatchlakeError as error:
        print(type(error).__name__, "spawn" in str(error))
    except BaseException as error:
        print("not ours:", type(error), error)
    sys.stdout.flush()
    os._exit(7)
"""
USED = """
lake = batchlake.open("lake")
lake.calls().to_dicts()
result, session, engine = lake.calls(), lake.session(), Engine()
filtered = lake.sql("select * from selected_calls", filter={"status": "failed"})
half = iter(lake.sql("from range(100_000)").rows())
next(half)
stream = lake.sql("from range(1_000_000)").stream()
stream.read_next_batch()
"""


def ran(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """A script run in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", HEAD + script],
        capture_output=True, text=True, check=False, timeout=60, cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forking")
    make_lake(folder)
    (folder / "export.json").write_text('{"call": {"id": "more", "status": "completed"}}', encoding="utf-8")
    return folder


WORK = [
    "lake.calls().to_dicts()", "lake.batches().to_dicts()", "lake.sql('select 1').to_dicts()",
    "lake.at('2024-01-01')",
    "batchlake.open('lake').calls().to_dicts()", "batchlake.open('new').ingest('export.json')",
    "lake.ingest('export.json')", "lake.check()", "lake.compact()", "lake.vacuum()", "lake.replay()",
    "lake.connect()",
    "lake.views_script()", "lake.batch('b1')", "lake.analytics()", "lake.report()", "result.to_dicts()",
    "result.columns", "result.pl()", "filtered.to_dicts()", "list(session.run('select 1'))",
    "session.query('select 1')", "session.select(None)", "next(half) and list(half)", "stream.read_all()",
    "engine.rows('select 1')", "Engine()",
]  # fmt: skip


def test_nothing_is_asked_in_a_forked_child(folder: Path) -> None:
    """What is tried with a lake, an engine, a session or rows, old or new, is an error that names spawn."""
    children = "".join(f"print({work!r}, child(lambda: {work}))\n" for work in WORK)
    done = ran(folder, USED + children + "print(len(lake.calls().to_dicts()), 'calls')")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    told = dict(zip(WORK, zip(lines[:-1:2], lines[1:-1:2], strict=True), strict=True))
    expected = {work: ("InvalidRequest True", f"{work} 7") for work in WORK}
    assert told == expected
    assert lines[-1] == "8 calls"


def test_a_child_may_let_go_of_what_it_cannot_use(folder: Path) -> None:
    """Neither to forget a lake, nor to end as any process does, ends a child by a signal."""
    script = """
def forget():
    global lake, result, session, engine, half, stream, filtered
    del lake, result, session, engine, half, stream, filtered
    gc.collect()
print(child(forget))
print(child(lambda: session.close()))
if os.fork() == 0:
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    done = ran(folder, USED + script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["it answered None", "7", "it answered None", "7", "3"]


def test_a_child_forked_before_works(folder: Path) -> None:
    """Where the parent has imported batchlake and made a `Lake` at most, its children ask and ingest."""
    script = """
lake = batchlake.open("lake")
print(child(lambda: len(lake.calls().to_dicts())))
print(child(lambda: batchlake.open("other").ingest("export.json").calls_new))
print(len(lake.calls().to_dicts()))
print(child(lambda: lake.calls().to_dicts()))
"""
    done = ran(folder, script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == [
        "it answered 8", "7", "it answered 1", "7", "8", "InvalidRequest True", "7", "",
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["fork", "spawn", pytest.param("forkserver", marks=at_length)])
def test_multiprocessing(folder: Path, method: str) -> None:
    """A pool of `fork` says what to use; of the others it works."""
    (folder / "counting.py").write_text(
        "import batchlake\n\n\ndef count(root):\n    return len(batchlake.open(root).calls().to_dicts())\n"
    )
    script = f"""
if __name__ == "__main__":
    import multiprocessing
    sys.path.insert(0, ".")
    from counting import count
    print(count("lake"))
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        try:
            print(pool.map(count, ["lake", "lake"]))
        except batchlake.InvalidRequest as error:
            print(error.code)
"""
    done = ran(folder, script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["8", "invalid_request" if method == "fork" else "[8, 8]"]
