"""One table of cases for each rule, run through every way that applies it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.engine import sql_files
from batchlake.engine.columns import moments, texts
from batchlake.engine.engine import Engine
from batchlake.ingest.parse.json_values import Fields, fields_of, flag_of, is_time
from batchlake.ingest.parse.recognition import is_likely_record, kind_of
from batchlake.text.ids import id_fault
from batchlake.text.statuses import canonical_status, status_key
from tests.effort import at_length, examples
from tests.lakes import ingested, rows, write_export

IDS: dict[str, str | None] = {
    "call_1": "call_1", " call_2 ": "call_2", "\u00a0call_3\u2028": "call_3", "a b": "a b", "1": "1",
    "null": "null",
    "x" * 256: "x" * 256, "[1]": "[1]", "{}x": "{}x", "it's": "it's", "é😀\U00020bb7": "é😀\U00020bb7",
    "a\u2028b": "a\u2028b", "a\u2029b": "a\u2029b",
    "": None, " ": None, "\u00a0": None, "\u3000\t": None, "x" * 257: None, "a\nb": None, "a\0b": None,
    "a\u0085b": None, "a\u009fb": None, "a\x7fb": None,
}  # fmt: skip
"""What is given as an id, and the id that it is; None where it is none."""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with each of `IDS` as a call's id, as a batch's, in a call and around it; one document each."""
    folder = tmp_path_factory.mktemp("ids")
    documents: list[Any] = []
    for number, given_id in enumerate(IDS):
        documents += [
            {"batch": {"id": f"as-call-{number}", "calls": [{"id": given_id, "summary": "as call"}]}},
            {"batch": {"id": given_id, "calls": [{"id": f"around-{number}"}]}},
            {"id": f"within-{number}", "batch_id": given_id, "status": "failed"},
        ]
    path = write_export(folder, "a.ndjson", "\n".join(json.dumps(one) for one in documents))
    for name, window_bytes in (("small", 1 << 20), ("large", 200)):
        ingested(folder / name, path, window_bytes=window_bytes)
    return folder


@cache
def _held(lake: Path) -> list[tuple[str, str | None]]:
    """The calls of a lake that nobody writes to any more, and the batches to which they belong."""
    return [(row["call_id"], row["batch_id"]) for row in rows(lake, "select call_id, batch_id from calls")]


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("given_id", IDS, ids=repr)
def test_an_id_is_the_same_wherever_it_stands(named: Path, size: str, given_id: str) -> None:
    """As a call's, as a batch's around calls or within one: the same text, or in no place an id."""
    number, expected = list(IDS).index(given_id), IDS[given_id]
    held = {
        (call_id, batch_id)
        for call_id, batch_id in _held(named / size)
        if batch_id == f"as-call-{number}" or call_id in (f"around-{number}", f"within-{number}")
    }
    wanted: set[tuple[str, str | None]] = {(f"around-{number}", expected), (f"within-{number}", expected)}
    assert held == wanted | ({(expected, f"as-call-{number}")} if expected is not None else set())
    assert bool(id_fault(given_id.strip())) == (expected is None)


@at_length
def test_whatever_is_held_can_be_asked_for(named: Path) -> None:
    """Each id of the lake names its call or its batch in a question."""
    lake = batchlake.open(named / "small")
    for call_id in {row["call_id"] for row in rows(named / "small", "select call_id from calls")}:
        assert lake.call(call_id).call.id == call_id
    for batch_id in {row["batch_id"] for row in rows(named / "small", "select batch_id from batches")}:
        assert lake.batch(batch_id).batch.id == batch_id


BLANKS = [" ", "\t", "\u00a0", "\u2003", "\u3000", "\u2028", "-", "_", "\x0b", "\x1f", "\u0085"]


@pytest.fixture(scope="module")
def macros() -> Engine:
    """An engine that has the macros of the ingest."""
    engine = Engine()
    engine.run(sql_files.load("ingest/macros").text)
    return engine


@settings(max_examples=examples(40))
@given(
    words=st.lists(
        st.lists(st.sampled_from(["In", "PROGRESS", "no", "Answer", *BLANKS]), max_size=6), min_size=1
    )
)
def test_a_status_is_the_same_in_sql_and_in_python(macros: Engine, words: list[list[str]]) -> None:
    """The macro and the function fold any spelling to one key."""
    spellings = ["".join(one) for one in words]
    found = macros.rows("select status_key(unnest($spellings)) as key", {"spellings": spellings})
    assert [row["key"] for row in found] == [status_key(one) for one in spellings]


def test_a_status_is_read_with_any_blank(tmp_path: Path) -> None:
    """What a filter takes for a status is that status in the lake."""
    spelled = [f"In{blank}Progress" for blank in BLANKS]
    assert [canonical_status(one) for one in spelled] == ["in_progress"] * len(BLANKS)
    calls = [{"id": f"c{number}", "status": status} for number, status in enumerate(spelled)]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", calls))
    held = rows(tmp_path / "lake", "select status, count(*) as calls from calls group by all")
    assert held == [{"status": "in_progress", "calls": len(BLANKS)}]


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]


TIMES: dict[str, datetime | None] = {
    "2024-01-01T10:00:00Z": utc(2024, 1, 1, 10),
    "2024-01-01T10:00:00.5Z": utc(2024, 1, 1, 10, 0, 0, 500_000),
    "2024-01-01T10:00:00.123456789Z": utc(2024, 1, 1, 10, 0, 0, 123_456),
    "2024-01-01t10:00:00z": utc(2024, 1, 1, 10),
    "2024-01-01 10:00:00": utc(2024, 1, 1, 10),
    "2024-01-01T10:00": utc(2024, 1, 1, 10),
    "2024-01-01": utc(2024, 1, 1),
    "2024-01-01T10:00:00+05:30": utc(2024, 1, 1, 4, 30),
    "2024-01-01T10:00:00+0530": utc(2024, 1, 1, 4, 30),
    "2024-01-01T10:00:00-08": utc(2024, 1, 1, 18),
    "2024-01-01T10:00:00+14:00": utc(2023, 12, 31, 20),
    "2024-01-01T10:00:00-23:59": utc(2024, 1, 2, 9, 59),
    "2024-02-29T00:00:00Z": utc(2024, 2, 29),
    "2016-12-31T23:59:60Z": utc(2017, 1, 1),
    "1704103200": utc(2024, 1, 1, 10),
    "1704103200123": utc(2024, 1, 1, 10, 0, 0, 123_000),
    "1704103200.5": utc(2024, 1, 1, 10, 0, 0, 500_000),
    "2024-01-01 10:00:00 +05:30": utc(2024, 1, 1, 4, 30),
    "2024-01-01T05:59:60.5+05:30": utc(2024, 1, 1, 0, 30),
    "9998-12-31": utc(9998, 12, 31),
    "9999-01-01": None,
    "0001-12-31": None,
    "2024-01-01T10:00:60Z": None,
    "2024-01-01T23:59:60 Z": None,
    "2024-01-01T23:59:60+01": None,
    "1_704_103_200": None,
    "\uff11704103200": None,
    "20240101120000": None,
    "202401011200": None,
    "2024-01-01T10:00:00+25:00": None,
    "2024-01-01T10:00:00+24:00": None,
    "2024-01-01T10:00:00+05:60": None,
    "2024-01-01T10:00:00+99:99": None,
    "2024-01-01T10:00:00+05:30:15": None,
    "2024-01-01T24:00:00Z": None,
    "2024-01-01T25:00:00Z": None,
    "2024-01-01T10:60:00Z": None,
    "2024-01-01T10:00:61Z": None,
    "2023-02-29T00:00:00Z": None,
    "2024-13-01T00:00:00Z": None,
    "2024-01-32": None,
    "2024-1-1T10:00:00Z": None,
    "01/02/2024 09:00": None,
    "2024-01-01T10:00:00 BST": None,
    "2024-01-01T10:00:00 Europe/Berlin": None,
    "2024-01-01 (BC)": None,
    "yesterday": None,
    "infinity": None,
    "epoch": None,
    "12": None,
}
"""What is given as a time, and the moment that it is; None where it can't be read."""


def test_a_time_is_the_same_wherever_it_stands(tmp_path: Path) -> None:
    """In a call, in an utterance, and as the time of an observation."""
    calls: list[dict[str, Any]] = []
    for number, given_time in enumerate(TIMES):
        utterance = {"speaker": "ai", "text": "hi", "timestamp": given_time}
        calls.append({"id": f"c{number}", "created_at": given_time, "updated_at": given_time,
                      "transcript": {"segments": [utterance]}})  # fmt: skip
    path = write_export(tmp_path, "a.json", {"batch": {"id": "b", "calls": calls}}, observed_at=1e9)
    ingested(tmp_path / "lake", path)
    query = (
        "select c.call_id, c.created_at, c.observed_at, s.spoken_at from calls c "
        "join segments s using (call_id)"
    )
    held = {row["call_id"]: row for row in rows(tmp_path / "lake", query)}
    read_at = datetime.fromtimestamp(1e9, UTC)
    for number, (given_time, moment) in enumerate(TIMES.items()):
        row = held[f"c{number}"]
        assert (row["created_at"], row["observed_at"]) == (moment, moment or read_at), given_time
        assert row["spoken_at"] == moment, given_time
        assert is_time(given_time) == (moment is not None), given_time
    problems = rows(tmp_path / "lake", "select call_id, count(*) as count from problems group by all")
    # A plain number is no time, but an offset.
    assert {row["call_id"]: row["count"] for row in problems} == {
        f"c{number}": 2 if given_time == "12" else 3
        for number, (given_time, moment) in enumerate(TIMES.items()) if moment is None
    }  # fmt: skip


@pytest.mark.parametrize("given_time", [one for one in TIMES if not one[:1].isdigit() or "T" in one])
def test_the_fast_way_reads_no_other_times(given_time: str) -> None:
    """Times in their usual form are read by Arrow; of others it says so."""
    import pyarrow as pa

    found = moments(pa.chunked_array([texts([given_time])]))
    assert found is None or found.to_pylist() == [TIMES[given_time]]


FLAGS = {"true": True, '"Yes"': True, "1": True, '" 1 "': True, "false": False, '"NO"': False, "0": False,
         "1.0": True, '"0.0"': False, "1.00": None,
         '"maybe"': None, "2": None, "null": None, "{}": None}  # fmt: skip


def test_a_flag_is_the_same_wherever_it_stands(tmp_path: Path) -> None:
    """Of a call, and of an answer around it, which is a refusal only where it says no."""
    answers = [
        f'{{"response": [{{"success": {said}, "data": [{{"call_id": "a{number}"}}]}}]}}'
        for number, said in enumerate(FLAGS)
    ]
    calls = [
        f'{{"id": "c{number}", "status": "failed", "success": {said}}}' for number, said in enumerate(FLAGS)
    ]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.ndjson", "\n".join([*answers, *calls])))
    held = {row["call_id"]: row["success"] for row in rows(tmp_path / "lake", "select * from calls")}
    for number, (said, flag) in enumerate(FLAGS.items()):
        assert held[f"c{number}"] == flag, said
        assert (f"a{number}" in held) == (flag is not False), said
        assert flag_of(said.encode()) == flag


TRANSCRIPTS: dict[str, list[tuple[str, str, float | None]]] = {
    "AI: Hello\nUser: Yes": [("ai", "Hello", None), ("human", "Yes", None)],
    "ai: hello\nuser : yes\r\nAGENT: fine": [
        ("ai", "hello", None), ("human", "yes", None), ("ai", "fine", None),
    ],
    "AI: Hello User: Yes": [("ai", "Hello", None), ("human", "Yes", None)],
    "Welcome. AI: Hello": [("unknown", "Welcome.", None), ("ai", "Hello", None)],
    "AI: My user: nobody said": [("ai", "My user: nobody said", None)],
    "AI: PLEASE: wait. NOTE: this. User: OK": [
        ("ai", "PLEASE: wait. NOTE: this.", None), ("human", "OK", None),
    ],
    "AI: at 10:30 User: at 11:15": [("ai", "at 10:30", None), ("human", "at 11:15", None)],
    "AI: Hi. User: Hello!\nAI: Bye.": [("ai", "Hi.", None), ("human", "Hello!", None), ("ai", "Bye.", None)],
    "[2024-01-01 10:00:00] AI: hi\nUser: yo": [("ai", "hi", None), ("human", "yo", None)],
    "AI (00:01): hi\nUser [0:03]: yo": [("ai", "hi", 1.0), ("human", "yo", 3.0)],
    "[00:01 - 00:03] AI: hi\n[0.5s] User: x": [("ai", "hi", 1.0), ("human", "x", 0.5)],
    "<00:01> AI: hi\n00:02 | User: y\n**AI:** ok\n- User：z": [
        ("ai", "hi", 1.0), ("human", "y", 2.0), ("ai", "ok", None), ("human", "z", None),
    ],
    "AI: one\nNOTE: two\nUser: three": [("ai", "one\nNOTE: two", None), ("human", "three", None)],
    "AI: say User: in a line\nUser: yes": [("ai", "say User: in a line", None), ("human", "yes", None)],
    "[00:05] AI: Hello\n[00:07.5] User: Yes": [("ai", "Hello", 5.0), ("human", "Yes", 7.5)],
    "00:00:05 - Agent: Hello\n(1:02:03) Customer: Yes": [("ai", "Hello", 5.0), ("human", "Yes", 3723.0)],
    "[00:05] AI: Hello [00:07] User: Yes": [("ai", "Hello", 5.0), ("human", "Yes", 7.0)],
    "AI: [laughs] yes": [("ai", "[laughs] yes", None)],
    "AI:\nUser: Yes\nAI:  ": [("human", "Yes", None)],
    "no label at all": [("unknown", "no label at all", None)],
    "\u00a0AI: padded\u3000": [("ai", "padded", None)],
    "Bot: a\nHUMAN: b\nRobot: c\nCaller: d\nLead: e": [
        ("ai", "a", None), ("human", "b", None), ("ai", "c", None), ("human", "d", None), ("human", "e",
        None),
    ],
    "": [],
    " \n ": [],
}  # fmt: skip
"""A transcript in one string: speaker, text and offset of each utterance."""


def test_transcripts_in_one_string(tmp_path: Path) -> None:
    """Under either name, small and large."""
    calls = [
        {"id": f"{key}-{number}", "duration": 1, key: text}
        for number, text in enumerate(TRANSCRIPTS)
        for key in ("transcript", "transcripts")
    ]
    path = write_export(tmp_path, "a.json", {"calls": calls})
    for name, window_bytes in (("small", 1 << 20), ("large", 300)):
        ingested(tmp_path / name, path, window_bytes=window_bytes)
        query = "select call_id, speaker, text, offset_seconds from segments order by call_id, position"
        held: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows(tmp_path / name, query):
            call_id, *utterance = row.values()
            held.setdefault(call_id, []).append(tuple(utterance))
        for number, (text, expected) in enumerate(TRANSCRIPTS.items()):
            for key in ("transcript", "transcripts"):
                assert held.get(f"{key}-{number}", []) == expected, text


RECOGNISED: list[tuple[dict[str, Any], str | None]] = [
    ({"id": "x"}, "calls"),
    ({"call_id": "x"}, "calls"),
    ({"id": "x", "status": "completed"}, "calls"),
    ({"id": "x", "duration": 5}, "calls"),
    ({"id": "x", "duration": None}, "calls"),
    ({"id": "x", "duration": 5, "statistics": {"latency_ms": 3}}, "calls"),
    ({"id": "x", "duration": 5, "cost": "1", "statistics": {"total_calls": 3}}, "calls"),
    ({"id": "x", "duration": 5, "completed_at": "2024-01-01"}, "calls"),
    ({"id": "x", "callDuration": 5, "total_calls": 3}, "calls"),
    ({"id": "x", "batch_id": "y", "status": "completed", "completed_at": "2024-01-01"}, "calls"),
    ({"call_id": "x", "statistics": {"total_calls": 3}, "completed_at": "2024-01-01"}, "calls"),
    ({"id": "x", "analytics": {"sentiment": {"positive": 1}}}, "calls"),
    ({"id": "x", "transcript": None, "total_calls": 1}, "calls"),
    ({"id": "x", "analytics": {"success_rate": 1}}, "batches"),
    ({"id": "x", "completed_at": "2024-01-01"}, "batches"),
    ({"id": "x", "statistics": {"total_calls": 3}}, "batches"),
    ({"id": "x", "statistics": {}}, "batches"),
    ({"id": "x", "total_calls": 3, "status": "running"}, "batches"),
    ({"id": "x", "batch_id": "x", "total_calls": 3}, "batches"),
    ({"batch_id": "x", "total_calls": 3, "completed_calls": 1}, "batches"),
    ({"id": "x", "batch_id": "y", "total_calls": 3, "failed_calls": 1, "completed_calls": 1}, "batches"),
    ({"id": "x", "calls": []}, "batches"),
    ({"id": "x", "calls": {"y": {"id": "y"}}}, "batches"),
    ({"id": "x", "calls": 5}, "calls"),
    ({"total_calls": 5}, "batches"),
    ({"duration": 5}, "calls"),
    ({"filter": {}}, None),
    ({"batch_id": "x", "include_analytics": True}, None),
    ({}, None),
]


@pytest.mark.parametrize(("record", "kind"), RECOGNISED, ids=lambda value: json.dumps(value)[:60])
def test_a_record_is_recognised_by_its_own_keys(record: dict[str, Any], kind: str | None) -> None:
    """In whichever order they stand."""
    for order in (1, -1):
        fields: Fields = fields_of(json.dumps(dict(list(record.items())[::order])).encode())
        assert kind_of(fields) == kind


def test_what_is_likely_a_record() -> None:
    """An id alone doesn't say so: agents, numbers and events have one, too."""
    likely = [
        {"call_id": "x"},
        {"id": "x", "status": "y"},
        {"batch_id": "x", "total_calls": 1},
        {"id": "x", "cost": 1},
    ]
    unlikely = [{"id": "x"}, {"id": "x", "name": "y"}, {"batch_id": "x"}, {"status": "y"}, {"duration": 4}]
    for record in (*likely, *unlikely):
        assert is_likely_record(fields_of(json.dumps(record).encode())) == (record in likely), record
