"""Bytes become raw records: every shape, every way through, every kind of damage."""

from __future__ import annotations

import io
import itertools
import json
import random

import pytest

from batchlake.ingest.parse.raw_records import BadRecord, RawRecords
from batchlake.ingest.parse.reader import RecordReader
from tests.ingest.parse.reading import BATCH, CALL, read, summary, texts

REST = {"response": [{"success": True, "data": [{"call_id": "r1", "callDuration": 3}, {"call_id": "r2"}]}]}


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
    "a call with few fields": (
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
    """What surrounds the records is one bad record; paging and timing are no loss."""
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
