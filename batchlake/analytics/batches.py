"""What the lake holds of one batch: its row as the exports brought it, and how many of its calls."""

from __future__ import annotations

from batchlake.analytics.grouping import Row
from batchlake.engine import Engine
from batchlake.errors import BatchNotFound


def find_batch(engine: Engine, source: str, batch_id: str) -> Row:
    """The batch's row of the table `batches`.

    Raises:
        BatchNotFound: it isn't in the lake.
    """
    key = {"source": source, "batch_id": batch_id}
    for row in engine.rows("select * from batches where source = $source and batch_id = $batch_id", key):
        return row
    raise BatchNotFound(batch_id, [])


def held_calls(engine: Engine, source: str, batch_id: str) -> int:
    """How many calls of the batch the lake holds."""
    counted = engine.row(
        "select count(*) as held from calls where source = $source and batch_id = $batch_id",
        {"source": source, "batch_id": batch_id},
    )
    return int(counted["held"])
