"""Rows of a run are gathered before they are typed, and what turns out to be known or cut off is dropped."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.engine.engine import Engine
from batchlake.ingest.load.staging import ReadExport, Staging
from batchlake.ingest.load.transcripts import TranscriptFiles, once_each
from batchlake.ingest.parse.raw_records import RawRecords
from batchlake.ingest.parse.reader import RecordReader
from tests.lakes import ingested, rows, write_export


def statements_of(monkeypatch: pytest.MonkeyPatch, lake: Path, *paths: Path) -> int:
    """How many statements an ingest executes."""
    counted = 0
    run = Engine.run

    def counting(self: Engine, sql: str, *args: Any, **given: Any) -> None:
        nonlocal counted
        counted += 1
        run(self, sql, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "run", counting)
        ingested(lake, *paths)
    return counted


def test_exports_that_are_known_cost_no_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and new ones between them are typed together."""
    known = [write_export(tmp_path, f"{number}.json", {"call": {"id": f"c{number}"}}) for number in range(40)]
    ingested(tmp_path / "lake", *known)
    new = [write_export(tmp_path, f"new{number}.json", {"call": {"id": f"n{number}"}}) for number in range(4)]
    few = statements_of(monkeypatch, tmp_path / "lake", *known[:2], new[0], *known[2:4], new[1])
    many = statements_of(monkeypatch, tmp_path / "lake", *known[:20], new[2], *known[20:], new[3])
    assert many == few
    assert len(rows(tmp_path / "lake", "from calls")) == 44


def bad_lines(folder: Path, count: int) -> list[Path]:
    """Calls, and behind each of them a line that can't be used."""
    text = "".join(f'{{"id": "l{number}"}}\nbad {number}\n' for number in range(count))
    return [write_export(folder, "lines.ndjson", text)]


def cut_off(folder: Path, count: int) -> list[Path]:
    """As a full disk or a broken transfer leaves them; the last document of the last export is sound."""
    sound = json.dumps(
        {"batch": {"id": "s", "calls": [{"id": "s", "transcript": [{"text": "Hi"}]}]}}, indent=1
    )
    cut = [write_export(folder, f"cut{at}.json", sound[: -9 - at]) for at in range(count)]
    return [*cut, write_export(folder, "cut.json", f"{sound}\n{sound[:60]}")]


def exported_often(folder: Path, count: int) -> list[Path]:
    """A landing of a day, read anew, holds each call hundreds of times."""
    return [
        write_export(
            folder,
            f"{at:02}.json",
            {
                "exported_at": f"2024-01-01T00:00:{at:02}Z",
                "batch": {
                    "id": "b",
                    "calls": [{"id": "c", "transcript": [{"text": f"Said {at}"}, {"text": "Bye"}]}],
                },
            },
        )
        for at in range(count)
    ]


def test_nothing_costs_a_statement_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a problem, nor an export that is cut off, nor one more of a batch, whose last word is kept."""
    counted = []
    for name, count in (("few", 3), ("many", 30)):
        made = (bad_lines, cut_off, exported_often)
        exports = [path for make in made for path in make(tmp_path / name, count)]
        lake = tmp_path / f"{name}.lake"
        counted.append(statements_of(monkeypatch, lake, *exports))
        found = rows(lake, "select line, raw from problems where location like '%lines.ndjson' order by line")
        assert [tuple(row.values()) for row in found] == [(2 * at + 2, f"bad {at}") for at in range(count)]
        assert len(rows(lake, "from calls where call_id = 's'")) == 1
        assert len(rows(lake, "from problems where code = 'cut_off'")) == count + 1
        said = rows(lake, "select text from segments where call_id = 'c' order by position")
        assert [row["text"] for row in said] == [f"Said {count - 1}", "Bye"]
    assert counted[0] == counted[1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=12))
def test_a_part_holds_a_call_once(found: list[tuple[str, int]]) -> None:
    """Each transcript is in one part with all its utterances in their order; there are as few as can be."""
    said = columns.table(
        {"text": columns.texts([f"{at}.{n}" for at, (_, count) in enumerate(found) for n in range(count)])}
    )
    transcripts = columns.table(
        {
            "call_id": columns.texts([call for call, _ in found]),
            "segment_count": columns.integers([count for _, count in found]),
        }
    )
    parts = [(rows["text"].to_pylist(), places.tolist()) for rows, places in once_each(said, transcripts)]
    for texts, places in parts:
        assert len({found[place][0] for place in places}) == len(places)
        assert texts == [f"{place}.{n}" for place in places for n in range(found[place][1])]
    assert sorted(place for _, places in parts for place in places) == list(range(len(found)))
    assert len(parts) == max(Counter(call for call, _ in found).values(), default=0)


def test_calls_without_a_word_are_staged_as_the_others_are(tmp_path: Path) -> None:
    """Nothing is planned for utterances that nobody said, and the table is the same but for its rows."""
    tables = []
    for said in ([], [{"text": "Hi"}]):
        export = ReadExport(1, "svalync", "e", "e.json", datetime.now(UTC))
        text = json.dumps({"call": {"id": "c", "transcript": said}}).encode()
        with Engine(keeps_order=True) as engine:
            folder = tmp_path / str(len(said))
            folder.mkdir()
            with Staging(engine, TranscriptFiles(folder, "lake")) as staging:
                staging.begin(export)
                for item in RecordReader().read(io.BytesIO(text)):
                    assert isinstance(item, RawRecords)
                    staging.add(export, item)
                staging.finish()
            tables.append([engine.rows(f"describe {name}") for name in ("spoken_records", "staged_calls")])
            assert engine.rows("select call_id, segment_count from staged_calls") == [
                {"call_id": "c", "segment_count": len(said) or None}
            ]
    assert tables[0] == tables[1]


def test_what_a_cut_document_gave_is_dropped_alone(tmp_path: Path) -> None:
    """The exports before and behind it keep their calls and their problems."""
    whole = '{"calls": [{"id": "a"}, 5]}'
    cut = '{"calls": [{"id": "b"}, 6, {"id": "c"}'
    paths = [
        write_export(tmp_path / "in", f"{number}.json", text)
        for number, text in enumerate((whole, cut, whole.replace('"a"', '"d"')))
    ]
    ingested(tmp_path / "lake", *paths)
    assert [row["call_id"] for row in rows(tmp_path / "lake", "from calls order by call_id")] == ["a", "d"]
    found = rows(tmp_path / "lake", "select location, code from problems order by all")
    problems = [(Path(row["location"]).name, row["code"]) for row in found]
    assert [name for name, _ in problems] == ["0.json", "1.json", "1.json", "2.json"]
    assert ("1.json", "cut_off") in problems


def test_the_batches_in_a_cut_document_are_dropped_with_it(tmp_path: Path) -> None:
    """A list of batches that is cut off in a later one: also those before it are not used."""
    batch = '{"id": "b1", "status": "completed", "total_calls": 1, "calls": [{"id": "c1", "duration": 1}]}'
    path = write_export(tmp_path, "a.json", f'{{"id": "c0"}}{{"batches": [{batch}, {batch[:-30]}')
    for window_bytes in (30, 1 << 20):
        lake = tmp_path / f"lake-{window_bytes}"
        ingested(lake, path, window_bytes=window_bytes)
        assert rows(lake, "select call_id from calls") == [{"call_id": "c0"}]
        assert rows(lake, "select batch_id from batches") == []
        assert rows(lake, "select code from problems") == [{"code": "cut_off"}]


def test_what_a_cut_list_at_the_top_held_is_dropped_with_it(tmp_path: Path) -> None:
    """A list is one document, whatever it holds: cut off anywhere, nothing of it is used."""
    batch = {"batch": {"id": "b{0}", "calls": [{"id": "c{0}"}], "statistics": {"total_calls": 1}}}
    elements = [{"id": "c{0}", "x": [1, {"y": 2}]}, batch, {"response": [{"data": [{"id": "c{0}"}]}]}]
    whole = ['{"id": "w0"}', '[{"id": "w1"}] ']
    lists = [json.dumps([element] * 3, indent=indent) for element in elements for indent in (None, 1)]
    texts = [text[: -(1, 2, len(text) // 5)[number % 3]] for number, text in enumerate(lists)]
    numbered = [text.replace("{0}", str(number)) for number, text in enumerate(texts)]
    texts = [whole[number % 2] + text for number, text in enumerate(numbered)]
    paths = [write_export(tmp_path / "in", f"{number}.json", text) for number, text in enumerate(texts)]
    for window_bytes in (30, 1 << 20):
        lake = tmp_path / f"lake-{window_bytes}"
        ingested(lake, *paths, window_bytes=window_bytes)
        assert rows(lake, "select call_id from calls order by all") == [{"call_id": "w0"}, {"call_id": "w1"}]
        assert rows(lake, "select batch_id from batches") == []
        found = rows(lake, "select code, count(*) as files from problems group by all")
        assert found == [{"code": "cut_off", "files": len(texts)}]


def test_no_batches_have_the_columns_of_batches() -> None:
    """The table of staged batches has the same columns and types, whether a batch was read or none."""
    found = []
    for text in (b'{"batch": {"id": "b1", "calls": [{"id": "a"}]}}', b'{"call": {"id": "a"}}'):
        with Engine(keeps_order=True) as engine, Staging(engine, TranscriptFiles(None)) as staging:
            export = ReadExport(1, "svalync", "x", "x.json", datetime.now(UTC))
            staging.begin(export)
            for item in RecordReader().read_on(text, io.BytesIO()):
                assert isinstance(item, RawRecords)
                staging.add(export, item)
            staging.finish()
            held = engine.rows("select count(*) as batches from staged_batches")[0]["batches"]
            described = engine.rows("describe staged_batches")
            found.append((held, [(one["column_name"], one["column_type"]) for one in described]))
    assert [held for held, _ in found] == [1, 0]
    assert found[0][1] == found[1][1]
