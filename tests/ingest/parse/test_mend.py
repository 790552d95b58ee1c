"""A bracket or a quote out of place, anywhere in a batch's fields, costs neither its calls nor its time."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from batchlake.ingest.parse.parts import Unkept
from batchlake.ingest.parse.raw_records import BadRecord, CorruptExport, RawRecords, StartOver
from batchlake.ingest.parse.reader import RecordReader
from tests.effort import EVERYTHING, share
from tests.ingest.parse.test_reader import texts
from tests.lakes import ingested, rows, write_export

TIME = "2024-01-01T00:00:00Z"
HEADER = (
    '"id": "b", "status": "running", "statistics": {"total_calls": 2, "average_duration": 30}, '
    '"own": {"a": [1, {"b": "c"}]}'
)
AFTER_ID = HEADER.index('"status"')
VALUES = {"status": "running", "statistics": {"total_calls": 2, "average_duration": 30}}
CALLS = '"calls": [{"id": "c1", "duration": 1, "own": {"id": "no"}}, {"id": "c2", "duration": 2, "x": "}[{"}]'
OTHER = '"id": "b2", "statistics": {"total_calls": 1}, "calls": [{"id": "c3", "duration": 3}]'

SHAPES = {
    "batch details": f'{{"exported_at": "{TIME}", "batch": {{HEADER, CALLS}}}}',
    "fields behind": f'{{"exported_at": "{TIME}", "batch": {{CALLS, HEADER}}}}',
    "time behind": f'{{"batch": {{HEADER, CALLS}}, "exported_at": "{TIME}"}}',
    "bare": f'{{"exported_at": "{TIME}", HEADER, CALLS}}',
    "bare, behind": f'{{CALLS, HEADER, "exported_at": "{TIME}"}}',
    "answer": f'{{"exported_at": "{TIME}", "response": [{{"success": true, "data": {{HEADER, CALLS}}}}]}}',
    "page": f'{{"exported_at": "{TIME}", "data": {{HEADER, CALLS}}}}',
    "first of a list": f'{{"exported_at": "{TIME}", "batches": [{{HEADER, CALLS}}, {{OTHER}}]}}',
    "last of a list": f'{{"exported_at": "{TIME}", "batches": [{{OTHER}}, {{HEADER, CALLS}}]}}',
    "list, behind": f'{{"data": [{{CALLS, HEADER}}, {{OTHER}}], "exported_at": "{TIME}"}}',
    "bare list": f'[{{"exported_at": "{TIME}", HEADER, CALLS}}, {{"exported_at": "{TIME}", OTHER}}]',
    "in a row": f'{{"exported_at": "{TIME}", "batch": {{HEADER, CALLS}}}} {{"exported_at": "{TIME}", OTHER}}',
    "lines": f'{{"exported_at": "{TIME}", OTHER}}\n' * 2 + f'{{"exported_at": "{TIME}", HEADER, CALLS}}',
}


def damaged(header: str) -> Iterator[tuple[int, str]]:
    """The header with each sign of JSON left out once, and with one put in at each place."""
    for place, sign in enumerate(header):
        if sign in '":{},[]':
            yield place, header[:place] + header[place + 1 :]
        for other in '",:{}[]x\\':
            yield place, header[:place] + other + header[place:]


def is_json(text: str) -> bool:
    """Whether it is sound, but for control characters, which may stand in keys."""
    try:
        json.loads(text, strict=False)
    except ValueError:
        return False
    return True


def is_like_one_cut_off(text: str) -> bool:
    """Whether a document is sound when brackets are added to its end, which is no place in the header."""
    return any(is_json(text + end) for end in ("}", "}}"))


def read(text: str, window_bytes: int) -> list[Any]:
    """What the reader gives of it, without what it took back."""
    raw = text.encode()
    found: list[Any] = []
    reader = RecordReader(window_bytes, again=lambda: nullcontext(io.BytesIO(raw)))
    for item in reader.read(io.BytesIO(raw)):
        if isinstance(item, StartOver):
            found.clear()
        elif not isinstance(item, Unkept):
            found.append(item)
    return found


def records(items: list[Any], name: str) -> list[tuple[dict[str, Any], str | None, str | None]]:
    """Each record, with its batch and time."""
    return [
        (json.loads(text), item.document.known.batch_id, item.document.known.exported_at)
        for item in items
        if isinstance(item, RawRecords) and item.format == name
        for text in texts(item)
    ]


@pytest.mark.parametrize("window_bytes", [64, 1 << 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_fault_of_structure_costs_the_fields_beside_it_at_most(shape: str, window_bytes: int) -> None:
    """Each sign left out or put in, wherever the header stands: calls, id and time stay, none is false."""
    form = SHAPES[shape]
    case = 2 * list(SHAPES).index(shape) + (window_bytes > 64)
    for place, header in share(list(damaged(HEADER)), case, 15):
        text = form.replace("HEADER", header).replace("CALLS", CALLS).replace("OTHER", OTHER)
        items = read(text, window_bytes)
        if shape == "fields behind" and is_like_one_cut_off(text) and not is_json(text):
            # That which is missing could as well be the end.
            assert [item.code for item in items if isinstance(item, CorruptExport)] == ["cut_off"], header
            continue
        calls = records(items, "svalync_calls")
        others = ["c3"] * form.count("OTHER")
        assert sorted(call["id"] for call, _, _ in calls) == ["c1", "c2", *others], header
        assert {time for _, _, time in calls} == {TIME}, header
        for call, batch_id, _ in calls:
            own = {"b2"} if call["id"] == "c3" else {"b"} if place > AFTER_ID else {"b", None, call["id"]}
            if place > AFTER_ID or call["id"] == "c3":
                assert batch_id in own, header
            else:
                assert batch_id not in ("no", "b2"), header
        for batch, batch_id, _ in records(items, "svalync_batches"):
            if batch_id == "b" and place < AFTER_ID:
                assert all(batch.get(key, value) == value for key, value in VALUES.items()), header
        assert not [item for item in items if isinstance(item, CorruptExport)], header
        is_sound = is_json(f"{{{header}}}")
        assert is_sound or [item for item in items if isinstance(item, BadRecord)], header


def test_every_file_says_what_was_lost(tmp_path: Path) -> None:
    """Ingested from files, small and larger than a window: the same calls, and a problem of the batch."""
    exported: dict[str, str] = {}
    tried = 150 if EVERYTHING else 50
    for number, (place, header) in enumerate(random.Random(7).sample(list(damaged(HEADER)), tried)):
        text = SHAPES["batch details"].replace("HEADER", header).replace("CALLS", CALLS)
        if not is_json(text) and place > AFTER_ID:
            for name in ("b", "c1", "c2"):
                text = text.replace(f'"id": "{name}"', f'"id": "{name}-{number}"', 1)
            exported[f"b-{number}"] = text
            write_export(tmp_path / "in", f"b-{number}.json", text, observed_at=1e9)
    assert len(exported) > tried / 3
    for window_bytes in (100, 1 << 20):
        root = tmp_path / f"lake-{window_bytes}"
        ingested(root, tmp_path / "in", window_bytes=window_bytes)
        calls = rows(
            root,
            "select batch_id, call_id, duration_seconds, epoch(observed_at) as at from calls order by all",
        )
        assert [tuple(row.values()) for row in calls] == [
            (batch, f"c{call}{batch[1:]}", float(call), 1704067200.0)
            for batch in sorted(exported)
            for call in (1, 2)
        ]
        problems = rows(root, "select location, level, code, batch_id from problems")
        assert {(Path(row.pop("location")).stem, *row.values()) for row in problems} == {
            (batch, "field", "not_json", batch) for batch in exported
        }
        exports = rows(root, "select location, bytes, records from exports")
        assert sorted((Path(row.pop("location")).stem, *row.values()) for row in exports) == sorted(
            (batch, len(text.encode()), 3) for batch, text in exported.items()
        )


def test_records_beside_a_damaged_batch_are_not_taken_for_a_part_of_it() -> None:
    """Where another record lies behind or before it, what is said is that the file breaks there."""
    damage = HEADER.replace("30}", "30")
    for form in ("[BATCH, CALL]", "[CALL, BATCH]", "BATCH CALL", "CALL BATCH"):
        batch = f"{{{damage}, {CALLS}}}"
        text = form.replace("BATCH", batch).replace("CALL", '{"id": "c9", "duration": 9}', 1)
        text = text.replace("CALLS", CALLS)
        items = read(text, 1 << 20)
        for call, batch_id, _ in records(items, "svalync_calls"):
            assert call["id"] != "c9" or batch_id is None
        assert [item for item in items if isinstance(item, CorruptExport | BadRecord)], form


def test_what_is_called_calls_but_holds_none_is_no_sign(tmp_path: Path) -> None:
    """A list of numbers of a call's own, in a document that is cut off: nothing of it is used."""
    for text in ('{"id": "c1", "own": {"calls": [1, 2]}', '{"id": "c1", "own": {"calls": [{"n": 1}]}'):
        (item,) = read(text, 1 << 20)
        assert isinstance(item, CorruptExport)
        assert item.code == "cut_off"
