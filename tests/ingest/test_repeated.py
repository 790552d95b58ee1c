"""Keys are unique in every table, whatever is repeated: files, members, raw texts, runs, replays."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.schema import TABLES
from batchlake.store.maintenance import check
from tests.effort import EVERYTHING, at_length, some
from tests.lakes import contents, ingested, rows, write_export

BATCH = {
    "exported_at": "2024-01-01T00:00:00Z",
    "batch": {"id": "b", "status": "running", "statistics": {"total_calls": 2},
              "calls": [{"id": "c1", "duration": "abc", "transcript": "AI: hi"}, {"duration": 1}]},
}  # fmt: skip


def assert_unique(lake: Path) -> None:
    for table in TABLES.values():
        key = ", ".join(table.key)
        assert rows(lake, f"select {key} from {table.name} group by all having count(*) > 1") == [], (
            table.name
        )
    assert check(lake) == []


@pytest.mark.parametrize("force", some([True, False], 1))
def test_equal_files_of_one_run_are_one_export(tmp_path: Path, force: bool) -> None:
    """New, and read again by force; in a folder, and as members of an archive."""
    files = [write_export(tmp_path / "in", f"{name}.json", BATCH, observed_at=1e9) for name in "abc"]
    with zipfile.ZipFile(tmp_path / "in" / "d.zip", "w") as archive:
        for name in ("x", "y"):
            archive.writestr(f"{name}.json", json.dumps(BATCH))
    once = tmp_path / "once"
    ingested(once, files[0])
    report = ingested(tmp_path / "lake", tmp_path / "in", force=force)
    assert (report.exports_read, report.exports_skipped) == (1, 4)
    again = ingested(tmp_path / "lake", tmp_path / "in", force=True)
    assert (again.exports_read, again.calls_unchanged, again.calls_updated) == (1, 1, 0)
    assert_unique(tmp_path / "lake")
    assert contents(tmp_path / "lake") == contents(once)
    assert len(rows(tmp_path / "lake", "from problems")) == 2


@at_length
def test_equal_raw_texts_of_files_that_are_gone_stay_two_problems(tmp_path: Path) -> None:
    """Tried again, each stays a record of its export; what still can't be used keeps its id and place."""
    for name in "ab":
        write_export(tmp_path / "in", f"{name}.ndjson", f'{{"status": "failed"}}\n{{"id": "{name}"}}\n')
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(tmp_path / "in")
    for path in (tmp_path / "in").iterdir():
        path.unlink()
    before = rows(tmp_path / "lake", "select * exclude (run_id) from problems order by all")
    exports = rows(tmp_path / "lake", "from exports order by all")
    for _ in range(2 if EVERYTHING else 1):
        report = lake.replay()
        assert report.problems == 2
        assert rows(tmp_path / "lake", "select * exclude (run_id) from problems order by all") == before
        assert rows(tmp_path / "lake", "from exports order by all") == exports
        assert_unique(tmp_path / "lake")


@at_length
def test_a_record_problem_names_its_batch_and_its_time(tmp_path: Path) -> None:
    """So that the record belongs to it when it is tried again, wherever the batch's id stands."""
    calls = [{"id": "c1"}, {"duration": 7}, 5]
    for name, batch in (("before", {"id": "b", "calls": calls}), ("behind", {"calls": calls, "id": "b"})):
        document = {"exported_at": "2024-01-01T00:00:00Z", "batch": batch}
        for window_bytes in (60, 1 << 20):
            lake = tmp_path / f"{name}-{window_bytes}"
            ingested(lake, write_export(tmp_path, "a.json", document), window_bytes=window_bytes)
            found = rows(
                lake, "select code, batch_id, observed_at::date::varchar as day from problems order by code"
            )
            assert [tuple(row.values()) for row in found] == [
                ("no_identity", "b", "2024-01-01"), ("not_a_record", "b", "2024-01-01"),
            ]  # fmt: skip


def test_a_record_that_can_be_used_after_all_is_in_its_batch(tmp_path: Path) -> None:
    """Its text was kept by a batchlake that understood less; here, it is mended by hand."""
    calls = [{"id": "c1"}, {"ident": "c2", "duration": 7}]
    document = {
        "exported_at": "2024-01-01T00:00:00Z",
        "batch": {"id": "b", "status": "running", "calls": calls},
    }
    path = write_export(tmp_path, "a.json", document)
    ingested(tmp_path / "lake", path)
    path.unlink()
    from batchlake.ingest.replay import replay

    (problem,) = rows(tmp_path / "lake", "from problems")
    mended = problem | {"raw": problem["raw"].replace("ident", "id")}
    report = replay(tmp_path / "lake", [mended])
    assert (report.calls_new, report.problems, report.exports_read) == (1, 0, 0)
    found = rows(
        tmp_path / "lake",
        "select call_id, batch_id, observed_at::date::varchar as day from calls order by all",
    )
    assert [tuple(row.values()) for row in found] == [("c1", "b", "2024-01-01"), ("c2", "b", "2024-01-01")]
    assert rows(tmp_path / "lake", "from problems") == []
    assert_unique(tmp_path / "lake")


def test_only_what_changes_a_value_is_an_update(tmp_path: Path) -> None:
    """The same batch with a later time is unchanged, and still the newest observation."""
    lake = tmp_path / "lake"

    def export(day: int, **call: Any) -> batchlake.IngestReport:
        document = {
            "exported_at": f"2024-01-0{day}T00:00:00Z",
            "batch": {"id": "b", "status": "running", "calls": [{"id": "c1", "status": "queued", **call}]},
        }
        return ingested(lake, write_export(tmp_path, "a.json", document))

    counts = [
        (report.calls_new, report.calls_updated, report.calls_unchanged, report.batches_updated)
        for report in (export(1), export(3), export(2, duration=5), export(4, duration=5), export(5, own="x"))
    ]
    assert counts == [(1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0)]
    (call,) = rows(lake, "select observed_at, duration_seconds from calls")
    assert (call["observed_at"].day, call["duration_seconds"]) == (5, 5)


def test_the_report_says_what_was_not_understood(tmp_path: Path) -> None:
    """Calls without a known field, fields kept in `extra`, fields kept nowhere, times to come."""
    document = {
        "took_ms": 12,
        "items": [
            {"call_id": "k1", "length_of_call": 3, "fee": 0.1, "campaign": "x"},
            {"call_id": "k2", "length_of_call": 4, "crm": {"a": 1}},
            {"call_id": "k3", "status": "completed", "updated_at": "2999-01-01T00:00:00Z",
             "transcript": [{"speaker": "ai", "text": "hi", "mood": "good"}, {"text": "ho", "mood": None}]},
        ],
    }  # fmt: skip
    report = ingested(tmp_path / "lake", write_export(tmp_path, "a.json", document))
    assert report.calls_not_understood == 2
    assert report.extra_fields == {
        "calls": {"length_of_call": 2, "campaign": 1, "crm": 1, "fee": 1}, "segments": {"mood": 1},
    }  # fmt: skip
    assert next(iter(report.extra_fields["calls"])) == "length_of_call"
    assert report.unkept_fields == {"took_ms": 1}
    assert report.future_observations == 1
    text = str(report)
    for part in (
        "Not understood: 2 calls whose state, time, duration and cost are all unknown.",
        "Kept in `extra`, see `batchlake fields`: of calls length_of_call (2), campaign (1), crm (1) and "
        "1 more; of segments mood (1).",
        "Outside of the records, and not kept: took_ms (1).",
        "1 record dated after now, up to 2999-01-01T00:00:00.000000Z",
    ):
        assert part in text
    told = report.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["calls_not_understood"] == 2
    quiet = ingested(tmp_path / "lake", write_export(tmp_path, "b.json", {"id": "k1", "status": "failed"}))
    assert (quiet.calls_not_understood, quiet.extra_fields, quiet.unkept_fields) == (0, {}, {})
