"""What a table's log says of its files holds for every reader, whatever the texts in them are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from batchlake.store.delta.log import actions
from batchlake.store.delta.tables import LakeTables
from batchlake.store.maintenance import check
from tests.effort import EVERYTHING, at_length, examples, share
from tests.lakes import contents, ingested, rows, write_export
from tests.paths import EXPORT_CASES

PLANES = tuple(chr(plane * 0x10000 + 0xBB7) for plane in range(17))
ODD = ("x\u2028x", "x\u2029x", '"', "\\", "\\n", "'", "\ud7ff", "\ue000", "\uffff", "\U0010ffff", "%2F", ",")
PIECES = (*PLANES, *ODD, "a", "b")

batch_ids = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    # Past 64 bytes Parquet's and Delta's statistics are cut off. (An id has no outer blanks.)
    st.builds(
        lambda head, piece: (head + piece * 300)[:256].strip(),
        st.sampled_from(PIECES),
        st.sampled_from(PIECES),
    ),
)


def document(day: int, ids: list[str]) -> list[dict[str, Any]]:
    """Batches of these ids as exported on a day, each of two calls of as many utterances as days."""
    return [
        {
            "exported_at": f"2024-05-0{day}T10:00:00Z",
            "batch": {
                "id": one,
                "calls": [
                    {"id": f"c{place}-{number}", "duration": day, "transcript": [{"text": "Yes"}] * day}
                    for number in range(2)
                ],
            },
        }
        for place, one in enumerate(ids)
    ]


def assert_bounds_hold(root: Path, table: str, ids: list[str]) -> None:
    """Every reader of the log finds the rows of each batch, and the bounds are around what the files hold."""
    delta = DeltaTable(str(root / table))
    added = delta.get_add_actions(flatten=True)
    for place, name in enumerate(added["path"].to_pylist()):
        held = [one for one in pq.read_table(root / table / name)["batch_id"].to_pylist() if one is not None]
        least, greatest = added["min.batch_id"][place].as_py(), added["max.batch_id"][place].as_py()
        assert least is not None
        assert least <= min(held)
        assert greatest is None or greatest >= max(held)
    snapshot = LakeTables(root).snapshot({table: None})
    counted = rows(root, f"select batch_id, count(*) as n from {table} group by all")
    expected = {row["batch_id"]: row["n"] for row in counted}
    assert expected.keys() == set(ids)
    scanned = pl.scan_delta(str(root / table))
    # Each id is looked for in one of the tables.
    for one in share(ids, ("calls", "segments", "batches").index(table), 3):
        found = expected[one]
        assert scanned.filter(pl.col("batch_id") == one).select(pl.len()).collect().item() == found
        files = snapshot.files_of_batches(table, [one])
        query = "select count(*) from read_parquet($files) where batch_id = $one"
        assert duckdb.execute(query, {"files": files, "one": one}).fetchall() == [(found,)]


@settings(phases=settings().phases if EVERYTHING else [Phase.explicit], max_examples=examples(1))
@given(ids=st.lists(batch_ids, min_size=1, max_size=4, unique=True))
@example(ids=[*PIECES, *(piece * (256 // len(piece)) for piece in (PLANES[0], PLANES[2], PLANES[16], *ODD))])
def test_what_is_exported_again_is_replaced(ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ids of any characters and lengths, transcripts in one file and in several: found, replaced, no two."""
    folder = tmp_path_factory.mktemp("planes")
    for day in (1, 2):
        path = write_export(folder, f"{day}.json", document(day, ids))
        with pytest.MonkeyPatch.context() as patch:
            # The first run's utterances come in many files, which become the lake's as they are.
            patch.setattr("batchlake.ingest.load.transcripts.FILE_BYTES", 1 if day == 1 else 1 << 22)
            assert ingested(folder / "lake", path).problems == 0
        for table, each in (("calls", 2), ("segments", 2 * day), ("batches", 1)):
            assert rows(folder / "lake", f"select count(*) as n from {table}") == [{"n": each * len(ids)}]
            assert_bounds_hold(folder / "lake", table, ids)
    assert rows(folder / "lake", "select distinct duration_seconds as s from calls") == [{"s": 2}]
    assert check(folder / "lake") == []
    shutil.rmtree(folder)


@at_length
def test_a_batch_beyond_the_first_plane(tmp_path: Path) -> None:
    """Its utterances are found, and replaced by those of a later export."""
    first = EXPORT_CASES / "batch-id-beyond-the-first-plane.json"
    ingested(tmp_path / "lake", first)
    assert rows(tmp_path / "lake", "select count(*) as n from segments semi join calls using (batch_id)") == [
        {"n": 2}
    ]
    ingested(tmp_path / "lake", EXPORT_CASES / "batch-id-beyond-the-first-plane.newer.json")
    assert [
        row["text"] for row in rows(tmp_path / "lake", "select text from segments order by position")
    ] == [
        "Yes, please.",
        "Fine.",
        "Bye.",
    ]
    assert check(tmp_path / "lake") == []
    assert contents(tmp_path / "lake", ("calls",))["calls"][0]["duration_seconds"] == 12


@given(st.lists(st.text(max_size=20), max_size=5))
def test_a_line_of_the_log_ends_at_a_line_feed(texts: list[str]) -> None:
    """Each line is an action, whatever its texts hold, escaped or not."""
    for is_ascii in (True, False):
        commit = "\n".join(json.dumps({"add": {"path": one}}, ensure_ascii=is_ascii) for one in texts)
        for end in ("", "\n"):
            read = actions((commit + end).encode("utf-8", "surrogatepass"))
            assert [action["add"]["path"] for action in read] == texts


def test_no_call_stands_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of calls are no bounds, in a new lake and, from its next write on, in one that had them."""

    def planted(day: int) -> Path:
        calls = [{"id": f"planted-{n}", "duration": day, "transcript": [{"text": "Hi"}]} for n in range(3)]
        header = {"id": "b", "calls": calls}
        return write_export(
            tmp_path, f"{day}.json", {"exported_at": f"2024-05-0{day}T10:00:00Z", "batch": header}
        )

    def said(lake: Path, after: int) -> set[str]:
        return {
            table
            for table in ("calls", "segments", "problems")
            for commit in (lake / table / "_delta_log").glob("*.json")
            if int(commit.stem) > after and b"planted" in commit.read_bytes()
        }

    with monkeypatch.context() as patch:
        patch.setattr("batchlake.store.delta.file_stats._BOUNDED_COLUMNS", ("source", "batch_id", "call_id"))
        ingested(tmp_path / "old", planted(1))
    assert said(tmp_path / "old", 0) == {"calls", "segments"}
    ingested(tmp_path / "new", planted(1))
    for name in ("old", "new"):
        ingested(tmp_path / name, planted(2))
        assert said(tmp_path / name, 1 if name == "old" else 0) == set()
        assert check(tmp_path / name) == []
