"""Bytes become raw records: every shape, every way through, every kind of damage."""

from __future__ import annotations

import io
import itertools
import json
import random
from dataclasses import dataclass
from typing import Any

import pytest

from batchlake.ingest.parse.parts import Unkept
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, Document, RawRecords
from batchlake.ingest.parse.reader import RecordReader

CALL: dict[str, Any] = {"id": "c1", "note": 'quotes " and } ] in \\ text', "about": {"tags": [1, [2]]}}
BATCH = {
    "exported_at": "2024-01-01T00:00:00Z",
    "batch": {"id": "b1", "calls": [CALL, {"id": "c2"}], "status": "done"},
}
REST = {"response": [{"success": True, "data": [{"call_id": "r1", "callDuration": 3}, {"call_id": "r2"}]}]}


@dataclass
class RawRecord:
    """One of `RawRecords`."""

    format: str
    raw: bytes
    document: Document
    number: int
    line: int | None


def texts(records: RawRecords) -> list[bytes]:
    """The JSON texts of records, decoded ones made anew (those here hold no known objects)."""
    if records.columns is None:
        return [bytes(raw) for raw in records.raws]
    scalars, extras = records.columns.scalars, records.columns.extra
    found = [
        {path: values[place] for path, values in scalars.items() if values[place] is not None}
        | {path: json.loads(value) for path, value in (extras[place] or {}).items()}
        for place in range(records.count)
    ]
    return [json.dumps(one).encode() for one in found]


def read(data: bytes | str, window_bytes: int = 1 << 20) -> list[RawRecord | BadRecord | CorruptExport]:
    raw = data.encode() if isinstance(data, str) else data
    items: list[RawRecord | BadRecord | CorruptExport] = []
    for item in RecordReader(window_bytes).read(io.BytesIO(raw)):
        if isinstance(item, Unkept):
            continue
        if isinstance(item, RawRecords):
            items += [
                RawRecord(item.format, text, item.document, number, item.line)
                for number, text in enumerate(texts(item), item.number)
            ]
        else:
            items.append(item)
    return items


def summary(items: list[RawRecord | BadRecord | CorruptExport]) -> list[tuple[Any, ...]]:
    """Format, value and envelope of the records; kind and code of the rest; in a fixed order."""
    found = []
    for item in items:
        if isinstance(item, RawRecord):
            envelope = item.document.envelope
            assert envelope is not None
            found.append((item.format, json.loads(item.raw), envelope.batch_id, envelope.exported_at))
        else:
            found.append((type(item).__name__, item.code))
    return sorted(found, key=repr)


SHAPES = {
    "batch details": (
        BATCH,
        [
            ("svalync_batches", {"id": "b1", "status": "done"}, "b1", "2024-01-01T00:00:00Z"),
            ("svalync_calls", CALL, "b1", "2024-01-01T00:00:00Z"),
            ("svalync_calls", {"id": "c2"}, "b1", "2024-01-01T00:00:00Z"),
        ],
    ),
    "call details": ({"call": CALL, "batch_id": "b9"}, [("svalync_calls", CALL, "b9", None)]),
    "batch status": (
        {"batch_id": "b1", "total_calls": 1, "calls": [{"id": "c1"}]},
        [
            ("svalync_batches", {"batch_id": "b1", "total_calls": 1}, "b1", None),
            ("svalync_calls", {"id": "c1"}, "b1", None),
        ],
    ),
    "REST list": (
        REST,
        [
            ("svalync_calls", {"call_id": "r1", "callDuration": 3}, None, None),
            ("svalync_calls", {"call_id": "r2"}, None, None),
        ],
    ),
    "REST specific call": (
        {"response": [{"success": True, "data": {"call_id": "r1"}}]},
        [("svalync_calls", {"call_id": "r1"}, None, None)],
    ),
    "bare call": ({"id": "c1", "status": "x"}, [("svalync_calls", {"id": "c1", "status": "x"}, None, None)]),
    "bare REST call": (
        {"id": "c1", "callDuration": 5},
        [("svalync_calls", {"id": "c1", "callDuration": 5}, None, None)],
    ),
    "bare batch": (
        {"id": "b1", "statistics": {}, "calls": [{"id": "c1"}]},
        [
            ("svalync_batches", {"id": "b1", "statistics": {}}, "b1", None),
            ("svalync_calls", {"id": "c1"}, "b1", None),
        ],
    ),
    "bare batch without calls": (
        {"id": "b1", "completed_at": "x"},
        [("svalync_batches", {"id": "b1", "completed_at": "x"}, "b1", None)],
    ),
    "array of anything": (
        [{"call": {"id": "c1"}}, {"id": "c2"}, {"batch": {"id": "b1", "calls": []}}],
        [
            ("svalync_batches", {"id": "b1"}, "b1", None),
            ("svalync_calls", {"id": "c1"}, None, None),
            ("svalync_calls", {"id": "c2"}, None, None),
        ],
    ),
    "calls beside their batch": (
        {"batch": {"id": "b1"}, "calls": [{"id": "c1"}], "page": 1},
        [("svalync_batches", {"id": "b1"}, "b1", None), ("svalync_calls", {"id": "c1"}, "b1", None)],
    ),
    "a call beside its batch": (
        {"batch": {"id": "b1"}, "call": {"id": "c1"}},
        [("svalync_batches", {"id": "b1"}, "b1", None), ("svalync_calls", {"id": "c1"}, "b1", None)],
    ),
    "a page of calls": (
        {"calls": [{"id": "c1"}], "total": 25, "meta": {"page": 1}},
        [("svalync_calls", {"id": "c1"}, None, None)],
    ),
    "a page of another platform": (
        {"items": [{"id": "c1", "status": "x"}, {"id": "b1", "completed_at": "x"}, 5], "total": 2},
        [
            ("BadRecord", "not_a_record"),
            ("svalync_batches", {"id": "b1", "completed_at": "x"}, "b1", None),
            ("svalync_calls", {"id": "c1", "status": "x"}, None, None),
        ],
    ),
    "something else": ({"filter": {}}, [("BadRecord", "unknown_shape")]),
    "a platform's refusal": (
        {"response": [{"success": False, "data": []}]},
        [("BadRecord", "platform_error")],
    ),
    "a number": ([5], [("BadRecord", "not_a_record")]),
}


RECORDS_AROUND_OTHERS = {
    "a call that tells of its batch": (
        {"id": "c1", "duration": 7, "batch": {"id": "b1", "name": "x"}},
        [("svalync_calls", {"id": "c1", "duration": 7, "batch": {"id": "b1", "name": "x"}}, None, None)],
    ),
    "a call of which little is known": (
        {"id": "c1", "status": "x", "batch": {"id": "b1"}},
        [("svalync_calls", {"id": "c1", "status": "x", "batch": {"id": "b1"}}, None, None)],
    ),
    "a call that names its batch": (
        {"id": "c1", "batch": "b1"},
        [("svalync_calls", {"id": "c1", "batch": "b1"}, None, None)],
    ),
    "an event about a batch": (
        {"id": "event", "type": "batch.completed", "batch": {"id": "b1", "status": "done"}},
        [("svalync_batches", {"id": "b1", "status": "done"}, "b1", None)],
    ),
    "an event about a call": (
        {"id": "event", "type": "call.ended", "call": {"id": "c1", "duration": 5}},
        [("svalync_calls", {"id": "c1", "duration": 5}, None, None)],
    ),
    "a call with a `call`": (
        {"id": "c1", "call": {"x": 1}, "duration": 4},
        [("svalync_calls", {"id": "c1", "call": {"x": 1}, "duration": 4}, None, None)],
    ),
    "a call with a `response`": (
        {"id": "c1", "response": [{"r": 1}], "duration": 6},
        [("svalync_calls", {"id": "c1", "response": [{"r": 1}], "duration": 6}, None, None)],
    ),
    "a call with `data`": (
        {"id": "c1", "data": ["keep", {"me": 1}]},
        [("svalync_calls", {"id": "c1", "data": ["keep", {"me": 1}]}, None, None)],
    ),
    "details beside the call": (
        {"call": {"id": "c1"}, "transcript": {"segments": []}, "analytics": {"outcome": "x"}},
        [
            (
                "svalync_calls",
                {"id": "c1", "transcript": {"segments": []}, "analytics": {"outcome": "x"}},
                None,
                None,
            )
        ],
    ),
    "a numbered answer": (
        {"id": "request", "response": [{"success": True, "data": [{"call_id": "r1"}]}]},
        [("svalync_calls", {"call_id": "r1"}, None, None)],
    ),
    "a refusal with data": (
        {"response": [{"success": False, "data": [{"call_id": "r1"}]}]},
        [("BadRecord", "platform_error")],
    ),
    "more than can be used": (
        {"response": {"data": [{"call_id": "r1"}], "calls": [{"id": "c1"}], "rest": [1], "none": []}},
        [
            ("BadRecord", "unknown_shape"),
            ("svalync_calls", {"id": "c1"}, None, None),
            ("svalync_calls", {"call_id": "r1"}, None, None),
        ],
    ),
}


@pytest.mark.parametrize("name", RECORDS_AROUND_OTHERS)
def test_nothing_that_stands_beside_is_dropped(name: str) -> None:
    """A record keeps what it holds, a wrapper what it is around; alone, and before another document."""
    document, expected = RECORDS_AROUND_OTHERS[name]
    for indent in (None, 1):
        text = json.dumps(document, indent=indent)
        assert summary(read(text)) == sorted(expected, key=repr)
        assert summary(read(text + "\n" + text)) == sorted(expected * 2, key=repr)
        assert summary(read(text + text)) == sorted(expected * 2, key=repr)


def test_what_can_not_be_used_of_a_wrapper_is_kept() -> None:
    """What stands beside the records is one bad record; paging and timing are no loss."""
    items = read(
        json.dumps({"batch": {"id": "b1"}, "warnings": ["late"], "took_ms": 5, "links": {"next": "x"}})
    )
    (unusable,) = [item for item in items if isinstance(item, BadRecord)]
    assert (json.loads(unusable.raw), unusable.message) == (
        {"warnings": ["late"]},
        "`warnings` around the records was not read",
    )


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_told_apart(name: str) -> None:
    """Each published shape gives its records, compact, indented and with a byte order mark."""
    document, expected = SHAPES[name]
    for text in (json.dumps(document), json.dumps(document, indent=2), "\ufeff" + json.dumps(document)):
        assert summary(read(text)) == sorted(expected, key=repr)


@pytest.mark.parametrize("window_bytes", [5, 7, 16, 33, 64, 1000])
@pytest.mark.parametrize("name", SHAPES)
def test_windows_do_not_matter(name: str, window_bytes: int) -> None:
    """The bracket scan, cut anywhere, finds what the whole document gives."""
    document, expected = SHAPES[name]
    text = json.dumps(document)
    assert summary(read(text, window_bytes)) == sorted(expected, key=repr)
    assert summary(read(text + "\n" + text, window_bytes)) == sorted(expected * 2, key=repr)


def test_strings_hide_brackets_from_the_scan() -> None:
    """Quotes, backslashes and brackets in strings never end a record, wherever a window ends."""
    nasty = ["\\", '\\"', '"}]', "\\\\", "{[", '\\\\"', "é\u2028😀"]
    calls = [{"id": f"c{number}", "said": text * 3} for number, text in enumerate(nasty)]
    text = json.dumps({"batch": {"id": "b", "calls": calls}})
    for window_bytes in range(5, 60):
        found = [record for record in summary(read(text, window_bytes)) if record[0] == "svalync_calls"]
        assert [record[1] for record in found] == calls


@pytest.mark.parametrize("indent", [None, 1, 12])
@pytest.mark.parametrize("array", ["calls", "data"])
def test_elements_are_cut_many_at_a_time(array: str, indent: int | None) -> None:
    """Whatever a window's last element looks like, or holds, each comes out once, in order."""
    rng = random.Random(7)
    inner = [{"id": number, "text": '}, {"id": "no"}, {"id": ' * rng.randrange(3)} for number in range(5)]
    calls = [
        {"id": f"c{number}", "said": rng.sample(inner, rng.randrange(5)), "n": rng.choice([7, 1.5, "é😀"])}
        for number in range(60)
    ]
    text = json.dumps(
        {"batch" if array == "calls" else "x": 1, array: calls, "after": {"id": 3}}, indent=indent
    )
    for window_bytes in (*range(40, 3_000, 97), len(text.encode()) - 1):
        items = list(RecordReader(window_bytes).read(io.BytesIO(text.encode())))
        found = [
            json.loads(text)
            for item in items
            if isinstance(item, RawRecords) and item.format != "svalync_batches"
            for text in texts(item)
        ]
        assert [one for one in found if "said" in one] == calls
        numbers = [(item.number, item.count) for item in items if isinstance(item, RawRecords)]
        assert all(number + length == later for (number, length), (later, _) in itertools.pairwise(numbers))


def test_json_lines_lose_only_their_bad_lines() -> None:
    """Of JSON lines the good ones load, and each bad one is named by its line."""
    lines = ['{"id": "c1"}', '{"id": "c2", "dur', "", "garbage", '{"id": "c3"}', "[" * 20, '{"id": "c4"}']
    for window_bytes in (30, 1 << 20):
        items = read("\n".join(lines), window_bytes)
        assert [json.loads(item.raw)["id"] for item in items if isinstance(item, RawRecord)] == [
            "c1",
            "c3",
            "c4",
        ]
        assert [item.line for item in items if isinstance(item, BadRecord)] == [2, 4, 6]
        assert [item.line for item in items if isinstance(item, RawRecord)] == [1, 5, 7]


@pytest.mark.parametrize("window_bytes", [64, 1 << 20])
def test_lines_that_hold_more_or_less_than_a_document(window_bytes: int) -> None:
    """Several on a line, one over several lines, commas as in an array: only what is bad is lost."""
    lines = [
        '{"id": "c1"}',
        '{"id": "c2"}{"id": "c3"}',
        '{"id": "c4"},',
        "",
        ', {"id": "c5"}\t{"id": "c6"} rest',
        "bad",
        '{"id": "c7",',
        ' "status": "done"}, {"id": "c8"}',
        "[]",
        '"text"',
        '{"id": "c9"}',
    ]
    items = read("\n".join(lines), window_bytes)
    found = [(item.line, json.loads(item.raw)["id"]) for item in items if isinstance(item, RawRecord)]
    assert found == [
        (1, "c1"), (2, "c2"), (2, "c3"), (3, "c4"), (5, "c5"), (5, "c6"), (7, "c7"), (8, "c8"), (11, "c9"),
    ]  # fmt: skip
    unusable = [(item.line, item.code, item.raw) for item in items if isinstance(item, BadRecord)]
    assert unusable == [
        (5, "not_json", b"rest"), (6, "not_json", b"bad"), (10, "not_a_record", b'"text"'),
    ]  # fmt: skip
    assert [item.number for item in items if not isinstance(item, CorruptExport)] == list(range(1, 13))


@pytest.mark.parametrize(
    ("bad", "ids", "raws"),
    [
        (b'{"id": "c2",\n"cost": NaN}', ["c1", "c2", "c3"], [b"NaN"]),
        (b'{"id": "c2",\n"name": "\xff"}', ["c1", "c2", "c3"], [b'"\xff"']),
        (b"{'id':\n'c2'}", ["c1", "c3"], [b"{'id':", b"'c2'}"]),
    ],
    ids=["NaN", "no UTF-8", "no JSON"],
)
def test_a_document_of_several_lines_may_be_bad(bad: bytes, ids: list[str], raws: list[bytes]) -> None:
    """A fault costs its value; what has no structure is one problem, or one a line; others don't suffer."""
    items = read(b'{"id": "c1"}\n' + bad + b'\n{"id": "c3"}\n')
    records = [item for item in items if isinstance(item, RawRecord)]
    assert [json.loads(record.raw)["id"] for record in records] == ids
    assert (records[0].line, records[-1].line) == (1, 4)
    unusable = [item for item in items if isinstance(item, BadRecord)]
    assert {item.code for item in unusable} == {"not_json"}
    assert [item.raw for item in unusable] == raws


@pytest.mark.parametrize("size", [10, 100, 1_000])
def test_a_large_document_among_json_lines_is_whole(size: int) -> None:
    """However many windows it goes through: its calls keep their batch, and what follows is read."""
    batch = {"batch": {"id": "b1", "calls": [{"id": f"b1-{number}"} for number in range(size)]}}
    text = "\n".join(['{"id": "c1"}', json.dumps(batch, indent=1), '{"id": "c2"}', ""])
    found = summary(read(text, window_bytes=512))
    calls = [(record[1]["id"], record[2]) for record in found if record[0] == "svalync_calls"]
    expected = [("c1", None), ("c2", None), *((f"b1-{number}", "b1") for number in range(size))]
    assert sorted(calls) == sorted(expected)
    assert len(found) == size + 3


def test_many_bad_lines_are_each_looked_at_once() -> None:
    """A large document over several lines is found; what only begins like one is soon given up."""
    large = json.dumps({"id": "large", "summary": "é" * 300_000}, indent=1, ensure_ascii=False)
    bad = ['{"id": "cut", "summary": "' + "x" * 2_000] * 2_000
    items = read("\n".join(['{"id": "c1"}', large, *bad, '{"id": "c2"}']), window_bytes=8 << 20)
    records = [item for item in items if isinstance(item, RawRecord)]
    assert [json.loads(record.raw)["id"] for record in records] == ["c1", "large", "c2"]
    assert [record.line for record in records] == [1, 2, 2_006]
    assert len(items) == 2_003


def test_a_bad_first_line_does_not_hide_the_others() -> None:
    """JSON lines whose first line is cut are still read line by line."""
    items = read('pleted"}\n{"id": "c2"}\n{"id": "c3"}\n')
    assert [type(item).__name__ for item in items] == ["BadRecord", "RawRecord", "RawRecord"]


def test_documents_in_a_row() -> None:
    """Several documents one after another load, on one line, on many, or mixed."""
    one, two = json.dumps({"call": {"id": "c1"}}), json.dumps({"call": {"id": "c2"}}, indent=2)
    for text in (one + two, two + "\n" + one, one + "\n" + two + "\n" + one):
        ids = {json.loads(item.raw)["id"] for item in read(text) if isinstance(item, RawRecord)}
        assert ids == {"c1", "c2"}
        assert not [item for item in read(text) if not isinstance(item, RawRecord)]


def test_nothing_of_a_cut_document_is_used() -> None:
    """A document cut at any place is one problem that names the byte, and its records are to be dropped."""
    whole = json.dumps(BATCH).encode()
    for cut in range(1, len(whole)):
        for window_bytes in (16, 1 << 20):
            items = read(whole[:cut], window_bytes)
            broken = [item for item in items if isinstance(item, CorruptExport)]
            assert len(broken) == 1, (cut, items)
            assert broken[0].byte <= cut
            dropped = broken[0].document
            assert all(
                isinstance(item, CorruptExport)
                or (isinstance(item, RawRecord) and item.document.number == dropped)
                for item in items
            )


@pytest.mark.parametrize(
    ("element", "paths"),
    [
        ('{"id": "c2", "cost": NaN}', ["cost"]),
        ('{"id": "c2", "summary": "\\ud800"}', ["summary"]),
        ('{"id": "c2", "x": tru, "y": {"z": [1, 02]}}', ["x", "y.z[2]"]),
        ('{"id": "c2", "deep": ' + "[" * 100_000 + "]" * 100_000 + "}", ["deep"]),
        ('{"id": "c2", "cost": 1,}', [""]),
        ('{"id": NaN, "x": 1}', ["id"]),
        ('{"id": "\\ud800", "x": 1}', ["id"]),
        ('{"id": NaN}', [None]),
        ('{"id": "c2", "cost":, "x": 1}', ["cost"]),
        ('{"id": "c2", "cost": \'a b\', "at": new Date(1)}', ["cost", "at"]),
        ('{"id": "c2", "cost": 1,5}', [""]),
        ('{"id": "c2", cost: 1}', [""]),
        ('{"id": "c2" "cost": 1}', [""]),
        ("{'id': 1}", [None]),
    ],
)
def test_a_fault_costs_the_value_in_which_it_stands(element: str, paths: list[str | None]) -> None:
    """The call keeps the rest of it, and the calls around it lose nothing; small and large."""
    text = '{"batch": {"id": "b", "calls": [{"id": "c1"}, ' + element + ', {"id": "c3"}]}}'
    for window_bytes in (40, 1 << 20):
        items = read(text, window_bytes)
        unusable = [item for item in items if isinstance(item, BadRecord)]
        assert [(item.code, item.path) for item in unusable] == [("not_json", path) for path in paths]
        found = [json.loads(item.raw).get("id") for item in items if isinstance(item, RawRecord)]
        second = [] if None in paths else [None] if "id" in paths else ["c2"]
        assert found == ["c1", *second, "c3", "b"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \n\t", "empty_file"),
        (b"\xff\xfe{\x00", "not_utf8"),
        (b"hello", "not_json"),
        (b"<html>", "not_json"),
        (b"\x00\x01\x02", "not_json"),
        (b"[" * 100_000, "cut_off"),
        (b'{"a":' * 100_000, "cut_off"),
        (b'{"id": "c1"', "cut_off"),
        (b'"', "not_json"),
    ],
)
def test_a_file_that_is_no_export(data: bytes, code: str) -> None:
    """What is no JSON at all is one problem of the file."""
    (item,) = read(data)
    assert isinstance(item, CorruptExport)
    assert item.code == code


def test_an_unmatched_bracket_ends_the_reading() -> None:
    """Documents before a closing bracket too many are used; what follows can't be told apart."""
    items = read('{"id": "c1"}]{"id": "c2"}', 6)
    assert [type(item).__name__ for item in items] == ["RawRecord", "CorruptExport"]


def test_texts_with_commas_between_records_are_one_problem_each() -> None:
    """In any window: a comma within a text parts nothing."""
    odd = ["a,b", 'x\\",y', ",", "[1,2]", '{"id": "no"}', 5, None, True, "é,\u2028"]
    listed = [odd[0], {"id": "c1"}, *odd[1:5], {"id": "c2"}, *odd[5:]]
    text = json.dumps({"calls": listed})
    for window_bytes in (*range(5, 90), 1 << 20):
        items = read(text, window_bytes)
        assert [json.loads(item.raw) for item in items if isinstance(item, RawRecord)] == [
            {"id": "c1"}, {"id": "c2"},
        ]  # fmt: skip
        unusable = [item for item in items if isinstance(item, BadRecord)]
        assert [json.loads(item.raw) for item in unusable] == odd
        assert {item.code for item in unusable} == {"not_a_record"}
        assert [item.number for item in items if not isinstance(item, CorruptExport)] == list(range(1, 12))


def test_a_long_line_is_read_in_the_memory_of_a_few_windows() -> None:
    """While no line end comes, nothing but the last windows is held."""
    import tracemalloc

    class Line:
        """One JSON line of some 8 MB behind a short one, made as it is read."""

        def __init__(self) -> None:
            call = b', {"id": "c", "summary": "%b"}' % (b"x" * 900)
            self.pieces = iter([b'{"id": "first"}\n{"calls": [{"id": "c"}', *[call] * 9_000, b"]}\n"])
            self.rest = b""

        def read(self, size: int, /) -> bytes:
            while len(self.rest) < size and (piece := next(self.pieces, b"")):
                self.rest += piece
            read, self.rest = self.rest[:size], self.rest[size:]
            return read

    tracemalloc.start()
    try:
        count = sum(item.count for item in RecordReader(64_000).read(Line()) if isinstance(item, RawRecords))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 9_002
    assert peak < 4_000_000
