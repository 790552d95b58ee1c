"""The rivals of an ingest do the same job: their calls and utterances are the lake's."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import batchlake
from tests.benchmarks.data.exports import CALLS_A_BATCH, Exports
from tests.benchmarks.ingest_rivals import CALLS, UTTERANCES, by_dlt, by_hand, missing_dlt
from tests.effort import at_length, some

COUNT = CALLS_A_BATCH + 30
OF_CALLS = """
    call_id, batch_id, status, direction, to_number, agent_id, started_at, ended_at, duration_seconds, cost,
    recording_url, success, sentiment_positive, sentiment_neutral, sentiment_negative, engagement,
    talk_ratio_ai, talk_ratio_human, segment_count
    """
OF_UTTERANCES = "call_id, batch_id, position, speaker, text, text_key, spoken_at, confidence"


@pytest.mark.parametrize("shape", some(["history", "small", "document"], 1))
def test_duckdb_by_hand_does_the_same_job(tmp_path: Path, shape: str) -> None:
    """Of clean exports, also of batches exported while they run, it has the lake's calls and utterances."""
    exports = tmp_path / ("all.json" if shape == "document" else "exports")
    getattr(Exports(), f"write_{shape}")(exports, COUNT)
    by_hand(exports, tmp_path / "by_hand")
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(exports)
    connection = lake.connect()
    for table, name, columns, order in (
        ("calls", CALLS, OF_CALLS, "call_id"),
        ("segments", UTTERANCES, OF_UTTERANCES, "call_id, position"),
    ):
        ours = connection.execute(f"select {columns} from {table} order by {order}").fetchall()
        with duckdb.connect() as other:
            other.execute("set TimeZone = 'UTC'")
            path = tmp_path / "by_hand" / name
            theirs = other.execute(f"select {columns} from '{path}' order by {order}").fetchall()
        assert len(ours) > COUNT - 1
        assert theirs == ours


@pytest.mark.skipif(missing_dlt() is not None, reason=missing_dlt() or "")
@pytest.mark.filterwarnings("default")
@at_length
def test_dlt_does_the_same_job(tmp_path: Path) -> None:
    """It has as many calls, with the same cost, and as many utterances as the lake."""
    from deltalake import DeltaTable

    exports = tmp_path / "exports"
    Exports().write_small(exports, COUNT)
    by_dlt(exports, tmp_path / "dlt")
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(exports)
    folder = tmp_path / "dlt" / "lake" / "exports"
    calls, said = (
        DeltaTable(str(folder / name)).to_pyarrow_table() for name in ("calls", "calls__transcript__segments")
    )
    ours = lake.sql("select call_id, cost from calls order by call_id").to_dicts()
    theirs = sorted(zip(calls["id"].to_pylist(), calls["cost"].to_pylist(), strict=True))
    assert [(row["call_id"], row["cost"] and float(row["cost"])) for row in ours] == [
        (call_id, cost and float(cost)) for call_id, cost in theirs
    ]
    assert lake.sql("select count(*) as said from segments").to_dicts() == [{"said": len(said)}]
