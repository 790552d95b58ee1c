"""The ledger, and the writer's lock: the newest run is the one that was committed last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import batchlake
from batchlake.errors import LakeDamaged
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.run import ingest
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.lock import writer_lock
from batchlake.store.maintenance import check, vacuum
from tests.lakes import engine_of, ingested, rows, write_export


def two_hours_ahead() -> datetime:
    """A clock that is wrong."""
    return datetime.now(UTC) + timedelta(hours=2)


def test_a_clock_that_was_put_back_hides_no_run(tmp_path: Path) -> None:
    """Runs after it are the lake's state, in their order, for readers, `runs` and `vacuum`."""
    lake = tmp_path / "lake"
    files = [write_export(tmp_path, f"{name}.json", {"id": name}) for name in ("c1", "c2", "c3")]
    first = ingest(lake, files[:1], IngestOptions(), now=two_hours_ahead)
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


def test_a_run_that_names_no_versions_is_damage_of_this_lake(tmp_path: Path) -> None:
    """The error names the lake."""
    lake = tmp_path / "lake"
    ingested(lake, write_export(tmp_path, "1.json", {"id": "c1"}))
    with engine_of(lake) as engine:
        row = engine.arrow("select * replace (map {}::map(varchar, bigint) as table_versions) from runs")
    writer = Writer(LakeTables(lake))
    writer.replace_all("runs", pa.RecordBatchReader.from_batches(row.schema, row.to_batches()))
    with pytest.raises(LakeDamaged, match="names no table versions") as caught:
        batchlake.open(lake).calls()
    assert caught.value.lake == str(lake)


def test_a_lock_is_free_after_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file that names its holder can't be removed, and that is no failure of the run."""

    def forbidden(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", forbidden)
        with writer_lock(tmp_path):
            pass
        assert (tmp_path / "_lock.json").exists()
        with writer_lock(tmp_path):
            pass
    with writer_lock(tmp_path):
        pass
    assert not (tmp_path / "_lock.json").exists()
