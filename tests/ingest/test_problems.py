"""What can't be used is kept and named, and costs no neighbour."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import ExportUnreadable
from batchlake.ingest.load import staging
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.run import ingest
from batchlake.store.maintenance import check
from tests.lakes import ingested, rows, write_export

FIELDS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "words for a number": ({"duration": "abc"}, "duration_seconds", "not_a_duration", "abc"),
    "a negative duration": ({"duration": -1}, "duration_seconds", "not_a_duration", "-1"),
    "a flag for a number": ({"duration": True}, "duration_seconds", "not_a_duration", "true"),
    "a number past the largest": ({"duration": "1e400"}, "duration_seconds", "not_a_duration", "1e400"),
    "a comma for a point": ({"cost": "12,50"}, "cost", "not_an_amount", "12,50"),
    "an object for money": ({"cost": {"amount": 1}}, "cost", "not_an_amount", '{"amount":1}'),
    "no currency": ({"currency": "dollars"}, "currency", "not_a_currency", "dollars"),
    "an impossible date": (
        {"start_time": "2024-02-30T00:00:00Z"}, "started_at", "not_a_time", "2024-02-30T00:00:00Z",
    ),
    "a word for a time": ({"created_at": "yesterday"}, "created_at", "not_a_time", "yesterday"),
    "infinity for a time": ({"created_at": "infinity"}, "created_at", "not_a_time", "infinity"),
    "an end before its start": (
        {"start_time": "2024-01-01T00:00:01Z", "end_time": "2024-01-01T00:00:00Z"},
        "ended_at", "end_before_start", "2024-01-01T00:00:00Z",
    ),
    "a share past one": (
        {"analytics": {"sentiment": {"positive": 1.7}}}, "sentiment_positive", "not_a_share", "1.7",
    ),
    "an engagement in percent": ({"analytics": {"engagement": 90}}, "engagement", "not_a_share", "90"),
    "a direction of none": ({"direction": "sideways"}, "direction", "not_a_direction", "sideways"),
    "text for an object": ({"analytics": "none"}, "analytics", "not_an_object", '"none"'),
    "a number for a transcript": ({"transcript": 5}, "transcript", "not_a_transcript", "5"),
    "an utterance without text": (
        {"transcript": {"segments": [{"speaker": "ai"}]}},
        "transcript.segments[1]", "not_an_utterance", '{"speaker": "ai"}',
    ),
    "half a count": (
        {"analytics": {"engagement": {"metrics": {"interruptions": 0.5}}}},
        "interruptions", "not_a_count", "0.5",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def fielded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fields")
    calls = [{"id": name, "summary": "kept"} | given for name, (given, *_) in FIELDS.items()]
    write_export(folder / "in", "a.json", {"batch": {"id": "b", "calls": calls}})
    ingested(folder / "lake", folder / "in")
    return folder / "lake"


@cache
def _rows_once(lake: Path, query: str) -> list[dict[str, Any]]:
    """The rows of a query over a lake that nobody writes to any more."""
    return rows(lake, query)


@pytest.mark.parametrize("name", FIELDS)
def test_an_unreadable_field_is_null_and_one_problem(fielded: Path, name: str) -> None:
    """The field is NULL, the record is kept, and the problem holds the raw value."""
    _, field, code, raw = FIELDS[name]
    (call,) = (row for row in _rows_once(fielded, "select * from calls") if row["call_id"] == name)
    assert call["summary"] == "kept"
    assert call.get(field) is None
    found = [row for row in _rows_once(fielded, "select * from problems") if row["call_id"] == name]
    assert [(row["level"], row["field"], row["code"], row["raw"]) for row in found] == [
        ("field", field, code, raw)
    ]
    assert found[0]["record"] is not None


def test_a_field_that_can_be_read_is_no_problem(tmp_path: Path) -> None:
    """Spellings that mean something load: numbers as text, Unix times, offsets, money as a number."""
    calls = [
        {"id": "a", "duration": " 12.5 ", "cost": 0.1, "start_time": 1704110400, "direction": "INBOUND"},
        {"id": "b", "duration": 0, "cost": "0", "start_time": 1704110400123, "currency": "eur"},
        {"id": "c", "duration": None, "cost": "", "start_time": "2024-01-01T17:30:00+05:30"},
        {
            "id": "d",
            "cost": "123456789012.123456",
            "start_time": "2024-01-01",
            "created_at": "2024-01-01t12:00:00z",
        },
    ]
    write_export(tmp_path / "in", "a.json", calls)
    report = ingested(tmp_path / "lake", tmp_path / "in")
    assert report.problems == 0
    columns = "duration_seconds, cost, epoch_ms(started_at) as at, direction, currency"
    query = f"select {columns} from calls order by call_id"
    assert [tuple(row.values()) for row in rows(tmp_path / "lake", query)] == [
        (12.5, Decimal("0.100000"), 1704110400000, "inbound", None),
        (0.0, Decimal("0.000000"), 1704110400123, None, "EUR"),
        (None, None, 1704110400000, None, None),
        (None, Decimal("123456789012.123456"), 1704067200000, None, None),
    ]


def test_a_problem_is_of_its_records_time_and_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where these stand behind records that were typed before they were read, as in a large export."""
    monkeypatch.setattr(staging, "FLUSH_BYTES", 1)
    calls = [{"id": f"c{number}", "cost": "abc", "transcript": [{"speaker": "ai"}]} for number in range(9)]
    document = {"calls": calls, "batch_id": "b1", "exported_at": "2024-01-01T12:00:00Z"}
    path = write_export(tmp_path, "a.json", document, observed_at=1_800_000_000)
    for name, window_bytes in (("small", 1 << 20), ("large", 100)):
        ingested(tmp_path / name, path, window_bytes=window_bytes)
        found = rows(tmp_path / name, "select batch_id, epoch(observed_at)::bigint as second from problems")
        assert found == [{"batch_id": "b1", "second": 1704110400}] * 18


def test_a_record_without_an_identity_is_kept_whole(tmp_path: Path) -> None:
    """A call that can't be told from others is in `problems` with its text, and nothing of it in `calls`."""
    identities: list[dict[str, Any]] = [
        {},
        {"id": None},
        {"id": ""},
        {"id": "  "},
        {"id": "x" * 257},
        {"id": "a\nb"},
        {"id": "a\0b"},
        {"id": {}},
    ]
    records = [identity | {"duration": 1} for identity in identities]
    for number, record in enumerate(records):
        calls = [record, {"id": f"good{number}"}]
        write_export(tmp_path / "in", f"{number}.json", {"batch": {"id": "b", "calls": calls}})
    ingested(tmp_path / "lake", tmp_path / "in")
    problems = rows(tmp_path / "lake", "select * from problems order by location")
    assert [(row["level"], row["code"]) for row in problems] == [("record", "no_identity")] * len(records)
    assert [json.loads(row["raw"]) for row in problems] == records
    assert rows(tmp_path / "lake", "select call_id from calls order by all") == [
        {"call_id": f"good{number}"} for number in range(len(records))
    ]


@pytest.mark.parametrize("more", [{}, {"unknown": 1}], ids=["known keys", "an unknown key"])
def test_an_empty_text_gives_way_to_the_other_name(tmp_path: Path, more: dict[str, Any]) -> None:
    """It is no value, and so hides none: of a time, a number, an id, a transcript, a speaker."""
    empty = dict.fromkeys(("speaker", "text", "timestamp", "time", "confidence"), "")
    said = [empty | {"role": "AI ", "content": "hi"}]
    call = {
        "id": "c1", "call_id": "", "start_time": "", "started_at": "2024-01-01T00:00:00Z", "duration": " ",
        "analytics": {
            "duration": 5, "sentiment": {"overall": "", "label": "good", "positive": ""},
            "sentiment_scores": {"positive": 0.5},
        },
        "transcript": {"segments": said},
    }  # fmt: skip
    rest = {
        "id": "r1",
        "call_id": "",
        "callDuration": "",
        "duration": 7,
        "transcripts": "",
        "transcript": "AI: hi",
    }
    document = [call | more, {"response": [{"success": True, "data": [rest | more]}]}]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", document))
    columns = "call_id, started_at, duration_seconds, sentiment_label, sentiment_positive, segment_count"
    first, second = rows(tmp_path / "lake", f"select {columns} from calls order by call_id")
    assert (first["call_id"], first["started_at"].year, first["duration_seconds"]) == ("c1", 2024, 5)
    assert (first["sentiment_label"], first["sentiment_positive"]) == ("good", 0.5)
    assert (second["call_id"], second["duration_seconds"], second["segment_count"]) == ("r1", 7, 1)
    spoken = rows(tmp_path / "lake", "select speaker, text from segments order by call_id")
    assert [tuple(row.values()) for row in spoken] == [("ai", "hi"), ("ai", "hi")]
    assert rows(tmp_path / "lake", "from problems") == []


def test_ids_of_every_kind_load(tmp_path: Path) -> None:
    """Quotes, slashes, dots and any script are ids like others, for batches and calls, new and replaced."""
    ids = [
        "it's",
        'say "x"',
        "a/../b",
        "..",
        "a\\b",
        "%_*",
        "はい",
        "😀",
        "x" * 256,
        "1",
        "null",
        "-- ;",
        "$1",
    ]
    for version in (1, 2):
        document = [
            {"exported_at": f"2024-01-0{version}T00:00:00Z", "batch": {"id": one, "calls": [
                {"id": one, "duration": version, "transcript": [{"speaker": "ai", "text": str(version)}]}
            ]}}
            for one in ids
        ]  # fmt: skip
        write_export(tmp_path / "in", f"{version}.json", document)
        assert ingested(tmp_path / "lake", tmp_path / "in").problems == 0
    found = rows(tmp_path / "lake", "select call_id, batch_id, duration_seconds from calls")
    assert sorted(row["call_id"] for row in found) == sorted(ids)
    assert {row["duration_seconds"] for row in found} == {2.0}
    assert all(row["call_id"] == row["batch_id"] for row in found)
    assert {row["text"] for row in rows(tmp_path / "lake", "select text from segments")} == {"2"}
    assert check(tmp_path / "lake") == []


HOSTILE: dict[str, tuple[str, int]] = {
    "NaN": ('{"id": "x", "duration": NaN}', 3),
    "infinity": ('{"id": "x", "duration": Infinity}', 3),
    "a huge number": ('{"id": "x", "duration": 1e400}', 3),
    "5,000 digits": ('{"id": "x", "duration": ' + "9" * 5000 + "}", 3),
    "5,000 digits of money": ('{"id": "x", "cost": "0.' + "9" * 5000 + '"}', 3),
    "duplicate keys": ('{"id": "x", "id": "y", "duration": 1, "duration": 2}', 3),
    "a lone surrogate": ('{"id": "x", "summary": "\\ud800"}', 3),
    "a lone surrogate in a key": ('{"id": "x", "\\udfff": 1}', 3),
    "NUL": ('{"id": "x", "summary": "a\\u0000b"}', 3),
    "a megabyte of text": ('{"id": "x", "summary": "' + "a" * 1_000_000 + '"}', 3),
    "100,000 brackets": ('{"id": "x", "deep": ' + "[" * 100_000 + "]" * 100_000 + "}", 3),
    "500 brackets": ('{"id": "x", "deep": ' + "[" * 500 + "]" * 500 + "}", 3),
    "100,000 keys": ("{" + ",".join(f'"k{n}": {n}' for n in range(100_000)) + ', "id": "x"}', 3),
    "a BOM inside": ('{"id": "x", "summary": "\ufeff"}', 3),
    "right to left": ('{"id": "x", "summary": "\u202eabc"}', 3),
    "empty keys": ('{"id": "x", "": {"": {"": 1}}}', 3),
    "slashes in keys": ('{"id": "x", "a/b~c": 1, "~0": 2, "$.x": 3, "a\\"b": 4}', 3),
    "an array": ("[]", 2),
    "null": ("null", 2),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of all of them, a file and a batch each, with a call before and one behind."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, (element, _) in enumerate(HOSTILE.values()):
        own = element.replace('"id": "', f'"id": "{number}')
        calls = f'{{"id": "{number}a", "duration": 1}},{own},{{"id": "{number}z", "duration": 2}}'
        write_export(
            folder / "in", f"{number}.json", f'{{"batch": {{"id": "b{number}", "calls": [{calls}]}}}}'
        )
    ingested(folder / "lake", folder / "in")
    assert check(folder / "lake") == []
    return folder / "lake"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_record_changes_no_neighbour(hostile: Path, name: str) -> None:
    """Each is a problem or a row; never a crash, and the calls before and after it are as ever."""
    number, expected_calls = list(HOSTILE).index(name), HOSTILE[name][1]
    calls = _rows_once(hostile, "select batch_id, call_id, duration_seconds from calls")
    found = {row["call_id"]: row["duration_seconds"] for row in calls if row["batch_id"] == f"b{number}"}
    problems = _rows_once(hostile, "select location from problems")
    assert found[f"{number}a"] == 1
    assert found[f"{number}z"] == 2
    assert len(found) == expected_calls
    assert len(found) == 3 or [Path(row["location"]).stem for row in problems].count(f"{number}") == 1


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    """A stray byte is a problem of its field; the record and its neighbours load."""
    data = b'{"batch": {"id": "b", "calls": [{"id": "a"}, {"id": "x", "summary": "\xff"}, {"id": "z"}]}}'
    write_export(tmp_path, "a.json", data)
    ingested(tmp_path / "lake", tmp_path / "a.json")
    found = rows(tmp_path / "lake", "select call_id from calls order by call_id")
    assert [row["call_id"] for row in found] == ["a", "x", "z"]
    assert rows(tmp_path / "lake", "select code, field from problems") == [
        {"code": "not_json", "field": "summary"}
    ]
    (call,) = rows(tmp_path / "lake", "select summary from calls where call_id = 'x'")
    assert call["summary"] == "\N{REPLACEMENT CHARACTER}"


CALL = b'{"id": "c1"}'


def test_a_path_that_does_not_exist_ingests_nothing(tmp_path: Path) -> None:
    """One wrong path among right ones is an error before anything is written."""
    good = write_export(tmp_path, "a.json", CALL)
    for wrong in (tmp_path / "nope.json", tmp_path / "*.nope"):
        with pytest.raises(ExportUnreadable):
            ingest(tmp_path / "lake", [good, wrong], IngestOptions())
    assert not (tmp_path / "lake").exists()


WHY: list[tuple[str, Any, str]] = [
    ("cost", "$0.50", "has a currency sign; expected a number such as 0.50"),
    ("cost", "0.50 EUR", "has a unit; expected a number such as 0.50"),
    ("cost", "12,50", "has a decimal comma; expected a number such as 0.50"),
    ("cost", "1,234.50", "has separators between thousands; expected a number such as 0.50"),
    ("cost", "1.234,50", "has separators between thousands"),
    ("cost", "1_000", "has separators between thousands"),
    ("cost", "free", "is not a number; expected a number such as 0.50"), ("cost", "NaN", "is not a number"),
    ("cost", "-Infinity", "is not a number"), ("cost", "1e12", "is past the largest"),
    ("duration", "5_0", "is not a number"), ("duration", "1e999", "is past the largest"),
    ("duration", "125s", "has a unit; expected seconds, such as 125 or 12.5"),
    ("duration", "2:05", "is a clock's time; expected seconds, such as 125 or 12.5"),
    ("duration", -1, "is negative, or past the largest; expected seconds"),
    ("created_at", "01/02/2024", "may have day and month in either order; expected one such as 2024"),
    ("created_at", "2024-02-30T00:00:00Z", "is a date, time or offset that doesn't exist"),
    ("created_at", "2024-01-01T10:00:00+25:00", "is a date, time or offset that doesn't exist"),
    ("created_at", "2024-01-01T10:00:00 BST", "names a zone, or is a word"),
    ("created_at", "2024-01-01T1:00:00Z", "is not written as RFC 3339 has it"),
    ("created_at", "Wed, 05 Nov 2025 10:15:00 +0000", "is not a time"),
    ("direction", "sideways", "is not a direction; expected inbound, outbound or web"),
    ("success", "perhaps", "is not a flag; expected true or false"),
    ("currency", "dollars", "is not a currency; expected three letters such as USD"),
    ("batch_id", "a\nb", "is not an id; expected 1 to 256 characters"),
]  # fmt: skip


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The one problem of each call with a field that can't be read, by the call's id."""
    folder = tmp_path_factory.mktemp("explained")
    calls = [
        {"id": f"c{number}", "status": "failed", field: given} for number, (field, given, _) in enumerate(WHY)
    ]
    ingested(folder / "lake", write_export(folder, "a.json", calls))
    found = rows(folder / "lake", "select call_id, message, raw from problems")
    problems = {row["call_id"]: row for row in found}
    assert len(problems) == len(found) == len(WHY)
    return problems


@pytest.mark.parametrize("number", range(len(WHY)), ids=[f"{field} {given}" for field, given, _ in WHY])
def test_a_message_says_why_and_what_would_be_read(explained: dict[str, dict[str, Any]], number: int) -> None:
    """It quotes what was given; the field alone is left empty."""
    _, given, why = WHY[number]
    problem = explained[f"c{number}"]
    assert problem["raw"] == str(given)
    assert f"` was left empty: '{given}' {why}" in problem["message"]


def test_a_negative_cost_is_a_credit(tmp_path: Path) -> None:
    """It counts, as a number or as text, in a batch's total as well."""
    calls = [{"id": "a", "cost": -0.25}, {"id": "b", "cost": "-1.5"}, {"id": "c", "cost": "2"}]
    document = {"batch": {"id": "b", "statistics": {"total_cost": "-0.10"}, "calls": calls}}
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", document))
    (found,) = rows(tmp_path / "lake", "select sum(cost) as total, count(cost) as calls from calls")
    assert (found["total"], found["calls"]) == (Decimal("0.25"), 3)
    (batch,) = rows(tmp_path / "lake", "select reported_total_cost from batches")
    assert batch["reported_total_cost"] == Decimal("-0.10")
    assert rows(tmp_path / "lake", "from problems") == []
