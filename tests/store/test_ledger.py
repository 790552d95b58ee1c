"""The newest run is the one that was committed last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

import batchlake
from batchlake.maintenance import check, vacuum
from tests.lakes import ingested, rows, write_export


class ClockAhead(datetime):
    """A clock that is two hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(hours=2)


def test_a_clock_that_was_put_back_hides_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs after it are the lake's state, in their order, for readers, `runs` and `vacuum`."""
    lake = tmp_path / "lake"
    files = [write_export(tmp_path, f"{name}.json", {"id": name}) for name in ("c1", "c2", "c3")]
    with monkeypatch.context() as patch:
        patch.setattr("batchlake.ingest.run.datetime", ClockAhead)
        first = ingested(lake, files[0])
    second = ingested(lake, files[1])
    assert ingested(lake, files[1]).run_id is None
    third = ingested(lake, files[2])
    assert [row["call_id"] for row in rows(lake, "from calls order by call_id")] == ["c1", "c2", "c3"]
    opened = batchlake.open(lake)
    assert [row["run_id"] for row in opened.runs().to_dicts()] == [third.run_id, second.run_id, first.run_id]
    assert len(opened.at(datetime.now(UTC)).calls().to_dicts()) == 3
    vacuum(lake, keep_for=timedelta(0))
    assert len(batchlake.open(lake).calls().to_dicts()) == 3
    assert check(lake) == []
