"""What a transcript tells is computed as plain Python computes it, and so does the SQL that checks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.ingest.load.transcript_facts import with_facts
from batchlake.schema import TRANSCRIPT_FACTS
from tests.analytics import oracle_of_facts as oracle
from tests.analytics.oracle_of_speech import fold
from tests.analytics.tables import arrow_table
from tests.effort import examples

Row = dict[str, Any]

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
TEXTS = ["Yes", "yes!", "No  thanks", "…", "“No” thanks", "Ｙｅｓ", "نعم، شكرا", "a b c d", "👍 ok"]

times = st.one_of(
    st.none(),
    st.integers(0, 10_000_000).map(lambda micros: NOON + timedelta(microseconds=micros)),
    # As far apart as times can be: their sum is past 64 bits.
    st.sampled_from([datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)]),
)
utterances = st.fixed_dictionaries(
    {
        "speaker": st.sampled_from(["ai", "human", "unknown"]),
        "text": st.sampled_from(TEXTS),
        "spoken_at": times,
        "offset_seconds": st.one_of(st.none(), st.integers(0, 20_000_000).map(lambda micros: micros / 1e6)),
    }
)
far_apart = st.integers(20, 60).map(
    lambda pairs: [
        {"speaker": speaker, "text": "Yes", "spoken_at": at, "offset_seconds": None}
        for _ in range(pairs)
        for speaker, at in (
            ("ai", datetime(2, 1, 1, tzinfo=UTC)),
            ("human", datetime(9998, 1, 1, 0, 0, 0, pairs, tzinfo=UTC)),
        )
    ]
)


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.one_of(st.lists(utterances, min_size=1, max_size=9), far_apart), max_size=5))
def test_facts_are_those_of_plain_python(transcripts: list[list[Row]]) -> None:
    """Of no, one or several transcripts, with times, offsets or neither, in any words; in SQL, too."""
    said = [
        one
        | {
            "source": "svalync", "call_id": f"c{number}", "batch_id": None, "position": place,
            "text_key": fold(one["text"]),
        }
        for number, transcript in enumerate(transcripts)
        for place, one in enumerate(transcript, 1)
    ]  # fmt: skip
    given_rows = arrow_table("segments", said).drop_columns(["position", "text_key", *oracle.FLAGS])
    given_rows = given_rows.append_column("export_no", columns.integers([1] * len(said)))
    records = [int(one["call_id"][1:]) for one in said]
    marked, told = with_facts(given_rows.append_column("record", columns.integers(records)))

    calls = [
        {"source": "svalync", "call_id": f"c{number}", "segment_count": len(transcript)}
        for number, transcript in enumerate(transcripts)
    ]
    expected_calls, expected_said = oracle.with_facts(calls, said)
    assert told.select(["call_id", "segment_count", *TRANSCRIPT_FACTS]).to_pylist() == [
        {name: row[name] for name in ("call_id", "segment_count", *oracle.FACTS)} for row in expected_calls
    ]
    names = ["call_id", "position", "text_key", *oracle.FLAGS]
    assert marked.select(names).to_pylist() == [{name: row[name] for name in names} for row in expected_said]

    with Engine() as engine:
        engine.run("create table segments as from given", given=arrow_table("segments", said))
        sql = sql_files.load("maintenance/call_facts").text
        assert engine.rows(f"select * exclude (source) from ({sql}) order by call_id") == [
            {name: row[name] for name in ("call_id", *oracle.FACTS)} for row in expected_calls
        ]
        sql = sql_files.load("maintenance/utterance_facts").text
        found = engine.rows(f"select {', '.join(names)} from ({sql}) order by call_id, position")
        assert found == [{name: row[name] for name in names} for row in expected_said]
