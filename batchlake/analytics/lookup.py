"""Looks up a batch by its id; the error for a batch or a call that doesn't exist names the nearest ids."""

from __future__ import annotations

from typing import Final

from batchlake.analytics.grouped_query import Row
from batchlake.engine import sql_files
from batchlake.engine.protocols import QueryEngine
from batchlake.errors import BatchNotFound, InvalidBatchId, NotFound
from batchlake.text.ids import id_fault

_MOST_NEAREST: Final = 3


def erased_calls(engine: QueryEngine) -> dict[str, int]:
    """How many calls of each batch were erased, by `batch_of_source`; empty where none was."""
    rows = engine.rows(sql_files.load("maintenance/erased_calls").text)
    return {row["batch"]: row["calls"] for row in rows}


def find_batch(engine: QueryEngine, source: str | None, batch_id: str) -> Row:
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
    rows = engine.rows(
        "select * from batches where batch_id = $id and source = coalesce($source, source) "
        "order by source limit 1",
        {"id": batch_id, "source": source},
    )
    for row in rows:
        return row
    raise not_found(engine, BatchNotFound, source, batch_id)


def held_calls(engine: QueryEngine, source: str, batch_id: str) -> int:
    """How many calls of the batch the lake holds."""
    counted = engine.row(
        "select count(*) as held from calls where source = $source and batch_id = $batch_id",
        {"source": source, "batch_id": batch_id},
    )
    return int(counted["held"])


def not_found(engine: QueryEngine, error: type[NotFound], source: str | None, wanted: str) -> NotFound:
    """The error for a batch or a call that isn't there, or not in this source."""
    table, column = error.plural, f"{error.noun}_id"
    rows = engine.rows(f"select source from {table} where {column} = $id order by source", {"id": wanted})
    if rows:
        return error(wanted, [], source, [row["source"] for row in rows])
    nearest = engine.rows(
        f"select id from (select distinct {column} as id from {table}) "
        f"order by jaro_winkler_similarity(id, $wanted) desc, id limit {_MOST_NEAREST}",
        {"wanted": wanted},
    )
    return error(wanted, [row["id"] for row in nearest])
