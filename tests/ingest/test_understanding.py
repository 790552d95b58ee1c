"""A record says what a plain reading of the rules says: any spelling, subset, type, envelope and size."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.effort import FEW_INGESTS, examples
from tests.ingest.understanding import (
    BATCHES,
    CALLS,
    FLAGS,
    TIMES,
    Rules,
    Understood,
    understood,
    understood_batch,
)
from tests.lakes import ingested, rows, write_export

COLUMN_OF = {
    path: column
    for rules in (CALLS, BATCHES)
    for columns, alternatives in rules.fields
    for alternative in alternatives
    for column, path in zip(columns, alternative, strict=True)
}
NOTHING = [None, "", " ", "\u00a0", "\t"]
DEEP = json.loads("[" * 190 + "1.5" + "]" * 190)
HUGE = 10**4_299
ODD = [
    DEEP,
    [HUGE],
    {"a": HUGE},
    {"amount": 1.50},
    [1, "x"],
    {},
    [],
    "abc",
    "12,50",
    10**30,
    -1,
    1.7,
    True,
    "é\u2028😀",
    "nul\0inside",
    1e22,
]
USUAL = {
    "cost": ["0.10", 0.2, -0.25, 12, "1e-2"], "currency": ["EUR", "usd"],
    "direction": ["Inbound", "OUTBOUND", "web"], "status": ["completed", "No Answer", "weird"],
    "batch_id": ["b1", " b2 ", "x" * 257, "a\nb"], "summary": [" fine ", 5, "x"],
}  # fmt: skip
UNKNOWN = [
    "con\x01trol",
    "campaign",
    "a.b",
    'quo"te',
    "",
    "x y",
    "ключ",
    "back\\slash",
    "meta.",
    '"quoted"',
    "statistics2",
]
LEFT_OUT = {"id", "call_id", "callId", "duration"}
"""What makes a record a call of its own, whatever else it holds."""


def values(path: str) -> st.SearchStrategy[Any]:
    """What a path may hold: usual values of its column, nothing, and what can't be read."""
    column = COLUMN_OF.get(path, "")
    if column in TIMES:
        usual: list[Any] = ["2024-01-01T00:00:00Z", "2024-02-01T10:00:00Z", "2024-01-15T10:00:00Z"]
    elif column in FLAGS:
        usual = [True, False, "yes", "No", 1, "0"]
    else:
        usual = USUAL.get(column, [0, 0.25, "0.5", 1, "text", " padded "])
    return st.sampled_from(usual) | st.sampled_from(usual) | st.sampled_from(NOTHING) | st.sampled_from(ODD)


def put(call: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a value, unless something else stands in its way."""
    for key in path[:-1]:
        inner = call.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        call = inner
    call.setdefault(path[-1], value)


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """A record that is surely a call."""
    return {"duration": 7} | draw(records(CALLS, LEFT_OUT))


@st.composite
def records(draw: st.DrawFn, rules: Rules, left_out: set[str]) -> dict[str, Any]:
    """A record with some of its known fields, in some of their spellings, and some fields of its own."""
    record: dict[str, Any] = {}
    paths = st.sampled_from([path for path in [*rules.paths, *sorted(rules.objects)] if path not in left_out])
    for path in draw(st.lists(paths, max_size=9)):
        put(record, path.split("."), draw(values(path)))
    folders = st.sampled_from([[], [], *([part.split(".") for part in sorted(rules.objects)])])
    for folder, key in draw(st.lists(st.tuples(folders, st.sampled_from(UNKNOWN)), max_size=3)):
        put(
            record,
            [*folder, key],
            draw(st.sampled_from([*NOTHING, *ODD, "own", 1, {"a": {"b": [None, 1.10]}}])),
        )
    return record


def bare(documents: list[Any]) -> str:
    return "\n".join(json.dumps(one, indent=1) for one in documents)


ENVELOPES: dict[str, Any] = {
    "a batch": lambda listed: json.dumps({"batch": {"id": "b", "calls": listed}}),
    "a batch, its id behind": lambda listed: json.dumps({"batch": {"calls": listed, "id": "b"}}),
    "a batch, by id": lambda listed: json.dumps(
        {"batch": {"id": "b", "calls": {str(place): call for place, call in enumerate(listed)}}}
    ),
    "a batch, as text": lambda listed: json.dumps({"batch": {"id": "b", "calls": json.dumps(listed)}}),
    "an answer": lambda listed: json.dumps({"response": [{"success": True, "data": listed}]}),
    "a page": lambda listed: json.dumps(
        {"items": listed, "total": len(listed)}, ensure_ascii=False, indent=2
    ),
    "call details, one a line": lambda listed: "\n".join(json.dumps({"call": call}) for call in listed),
    "bare, one a line": lambda listed: "\n".join(map(json.dumps, listed)),
    "bare, in a row": bare,
    "an array": json.dumps,
}


@settings(FEW_INGESTS, max_examples=examples(3))
@given(
    envelope=st.sampled_from(sorted(ENVELOPES)),
    listed=st.lists(calls(), min_size=1, max_size=30),
    window_bytes=st.sampled_from([150, 2_000, 1 << 20]),
    is_packed=st.booleans(),
)
def test_a_record_is_understood_as_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory,
    envelope: str,
    listed: list[dict[str, Any]],
    window_bytes: int,
    is_packed: bool,
) -> None:
    """Columns, `extra` and problems, call by call; nothing that was given is anywhere else, or nowhere."""
    folder = tmp_path_factory.mktemp("understood")
    records = [{"id": f"c{place}"} | call for place, call in enumerate(listed)]
    text = ENVELOPES[envelope](records).encode("utf-8", "surrogatepass")
    path = write_export(folder, "a.json", gzip.compress(text) if is_packed else text, observed_at=1e9)
    ingested(folder / "lake", path, window_bytes=window_bytes)
    assert_understood(folder / "lake", records, "b" if envelope.startswith("a batch") else None)


def assert_understood(lake: Path, records: list[dict[str, Any]], batch_id: str | None) -> None:
    held = {row["call_id"]: row for row in rows(lake, "select * from calls")}
    expected = {record["id"]: understood(record) for record in records}
    assert held.keys() == expected.keys()
    problems = Counter(
        (row["call_id"], row["field"], row["code"])
        for row in rows(lake, "select call_id, field, code from problems")
    )
    assert problems == Counter(
        (call_id, *problem) for call_id, found in expected.items() for problem in found.problems
    )
    for call_id, found in expected.items():
        compare(held[call_id], found, batch_id)


def compare(row: dict[str, Any], found: Understood, batch_id: str | None) -> None:
    own = found.columns.pop("batch_id")
    assert row["batch_id"] == (own if own is not None else batch_id)
    assert row["status_reported"] == found.columns.pop("status")
    for column in ("updated_at", "exported_at"):
        found.columns.pop(column)
    assert {column: row[column] for column in found.columns} == found.columns
    assert json.loads(row["extra"] or "{}") == found.extra


BATCH_ENVELOPES: dict[str, Any] = {
    "batch details, one a line": lambda listed: "\n".join(json.dumps({"batch": batch}) for batch in listed),
    "bare, one a line": lambda listed: "\n".join(map(json.dumps, listed)),
    "bare, in a row": bare,
    "an array": json.dumps,
    "a page": lambda listed: json.dumps({"data": listed}, indent=2),
}


@settings(FEW_INGESTS, max_examples=examples(3))
@given(
    envelope=st.sampled_from(sorted(BATCH_ENVELOPES)),
    listed=st.lists(records(BATCHES, {"id", "batch_id"}), min_size=1, max_size=20),
    is_behind=st.booleans(),
    window_bytes=st.sampled_from([150, 2_000, 1 << 20]),
)
@example(envelope="bare, in a row", listed=[{"exported_at": [1, "x"]}], is_behind=False, window_bytes=1 << 20)
def test_a_batch_is_understood_as_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory,
    envelope: str,
    listed: list[dict[str, Any]],
    is_behind: bool,
    window_bytes: int,
) -> None:
    """Columns, `extra` and problems, batch by batch, with the calls before the fields or behind them."""
    folder = tmp_path_factory.mktemp("batches")
    batches = [
        {"id": f"b{place}"} | (batch | {"calls": []} if is_behind else {"calls": []} | batch)
        for place, batch in enumerate(listed)
    ]
    text = BATCH_ENVELOPES[envelope](batches).encode("utf-8", "surrogatepass")
    ingested(
        folder / "lake", write_export(folder, "a.json", text, observed_at=1e9), window_bytes=window_bytes
    )
    held = {row["batch_id"]: row for row in rows(folder / "lake", "select * from batches")}
    expected = {batch["id"]: understood_batch(batch) for batch in batches}
    assert held.keys() == expected.keys()
    problems = rows(folder / "lake", "select batch_id, field, code from problems")
    assert Counter(tuple(row.values()) for row in problems) == Counter(
        (batch_id, *problem) for batch_id, found in expected.items() for problem in found.problems
    )
    for batch_id, found in expected.items():
        row = held[batch_id]
        assert row["status_reported"] == found.columns.pop("status")
        for column in ("updated_at", "exported_at"):
            found.columns.pop(column)
        responses = row["reported_common_responses"]
        row["reported_common_responses"] = responses and json.loads(responses)
        assert {column: row[column] for column in found.columns} == found.columns
        assert json.loads(row["extra"] or "{}") == found.extra


FAULTS = [
    "NaN", "-Infinity", "tru", "01", "+1", ".5", '"\\ud83d"', '"\\q"', '"a\tb"', "[1, NaN]", '{"x": 1,}',
    "undefined",
    "[" * 5_000 + "]" * 5_000,
]  # fmt: skip
HEADER = [
    ('"exported_at"', '"2024-01-01T00:00:00Z"', ""),
    ('"status"', '"running"', "batch"),
    ('"created_at"', '"2023-12-31T00:00:00Z"', "batch"),
    ('"total_calls"', "2", "statistics"),
    ('"average_duration"', "30", "statistics"),
    ('"own"', '{"a": [1, {"b": "c"}]}', "batch"),
    ('"success_rate"', "0.5", "analytics"),
]


@FEW_INGESTS
@given(
    fault=st.sampled_from(FAULTS),
    place=st.sampled_from(range(1, len(HEADER))),
    is_behind=st.booleans(),
    is_new=st.booleans(),
    more=st.sampled_from(["", ",", " , "]),
    window_bytes=st.sampled_from([120, 1 << 20]),
)
def test_a_fault_in_a_header_costs_the_value_in_which_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
    fault: str,
    place: int,
    is_behind: bool,
    is_new: bool,
    more: str,
    window_bytes: int,
) -> None:
    """Anywhere, before the calls or behind them, in a known field or next to it: calls, id and time stay."""
    folder = tmp_path_factory.mktemp("fault")
    parts: dict[str, list[str]] = {"": [], "batch": ['"id": "b"'], "statistics": [], "analytics": []}
    for number, (key, value, where) in enumerate(HEADER):
        if number == place and is_new:
            parts[where] += [f"{key}: {value}", f'"new": {fault}']
        else:
            parts[where].append(f"{key}: {fault if number == place else value}")
    body = {name: ", ".join(members) for name, members in parts.items()}
    inner = (
        f'{body["batch"]}, "statistics": {{{body["statistics"]}{more}}}, "analytics": {{{body["analytics"]}}}'
    )
    listed = '"calls": [{"id": "c1", "duration": 1}, {"id": "c2", "duration": 2}]'
    ordered = f"{inner}, {listed}" if not is_behind else f"{listed}, {inner}"
    text = f'{{{body[""]}, "batch": {{{ordered}}}}}'
    ingested(folder / "lake", write_export(folder, "a.json", text), window_bytes=window_bytes)
    query = "select call_id, batch_id, duration_seconds, epoch(observed_at) as at from calls order by all"
    found = [tuple(row.values()) for row in rows(folder / "lake", query)]
    assert found == [("c1", "b", 1.0, 1704067200.0), ("c2", "b", 2.0, 1704067200.0)]
    (batch,) = rows(folder / "lake", "select * from batches")
    lost = None if is_new else HEADER[place][0].strip('"')
    assert batch["batch_id"] == "b"
    if lost != "total_calls":
        assert batch["reported_total_calls"] == 2
    if lost != "success_rate":
        assert batch["reported_success_rate"] == 0.5
    problems = rows(folder / "lake", "select level, code, field, batch_id from problems")
    if fault[0] in '"[{':
        # What is left of it is read; that this is no time, number, count or text is told, too.
        problems = [row for row in problems if not row["code"].startswith("not_a_")]
    assert {(row["level"], row["code"], row["batch_id"]) for row in problems} == {("field", "not_json", "b")}
    key = "new" if is_new else HEADER[place][0].strip('"')
    where = {"": "", "batch": "batch."}.get(HEADER[place][2], f"batch.{HEADER[place][2]}.")
    at_fault = [row["field"] for row in problems if row["field"] != "batch.statistics"]
    assert len(at_fault) == 1
    assert at_fault[0].startswith(f"{where}{key}")
    assert len(problems) == 1 + bool(more)
