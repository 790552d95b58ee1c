"""A reader at work while a run finishes and a vacuum deletes what the reader was reading."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.errors import InvalidRequest, LakeDamaged, StateVacuumed
from batchlake.lake import Lake
from batchlake.query.snapshot import LakeState
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.maintenance import check, vacuum
from tests.effort import at_length
from tests.lakes import ingested, write_export
from tests.storage import Bucket


def run_and_vacuum(root: Path | str, folder: Path, day: int) -> None:
    """Another run that changes every call, and a vacuum that keeps its state alone."""
    calls = [{"id": f"c{n}", "duration": day, "transcript": [{"text": f"Hi {day}"}]} for n in range(3)]
    document = {"exported_at": f"2024-01-{day:02}T00:00:00Z", "batch": {"id": "b", "calls": calls}}
    ingested(root, write_export(folder / "in", f"{day}.json", document))
    vacuum(root, keep_for=timedelta(0))


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export and a lake of it."""
    folder = tmp_path_factory.mktemp("run")
    run_and_vacuum(folder / "lake", folder, 1)
    return folder


@pytest.fixture(scope="module")
def two_runs(one_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lake after another run and a vacuum."""
    folder = tmp_path_factory.mktemp("runs")
    shutil.copytree(one_run, folder, dirs_exist_ok=True)
    run_and_vacuum(folder / "lake", folder, 2)
    return folder / "lake"


@pytest.fixture(scope="module")
def three_runs(one_run: Path, two_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That lake after one more of each."""
    folder = tmp_path_factory.mktemp("more_runs")
    shutil.copytree(one_run / "in", folder / "in")
    shutil.copytree(two_runs, folder / "lake")
    run_and_vacuum(folder / "lake", folder, 3)
    return folder / "lake"


def become(root: Path, later: Path) -> None:
    """Do to a lake what the run and the vacuum did that made `later` of it: new files come, old ones go."""
    there, wanted = (
        {path.relative_to(lake) for path in lake.rglob("*") if path.is_file()} for lake in (root, later)
    )
    for path in wanted:
        if path not in there or (root / path).read_bytes() != (later / path).read_bytes():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(later / path, root / path)
    for path in there - wanted:
        (root / path).unlink()


@pytest.fixture
def root(one_run: Path, tmp_path: Path) -> Path:
    """The lake, for the test alone."""
    shutil.copytree(one_run, tmp_path, dirs_exist_ok=True)
    return tmp_path / "lake"


def written(lake: Lake) -> Any:
    """The details of the batch as `write_batch` gives them."""
    file = io.BytesIO()
    lake.write_batch(file, "b", include_transcripts=True)
    return json.loads(file.getvalue())


QUESTIONS: dict[str, Callable[[Lake], Any]] = {
    "batch": lambda lake: lake.batch("b", include_transcripts=True).batch.statistics.average_duration,
    "write_batch": lambda lake: written(lake)["batch"]["statistics"]["average_duration"],
    "call": lambda lake: lake.call("c1").call.duration,
    "analytics": lambda lake: lake.analytics().statistics.average_duration,
    "analytics by": lambda lake: lake.analytics(by="batch_id").statistics.average_duration,
    "audit": lambda lake: [lake.audit().batches and 0, lake.call("c1").call.duration][1],
    "progress": lambda lake: [lake.progress("b"), lake.call("c1").call.duration][1],
    "report": lambda lake: [lake.report("b").document, lake.call("c1").call.duration][1],
    "sql": lambda lake: lake.sql("select avg(duration_seconds) as mean from calls").to_dicts()[0]["mean"],
    "calls": lambda lake: lake.calls().to_dicts()[0]["duration_seconds"],
    "connect": lambda lake: lake.connect().execute("select avg(duration_seconds) from calls").fetchone()[0],
    "views": lambda lake: [lake.views_script(), lake.call("c1").call.duration][1],
}


@pytest.mark.parametrize(
    "name",
    # The others ask through the same state of a lake.
    [
        pytest.param(name, marks=() if name in ("batch", "write_batch", "report") else at_length)
        for name in QUESTIONS
        if name not in ("calls", "sql", "connect", "views")
    ],
)
def test_a_question_looks_once_more(
    name: str, root: Path, two_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was reading is gone when it comes to read it: it is answered from the newest run."""
    lake = batchlake.open(root)
    engine = LakeState.engine
    opened = 0

    def late(state: LakeState) -> Any:
        nonlocal opened
        found = engine(state)
        opened += 1
        if opened == 1:
            become(root, two_runs)
        return found

    monkeypatch.setattr(LakeState, "engine", late)
    assert QUESTIONS[name](lake) == 2
    assert opened > 1


@pytest.mark.parametrize("name", ["call", "sql", "connect", "views"])
@pytest.mark.parametrize("point", ["newest", "snapshot"])
def test_opening_looks_once_more(
    name: str, point: str, root: Path, two_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files go when the newest run has been found, or its files: it is looked for again."""
    if (name, point) == ("connect", "snapshot"):
        pytest.skip("a connection is of the files that were there when it was made")
    lake = batchlake.open(root)
    owner, method = (Ledger, "newest") if point == "newest" else (LakeTables, "snapshot")
    original = getattr(owner, method)
    passed = 0

    def late(*args: Any, **given: Any) -> Any:
        nonlocal passed
        found = original(*args, **given)
        passed += 1
        if passed == 1:
            become(root, two_runs)
        return found

    monkeypatch.setattr(owner, method, late)
    assert QUESTIONS[name](lake) == 2


@pytest.mark.parametrize(
    ("owner", "method"), [(Ledger, "newest"), (LakeTables, "snapshot"), (LakeState, "engine")]
)
def test_a_reader_looks_as_often_as_runs_finish(
    owner: Any, method: str, root: Path, two_runs: Path, three_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files go under a second look, too: that is no damage of the lake."""
    lake = batchlake.open(root)
    original = getattr(owner, method)
    later = [two_runs, three_runs]

    def late(*args: Any, **given: Any) -> Any:
        found = original(*args, **given)
        if later:
            become(root, later.pop(0))
        return found

    monkeypatch.setattr(owner, method, late)
    assert QUESTIONS["call"](lake) == 3
    assert not later


@at_length
def test_an_old_result_says_that_it_was_vacuumed(root: Path) -> None:
    """Each way to read it, a session and a lake at that run: an error of batchlake's, as `--at` gives."""
    lake = batchlake.open(root)
    (run,) = lake.runs().to_dicts()
    fixed = lake.at(run["run_id"])
    results = [lake.calls(), lake.sql("from calls"), lake.batches(), fixed.calls(), fixed.batches()]
    assert len(results[0].to_dicts()) == 3
    session = lake.session({"batch_id": "b"})
    run_and_vacuum(root, root.parent, 2)
    reading: list[Callable[[], Any]] = []
    for result in results:
        reading += [result.to_dicts, result.arrow, result.pl, lambda one=result: list(one.rows())]
    reading.append(lambda: [rows.run() for rows in session.run("from selected_calls")])
    reading.append(lambda: [rows.run() for rows in session.run("select count(*) from segments")])
    reading.append(lambda: fixed.batch("b"))
    reading.append(lambda: written(fixed))
    again = lake.at(run["run_id"])
    reading += [again.calls, again.connect, again.views_script, lambda: again.batch("b")]
    for read in reading:
        with pytest.raises(StateVacuumed, match="vacuumed") as caught:
            read()
        assert isinstance(caught.value, InvalidRequest)
        assert caught.value.at == run["run_id"]
    assert lake.calls().to_dicts()[0]["duration_seconds"] == 2
    with pytest.raises(batchlake.QueryError, match="reads only the lake's tables"):
        lake.sql(f"select * from read_parquet('{root}/calls/no.parquet')").to_dicts()


def test_what_the_newest_run_names_is_missed_as_damage(root: Path) -> None:
    """For a question that is open already, too."""
    lake = batchlake.open(root)
    result = lake.calls()
    for file in LakeTables(root).files("calls"):
        Path(file).unlink()
    with pytest.raises(LakeDamaged, match="of calls is gone"):
        result.to_dicts()
    with pytest.raises(LakeDamaged, match="of calls is gone"):
        lake.analytics()


def test_a_check_looks_once_more(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lake that a run and a vacuum change meanwhile is sound."""
    sizes = LakeTables.sizes
    passed = 0

    def late(*args: Any) -> Any:
        nonlocal passed
        found = sizes(*args)
        passed += 1
        if passed == 1:
            run_and_vacuum(root, root.parent, 2)
        return found

    monkeypatch.setattr(LakeTables, "sizes", late)
    assert [finding for finding in check(root) if finding.level == "error"] == []


@at_length
def test_readers_at_work_while_runs_are_vacuumed(root: Path) -> None:
    """Every question is answered while runs finish and vacuums keep the newest state alone."""
    done = threading.Event()
    failures: list[BaseException] = []
    answers: list[float] = []

    def read(number: int) -> None:
        lake = batchlake.open(root)
        while not done.is_set():
            try:
                if number:
                    lake = batchlake.open(root)
                answers.append(QUESTIONS["batch"](lake))
            except BaseException as error:
                failures.append(error)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for day in range(2, 5):
        run_and_vacuum(root, root.parent, day)
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert set(answers) <= {1, 2, 3, 4}
    assert len(answers) > 3
    assert check(root) == []


@at_length
def test_a_reader_of_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    """Local copies outlive a vacuum; an older state whose objects are gone is told as vacuumed."""
    root = f"{bucket.address}/some/lake"
    run_and_vacuum(root, tmp_path, 1)
    lake = batchlake.open(root)
    (run,) = lake.runs().to_dicts()
    result = lake.calls()
    bucket.put("some/lake/calls/part-killed.zstd.parquet", b"half")
    assert [(finding.table, finding.code) for finding in check(root)] == [("calls", "unnamed_file")]
    run_and_vacuum(root, tmp_path, 2)
    assert len(result.to_dicts()) == 3
    with pytest.raises(StateVacuumed):
        lake.at(run["run_id"]).calls()
    assert lake.calls().to_dicts()[0]["duration_seconds"] == 2
    assert check(root) == []
    kept = [path for path in bucket.paths() if path.startswith("some/lake/calls/")]
    assert len([path for path in kept if path.endswith(".json")]) == 1
    for path in (tmp_path / "cache").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(StateVacuumed):
        result.to_dicts()
    assert lake.at(lake.runs().to_dicts()[0]["run_id"]).calls().to_dicts()[0]["duration_seconds"] == 2
