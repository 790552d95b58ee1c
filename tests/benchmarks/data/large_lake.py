"""A lake of millions of calls, written by DuckDB straight into the lake's tables.

    python -m tests.benchmarks.data.large_lake LAKE --calls 10000000

The JSON of ten million calls would be 25 GB, so these calls never were JSON. A call has six utterances. Ids
are those of the generator, 1,000 calls a batch; but the first calls belong to `batch_big`, and a tenth as
many after them to `batch_tenth`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal
from batchlake.schema import TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin
from batchlake.store.upgrade import show_facts
from tests.benchmarks.data.workloads import big_batch_calls

CALLS_A_BATCH: Final = 1_000
_CALLS_A_FILE: Final = 62_500

_ROWS: Final = {
    "calls": """
        select
          'svalync' as source, 'call_' || lpad(n::varchar, 9, '0') as call_id, $batch as batch_id,
          ['completed','completed','completed','completed','failed','busy','no_answer','in_progress']
            [1 + (hash(n) % 8)::int] as status,
          status as status_reported,
          ['completed','completed','completed','completed','failed','failed','failed','in_progress']
            [1 + (hash(n) % 8)::int] as outcome,
          if(hash(n + 1) % 20 = 0, null, (hash(n + 2) % 600) / 1.0) as duration_seconds,
          if(hash(n + 3) % 10 = 0, null, (hash(n + 4) % 20000) / 10000)::decimal(18, 6) as cost,
          timestamptz '2024-01-01 00:00:00+00' + to_seconds((n * 8 + hash(n + 5) % 3600)::bigint)
            as call_time,
          call_time as started_at, call_time + to_seconds(60) as ended_at,
          ['inbound','outbound'][1 + (hash(n + 6) % 2)::int] as direction,
          'agent_' || (hash(n + 7) % 50) as agent_id, '+1415' || (hash(n + 8) % 10000000) as to_number,
          if(hash(n + 9) % 3 = 0, null, (hash(n + 10) % 100) / 100.0) as sentiment_positive,
          if(hash(n + 9) % 3 = 0, null, (hash(n + 11) % 100) / 100.0) as sentiment_neutral,
          if(hash(n + 9) % 3 = 0, null, (hash(n + 12) % 100) / 100.0) as sentiment_negative,
          ['positive','negative','neutral',null][1 + (hash(n + 13) % 4)::int] as sentiment_label,
          if(hash(n + 14) % 2 = 0, null, (hash(n + 15) % 100) / 100.0) as engagement,
          if(hash(n + 16) % 2 = 0, null, (hash(n + 17) % 100) / 100.0) as talk_ratio_ai,
          1 - talk_ratio_ai as talk_ratio_human,
          if(hash(n + 18) % 2 = 0, null, (hash(n + 19) % 5000) / 1000.0) as response_time_seconds,
          [true, false, null][1 + (hash(n + 20) % 3)::int] as success,
          'https://recordings.example/' || call_id || '.mp3' as recording_url,
          6 as segment_count, sha256(call_id)[:32] as transcript_digest,
          call_time as observed_at, 'made' as first_run_id, 'made' as last_run_id
        from range($first, $last) as numbers(n)
        """,
    "segments": """
        select
          'svalync' as source, 'call_' || lpad(n::varchar, 9, '0') as call_id, $batch as batch_id,
          position + 1 as position, ['ai','human'][1 + (position % 2)::int] as speaker,
          if(hash(n, position) % 3 = 0, 'Utterance number ' || (hash(n, position + 1) % 300000),
            ['Yes, I''m interested','No thanks.','yes','Call me back','Who is this?','OK!']
              [1 + (hash(n, position + 2) % 6)::int]) as text,
          lower(rtrim(text, '.?!')) as text_key,
          timestamptz '2024-01-01 00:00:00+00' + to_seconds(n * 8 + position * 3) as spoken_at,
          0.9 as confidence
        from range($first, $last) as numbers(n), range(6) as places(position)
        order by n, position
        """,
    "batches": """
        select
          'svalync' as source, 'batch_' || lpad(n::varchar, 6, '0') as batch_id, 'completed' as status,
          timestamptz '2024-01-01 00:00:00+00' + to_seconds(n * 8000) as created_at,
          created_at as observed_at, 'made' as first_run_id, 'made' as last_run_id
        from range($batches) as numbers(n)
        where (n + 1) * 1000 > $tenth
        union all by name
        select
          'svalync' as source, unnest(['batch_big', 'batch_tenth']) as batch_id, 'completed' as status,
          timestamptz '2024-01-01 00:00:00+00' as created_at, created_at as observed_at,
          'made' as first_run_id, 'made' as last_run_id
        """,
}
_BATCH: Final = """case
          when n < $big then 'batch_big' when n < $tenth then 'batch_tenth'
          else 'batch_' || lpad((n // 1000)::varchar, 6, '0') end"""


def some_batch(calls: int) -> int:
    """The number of a batch of 1,000 calls, three quarters into a lake of so many calls (at least 4,000)."""
    return calls // CALLS_A_BATCH * 3 // 4


def make(root: Path, calls: int) -> None:
    """Make the lake: rows in the order that an ingest leaves them in, and one run in the ledger."""
    tables = LakeTables(root)
    ledger, writer = Ledger(tables), Writer(tables)
    writer.prepare({})
    spill = root / ".made"
    spill.mkdir()
    run = begin("ingest")
    with Engine(spill=spill, keeps_order=True) as engine:
        writer.append("batches", engine.stream(_rows("batches", 0, calls)))
        for first in range(0, calls, _CALLS_A_FILE):
            for name in ("calls", "segments"):
                engine.run(f"create or replace table {name} as {_rows(name, first, calls)}")
            show_facts(engine)
            told = sql_files.load("maintenance/calls_with_facts").text
            writer.append("calls", engine.stream(f"select * from ({told}\n) order by call_id"))
            # Utterances are most of the rows; an ingest hands them to the lake as files, too.
            path = spill / f"segments_{first}.parquet"
            engine.run(
                f"copy (from utterance_facts order by call_id, position) to {literal(str(path))} "
                "(format parquet, compression zstd, row_group_size 65_536)"
            )
            writer.add_files("segments", [path])
    spill.rmdir()
    ledger.commit(writer, run, {"calls_new": calls, "problems": 0})


def _rows(name: str, first: int, calls: int) -> str:
    """The query for the rows of a table from this call on, with NULL in the columns that aren't made up."""
    big = big_batch_calls(calls)
    values = {
        "batch": _BATCH,
        "first": first,
        "last": min(first + _CALLS_A_FILE, calls),
        "batches": -(-calls // CALLS_A_BATCH),
        "big": big,
        "tenth": big + big // 10,
    }
    query = _ROWS[name]
    while "$" in query:
        query = re.sub(r"\$(\w+)", lambda found: str(values[found[1]]), query)
    columns = TABLES[name].columns
    empty = ", ".join(f'null::{column.type} as "{column.name}"' for column in columns)
    typed = ", ".join(f'"{column.name}"::{column.type} as "{column.name}"' for column in columns)
    return f"select {typed} from (select {empty} where false union all by name ({query}))"


def main() -> None:
    """Make a lake of so many calls."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("--calls", type=int, default=1_000_000)
    given = parser.parse_args()
    make(given.root, given.calls)


if __name__ == "__main__":
    main()
