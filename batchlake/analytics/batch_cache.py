"""One batch held in memory for several queries.

Most of the time of a query over few calls is the planning of its scan, which is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from batchlake.analytics.lookup import held_calls
from batchlake.engine.engine import Engine
from batchlake.engine.interrupts import ConcurrentQueries
from batchlake.engine.protocols import QueryEngine
from batchlake.schema import CALLS, SEGMENTS, Table

MOST_CALLS: Final = 10_000
MOST_UTTERANCES: Final = 300_000
"""The largest batch that is held in memory."""


@contextmanager
def batch_in_memory(
    engine: QueryEngine, source: str, batch_id: str, *, with_segments: bool
) -> Iterator[tuple[QueryEngine, int]]:
    """An engine for queries about one batch while the block lasts, and how many calls of it the lake holds.

    For a batch that is too large, and on a cluster, it is the lake's own.

    Args:
        engine: the lake.
        source, batch_id: the batch; the queries select its calls themselves.
        with_segments: whether several queries read its utterances, too.
    """
    if not isinstance(engine, Engine):
        yield engine, held_calls(engine, source, batch_id)
        return
    with engine.temporary_schema() as memory:
        with ConcurrentQueries(memory.interrupt, 2) as pool:
            reading = pool.start(_read, memory, CALLS, source, batch_id, MOST_CALLS)
            utterance_count = (
                pool.start(_read, memory, SEGMENTS, source, batch_id, MOST_UTTERANCES)
                if with_segments
                else None
            )
            calls = reading.result()
            # Of too many calls the utterances aren't waited for.
            fits = calls <= MOST_CALLS and (
                utterance_count is None or utterance_count.result() <= MOST_UTTERANCES
            )
        if fits:
            yield memory, calls
            return
    yield engine, held_calls(engine, source, batch_id)


def _read(memory: Engine, table: Table, source: str, batch_id: str, most: int) -> int:
    """Make a table of the batch's rows; returns how many they are, at most one more than `most`."""
    count = memory.row(
        f"create table {table.name} as select * from {memory.pruned_scan(table, [batch_id])} "
        f"where source = $source and batch_id = $batch_id limit {most + 1}",
        {"source": source, "batch_id": batch_id},
    )["Count"]
    return int(count)
