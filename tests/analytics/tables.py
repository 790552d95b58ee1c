"""Small lakes for tests of the analytics: rows as dictionaries, made into tables of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from batchlake.text.statuses import OUTCOME_BY_STATUS
from tests.analytics.oracle_of_facts import with_facts

Row = dict[str, Any]

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)

_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(18,6)": pa.decimal128(18, 6),
    "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
    "MAP(VARCHAR, TIMESTAMPTZ)": pa.map_(pa.string(), pa.timestamp("us", "UTC")),
    "MAP(VARCHAR, BIGINT)": pa.map_(pa.string(), pa.int64()),
}


def call(call_id: str, status: str = "completed", **values: Any) -> Row:
    """A row of `calls`; its outcome follows from its status, a cost may be given as text."""
    if isinstance(values.get("cost"), str):
        values["cost"] = Decimal(values["cost"])
    return {
        "source": "svalync",
        "batch_id": "b1",
        "call_id": call_id,
        "status": status,
        "status_reported": status,
        "outcome": OUTCOME_BY_STATUS[status],
        "observed_at": NOON,
        **values,
    }


def segment(call_id: str, position: int, speaker: str, text: str, text_key: str, **values: Any) -> Row:
    """A row of `segments`."""
    return {
        "source": "svalync",
        "batch_id": "b1",
        "call_id": call_id,
        "position": position,
        "speaker": speaker,
        "text": text,
        "text_key": text_key,
        **values,
    }


def batch(batch_id: str = "b1", **values: Any) -> Row:
    """A row of `batches`."""
    return {"source": "svalync", "batch_id": batch_id, "observed_at": NOON, **values}


def fill(engine: Engine, *, has_facts: bool = True, **tables: Iterable[Row]) -> Engine:
    """The engine with every table of the schema holding the rows given for it, none otherwise.

    What transcripts tell is added in plain Python, or is missing, as in a lake of an earlier layout.
    """
    engine.has_facts = has_facts
    if has_facts:
        tables = tables | _with_facts(tables)
    for name in TABLES:
        table = arrow_table(name, tables.get(name, ()))
        engine.run(f"create or replace table {name} as select * from given", given=table)
    return engine


def show_parquet(engine: Engine, folder: Path, **tables: Iterable[Row]) -> Engine:
    """The engine with views over Parquet files of the rows given, as over a lake."""
    files = {}
    for name, rows in (tables | _with_facts(tables)).items():
        path = folder / f"{name}.parquet"
        pq.write_table(arrow_table(name, rows), path)
        files[name] = [str(path)]
    engine.register_tables(files)
    return engine


def _with_facts(tables: Mapping[str, Iterable[Row]]) -> dict[str, Iterable[Row]]:
    calls, segments = with_facts(tables.get("calls", ()), tables.get("segments", ()))
    return {"calls": calls, "segments": segments}


def arrow_table(name: str, rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table with the columns and types of the schema; what a row lacks is null."""
    schema = pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in TABLES[name].columns])
    return pa.Table.from_pylist(list(rows), schema=schema)
