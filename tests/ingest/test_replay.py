"""Problems can be tried again: after the file is mended, and by their raw text when it is gone."""

from __future__ import annotations

from pathlib import Path

import batchlake
from tests.lakes import write_export


def problems(lake: batchlake.Lake) -> list[tuple[str, str, int | None]]:
    return sorted((row["level"], row["code"], row["record"]) for row in lake.problems().to_dicts())


def test_a_mended_file_settles_its_problems(tmp_path: Path) -> None:
    """A cut file that is whole again loads, and its problem is gone."""
    path = write_export(tmp_path, "a.json", '{"batch": {"id": "b", "calls": [{"id": "c1"}')
    other = write_export(tmp_path, "b.json", "no JSON")
    lake = batchlake.open(tmp_path / "lake")
    assert lake.ingest(path, other).problems == 2
    write_export(tmp_path, "a.json", '{"batch": {"id": "b", "calls": [{"id": "c1"}]}}')
    report = lake.replay(file="a.json")
    assert (report.calls_new, report.problems) == (1, 0)
    assert problems(lake) == [("file", "not_json", None)]
    assert lake.check() == []


def test_what_is_still_wrong_stays_a_problem(tmp_path: Path) -> None:
    """A replay without a fix leaves one problem for each there was."""
    path = write_export(tmp_path, "a.json", [{"id": "c1", "duration": "abc"}, {"duration": 1}, {"id": "c2"}])
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(path)
    before = problems(lake)
    report = lake.replay()
    assert report.problems == 2
    assert problems(lake) == before
    assert [row["kind"] for row in lake.runs().to_dicts()] == ["replay", "ingest"]
    assert lake.check() == []


def test_records_of_a_file_that_is_gone_are_tried_by_their_text(tmp_path: Path) -> None:
    """The raw text of a record is enough to try it again; what can't be tried stays as it is."""
    path = write_export(tmp_path, "a.ndjson", '{"id": "c1", "duration": "x"}\n{"id": "c2"\n{"id": "c3"}\n')
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(path)
    path.unlink()
    before = problems(lake)
    assert before == [("field", "not_a_duration", 1), ("record", "not_json", 2)]
    report = lake.replay()
    assert report.problems == 1
    assert {level for level, _, _ in problems(lake)} == {"field", "record"}
