"""Pages and batches of other platforms that are larger than a window: read in the memory of some windows."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any, Final

import pytest

from batchlake.ingest.parse.raw_records import RawRecords
from batchlake.ingest.parse.reader import RecordReader
from tests.effort import some

WINDOW: Final = 64_000
_FILLER: Final = "x" * 900

PAGES: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "calls of a batch": (
        '{"status": "completed", "batch_params": {"id": "b1"}, "call_data": [',
        {"call_id": "c", "call_length": 1, "summary": _FILLER},
        '], "analysis": {"total_calls": 9}}',
    ),
    "a batch that is named behind its calls": (
        '{"call_data": [',
        {"call_id": "c", "call_length": 1, "summary": _FILLER},
        '], "batch_params": {"id": "b1"}}',
    ),
    "conversations": (
        '{"conversations": [',
        {"conversation_id": "c", "agent_id": "a", "transcript_summary": _FILLER},
        '], "has_more": false, "next_cursor": null}',
    ),
    "logs": (
        '{"status": true, "data": {"logs": [',
        {"callId": "c", "_id": "1", "recordingUrl": _FILLER},
        '], "total": 3}}',
    ),
    "batches": (
        '{"batch_calls": [',
        {"id": "b", "total_calls_scheduled": 3, "name": _FILLER},
        '], "has_more": false}',
    ),
    "calls of a page": (
        '{"calls": [',
        {"sid": "CA1", "account_sid": "AC1", "from": _FILLER},
        '], "page": 0, "next_page_uri": null}',
    ),
}
"""What stands before the records, one of them, and what stands behind them."""

_COUNT: Final = 6_000


class Page:
    """A document of some 6 MB, made as it is read."""

    def __init__(self, before: str, record: dict[str, Any], behind: str) -> None:
        text = json.dumps(record).encode()
        listed = itertools.chain([text], itertools.repeat(b"," + text, _COUNT - 1))
        self._pieces: Iterator[bytes] = itertools.chain([before.encode()], listed, [behind.encode()])
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        pieces, length = [self._rest], len(self._rest)
        while length < size and (piece := next(self._pieces, b"")):
            pieces.append(piece)
            length += len(piece)
        text = b"".join(pieces)
        self._rest = text[size:]
        return text[:size]


@pytest.mark.parametrize("name", some(list(PAGES), 3))
def test_a_page_is_read_in_the_memory_of_a_few_windows(name: str) -> None:
    """However long its list is: each record once, and never all of them held."""
    tracemalloc.start()
    try:
        found = [
            (item.format, item.count, item.document)
            for item in RecordReader(WINDOW).read(Page(*PAGES[name]))
            if isinstance(item, RawRecords)
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    of_calls = [
        one
        for one in found
        if not (name.startswith(("calls of a b", "a batch")) and one[0][-7:] == "batches")
    ]
    assert sum(count for _, count, _ in of_calls) == _COUNT
    if "call_data" in PAGES[name][0]:
        assert {document.envelope.batch_id for _, _, document in of_calls if document.envelope} == {"b1"}
    # 6 MB of text; the records that were found are held by this test alone, without their text.
    assert peak < 4_500_000


@pytest.mark.parametrize("window", [40, 200, 1 << 20])
def test_a_records_own_list_of_such_a_name_is_no_page(window: int) -> None:
    """In a list of records, `logs` and `conversations` are a record's own, whatever they hold."""
    import io

    record = {
        "id": "c1",
        "orgId": "o",
        "conversations": [{"id": "x", "orgId": "p"}],
        "call_data": [{"call_id": "y"}],
    }
    text = json.dumps([record, record | {"id": "c2"}]).encode()
    items = [item for item in RecordReader(window).read(io.BytesIO(text)) if isinstance(item, RawRecords)]
    assert [item.format for item in items for _ in range(item.count)] == ["vapi_calls"] * 2
