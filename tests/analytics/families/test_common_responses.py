"""What common responses count as one text, the `text` filter finds as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.engine.text_keys import text_key
from batchlake.filters.selection import select
from tests.analytics.oracle_of_speech import fold, responses_of
from tests.analytics.tables import call, fill, segment
from tests.effort import examples
from tests.filters.strategies import SPOKEN, thorough
from tests.lakes import write_export

SAID = st.lists(st.tuples(st.sampled_from(["human", "ai"]), SPOKEN), max_size=4)


@settings(thorough, max_examples=examples(6))
@given(st.lists(SAID, min_size=1, max_size=6))
def test_each_common_response_is_found_by_the_filter(transcripts: list[Any]) -> None:
    """Exactly the calls that hold an utterance whose folded form contains the response's, so at least those
    counted."""
    engine = fill(
        Engine(),
        calls=[call(f"c{number}") for number in range(len(transcripts))],
        segments=[
            segment(f"c{number}", position, speaker, text, text_key(text))
            for number, said in enumerate(transcripts)
            for position, (speaker, text) in enumerate(said, 1)
        ],
    )
    for response in analyse(engine, select(), top=100).common_responses:
        selection = select({"text": {"contains": response.text, "speaker": "human"}})
        rows = engine.rows(selection.over("select call_id from selected_calls"), selection.params)
        found = {row["call_id"] for row in rows}
        assert found == {
            f"c{number}"
            for number, said in enumerate(transcripts)
            if any(who == "human" and fold(response.text) in fold(text) for who, text in said)
        }
        assert len(found) >= response.calls
    engine.close()


ALIKE = st.sampled_from(["Yes", "yes", "yes.", "No", "no!", "NO", "maybe", "Maybe", "...", "?!", "later"])


@settings(thorough, max_examples=examples(12))
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.lists(ALIKE, max_size=4)), min_size=1, max_size=8),
    st.integers(0, 4),
)
def test_the_top_is_that_of_plain_python_where_many_are_said_as_often(
    transcripts: list[tuple[str, list[str]]], top: int
) -> None:
    """Of each group and of all: which texts, how they are spelled, their order and their figures."""
    calls = [call(f"c{number}", agent_id=agent) for number, (agent, _) in enumerate(transcripts)]
    segments = [
        segment(f"c{number}", position, "human", text, fold(text))
        for number, (_, said) in enumerate(transcripts)
        for position, text in enumerate(said, 1)
    ]
    engine = fill(Engine(), calls=calls, segments=segments)
    found = analyse(engine, select(), by="agent_id", metrics="responses", top=top)
    engine.close()
    for responses, asked in [
        (found.common_responses, calls),
        *(
            (group.common_responses, [one for one in calls if one["agent_id"] == group.keys["agent_id"]])
            for group in found.groups
        ),
    ]:
        assert [one.model_dump() for one in responses or ()] == responses_of(asked, segments, top)


def test_a_response_in_other_spellings_is_found(tmp_path: Path) -> None:
    """Through the whole lake: four spellings of one response are four calls, whichever is asked for."""
    spellings = [
        "Yes, I'm interested",
        "yes, I’m  interested!",
        "“YES, i'm\u00a0interested.”",
        "Ｙｅｓ, I‘m interested",
    ]
    others = ["Yes. I'm interested", "yes", "?!"]
    calls = [
        {"id": f"c{number}", "status": "completed",
         "transcript": {"segments": [{"speaker": "human", "text": text}]}}
        for number, text in enumerate(spellings + others)
    ]  # fmt: skip
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "a.json", {"batch": {"id": "b1", "calls": calls}}))
    top = lake.analytics().common_responses[0]
    assert (top.count, top.calls) == (4, 4)
    for text in (*spellings, top.text):
        found = lake.calls({"text": {"contains": text, "speaker": "HUMAN"}}).to_dicts()
        assert [row["call_id"] for row in found] == ["c0", "c1", "c2", "c3"]
    assert [row["call_id"] for row in lake.calls({"text": "?!"}).to_dicts()] == ["c6"]
    assert [row["call_id"] for row in lake.calls({"text": "!"}).to_dicts()] == ["c1", "c6"]
