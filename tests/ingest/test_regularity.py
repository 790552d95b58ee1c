"""Records without surprises are taken apart before SQL sees them, and mean what the others mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlake.ingest.regularity import regularity
from tests.lakes import ingested, rows, write_export

TEXTS = st.text(max_size=12) | st.sampled_from(["", " ", "nul \0 inside", "\U0001f600", '"}]', "é"])
TIMES = st.sampled_from(
    [None, 0, 3.25, -1, 1704110400, 1704110400123, 10**30, 1e-7, "12.5", "-3", "2024-01-01T00:00:00Z", "soon"]
)
SHARES = st.sampled_from([None, 0, 1, 0.25, 1.5, -0.1, 10**30])
UTTERANCES = st.fixed_dictionaries(
    {"text": TEXTS},
    optional={"speaker": st.none() | TEXTS, "timestamp": TIMES, "confidence": SHARES},
)

CALL: dict[str, Any] = {
    "id": "c1", "duration": 12, "cost": "0.1200", "analytics": {"sentiment": {"overall": "positive"}},
}  # fmt: skip
SPEECH: dict[str, Any] = {"segments": [{"text": "hello", "timestamp": 1}, {"text": "bye", "timestamp": "2"}]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(UTTERANCES, max_size=4), min_size=1, max_size=4))
def test_utterances_mean_the_same_either_way(
    tmp_path_factory: pytest.TempPathFactory, transcripts: list[list[dict[str, Any]]]
) -> None:
    """An unknown key in each utterance sends the transcripts through SQL: only `extra` may tell."""
    found = []
    for more in ({}, {"unknown": 1}):
        folder = tmp_path_factory.mktemp("either")
        calls = [
            CALL | {"id": f"c{number}", "transcript": {"segments": [one | more for one in utterances]}}
            for number, utterances in enumerate(transcripts)
        ]
        write_export(folder / "in", "a.json", {"batch": {"id": "b", "calls": calls}}, observed_at=1e9)
        ingested(folder / "lake", folder / "in")
        query = (
            "select call_id, position, speaker, text, spoken_at, offset_seconds, confidence "
            "from segments order by call_id, position"
        )
        problems = "select call_id, field, code from problems order by all"
        found.append((rows(folder / "lake", query), rows(folder / "lake", problems)))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("utterance", "is_regular"),
    [
        ({"text": "x"}, True),
        ({"text": "x", "speaker": None, "timestamp": None, "confidence": None}, True),
        ({"text": "x", "timestamp": 1}, True),
        ({"text": "x", "timestamp": "1"}, True),
        ({"text": "x", "confidence": "0.9"}, False),
        ({"text": "x", "timestamp": True}, False),
        ({"text": "x", "speaker": 1}, False),
        ({"text": None}, False),
        ({"speaker": "ai"}, False),
        ({"text": "x", "mood": "good"}, False),
    ],
    ids=repr,
)
def test_which_transcripts_are_regular(utterance: dict[str, Any], is_regular: bool) -> None:
    call = CALL | {"transcript": {"segments": [utterance]}}
    assert regularity("svalync_call", [json.dumps(call).encode()]).speaks_regularly == [is_regular]


@pytest.mark.parametrize(
    ("call", "is_lean"),
    [
        (CALL, True),
        ({"call_id": "c-1", "transcript": SPEECH}, True),
        (CALL | {"unknown": 1}, False),
        (CALL | {"id": None}, False),
        (CALL | {"id": "a\nb"}, False),
        (CALL | {"id": 5}, False),
        (CALL | {"transcript": "ai: hello"}, False),
        (CALL | {"analytics": "none"}, False),
    ],
    ids=repr,
)
def test_only_what_cannot_become_a_problem_loses_its_transcript(call: dict[str, Any], is_lean: bool) -> None:
    """All else of a lean record is as exported, to the digit."""
    given = {"transcript": SPEECH} | call
    found = regularity("svalync_call", [json.dumps(given).encode()])
    kept = json.loads(bytes(found.raws[0]), parse_float=str)
    expected = {name: value for name, value in given.items() if name != "transcript" or not is_lean}
    assert kept == expected
    assert len(found.utterances.text) == (2 if "segments" in given["transcript"] else 0)


def test_a_record_without_identity_is_kept_with_its_transcript(tmp_path: Path) -> None:
    record = {"id": "a\nb", "transcript": SPEECH}
    write_export(tmp_path / "in", "a.json", {"batch": {"id": "b", "calls": [record]}})
    ingested(tmp_path / "lake", tmp_path / "in")
    (problem,) = rows(tmp_path / "lake", "select * from problems")
    assert (problem["code"], json.loads(problem["raw"])) == ("no_identity", record)


def test_regular_and_irregular_transcripts_of_one_export(tmp_path: Path) -> None:
    """Each call keeps its own utterances, in their order, whichever way they came."""
    words = {"id": "c3", "transcript": "AI: first\nUser: second"}
    odd = {"id": "c2", "transcript": {"segments": [{"text": "odd", "mood": "good"}]}}
    silent = {"id": "c4", "transcript": {"segments": []}}
    calls = [{"id": "c1", "transcript": SPEECH}, odd, words, silent, {"id": "c5"}]
    write_export(tmp_path / "in", "a.json", {"batch": {"id": "b", "calls": calls}})
    ingested(tmp_path / "lake", tmp_path / "in")
    said = rows(tmp_path / "lake", "select call_id, text from segments order by call_id, position")
    assert [tuple(row.values()) for row in said] == [
        ("c1", "hello"), ("c1", "bye"), ("c2", "odd"), ("c3", "first"), ("c3", "second"),
    ]  # fmt: skip
    counts = rows(tmp_path / "lake", "select segment_count from calls order by call_id")
    assert [row["segment_count"] for row in counts] == [2, 1, 2, None, None]
