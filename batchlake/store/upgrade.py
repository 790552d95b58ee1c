"""Brings a lake of an earlier layout up to this one: adds the facts computed from transcripts.

It is a run of its own, of kind `upgrade`, before the ingest or compaction that needs it. Earlier states stay
as they were: questions to them compute the missing facts (`GroupedQuery`).
"""

from __future__ import annotations

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.schema import CALLS, SEGMENTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin


def upgrade_if_needed(tables: LakeTables, ledger: Ledger | None = None) -> str | None:
    """Bring the newest state up to this layout; returns the run's id, None where nothing was to be done.

    The caller holds the writer's lock. Memory is bounded: rows are sorted on disk where they don't fit.

    Args:
        tables: the lake's.
        ledger: its ledger, where one is read already.

    Raises:
        LakeNotWritable, LakeDamaged, LakeTooNew: the lake is as it was.
    """
    ledger = ledger or Ledger(tables)
    before = ledger.find()
    if before is None or before.has_facts:
        return None
    run = begin("upgrade")
    writer = Writer(tables)
    pins = dict(before.pins)
    writer.prepare(pins)
    with tables.storage.scratch() as spill, Engine(tables.storage.name, spill=spill) as engine:
        engine.register_tables(writer.snapshot(pins).files)
        show_facts(engine)
        for table, query in (
            (SEGMENTS, "from utterance_facts"),
            (CALLS, sql_files.load("maintenance/calls_with_facts").text),
        ):
            names = ", ".join(table.column_names())
            order = ", ".join(dict.fromkeys(("source", "batch_id", *table.key)))
            rows = engine.stream(f"select {names} from ({query}\n) order by {order}")
            writer.replace_all(table.name, rows)
        ledger.commit(writer, run, {})
    return run.run_id


def show_facts(engine: Engine) -> None:
    """Make the views `call_facts` and `utterance_facts` over the utterances that an engine holds."""
    for name in ("call_facts", "utterance_facts"):
        engine.run(f"create or replace view {name} as {sql_files.load(f'maintenance/{name}').text}")
