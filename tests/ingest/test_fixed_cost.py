"""What a run costs whatever it reads: one engine, and no statement for what can't hold a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.engine.engine import Engine
from tests.lakes import ingested, write_export


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many engines were started, and how many cursors were taken, one a statement."""
    counts = {"engines": 0, "statements": 0}
    start, cursor = Engine.__init__, Engine._cursor

    def started(self: Engine, *args: Any, **options: Any) -> None:
        counts["engines"] += 1
        start(self, *args, **options)

    def taken(self: Engine) -> Any:
        counts["statements"] += 1
        return cursor(self)

    monkeypatch.setattr(Engine, "__init__", started)
    monkeypatch.setattr(Engine, "_cursor", taken)
    return counts


def test_a_run_of_nothing_new_asks_only_what_is_held(tmp_path: Path, asked: dict[str, int]) -> None:
    """The newest run, and which files are held: nothing is staged or merged."""
    root = tmp_path / "lake"
    path = write_export(tmp_path / "in", "1.json", {"id": "c1", "status": "completed"}, observed_at=1.7e9)
    ingested(root, path)
    for options in ({}, {"reads_all": True}, {"dry_run": True}):
        asked.update(engines=0, statements=0)
        report = ingested(root, path, **options)
        assert (report.run_id, report.exports_read, report.exports_skipped) == (None, 0, 1)
        assert report.calls_new == report.calls_unchanged == report.problems == 0
        assert asked["engines"] == 1
        assert asked["statements"] <= 10


def test_a_call_is_some_eighty_statements(tmp_path: Path, asked: dict[str, int]) -> None:
    """Into a lake that holds others: it was 110 on three engines, whose planning was most of the work."""
    root = tmp_path / "lake"
    said = {"segments": [{"speaker": "ai", "text": "Hello"}]}
    for number in range(3):
        asked.update(engines=0, statements=0)
        call = {"id": f"c{number}", "status": "completed", "transcript": said}
        report = ingested(root, write_export(tmp_path, f"{number}.json", call))
        assert (report.calls_new, report.segments_written) == (1, 1)
    assert asked["engines"] == 1
    assert asked["statements"] <= 85


def test_what_the_merge_alone_finds_is_noted(tmp_path: Path) -> None:
    """An end before the start that another export gave, in a run that has no other problem."""
    root = tmp_path / "lake"
    ingested(root, write_export(tmp_path, "1.json", {"id": "c1", "started_at": "2024-01-01T12:00:00Z"}))
    report = ingested(
        root, write_export(tmp_path, "2.json", {"id": "c1", "ended_at": "2024-01-01T11:00:00Z"})
    )
    assert report.problems_by_code == {"end_before_start": 1}
    (problem,) = batchlake.open(root).sql("select field, record, raw, run_id from problems").to_dicts()
    assert problem["run_id"] == report.run_id
    assert (problem["field"], problem["record"]) == ("ended_at", None)
