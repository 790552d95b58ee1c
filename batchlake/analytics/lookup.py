"""Finding the batch that a person means, what the lake holds of it, and what to name where there is none."""

from __future__ import annotations

from typing import Final

from batchlake.analytics.grouped_query import Row
from batchlake.engine.engine import Engine
from batchlake.errors import BatchNotFound, InvalidBatchId
from batchlake.schema import id_fault

_MOST_NEAREST: Final = 3


def find_batch(engine: Engine, source: str | None, batch_id: str) -> Row:
    """The batch's row of the table `batches`, as the exports brought it.

    Args:
        engine: the lake.
        source: whose batch; None for any, of several the first by name.
        batch_id: its id there.

    Raises:
        InvalidBatchId: no platform issues such an id.
        BatchNotFound: it isn't in the lake; names the nearest ids, or the sources that have it.
    """
    if fault := id_fault(batch_id):
        raise InvalidBatchId(batch_id, f"it {fault}")
    rows = engine.rows("select * from batches where batch_id = $id order by source", {"id": batch_id})
    for row in rows:
        if source in (None, row["source"]):
            return row
    if rows:
        raise BatchNotFound(batch_id, [], source, [row["source"] for row in rows])
    raise BatchNotFound(batch_id, nearest_ids(engine, "batches", "batch_id", batch_id))


def held_calls(engine: Engine, source: str, batch_id: str) -> int:
    """How many calls of the batch the lake holds."""
    counted = engine.row(
        "select count(*) as held from calls where source = $source and batch_id = $batch_id",
        {"source": source, "batch_id": batch_id},
    )
    return int(counted["held"])


def nearest_ids(engine: Engine, table: str, column: str, wanted: str) -> list[str]:
    """The ids most like the one that isn't there, nearest first."""
    rows = engine.rows(
        f"select distinct {column} as id from {table} "
        f"order by jaro_winkler_similarity({column}, $wanted) desc, id limit {_MOST_NEAREST}",
        {"wanted": wanted},
    )
    return [row["id"] for row in rows]
