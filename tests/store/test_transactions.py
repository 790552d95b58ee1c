"""A run is one transaction: whatever kills it, the lake is the one before or the one after."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import LakeNotWritable
from tests.effort import EVERYTHING, at_length, some
from tests.lakes import contents, damages, ingested, write_export
from tests.store.crash_points import Points, fill_disk, forbid, run_in_process, watched


def document(version: int) -> dict[str, Any]:
    """A batch as exported at a time: some calls change, some are new, some fields can't be read."""
    calls = [
        {"id": f"c{number}", "status": "completed", "duration": version,
         "cost": "abc" if number == 1 else "0.10",
         "transcript": {"segments": [{"speaker": "human", "text": f"Take {version}"}]}}
        for number in range(3 + version)
    ]  # fmt: skip
    return {"exported_at": f"2024-01-0{version}T00:00:00Z", "batch": {"id": "b1", "calls": calls}}


class History:
    """A lake, the export that is to come, and what the lake holds before and after it."""

    def __init__(self, folder: Path, *, empty: bool) -> None:
        self.lake = folder / "lake"
        first = write_export(folder / "in", "1.json", document(1))
        self.export = write_export(folder / "in", "2.json", document(2))
        loose = write_export(
            folder / "in", "3.json", {"call": {"id": "c0", "batch_id": "b2", "summary": "moved"}}
        )
        self.paths = [self.export, loose]
        self.before: Any = None
        if not empty:
            ingested(self.lake, first)
            self.before = contents(self.lake)
        rehearsal = folder / "rehearsal"
        if not empty:
            shutil.copytree(self.lake, rehearsal)
        passed = run_in_process(rehearsal, self.paths, None)
        assert passed is not None
        self.points = passed
        self.after = contents(rehearsal)

    def chosen(self, most: int) -> list[int]:
        """Points to fail at: evenly spread, the first and the last among them; or all there are."""
        return some(range(1, self.points + 1), most)

    def copy(self, to: Path) -> Path:
        """The lake as it is before, in a folder of its own."""
        if self.before is not None:
            shutil.copytree(self.lake, to)
        return to


@pytest.fixture(scope="module", params=["into a lake", "into nothing"])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> History:
    return History(tmp_path_factory.mktemp("history"), empty=request.param == "into nothing")


def state(root: Path) -> Any:
    """What the lake holds, None where it holds no finished run."""
    from batchlake.store.delta.tables import LakeTables
    from batchlake.store.ledger import Ledger

    return contents(root) if Ledger(LakeTables(root)).find() else None


def test_a_kill_at_any_point_leaves_the_lake_before_or_after(history: History, tmp_path: Path) -> None:
    """Killed at each point, the lake is sound and the one before or after; the same ingest then completes."""
    chosen = history.chosen(3)
    assert len(chosen) >= 3
    outcomes = []
    # At the first point nothing has happened yet.
    for fatal in chosen if EVERYTHING else chosen[1:]:
        root = history.copy(tmp_path / str(fatal))
        assert run_in_process(root, history.paths, fatal) is None, fatal
        found = state(root)
        assert found in (history.before, history.after), fatal
        outcomes.append(found == history.after)
        if found is not None:
            assert damages(root) == [], fatal
        ingested(root, *history.paths)
        assert contents(root) == history.after, fatal
        assert damages(root) == [], fatal
        shutil.rmtree(root)
    assert outcomes == sorted(outcomes)
    assert outcomes[0] is False
    assert outcomes[-1] is True


@pytest.mark.parametrize("fail", [fill_disk, forbid])
@pytest.mark.parametrize(
    "history", ["into a lake", pytest.param("into nothing", marks=at_length)], indirect=True
)
def test_a_failing_write_at_any_point_leaves_the_lake_before_or_after(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail: Any
) -> None:
    """A full disk or a forbidden folder is an error that says so; the lake is sound and goes on."""
    points = history.chosen(3)
    for fatal in points if EVERYTHING else points[1:2] if fail is fill_disk else points[2:]:
        root = history.copy(tmp_path / str(fatal))
        with monkeypatch.context() as patching:
            watched(Points(fatal, fail), patching.setattr)
            with pytest.raises(LakeNotWritable):
                ingested(root, *history.paths)
        assert state(root) in (history.before, history.after), fatal
        ingested(root, *history.paths)
        assert contents(root) == history.after, fatal
        assert damages(root) == [], fatal
        shutil.rmtree(root)
