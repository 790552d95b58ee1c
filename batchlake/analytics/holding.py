"""One batch held in memory while several questions are put to it.

Most of the time of a question about few calls is the planning of its scan, which is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from batchlake.analytics.batches import held_calls
from batchlake.engine import Engine
from batchlake.schema import CALLS, SEGMENTS

MOST_CALLS: Final = 10_000
MOST_UTTERANCES: Final = 300_000
"""How much of a batch is held at the most."""


@contextmanager
def batch_in_memory(
    engine: Engine, source: str, batch_id: str, *, with_segments: bool
) -> Iterator[tuple[Engine, int]]:
    """An engine for questions about one batch while the block lasts, and how many of its calls are held.

    Of a batch that is too large it is the lake's own.

    Args:
        engine: the lake.
        source, batch_id: the batch; the questions select its calls themselves.
        with_segments: whether several questions are about what was said, too.
    """
    key = {"source": source, "batch_id": batch_id}
    of_batch = "where source = $source and batch_id = $batch_id"
    with engine.with_tables() as own:
        calls = own.of_batches(CALLS, [batch_id])
        own.run(f"create table calls as select * from {calls} {of_batch} limit {MOST_CALLS + 1}", key)
        size = own.row("select count(*) as calls, coalesce(sum(segment_count), 0) as utterances from calls")
        if size["calls"] <= MOST_CALLS and size["utterances"] <= MOST_UTTERANCES:
            if with_segments:
                segments = own.of_batches(SEGMENTS, [batch_id])
                own.run(f"create table segments as select * from {segments} {of_batch}", key)
            yield own, size["calls"]
            return
    yield engine, held_calls(engine, source, batch_id)
