"""The facts of transcripts are always those of the transcripts held, whatever came in whichever order."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.schema import CALLS
from batchlake.store.maintenance import check, compact
from tests.analytics import oracle_of_facts as oracle
from tests.effort import at_length, examples
from tests.lakes import contents, ingested, rows, write_export

Row = dict[str, Any]

TEXTS = ["Yes", "yes!", "No thanks.", "…", "Who is this?", "OK"]

utterances = st.one_of(
    st.builds(
        lambda speaker, text, time: {"speaker": speaker, "text": text} | time,
        st.sampled_from(["ai", "human", "user", "robot", "?"]),
        st.sampled_from(TEXTS),
        st.one_of(
            st.just({}),
            st.integers(0, 59).map(lambda second: {"timestamp": f"2024-01-01T12:00:{second:02}.25Z"}),
            st.integers(0, 59).map(lambda second: {"timestamp": f"00:{second:02}"}),
        ),
    ),
    # What can't be used leaves no gap.
    st.sampled_from([{"speaker": "human"}, 7]),
)
transcripts = st.one_of(
    st.none(),
    st.lists(utterances, max_size=6).map(lambda said: {"transcript": {"segments": said}}),
    st.lists(st.tuples(st.sampled_from(["AI", "User"]), st.sampled_from(TEXTS)), min_size=1, max_size=5).map(
        lambda said: {"transcripts": "\n".join(f"{speaker}: {text}" for speaker, text in said)}
    ),
)
exports = st.builds(
    lambda minute, batch, calls: {
        "exported_at": f"2024-01-01T12:0{minute}:00Z",
        "batch": {
            "id": batch,
            "calls": [{"id": call_id, "status": "completed"} | (said or {}) for call_id, said in calls],
        },
    },
    st.integers(0, 5),
    st.sampled_from(["b1", "b2"]),
    st.lists(st.tuples(st.sampled_from(["c1", "c2", "c3"]), transcripts), max_size=4),
)


def wrong(root: Path) -> list[tuple[Row, Row]]:
    """Rows whose facts aren't those that plain Python finds in the utterances held, with the right ones."""
    held_calls = rows(root, "select * from calls order by call_id")
    held = rows(root, "select * from segments order by call_id, position")
    calls, segments = oracle.with_facts(held_calls, held)
    found = [(row, expected) for row, expected in zip(held_calls, calls, strict=True) if row != expected]
    return found + [(row, expected) for row, expected in zip(held, segments, strict=True) if row != expected]


@settings(max_examples=examples(1), deadline=None)
@given(
    st.lists(st.tuples(exports, st.sampled_from(["", "compact", "again"])), min_size=1, max_size=4),
    st.data(),
)
def test_facts_are_those_of_the_transcript_held(history: list[tuple[Row, str]], data: st.DataObject) -> None:
    """After each run of a history of exports, with longer, shorter and no transcripts, of moving calls.

    Compacted or read again in between, and in any order; and the lake as it was keeps those of then.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "lake")
        files = [
            write_export(Path(folder, "in"), f"{number}.json", document, observed_at=1_700_000_000)
            for number, (document, _) in enumerate(history)
        ]
        before: list[tuple[str, Any]] = []
        for number in data.draw(st.permutations(range(len(history)))):
            report = ingested(root, files[number])
            if history[number][1] == "compact":
                compact(root)
            elif history[number][1] == "again":
                ingested(root, files[number], force=True)
            assert wrong(root) == []
            assert [finding for finding in check(root) if finding.level == "error"] == []
            if report.run_id:
                at = batchlake.open(root).at(report.run_id).calls().to_dicts()
                before.append((report.run_id, at))
        ingested(Path(folder, "once"), *files)
        assert contents(root, ["calls", "segments"]) == contents(Path(folder, "once"), ["calls", "segments"])
        for run_id, calls in before:
            assert batchlake.open(root).at(run_id).calls().to_dicts() == calls


def test_facts_come_with_a_replay(tmp_path: Path) -> None:
    """A file that was cut off and is whole now brings its transcripts with their facts."""
    root = tmp_path / "lake"
    said = '{"speaker": "ai", "text": "Hello there"}, {"speaker": "human", "text": "Yes, yes"}'
    whole = f'{{"call": {{"id": "c1", "transcript": {{"segments": [{said}]}}}}}}'
    path = write_export(tmp_path, "cut.json", whole[:-8])
    ingested(root, path)
    assert rows(root, "from calls") == []
    path.write_text(whole)
    batchlake.open(root).replay()
    assert wrong(root) == []
    (call,) = rows(root, "from calls")
    assert [call[name] for name in oracle.FACTS] == [2, 1, 2, 4, None]


@at_length
def test_a_transcript_read_otherwise_is_written_anew(tmp_path: Path, monkeypatch: Any) -> None:
    """The same bytes, forced, by a batchlake that takes another word for the person: all is told anew."""
    root = tmp_path / "lake"
    said = [{"speaker": "ai", "text": "Hello"}, {"speaker": "punter", "text": "Yes, yes"}]
    path = write_export(tmp_path, "1.json", {"call": {"id": "c1", "transcript": said}})
    ingested(root, path)
    assert rows(root, "select human_turns, words from calls") == [{"human_turns": 0, "words": 1}]
    from batchlake.engine import sql_files

    macros = sql_files.load("ingest/macros")
    learnt = macros.text.replace(
        "when 'lead' then 'human'", "when 'lead' then 'human' when 'punter' then 'human'"
    )
    assert learnt != macros.text
    load = sql_files.load

    def loading(name: str) -> Any:
        from dataclasses import replace

        return replace(macros, text=learnt) if name == "ingest/macros" else load(name)

    monkeypatch.setattr(sql_files, "load", loading)
    ingested(root, path, force=True)
    assert rows(root, "select human_turns, words from calls") == [{"human_turns": 1, "words": 3}]
    assert [row["speaker"] for row in rows(root, "from segments order by position")] == ["ai", "human"]
    assert wrong(root) == []
    assert check(root) == []


def test_a_call_without_a_transcript_has_no_facts(tmp_path: Path) -> None:
    """NULL is not 0: nobody knows how many turns it had."""
    root = tmp_path / "lake"
    ingested(root, write_export(tmp_path, "1.json", {"call": {"id": "c1", "status": "completed"}}))
    (call,) = rows(root, "from calls")
    assert {call[name] for name in oracle.FACTS} == {None}
    assert set(oracle.FACTS) <= set(CALLS.column_names())
