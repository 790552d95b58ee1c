"""Records without surprises are taken apart before SQL sees them, and mean what the others mean."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlake.ingest.regularity import Irregular, add_irregular, read_regular, scalar_paths
from batchlake.ingest.shapes import _REST_KEYS
from batchlake.store import LakeTables
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


FEW_INGESTS = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)  # fmt: skip
"""An ingest takes as long for 40 calls as for one."""


@FEW_INGESTS
@given(st.lists(st.lists(UTTERANCES, max_size=4), min_size=40, max_size=50))
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
    """Also in a record that is irregular for another reason."""
    call = CALL | {"transcript": {"segments": [utterance]}}
    assert (read_regular("svalync_call", listed(call)) is not None) == is_regular
    found = Irregular()
    add_irregular("svalync_call", json.dumps(call | {"unknown": 1}).encode(), found)
    assert found.speaks_regularly == [is_regular]


@pytest.mark.parametrize(
    ("call", "is_regular"),
    [
        (CALL, True),
        ({"call_id": "c-1"}, True),
        ({"id": "c", "transcript": None, "agent": None}, True),
        ({"id": "c", "transcript": "AI: hello"}, True),
        ({"id": "c", "cost": 10**30, "duration": -1.5, "is_test": True}, True),
        ({"id": "c", "analytics": {"sentiment": "good", "engagement": {"score": 1}}}, True),
        (CALL | {"unknown": 1}, False),
        (CALL | {"id": None}, False),
        (CALL | {"id": "a\nb"}, False),
        (CALL | {"call_id": ""}, False),
        (CALL | {"id": 5}, False),
        (CALL | {"transcript": ["AI: hello"]}, False),
        (CALL | {"status": {"code": 1}}, False),
        (CALL | {"analytics": "none"}, False),
        (CALL | {"analytics": {"sentiment": {"scores": {"mixed": 1}}}}, False),
        (CALL | {"agent": []}, False),
    ],
    ids=repr,
)
def test_which_records_are_regular(call: dict[str, Any], is_regular: bool) -> None:
    """One that isn't makes its whole list irregular."""
    assert (read_regular("svalync_call", listed(call)) is not None) == is_regular
    assert (read_regular("svalync_call", listed(CALL, call, CALL)) is not None) == is_regular


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "[{}]x", '[{"id": "c"}', "[" * 100_000, '[{"id": "\ud800"}]']
)
def test_what_is_no_list_of_records_is_not_regular(text: str) -> None:
    assert read_regular("svalync_call", text.encode("utf-8", "surrogatepass")) is None


def test_scalars_of_records_that_hold_different_ones() -> None:
    """A column has a value for each record, or is absent; records can be put behind others."""
    first = read_regular("svalync_call", listed({"id": "c1", "analytics": {"sentiment": {"positive": 1}}}))
    second = read_regular(
        "svalync_call", listed({"id": "c2"}, {"call_id": "c3", "cost": 1.5, "transcript": SPEECH})
    )
    assert first is not None
    assert second is not None
    first.extend(second)
    assert first.count == 3
    assert first.scalars == {
        "id": ["c1", "c2", None],
        "analytics.sentiment.positive": [1, None, None],
        "call_id": [None, None, "c3"],
        "cost": [None, None, 1.5],
    }
    assert first.utterances.counts == [0, 0, 2]
    assert first.utterances.text == ["hello", "bye"]
    assert [digest is None for digest in first.transcript_digest] == [True, True, False]


def test_a_regular_call_is_of_no_other_format() -> None:
    """What tells the REST endpoints' calls from the others is a key that no regular one of the others has."""
    assert not _REST_KEYS & set(scalar_paths("svalync_call"))


ODD_SCALARS = st.sampled_from(
    [None, 0, 12, 1.5, -1, 10**30, 1e22, 1e-7, "", " ", "12", "1.50", "abc", True, "é"]
)


@FEW_INGESTS
@given(
    st.lists(
        st.dictionaries(st.sampled_from(scalar_paths("svalync_call")), ODD_SCALARS, max_size=9),
        min_size=40,
        max_size=50,
    )
)
def test_scalars_mean_the_same_either_way(
    tmp_path_factory: pytest.TempPathFactory, calls: list[dict[str, Any]]
) -> None:
    """An unknown key in each record sends it through SQL: only `extra` may tell."""
    found = []
    for more in ({}, {"unknown": 1}):
        folder = tmp_path_factory.mktemp("either")
        records = [
            nested(scalars) | {"id": f"c{number}", "call_id": None} | more
            for number, scalars in enumerate(calls)
        ]
        write_export(folder / "in", "a.json", {"batch": {"id": "b", "calls": records}}, observed_at=1e9)
        ingested(folder / "lake", folder / "in")
        of_run = "extra, field_observed_at, first_run_id, last_run_id"
        held = f"select * exclude ({of_run}) from calls order by call_id"
        problems = "select call_id, field, code, raw from problems order by all"
        found.append((rows(folder / "lake", held), rows(folder / "lake", problems)))
    assert found[0] == found[1]


def nested(scalars: dict[str, Any]) -> dict[str, Any]:
    """The object of scalars by their paths; where one stands in the way of another's object, it goes."""
    found: dict[str, Any] = {}
    for path, value in sorted(scalars.items()):
        *folders, name = path.split(".")
        inner = found
        for folder in folders:
            if not isinstance(inner.get(folder), dict):
                inner[folder] = {}
            inner = inner[folder]
        inner[name] = value
    return found


def listed(*calls: dict[str, Any]) -> bytes:
    return json.dumps(calls).encode()


@pytest.mark.parametrize("more", [{}, {"unknown": 1}], ids=["regular", "irregular"])
def test_the_three_scores_are_of_one_object(tmp_path: Path, more: dict[str, Any]) -> None:
    """What one object leaves out is 0; it isn't filled up from another."""
    scores = {"positive": 0.6, "neutral": 0.3, "negative": 0.1}
    call = CALL | more | {"analytics": {"sentiment": {"positive": 0.8}, "sentiment_scores": scores}}
    write_export(tmp_path / "in", "a.json", {"batch": {"id": "b", "calls": [call]}})
    ingested(tmp_path / "lake", tmp_path / "in")
    columns = "sentiment_positive, sentiment_neutral, sentiment_negative"
    (row,) = rows(tmp_path / "lake", f"select {columns} from calls")
    assert list(row.values()) == [0.8, 0.0, 0.0]


def test_a_record_without_identity_is_kept_with_its_transcript(tmp_path: Path) -> None:
    record = {"id": "a\nb", "transcript": SPEECH}
    write_export(tmp_path / "in", "a.json", {"batch": {"id": "b", "calls": [record]}})
    ingested(tmp_path / "lake", tmp_path / "in")
    (problem,) = rows(tmp_path / "lake", "select * from problems")
    assert (problem["code"], json.loads(problem["raw"])) == ("no_identity", record)


def test_nameless_records_that_speak_cost_the_others_nothing(tmp_path: Path) -> None:
    """They are problems, and what the others say goes into the lake as it was written."""
    nameless = [{"id": "a\nb", "unknown": 1, "transcript": SPEECH}, {"status": "done", "transcript": SPEECH}]
    calls = [{"id": "c1", "transcript": SPEECH}, *nameless, {"id": "c2", "unknown": 1, "transcript": SPEECH}]
    write_export(tmp_path / "in", "a.json", {"batch": {"id": "b", "calls": calls}})
    ingested(tmp_path / "lake", tmp_path / "in")
    said = rows(tmp_path / "lake", "select call_id, count(*) as said from segments group by all order by all")
    assert said == [{"call_id": "c1", "said": 2}, {"call_id": "c2", "said": 2}]
    problems = rows(tmp_path / "lake", "select code from problems")
    assert [row["code"] for row in problems] == ["no_identity", "no_identity"]
    # One commit made the table, one took the files in.
    assert LakeTables(tmp_path / "lake").version("segments") == 1


def test_rest_calls_mean_the_same_either_way(tmp_path: Path) -> None:
    spoken = ["AI: hi\nUser: yes", None, ["odd"]]
    names = [{}, {"id": "17"}, {"id": 17}, {"agent": {"id": "a", "name": "n"}}]
    found = []
    for unknown in ({}, {"userData": {"x": 1}}):
        calls = [
            {"call_id": f"c{number}", "callDuration": 12.5, "callType": "outbound", "isTestMode": True}
            | more | unknown | {"transcripts": transcript}
            for number, (more, transcript) in enumerate(itertools.product(names, spoken))
        ]  # fmt: skip
        folder = tmp_path / str(len(found))
        export = {"response": [{"success": True, "data": calls}]}
        write_export(folder / "in", "a.json", export, observed_at=1e9)
        ingested(folder / "lake", folder / "in")
        of_run = "first_run_id, last_run_id, field_observed_at"
        held = rows(folder / "lake", f"select * exclude ({of_run}) from calls order by call_id")
        assert len(held) == len(calls)
        for row in held:
            row["extra"] = json.loads(row["extra"] or "{}")
            row["extra"].pop("userData", None)
        said = "select call_id, position, speaker, text from segments order by call_id, position"
        found.append((held, rows(folder / "lake", said)))
    assert found[0] == found[1]


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
