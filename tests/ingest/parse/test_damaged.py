"""Documents that are cut, broken or long: what the reader keeps of them."""

from __future__ import annotations

import json

import pytest

from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, RawRecords
from batchlake.ingest.parse.reader import RecordReader
from tests.effort import EVERYTHING
from tests.ingest.parse.reading import BATCH, RawRecord, read, summary

DEEP = 100_000 if EVERYTHING else 20_000
"""Brackets in one another: with windows of a few bytes they take seconds."""


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
        ('{"id": "c2", "deep": ' + "[" * DEEP + "]" * DEEP + "}", ["deep"]),
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
    """Documents before a closing bracket too many are used; what follows can't be cut into records."""
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
