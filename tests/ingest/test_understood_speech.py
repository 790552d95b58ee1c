"""Utterances are understood as the rules say, however they are written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import FEW_INGESTS
from tests.lakes import ingested, rows, write_export

UTTERANCE_KEYS = {
    "speaker": ["speaker", "role"], "text": ["text", "content", "message"], "time": ["timestamp", "time"],
    "confidence": ["confidence"],
}  # fmt: skip
UTTERANCES = st.fixed_dictionaries(
    {},
    optional={
        key: {
            "speaker": st.sampled_from(["ai", "User", " agent ", "nobody", 'Ann "é" \\', "", None, 5]),
            "text": st.sampled_from(["hi", "", " ", "é\u2028😀", None, 5, {"a": 1}, '"}]']),
            "time": st.sampled_from([3, "4.5", 1704110400, "2024-01-01T00:00:00Z", "soon", "", None, "1:02"]),
            "confidence": st.sampled_from([0, 1, 0.5, "0.9", 1.5, None, "high"]),
        }[part]
        for part, keys in UTTERANCE_KEYS.items()
        for key in keys
    }
    | {
        "mood": st.sampled_from(["good", None, {"x": [1.10]}]),
        "a.b": st.integers(0, 3),
        "con\x01trol": st.just(1),
    },
)


def said(utterance: Any) -> tuple[Any, ...] | None:
    """An utterance in plain Python: speaker, text, time, confidence and the rest; None without a text.

    One whose text is blank is `()`.
    """
    if not isinstance(utterance, dict):
        return None
    extra = {
        key: value
        for key, value in utterance.items()
        if key in ("mood", "a.b", "con\x01trol") and value is not None
    }
    extra = {'"a.b"' if key == "a.b" else key: value for key, value in extra.items()}
    chosen: dict[str, Any] = {}
    for part, keys in UTTERANCE_KEYS.items():
        present = [(key, utterance[key]) for key in keys if utterance.get(key) is not None]
        first = next((value for _, value in present if not isinstance(value, str) or value.strip()), None)
        if first is None and present:
            first = present[0][1]
        chosen[part] = first
        for key, value in present:
            blank = isinstance(value, str) and not value.strip()
            if not blank and as_said(value) != as_said(first):
                extra[key] = value
    text = chosen["text"]
    text = None if isinstance(text, dict) else str(text) if isinstance(text, int) else text
    if text is None:
        return None
    if not text.strip():
        return ()
    word = str(chosen["speaker"] or "").strip()
    speaker = {"ai": "ai", "agent": "ai", "user": "human"}.get(word.lower(), "unknown")
    if word and speaker == "unknown":
        extra["speaker"] = word
    time = {3: 3.0, "4.5": 4.5, "1:02": 62.0}.get(chosen["time"])
    is_moment = chosen["time"] in (1704110400, "2024-01-01T00:00:00Z")
    confidence = {0: 0.0, 1: 1.0, 0.5: 0.5, "0.9": 0.9}.get(chosen["confidence"])
    return speaker, text, time, is_moment, confidence, json.dumps(extra, sort_keys=True) if extra else None


def as_said(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None if isinstance(value, dict) else json.dumps(value)


@FEW_INGESTS
@given(
    transcripts=st.lists(
        st.lists(UTTERANCES | st.sampled_from([None, "x", 5]), max_size=5), min_size=1, max_size=30
    ),
    is_wrapped=st.booleans(),
    window_bytes=st.sampled_from([300, 1 << 20]),
)
def test_utterances_are_understood_as_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory,
    transcripts: list[list[Any]],
    is_wrapped: bool,
    window_bytes: int,
) -> None:
    """In any of their spellings; what can't be one is a problem, and takes no place; nor does a blank text,
    which stays in `extra`.
    """
    folder = tmp_path_factory.mktemp("said")
    records = [
        {
            "id": f"c{place}",
            "duration": 1,
            "transcript": {"segments": said, "lang": "en"} if is_wrapped else said,
        }
        for place, said in enumerate(transcripts)
    ]
    path = write_export(folder, "a.json", {"batch": {"id": "b", "calls": records}}, observed_at=1e9)
    ingested(folder / "lake", path, window_bytes=window_bytes)
    query = (
        "select call_id, speaker, text, offset_seconds, spoken_at is not null as is_moment, confidence, "
        "extra from segments order by call_id, position"
    )
    held: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows(folder / "lake", query):
        extra = row["extra"] and json.dumps(json.loads(row["extra"]), sort_keys=True)
        held.setdefault(row["call_id"], []).append((*list(row.values())[1:-1], extra))
    expected = {
        f"c{place}": heard
        for place, transcript in enumerate(transcripts)
        if (heard := [one for utterance in transcript if (one := said(utterance))])
    }
    assert held == expected
    unusable = rows(folder / "lake", "select count(*) as count from problems where code = 'not_an_utterance'")
    assert unusable == [{"count": sum(said(one) is None for listed in transcripts for one in listed)}]
    path = "transcript.segments" if is_wrapped else "transcript"
    kept = {
        row["call_id"]: json.loads(row["extra"]).get(path)
        for row in rows(folder / "lake", "select call_id, extra from calls where extra is not null")
    }
    blank = {
        f"c{place}": [one for one in transcript if said(one) == ()]
        for place, transcript in enumerate(transcripts)
    }
    assert {call_id: found for call_id, found in kept.items() if found} == {
        call_id: found for call_id, found in blank.items() if found
    }
    counts = rows(folder / "lake", "select call_id, segment_count from calls where segment_count is not null")
    assert {row["call_id"]: row["segment_count"] for row in counts} == {
        call_id: len(heard) for call_id, heard in expected.items()
    }
