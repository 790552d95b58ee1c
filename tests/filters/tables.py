"""The tables `calls` and `segments` in DuckDB, typed as the lake's are, from the oracle's calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from batchlake.engine.engine import Engine
from batchlake.engine.text_keys import text_key
from batchlake.schema import CALLS, SEGMENTS, Table

Key = tuple[str, str]


def load(engine: Engine, calls: Sequence[dict[str, Any]]) -> None:
    """Replace both tables by these calls and what was said in them."""
    segments = [
        said
        | {
            "source": call["source"],
            "call_id": call["call_id"],
            "batch_id": call["batch_id"],
            "position": place,
            "text_key": text_key(said["text"]),
        }
        for call in calls
        for place, said in enumerate(call["segments"], 1)
    ]
    texts = [
        call | {"extra": None if call.get("extra") is None else json.dumps(call["extra"])} for call in calls
    ]
    _fill(engine, CALLS, texts)
    _fill(engine, SEGMENTS, segments)


def keys(engine: Engine, condition: str, params: dict[str, Any] | None = None) -> set[Key]:
    """The keys of the calls that meet a condition."""
    rows = engine.rows(f"select source, call_id from calls where {condition}", params or {})
    return {(row["source"], row["call_id"]) for row in rows}


def _fill(engine: Engine, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    arrow = {
        "VARCHAR": pa.string(),
        "DOUBLE": pa.float64(),
        "BIGINT": pa.int64(),
        "BOOLEAN": pa.bool_(),
        "DECIMAL(18,6)": pa.decimal128(18, 6),
        "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
    }
    columns = [column for column in table.columns if column.type in arrow]
    given = pa.table(
        {c.name: pa.array([row.get(c.name) for row in rows], arrow[c.type]) for c in columns},
    )
    engine.run(f"create or replace table {table.name} as select * from given", given=given)
