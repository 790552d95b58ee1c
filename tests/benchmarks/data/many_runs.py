"""A lake with a long history: many exports of one call each, as webhooks bring them, and many runs.

    python -m tests.benchmarks.data.many_runs LAKE --exports 1000000 --runs 10000

Its tables are written by DuckDB straight into the lake; its runs are committed one by one, as ingests commit
theirs.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin

_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 100_000
_ROWS: Final = {
    "exports": """
        select
          'svalync' as source, sha256('export ' || n) as export_id, '/made/call_' || n || '.json' as location,
          1000 as bytes, timestamptz '2024-01-01 00:00:00+00' + to_seconds(n) as observed_at, 1 as records,
          0 as problems, 'made' as run_id
        from range({first}, {last}) as numbers(n)
        """,
    "batches": """
        select
          'svalync' as source, 'old_' || lpad(n::varchar, 6, '0') as batch_id, 'completed' as status,
          timestamptz '2024-01-01 00:00:00+00' + to_seconds(n * 1000) as created_at,
          created_at as observed_at, 'made' as first_run_id, 'made' as last_run_id
        from range({first} // 1000, ({last} + 999) // 1000) as numbers(n)
        """,
    "calls": """
        select
          'svalync' as source, 'old_' || lpad(n::varchar, 9, '0') as call_id,
          'old_' || lpad((n // 1000)::varchar, 6, '0') as batch_id, 'completed' as status,
          'completed' as status_reported, 'completed' as outcome, n % 300 as duration_seconds,
          (n % 100) / 100 as cost, timestamptz '2024-01-01 00:00:00+00' + to_seconds(n) as call_time,
          call_time as started_at, call_time as observed_at, 'made' as first_run_id, 'made' as last_run_id
        from range({first}, {last}) as numbers(n)
        """,
}


def make(root: Path, exports: int, runs: int) -> None:
    """Make the lake: a call for each export, and so many runs, the last of which shows all of it."""
    tables = LakeTables(root)
    ledger, writer = Ledger(tables), Writer(tables)
    writer.prepare({})
    with Engine(keeps_order=True) as engine:
        for first in range(0, exports, _AT_ONCE):
            last = min(first + _AT_ONCE, exports)
            for name, rows in _ROWS.items():
                columns = TABLES[name].columns
                typed = ", ".join(f"{one.name}::{one.type} as {one.name}" for one in columns)
                empty = ", ".join(f"null::{one.type} as {one.name}" for one in columns)
                made = f"select {empty} where false union all by name ({rows.format(first=first, last=last)})"
                writer.append(name, engine.stream(f"select {typed} from ({made})"))
        for number in range(runs):
            ended = _START + timedelta(minutes=number)
            figures = {"calls_new": exports // runs, "problems": 0, "finished_at": ended}
            ledger.commit(writer, begin("ingest", ended), figures, engine)


def main() -> None:
    """Make a lake of so many exports and runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("--exports", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    make(given.root, given.exports, given.runs)


if __name__ == "__main__":
    main()
