"""Rows on their way to Delta: made before they are read, their neighbours kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import batchlake
from batchlake.engine.engine import Engine
from batchlake.ingest.merge.delta_writes import materialized
from tests.lakes import ingested, rows, write_export


def test_rows_sorted_at_the_limit_of_memory_are_all_read(tmp_path: Path) -> None:
    """As a stream, the sort begins within the limit and fails half way, when the reserve is of no use."""
    columns = ", ".join(f"hash(i * {number})::varchar as c{number}" for number in range(40))
    query = f"select i, {columns} from range(150_000) t(i) order by c1, c2, c3"
    with Engine(
        memory_limit="130MB", max_memory="2GB", threads=2, spill=tmp_path, keeps_order=True
    ) as engine:
        read = [batch.column("c1") for batch in materialized(engine, query)]
    assert sum(map(len, read)) == 150_000
    first = [values[0].as_py() for values in read]
    assert first == sorted(first)


def test_a_batch_exported_in_part_keeps_its_other_calls(tmp_path: Path) -> None:
    """In a lake of several files: its other calls, their transcripts, and the batches around it stay."""

    def export(number: int, batch: str, calls: list[str], said: str) -> Path:
        listed: list[dict[str, Any]] = [
            {"id": f"{batch}-{call}", "summary": said, "transcript": {"segments": [{"text": said}]}}
            for call in calls
        ]
        document = {"exported_at": f"2024-01-0{number}T00:00:00Z", "batch": {"id": batch, "calls": listed}}
        return write_export(tmp_path / "in", f"{number}.json", document)

    first, *others = (
        export(number, batch, ["c1", "c2", "c3"], "before")
        for number, batch in enumerate(("b1", "b3", "b5"), start=1)
    )
    in_part = export(4, "b3", ["c2"], "after"), export(5, "b5", ["c1", "c4"], "after")
    for run in ([first], others, in_part):
        ingested(tmp_path / "lake", *run)
    wanted = {f"{batch}-c{call}": "before" for batch in ("b1", "b3", "b5") for call in (1, 2, 3)}
    wanted |= dict.fromkeys(("b3-c2", "b5-c1", "b5-c4"), "after")
    for table, column in (("calls", "summary"), ("segments", "text")):
        found = rows(tmp_path / "lake", f"select call_id, {column} as said from {table}")
        assert sorted((row["call_id"], row["said"]) for row in found) == sorted(wanted.items()), table
    lake = batchlake.open(tmp_path / "lake")
    for batch, count in (("b1", 3), ("b3", 3), ("b5", 4)):
        details = lake.batch(batch, include_analytics=True, include_transcripts=True).batch
        assert {call.id: call.transcript.segments[0].text for call in details.calls if call.transcript} == {
            call: said for call, said in wanted.items() if call.startswith(batch)
        }
        assert details.statistics.total_calls == count
