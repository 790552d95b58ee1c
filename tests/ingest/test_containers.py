"""Where records lie in a document, and what lies around them (`tests/cases/exports`)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.effort import at_length, some
from tests.ingest.cases import LARGE, SMALL, lake_of, problems_of
from tests.lakes import ingested, rows, write_export
from tests.paths import EXPORT_CASES


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
    "key", some(["data", "items", "results", "records", "batches", "rows", "entries", "content"], 2)
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


@pytest.mark.parametrize("is_large", some([True, False], 1))
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


def test_a_refusal_of_any_size_gives_no_call(tmp_path: Path) -> None:
    """Also where it is too large to be read whole."""
    document = {"success": False, "data": LARGE["calls"]}
    for name, options in (("small", {}), ("large", SMALL)):
        ingested(tmp_path / name, write_export(tmp_path, "a.json", document), **options)
        assert rows(tmp_path / name, "from calls") == []
        codes = rows(tmp_path / name, "select distinct code from problems")
        assert codes == [{"code": "platform_error"}]


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
    "an event of no call": (
        {"id": "evt", "event": "room_finished", "createdAt": "2024-01-01T00:00:00Z", "room": {"sid": "x1"}},
        [], [], ["unknown_shape"],
    ),
    "an event of a leg": (
        {"data": {"id": "evt", "event_type": "call.hangup", "payload": {"call_leg_id": "x1", "from": "+1"}}},
        [], [], ["unknown_shape"],
    ),
    "an assistant of Vapi's": (
        {"id": "evt", "orgId": "o", "createdAt": "2024-01-01T00:00:00Z", "name": "Ava",
         "model": {"messages": []}, "voice": {"voiceId": "v"}, "firstMessage": "Hello"},
        [], [], ["unknown_shape"],
    ),
    "a number of Vapi's": (
        {"id": "evt", "orgId": "o", "provider": "twilio", "number": "+14155550100", "status": "active"},
        [], [], ["unknown_shape"],
    ),
    "an agent of Bolna's": (
        {"id": "evt", "agent_name": "Ava", "agent_prompts": {}, "tasks": [{}], "created_at": "2024-01-01"},
        [], [], ["unknown_shape"],
    ),
    "a call with its agent's settings": ({"id": "c1", "voice": "Ava", "duration": 3}, ["c1"], [], []),
    "a logged request": (
        {"headers": {"host": "x"}, "query": {"a": 1}, "body": {"call_id": "c1"}}, ["c1"], [], [],
    ),
    "a logged request's body as it came": (
        {"id": "evt", "headers": {"host": "x"}, "body": '{"call_id": "c1"}'}, ["c1"], [], [],
    ),
    "another platform's in a logged request": (
        [{"headers": {"host": "x"}, "body": {"message": {
            "type": "end-of-call-report", "startedAt": "2024-01-01", "call": {"id": "c1", "orgId": "o"}}}}],
        ["c1"], [], [],
    ),
    "a row of a table of webhooks": (
        {"id": "evt", "payload": '{"event": "x", "call": {"call_id": "c1", "call_type": "web_call"}}'},
        ["c1"], [], [],
    ),
    "a page of GraphQL's": (
        {"data": {"calls": {"edges": [{"cursor": "x", "node": {"call_id": "c1"}}], "pageInfo": {"a": 1}}}},
        ["c1"], [], [],
    ),
    "nodes of GraphQL's": ({"data": {"calls": {"nodes": [{"id": "c1"}], "totalCount": 1}}}, ["c1"], [], []),
    "an id in camel case": ({"callId": "c1", "durationSeconds": 3}, ["c1"], [], []),
    "a control character in a key": (
        {"id": "c1", "transcript": [{"text": "hi", "a\x01b": 1}], "x\x02": 2}, ["c1"], [], [],
    ),
}  # fmt: skip
"""A document, and what is in it: calls, batches, the codes of its problems."""


@pytest.mark.parametrize("form", some(['[{{"id": "first", "duration": 1}}, {}]', "{}", "{}\n"], 2))
def test_what_lies_around_records_is_told_from_them(tmp_path: Path, form: str) -> None:
    """By itself, in an array behind another call, and scanned."""
    expected: dict[str, Any] = {}
    for number, (name, (document, calls, batches, codes)) in enumerate(AROUND.items()):
        text = document if isinstance(document, str) else json.dumps(document)
        text = re.sub(r'(\\?")(evt|[bcrx]\d)\1', rf"\g<1>\g<2> {number}\g<1>", text)
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


@at_length
def test_equal_batches_of_one_document_list_their_own_calls(tmp_path: Path) -> None:
    """Each is an observation of its own."""
    batch = {"batch": {"id": "b1", "status": "running", "calls": [{"id": "c1"}, {"id": "c2"}]}}
    for name, text in (("array", json.dumps([batch, batch])), ("lines", f"{json.dumps(batch)}\n" * 2)):
        ingested(tmp_path / name, write_export(tmp_path, f"{name}.json", text))
        assert rows(tmp_path / name, "select listed_calls from snapshots") == [{"listed_calls": 2}] * 2
