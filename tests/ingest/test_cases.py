"""Exports that were once misunderstood (`tests/cases/exports`): what comes of each, and of its neighbours."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import threading
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from batchlake.store.maintenance import check
from tests.effort import some
from tests.lakes import ingested, rows, write_export
from tests.paths import EXPORT_CASES

LARGE = {"calls": [{"id": f"filler_{number}", "summary": "x" * 100} for number in range(40)]}
"""More than a window of `SMALL`, so that what it is put into is read by the bracket scan."""

SMALL = {"window_bytes": 3_000}


def lake_of(folder: Path, *names: str) -> Path:
    """A lake into which these cases were ingested, one run each."""
    for name in names:
        ingested(folder / "lake", EXPORT_CASES / name)
    return folder / "lake"


def problems_of(lake: Path) -> list[tuple[str, str | None]]:
    return [
        (row["code"], row["field"]) for row in rows(lake, "select code, field from problems order by all")
    ]


def test_one_key_of_another_spelling_changes_nothing_else(tmp_path: Path) -> None:
    """A camel-case key among others is the field it means; all other fields are read as ever."""
    lake = lake_of(tmp_path, "one-camel-key.json")
    first, second = rows(lake, "select * exclude (call_id) from calls order by call_id")
    assert (first.pop("tokens_consumed"), second.pop("tokens_consumed")) == (None, 812)
    assert first == second
    assert first["agent_name"] == "Nora"
    assert first["extra"] is None
    assert first["sentiment_positive"] == 0.6


ODD_KEYS = (
    "agentId callDuration callType createdAt endedAt endedBy from_phone_number isTestMode pathways startedAt "
    "to_phone_number transcripts updatedAt userId"
).split()


def test_no_key_of_another_spelling_changes_what_others_say(tmp_path: Path) -> None:
    """Each of the REST spelling's keys beside the documented ones, null, so that it says nothing itself."""
    given, _ = json.loads((EXPORT_CASES / "one-camel-key.json").read_text())
    odd = [{"call": given["call"] | {"id": f"with {key}", key: None}} for key in ODD_KEYS]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", [given, *odd]))
    held = {row.pop("call_id"): row for row in rows(tmp_path / "lake", "from calls")}
    assert len(held) == 1 + len(ODD_KEYS)
    for key in ODD_KEYS:
        assert held[f"with {key}"] == held[given["call"]["id"]], key


def test_what_data_holds_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    """Under `data` there may be batches as well as calls: each batch has its calls and counts."""
    lake = lake_of(tmp_path, "data-holds-batches.json")
    found = rows(lake, "select batch_id, call_id from calls order by all")
    assert [tuple(row.values()) for row in found] == [
        ("batch_d1", "call_d1"), ("batch_d1", "call_d2"), ("batch_d2", "call_d3"),
    ]  # fmt: skip
    counts = rows(lake, "select batch_id, reported_total_calls from batches order by all")
    assert [tuple(row.values()) for row in counts] == [("batch_d1", 2), ("batch_d2", 1)]
    listed = rows(lake, "select batch_id, listed_calls from snapshots order by all")
    assert [tuple(row.values()) for row in listed] == [("batch_d1", 2), ("batch_d2", 1)]
    assert problems_of(lake) == []


@pytest.mark.parametrize(
    "key", some(["data", "items", "results", "records", "batches", "rows", "entries", "content"], 4)
)
def test_batches_and_calls_in_any_list_of_any_size(tmp_path: Path, key: str) -> None:
    """A list's own elements tell what it holds: in a small document, and in one that is scanned."""
    batches = json.loads((EXPORT_CASES / "data-holds-batches.json").read_text())["data"]
    mixed = [*batches, {"id": "loose", "status": "failed", "duration": 3}]
    for place, more in enumerate(({}, LARGE)):
        path = write_export(tmp_path, f"{place}.json", {"success": True, key: mixed} | more)
        ingested(tmp_path / f"lake-{place}", path, **SMALL)
        query = "select batch_id, call_id from calls where call_id not like 'filler%' order by all nulls last"
        found = [tuple(row.values()) for row in rows(tmp_path / f"lake-{place}", query)]
        assert found == [
            ("batch_d1", "call_d1"), ("batch_d1", "call_d2"), ("batch_d2", "call_d3"), (None, "loose"),
        ]  # fmt: skip
        assert problems_of(tmp_path / f"lake-{place}") == []


def test_a_call_with_statistics_is_a_call(tmp_path: Path) -> None:
    """What a batch may have too doesn't make it one; the call keeps it in `extra`."""
    lake = lake_of(tmp_path, "call-with-statistics.json")
    (call,) = rows(lake, "select call_id, batch_id, duration_seconds, cost, extra from calls")
    assert (call["call_id"], call["batch_id"], call["duration_seconds"]) == ("call_s1", "batch_s", 45)
    assert call["cost"] == Decimal("0.09")
    assert json.loads(call["extra"]) == {"statistics": {"latency_ms": 310, "packets_lost": 2}}


def test_null_and_empty_erase_nothing_in_extra_either(tmp_path: Path) -> None:
    """In one run, in two, and the other way round."""
    lines = (EXPORT_CASES / "null-in-unknown-field.ndjson").read_text().splitlines()
    together = lake_of(tmp_path, "null-in-unknown-field.ndjson")
    apart = tmp_path / "apart"
    for number, line in enumerate(reversed(lines)):
        ingested(apart, write_export(tmp_path, f"{number}.json", line))
    for lake in (together, apart):
        (call,) = rows(lake, "select extra from calls")
        assert json.loads(call["extra"]) == {
            "campaign_code": "SPRING-24", "crm": {"lead": "L-9"},
            "recording_copy": "https://example.invalid/r1",
        }  # fmt: skip


def test_a_fault_in_a_header_costs_neither_its_batch_nor_its_time(tmp_path: Path) -> None:
    """A NaN in a batch's statistics is one problem; calls keep their batch and its time."""
    lake = lake_of(tmp_path, "nan-in-batch-header.newer.json", "nan-in-batch-header.json")
    (call,) = rows(lake, "select batch_id, status, duration_seconds, cost from calls")
    assert tuple(call.values()) == ("batch_h", "completed", 30, Decimal("0.30"))
    alone = lake_of(tmp_path / "alone", "nan-in-batch-header.json")
    (call,) = rows(alone, "select batch_id, observed_at::varchar as seen from calls")
    assert (call["batch_id"], call["seen"][:10]) == ("batch_h", "2024-01-01")
    (batch,) = rows(alone, "select batch_id, reported_total_calls from batches")
    assert tuple(batch.values()) == ("batch_h", 1)
    assert problems_of(alone) == [("not_json", "batch.statistics.average_duration")]


def test_an_unreadable_time_of_an_export_is_a_problem(tmp_path: Path) -> None:
    """It is not passed over in silence when the file's own time is taken instead."""
    lake = lake_of(tmp_path, "unreadable-exported-at.json")
    assert problems_of(lake) == [("not_a_time", "exported_at")]


UNREADABLE: list[Any] = [
    "01/02/2024 09:00", "2024-02-30T00:00:00Z", "2024-01-01T10:00:00+25:00", "soon", "BST", {},
]  # fmt: skip


@pytest.mark.parametrize("place", ["envelope", "batch", "call"])
def test_each_unreadable_observation_time_is_one_problem(tmp_path: Path, place: str) -> None:
    """Wherever it stands, before the calls or behind them; the next time counts."""
    for number, (given, order) in enumerate(itertools.product(UNREADABLE, (1, -1))):
        call: dict[str, Any] = {"id": f"c{number}", "status": "completed"}
        listed = [call, call | {"id": f"d{number}"}]
        batch: dict[str, Any] = {"id": f"b{number}", "status": "running", "calls": listed}
        document = {"batch": batch}
        {"envelope": document, "batch": batch, "call": call}[place]["exported_at"] = given
        ordered = {key: document[key] for key in list(document)[::order]}
        write_export(tmp_path / "in", f"{number}.json", ordered, observed_at=1e9)
    ingested(tmp_path / "lake", tmp_path / "in")
    assert problems_of(tmp_path / "lake") == [("not_a_time", "exported_at")] * 2 * len(UNREADABLE)
    told = rows(tmp_path / "lake", "select count(distinct location) as files from problems")
    assert told == [{"files": 2 * len(UNREADABLE)}]
    seen = rows(tmp_path / "lake", "select epoch(observed_at) as at, count(*) as n from calls group by all")
    assert [tuple(row.values()) for row in seen] == [(1e9, 4 * len(UNREADABLE))]


def test_offsets_are_those_of_the_specification(tmp_path: Path) -> None:
    """One of 25 hours or of 60 minutes can't be read, though DuckDB would read it; +14:00 can."""
    lake = lake_of(tmp_path, "impossible-offset.json")
    found = rows(lake, "select call_id, started_at::varchar as at from calls order by call_id")
    assert [row["at"] for row in found] == [None, None, "2023-12-31 20:00:00+00"]
    assert problems_of(lake) == [("not_a_time", "started_at")] * 2


def test_labels_are_kept_in_lower_case(tmp_path: Path) -> None:
    """One label is one value, in whatever case the platform wrote it."""
    lake = lake_of(tmp_path, "sentiment-label-case.json")
    labels = rows(lake, "select sentiment_label from calls order by call_id")
    assert [row["sentiment_label"] for row in labels] == ["positive", "negative"]


def test_blanks_around_an_id_are_not_of_it(tmp_path: Path) -> None:
    """One batch with two calls and its figures, wherever its id stands."""
    text = (EXPORT_CASES / "blanks-around-batch-id.json").read_text()
    blanks = [" ", "\t", "\u00a0", "\u2028", "\u3000", "  \n"]
    for number, blank in enumerate(blanks):
        padded = f"batch_w{number}".join([json.dumps(blank)[1:-1]] * 2)
        own = text.replace("batch_w ", padded).replace("call_w", f"call_w{number}-")
        write_export(tmp_path / "in", f"{number}.json", own)
    ingested(tmp_path / "lake", tmp_path / "in")
    found = rows(tmp_path / "lake", "select batch_id, call_id from calls order by all")
    assert [tuple(row.values()) for row in found] == [
        (f"batch_w{number}", f"call_w{number}-{call}") for number in range(len(blanks)) for call in (1, 2)
    ]
    counts = rows(tmp_path / "lake", "select batch_id, reported_total_calls as calls from batches order by 1")
    assert [tuple(row.values()) for row in counts] == [
        (f"batch_w{number}", 2) for number in range(len(blanks))
    ]


def test_calls_in_a_container_of_another_kind(tmp_path: Path) -> None:
    """An object of calls by id, or one that holds the list under a name of its own, is read as a list is."""
    lake = lake_of(tmp_path, "calls-not-in-a-list.json")
    found = rows(lake, "select batch_id, call_id from calls order by all")
    assert [tuple(row.values()) for row in found] == [
        ("batch_m1", "call_m1"), ("batch_m1", "call_m2"), ("batch_m2", "call_m3"),
    ]  # fmt: skip
    assert problems_of(lake) == []


CONTAINERS: dict[str, tuple[Any, list[str]]] = {
    "a list": ([{"id": "x"}, {"id": "y"}], ["x", "y"]),
    "an object by id": ({"x": {"id": "x"}, "y": {"status": "failed"}}, ["x", "y"]),
    "a page": ({"items": [{"id": "x"}], "total": 1, "has_more": False}, ["x"]),
    "a page of a page": ({"data": {"results": [{"id": "x"}]}, "page": 1}, ["x"]),
    "one call": ({"id": "x", "status": "failed"}, ["x"]),
    "a JSON text": ('[{"id": "x"}, {"id": "y"}]', ["x", "y"]),
    "a JSON text of a page": ('{"calls": [{"id": "x"}]}', ["x"]),
    "wrapped calls": ([{"call": {"id": "x"}}, {"call": {"id": "y"}}], ["x", "y"]),
    "nothing": (None, []),
    "an empty text": ("", []),
    "an empty object": ({}, []),
    "a word": ("none", []),
    "a list in a list": ([[{"id": "x", "status": "failed"}]], ["x"]),
}


@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
def test_calls_are_read_in_whatever_holds_them(tmp_path: Path, is_large: bool) -> None:
    """Where its meaning is plain; else it is a problem. Nothing that holds calls is `extra`."""
    for number, (kind, (container, _)) in enumerate(CONTAINERS.items()):
        batch = {"batch": {"id": kind, "status": "running", "calls": container}}
        text = re.sub(r'(\\?")([xy])\1', rf"\g<1>\g<2>{number}\g<1>", json.dumps(batch))
        filler = json.dumps({"batch": {"id": "filler"} | LARGE}) + "," if is_large else ""
        write_export(tmp_path / "in", f"{kind}.json", f"[{filler}{text}]")
    ingested(tmp_path / "lake", tmp_path / "in", **SMALL)
    calls = rows(
        tmp_path / "lake", "select batch_id, list(call_id order by all) as ids from calls group by all"
    )
    held = {row["batch_id"]: row["ids"] for row in calls}
    told = rows(tmp_path / "lake", "select location, code, field from problems")
    assert [(Path(row["location"]).stem, row["code"], row["field"]) for row in told] == [
        ("a word", "not_a_list", None)
    ]
    batches = {row["batch_id"]: row["extra"] for row in rows(tmp_path / "lake", "from batches")}
    assert batches.keys() - {"filler"} == CONTAINERS.keys()
    for number, (kind, (_, ids)) in enumerate(CONTAINERS.items()):
        assert held.get(kind, []) == [f"{one}{number}" for one in ids], kind
        assert batches[kind] is None, kind


def test_ordinary_capitals_with_a_colon_are_text(tmp_path: Path) -> None:
    """Only names of speakers begin an utterance in a transcript of one line."""
    lake = lake_of(tmp_path, "colon-word-in-one-line-transcript.json")
    found = rows(lake, "select speaker, text from segments order by position")
    assert [tuple(row.values()) for row in found] == [
        ("ai", "Your code is SAVE: ten percent off"),
        ("human", "Please add NOTE: call me after six"),
        ("ai", "Will do"),
    ]


def test_stamps_before_labels_are_offsets(tmp_path: Path) -> None:
    """A time before a speaker's name is the utterance's offset and no part of its text."""
    lake = lake_of(tmp_path, "stamped-transcript.json")
    found = rows(lake, "select speaker, text, offset_seconds from segments order by position")
    assert [tuple(row.values()) for row in found] == [
        ("ai", "Good morning.", 5.0), ("human", "Yes, speaking.", 7.0), ("ai", "Great.", 11.0),
    ]  # fmt: skip


def test_what_is_merged_keeps_a_records_rules(tmp_path: Path) -> None:
    """In any order and any number of runs: no end before its start, and a problem that says so."""
    lines = (EXPORT_CASES / "end-before-a-later-start.ndjson").read_text().splitlines()
    for name, order in (("forth", 1), ("back", -1)):
        for number, line in enumerate(lines[::order]):
            ingested(tmp_path / name, write_export(tmp_path, f"{name}{number}.json", line))
        (call,) = rows(tmp_path / name, "select started_at, ended_at, ended_at_reported from calls")
        assert (call["started_at"].hour, call["ended_at"], call["ended_at_reported"].hour) == (11, None, 10)
        assert problems_of(tmp_path / name) == [("end_before_start", "ended_at")]
        again = json.dumps({"exported_at": "2024-05-03T00:00:00Z",
                            "call": {"id": "call_y1", "end_time": "2024-05-01T11:30:00Z"}})  # fmt: skip
        ingested(tmp_path / name, write_export(tmp_path, f"{name}-end.json", again))
        (call,) = rows(tmp_path / name, "select ended_at from calls")
        assert (call["ended_at"].hour, call["ended_at"].minute) == (11, 30)
        assert check(tmp_path / name) == []


def test_an_end_that_a_later_start_makes_valid_again_is_not_lost(tmp_path: Path) -> None:
    """Any order of three observations gives the same call."""
    told = [
        ("2024-05-01T00:00:00Z", {"end_time": "2024-05-01T10:05:00Z"}),
        ("2024-05-02T00:00:00Z", {"start_time": "2024-05-01T11:00:00Z"}),
        ("2024-05-03T00:00:00Z", {"start_time": "2024-05-01T10:00:00Z"}),
    ]
    orders = list(itertools.permutations(told))
    for place in range(len(told)):
        for number, order in enumerate(orders):
            exported_at, said = order[place]
            document = {"exported_at": exported_at, "call": {"id": f"c{number}"} | said}
            write_export(tmp_path / str(place), f"{number}.json", document)
        ingested(tmp_path / "lake", tmp_path / str(place))
    found = rows(tmp_path / "lake", "select call_id, started_at, ended_at from calls order by call_id")
    assert [row.pop("call_id") for row in found] == [f"c{number}" for number in range(len(orders))]
    for call in found:
        assert [moment.hour * 60 + moment.minute for moment in call.values()] == [600, 605]


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


@pytest.mark.parametrize(
    "character",
    some(["\U00020bb7", "\U0001f600", "x\u2028", "\U000f0000", "'\"\\", "\U0010fffd", "x\u2029"], 4),
)
def test_ids_of_any_plane_are_found_again(tmp_path: Path, character: str) -> None:
    """Their transcripts are replaced, not doubled, whichever way their file came into the lake."""
    names = ("batch-id-beyond-the-first-plane.json", "batch-id-beyond-the-first-plane.newer.json")
    for number, name in enumerate(names):
        document = json.loads((EXPORT_CASES / name).read_text())
        document["batch"]["id"] = f"{character}野家_spring"
        ingested(tmp_path / "lake", write_export(tmp_path, name, document))
        said = rows(tmp_path / "lake", "select count(*) as said from segments")
        assert said == [{"said": 2 + number}]
    assert check(tmp_path / "lake") == []


def test_half_a_surrogate_costs_its_character(tmp_path: Path) -> None:
    """The record is kept, with the replacement character in the text and a problem that names the field."""
    lake = lake_of(tmp_path, "half-an-emoji.json")
    found = rows(lake, "select call_id, cost, summary from calls order by call_id")
    assert [tuple(row.values()) for row in found] == [
        ("call_u1", Decimal("0.10"), "Caller was happy \N{REPLACEMENT CHARACTER}"),
        ("call_u2", Decimal("0.20"), "fine"),
    ]
    assert problems_of(lake) == [("not_json", "summary")]


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


def test_success_may_be_told_as_a_field_may(tmp_path: Path) -> None:
    """True as a word is no refusal; false in any spelling makes the answer one."""
    lake = lake_of(tmp_path, "success-as-text.json")
    assert len(rows(lake, "from calls")) == 2
    refused = [{"success": said, "data": [{"call_id": "r"}]} for said in (False, "false", 0, "No")]
    ingested(tmp_path / "refused", write_export(tmp_path, "a.json", {"response": refused}))
    assert problems_of(tmp_path / "refused") == [("platform_error", None)] * 4


def test_a_refusal_of_any_size_gives_no_call(tmp_path: Path) -> None:
    """Also where it is too large to be read whole."""
    document = {"success": False, "data": LARGE["calls"]}
    for name, options in (("small", {}), ("large", SMALL)):
        ingested(tmp_path / name, write_export(tmp_path, "a.json", document), **options)
        assert rows(tmp_path / name, "from calls") == []
        codes = rows(tmp_path / name, "select distinct code from problems")
        assert codes == [{"code": "platform_error"}]


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


CALLS_IN = [{"call_id": "r1", "callDuration": 3}, {"call_id": "r2"}]
NINES = "9" * 5_000
AROUND: dict[str, tuple[Any, list[str], list[str], list[str]]] = {
    "an answer with an id": ({"id": "evt", "success": True, "data": CALLS_IN}, ["r1", "r2"], [], []),
    "objects that are none": ({"data": {"user": {"name": "x"}, "page": {"no": 1}}}, [], [], ["not_a_list"]),
    "counts by state": (
        {"calls": {"completed": {"count": 3}, "failed": {"count": 1}}}, [], [], ["not_a_list"],
    ),
    "an event with a payload": (
        {"id": "evt", "type": "call.ended", "payload": {"call": {"id": "c1", "duration": 5}}},
        ["c1"], [], [],
    ),
    "a list of another name": (
        {"conversations": [{"id": "c1", "duration": 5}], "more": False}, ["c1"], [], [],
    ),
    "batches without counts": (
        {"batches": [{"id": "b1", "status": "completed", "created_at": "2024-01-01"}]}, [], ["b1"], [],
    ),
    "calls among batches": ({"batches": [{"id": "b1"}, {"id": "c1", "duration": 4}]}, ["c1"], ["b1"], []),
    "a refusal without data": ({"success": False, "error": "x"}, [], [], ["platform_error"]),
    "a success of many digits": (
        f'{{"success": {NINES}, "data": [{{"call_id": "r1"}}]}}', ["r1"], [], [],
    ),
    "an empty page": ({"id": "evt", "success": True, "data": []}, [], [], []),
    "equal calls without ids": (
        {"calls": [{"id": "c1"}, {"duration": 1}, {"duration": 1}]}, ["c1"], [], ["no_identity"] * 2,
    ),
    "an empty transcript beside one": (
        {"id": "c1", "duration": 1, "transcripts": [], "transcript": "AI: hi"}, ["c1"], [], [],
    ),
    "segments in one text": (
        {"id": "c1", "duration": 1, "transcript": {"segments": "AI: hi"}}, ["c1"], [], [],
    ),
    "a number of 5,000 digits": (f'{{"id": "c1", "cost": [{NINES}]}}', ["c1"], [], ["not_an_amount"]),
    "such a confidence": (
        f'{{"id": "c1", "transcript": [{{"text": "hi", "confidence": {NINES}}}]}}',
        ["c1"], [], ["not_a_share"],
    ),
    "a deep amount": (
        f'{{"id": "c1", "cost": {"[" * 700}1{"]" * 700}}}', ["c1"], [], ["not_an_amount"],
    ),
    "calls under what is said of pages": (
        {"data": [], "page": {"items": [{"call_id": "c1"}]}, "errors": [{"call_id": "c2"}]},
        ["c1", "c2"], [], [],
    ),
    "a call in an event with a time": (
        {"id": "evt", "createdAt": "2024-01-01T00:00:00Z", "call": {"call_id": "c1"}}, ["c1"], [], [],
    ),
    "a batch whose call_id is null": (
        {"id": "b1", "call_id": None, "statistics": {"total_calls": 1}, "calls": [{"id": "c1"}]},
        ["c1"], ["b1"], [],
    ),
    "a call that tells of its batch's state": (
        {"id": "c1", "status": "completed", "batch": {"id": "b1", "status": "running"}}, ["c1"], ["b1"], [],
    ),
    "a call's figures under call": (
        {"call_id": "c1", "call": {"duration": 30, "status": "completed"}}, ["c1"], [], [],
    ),
    "a batch named beside": ({"batch": "b1", "calls": [{"id": "c1"}]}, ["c1"], ["b1"], []),
    "a batch named around": (
        {"batch_id": "b1", "batch": {"status": "running", "calls": [{"id": "c1"}]}}, ["c1"], ["b1"], [],
    ),
    "a batch's id that is none": (
        {"batch_id": {"x": 1}, "data": [{"call_id": "c1"}]}, ["c1"], [], ["not_an_id"],
    ),
    "batches under calls' page": (
        {"batch": {"id": "b1", "calls": {"items": [{"id": "x1", "total_calls": 5}, {"id": "x2"}]}}},
        ["x1", "x2"], ["b1"], [],
    ),
    "a refusal before an answer": (
        {"response": [{"success": False}, {"success": True, "data": [{"call_id": "c1"}]}]},
        ["c1"], [], ["platform_error"],
    ),
    "a batch deep in an answer": (
        {"response": [{"data": {"batch": {"id": "b1", "calls": [{"id": "c1"}, {"id": "c2"}]}}}]},
        ["c1", "c2"], ["b1"], [],
    ),
    "a control character in a key": (
        {"id": "c1", "transcript": [{"text": "hi", "a\x01b": 1}], "x\x02": 2}, ["c1"], [], [],
    ),
}  # fmt: skip
"""A document, and what is in it: calls, batches, the codes of its problems."""


@pytest.mark.parametrize("form", ["{}", '[{{"id": "first", "duration": 1}}, {}]', "{}\n"])
def test_what_lies_around_records_is_told_from_them(tmp_path: Path, form: str) -> None:
    """By itself, in an array behind another call, and scanned."""
    expected: dict[str, Any] = {}
    for number, (name, (document, calls, batches, codes)) in enumerate(AROUND.items()):
        text = document if isinstance(document, str) else json.dumps(document)
        text = re.sub(r'"(evt|[bcrx]\d)"', rf'"\1 {number}"', text)
        write_export(tmp_path / "in", f"{name}.json", form.format(text))
        expected[name] = ([f"{one} {number}" for one in calls], [f"{one} {number}" for one in batches], codes)
    ingested(tmp_path / "lake", tmp_path / "in", **({"window_bytes": 40} if form.endswith("\n") else {}))
    found: dict[str, Any] = {name: ([], [], []) for name in AROUND}
    for place, (table, column) in enumerate([("calls", "call_id"), ("batches", "batch_id")]):
        for row in rows(tmp_path / "lake", f"select {column} as id from {table} order by all"):
            if row["id"] != "first":
                found[list(AROUND)[int(row["id"].split()[1])]][place].append(row["id"])
    for row in rows(tmp_path / "lake", "select location, code from problems order by all"):
        found[Path(row["location"]).stem][2].append(row["code"])
    assert found == expected
    query = "select call_id, text from segments where speaker = 'ai' order by all"
    with_text = [name for name in AROUND if "transcript" in name or "text" in name]
    assert rows(tmp_path / "lake", query) == [
        {"call_id": one, "text": "hi"}
        for one in sorted(one for name in with_text for one in expected[name][0])
    ]


def test_equal_batches_of_one_document_list_their_own_calls(tmp_path: Path) -> None:
    """Each is an observation of its own."""
    batch = {"batch": {"id": "b1", "status": "running", "calls": [{"id": "c1"}, {"id": "c2"}]}}
    for name, text in (("array", json.dumps([batch, batch])), ("lines", f"{json.dumps(batch)}\n" * 2)):
        ingested(tmp_path / name, write_export(tmp_path, f"{name}.json", text))
        assert rows(tmp_path / name, "select listed_calls from snapshots") == [{"listed_calls": 2}] * 2


def test_the_next_time_of_an_export_counts(tmp_path: Path) -> None:
    """Where the nearer can't be read, and where only an answer or a page tells it."""
    calls = [{"call_id": f"c{number}", "status": "completed"} for number in range(4)]
    told = "2024-02-01T00:00:00Z"
    documents: list[Any] = [
        {"exported_at": told, "batch": {"id": "b0", "exported_at": "soon", "calls": calls[:1]}},
        {"response": [{"success": True, "exported_at": told, "data": calls[1:2]}]},
        {"data": {"exported_at": told, "calls": calls[2:3]}},
        {"data": calls[3:], "batch": {"id": "b3", "exported_at": told}},
    ]
    for number, document in enumerate(documents):
        write_export(tmp_path / "in", f"{number}.json", document, observed_at=1e9)
    for window_bytes in (40, 1 << 20):
        lake = tmp_path / f"lake-{window_bytes}"
        ingested(lake, tmp_path / "in", window_bytes=window_bytes)
        seen = rows(lake, "select call_id, epoch(observed_at) as at from calls order by call_id")
        assert [tuple(row.values()) for row in seen] == [(f"c{number}", 1706745600.0) for number in range(4)]


def test_an_unreadable_score_erases_no_other(tmp_path: Path) -> None:
    """Nor does it make the others 0, where none can be read."""
    for name, scores in (
        ("1", {"positive": 0.5, "neutral": 0.3, "negative": 0.2}),
        ("2", {"positive": "abc"}),
    ):
        document = {"exported_at": f"2024-01-0{name}T00:00:00Z", "call": {"id": "c1", "sentiment": scores}}
        ingested(tmp_path / "lake", write_export(tmp_path, f"{name}.json", document))
    columns = "sentiment_positive, sentiment_neutral, sentiment_negative"
    (call,) = rows(tmp_path / "lake", f"select {columns} from calls")
    assert list(call.values()) == [0.5, 0.3, 0.2]


def test_a_bad_first_line_costs_itself(tmp_path: Path) -> None:
    """Whichever lines are bad, and however long they are; an indented document that is cut stays unused."""
    good = [json.dumps({"call_id": f"c{number}", "summary": "x" * 2_000}) for number in range(3)]
    bad = '{"call_id": "bad", "cost": 0.5'
    for number, lines in enumerate(([bad, good[0]], [bad, good[0], bad, *good[1:]], [good[0], bad])):
        ingested(tmp_path / str(number), write_export(tmp_path, f"{number}.json", "\n".join(lines)))
        held = rows(tmp_path / str(number), "select count(*) as count from calls")
        assert held == [{"count": len([line for line in lines if line != bad])}]
    cut = json.dumps({"batch": {"id": "b", "calls": [{"id": "c1"}, {"id": "c2"}]}}, indent=0)[:-9]
    ingested(tmp_path / "cut", write_export(tmp_path, "cut.json", cut))
    assert rows(tmp_path / "cut", "from calls") == []
    assert problems_of(tmp_path / "cut") == [("cut_off", None)]


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
