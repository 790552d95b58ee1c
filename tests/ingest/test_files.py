"""Files, archives and pipes as exports come in them (`tests/cases/exports`)."""

from __future__ import annotations

import gzip
import json
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.cases import lake_of, problems_of
from tests.lakes import ingested, rows, write_export


def test_members_of_an_archive_have_their_own_times(tmp_path: Path) -> None:
    """The later member's values win, as where the archive is unpacked first."""
    text = '{"batch": {"id": "batch_z", "calls": [{"id": "call_z1", "status": "completed", "duration": %d}]}}'
    for name, hours in (("forth", (10, 11)), ("back", (11, 10))):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for hour in hours:
                member = zipfile.ZipInfo(f"{hour}.json", (2024, 5, 1, hour, 0, 0))
                archive.writestr(member, text % hour)
        ingested(tmp_path / name, path)
        (call,) = rows(tmp_path / name, "select duration_seconds, observed_at from calls")
        assert call["duration_seconds"] == 11
        assert call["observed_at"].year == 2024


def test_a_member_without_a_time_has_its_archives(tmp_path: Path) -> None:
    """A zip member without a date was observed when its archive was written."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.json"), '{"id": "c1", "status": "failed"}')
    os.utime(path, (1e9, 1e9))
    ingested(tmp_path / "lake", path)
    (call,) = rows(tmp_path / "lake", "select epoch(observed_at) as at from calls")
    assert call["at"] == 1e9


def test_byte_order_marks_may_stand_before_any_document(tmp_path: Path) -> None:
    """Files that were joined together have them inside, too; they are no problem."""
    lake = lake_of(tmp_path, "byte-order-mark-inside.ndjson")
    assert len(rows(lake, "from calls")) == 2
    one = b'\xef\xbb\xbf{\n "id": "c1"}\n'
    joined = write_export(
        tmp_path, "joined.json", one + one.replace(b"c1", b"c2") + b" " + one.replace(b"c1", b"c3")
    )
    ingested(tmp_path / "joined", joined)
    assert len(rows(tmp_path / "joined", "from calls")) == 3
    assert problems_of(lake) == problems_of(tmp_path / "joined") == []


BROKEN = [
    ("<!DOCTYPE html>\n<html></html>", 0),
    ("hello", 0),
    ("\n\n  <p>", 4),
    ("nul", 3),
    ("no, it isn't", 1),
    ('"abc', 4),
]


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "packed"])
def test_the_byte_is_the_one_where_it_broke(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    """A fault's byte counts from 0 in the text, packed or not."""
    for number, (text, _) in enumerate(BROKEN):
        write_export(tmp_path / "in", f"{number}.json", packed(text.encode()))
    ingested(tmp_path / "lake", tmp_path / "in")
    found = rows(tmp_path / "lake", "select level, code, byte from problems order by location")
    assert [tuple(row.values()) for row in found] == [("file", "not_json", byte) for _, byte in BROKEN]


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    """It can't be opened to look at its first bytes, nor twice."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = gzip.compress(b'{"id": "c1", "status": "failed"}')
    writer = threading.Thread(target=lambda: pipe.write_bytes(data))
    writer.start()
    report = ingested(tmp_path / "lake", pipe)
    writer.join()
    assert (report.calls_new, report.problems) == (1, 0)


def test_a_name_with_an_exclamation_mark_is_found_again(tmp_path: Path) -> None:
    """A member of an archive in a folder whose name holds one: the archive is there to be read again."""
    import batchlake

    folder = tmp_path / "we!rd"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("x!y.json", '[{"id": "c1"}, {"status": "failed"}]')
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(folder / "a.zip")
    report = lake.replay()
    assert (report.exports_read, report.calls_unchanged, report.problems) == (1, 1, 1)


def test_a_bad_first_line_costs_itself(tmp_path: Path) -> None:
    """Whichever lines are bad, and however long they are; an indented document that is cut stays unused."""
    bad = '{"call_id": "bad", "cost": 0.5'
    forms = ("bad 0", "bad 0 bad 1 2", "0 bad")
    for number, form in enumerate(forms):
        lines = [
            bad if one == "bad" else json.dumps({"call_id": f"{number}-{one}", "summary": "x" * 2_000})
            for one in form.split()
        ]
        write_export(tmp_path / "in", f"{number}.json", "\n".join(lines))
    cut = json.dumps({"batch": {"id": "b", "calls": [{"id": "c1"}, {"id": "c2"}]}}, indent=0)[:-9]
    write_export(tmp_path / "in", "cut.json", cut)
    ingested(tmp_path / "lake", tmp_path / "in")
    assert [row["call_id"] for row in rows(tmp_path / "lake", "from calls order by call_id")] == [
        f"{number}-{one}" for number, form in enumerate(forms) for one in form.split() if one != "bad"
    ]
    assert problems_of(tmp_path / "lake", "cut.json") == [("cut_off", None)]


def test_two_ingests_at_once_learn_apart(tmp_path: Path) -> None:
    """Keys that one thread meets are none of the other's business."""
    from concurrent.futures import ThreadPoolExecutor

    def ingest(thread: int) -> list[Any]:
        calls = [{"id": f"c{number}", f"own_{(number * 7 + thread) % 90}": thread} for number in range(300)]
        path = write_export(tmp_path / str(thread), "a.ndjson", "\n".join(map(json.dumps, calls)))
        ingested(tmp_path / f"lake{thread}", path)
        return rows(tmp_path / f"lake{thread}", "select extra from calls order by call_id")

    with ThreadPoolExecutor(3) as pool:
        for thread, found in enumerate(pool.map(ingest, range(3))):
            assert {value for row in found for value in json.loads(row["extra"]).values()} == {thread}
