"""One batch held in memory while several questions are put to it.

Most of the time of a question about few calls is the planning of its scan, which is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from batchlake.analytics.batches import held_calls
from batchlake.engine import Engine

MOST_IN_MEMORY: Final = 10_000
"""How many calls are held at the most; their text is a few kilobytes each."""


@contextmanager
def batch_in_memory(
    engine: Engine, source: str, batch_id: str, *, with_segments: bool
) -> Iterator[tuple[Engine, int]]:
    """An engine for questions about one batch, for one thread while the block lasts, and its calls held.

    Args:
        engine: the lake.
        source, batch_id: the batch; the questions select its calls themselves.
        with_segments: whether the questions are about what was said, too.
    """
    key = {"source": source, "batch_id": batch_id}
    of_batch = "where source = $source and batch_id = $batch_id"
    with engine.alone() as own:
        # A temporary table stands before the view of the same name, and is made from it.
        own.run(f"create temp table calls as select * from calls {of_batch} limit {MOST_IN_MEMORY + 1}", key)
        held = own.row("select count(*) as held from calls")["held"]
        if held > MOST_IN_MEMORY:
            yield engine, held_calls(engine, source, batch_id)
            return
        if with_segments:
            own.run(f"create temp table segments as select * from segments {of_batch}", key)
        yield own, held
