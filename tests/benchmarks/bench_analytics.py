"""What analytics cost beside the same figures hand-written in DuckDB, over the same files.

    python tests/benchmarks/bench_analytics.py --calls 1000000

It makes a lake of that many calls, six utterances each, and prints each question's time, its rival's, and the
ratio. The rivals are written as one would by hand: float sums, `count(distinct)`, few passes.
"""

from __future__ import annotations

import argparse
import io
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from batchlake import sqlfiles
from batchlake.analytics import analyse, batch_details, batch_json, statistics, write_batch
from batchlake.analytics.patterns import default_patterns
from batchlake.engine import Engine, literal
from batchlake.filters import select
from batchlake.schema import TABLES

CALLS_A_FILE = 250_000
BIG_BATCH_CALLS = 100_000

MADE = {
    "calls": """
        select
          'svalync' as source, 'call_' || lpad(n::varchar, 9, '0') as call_id,
          if(n < $big, 'batch_big', 'batch_' || lpad((n // 1000)::varchar, 6, '0')) as batch_id,
          ['completed','completed','completed','completed','failed','busy','no_answer','in_progress']
            [1 + (hash(n) % 8)::int] as status,
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
          'https://recordings.example/' || call_id || '.mp3' as recording_url, call_time as observed_at
        from range($first, $last) as numbers(n)
        """,
    "segments": """
        select
          'svalync' as source, 'call_' || lpad((n // 6)::varchar, 9, '0') as call_id,
          if(n // 6 < $big, 'batch_big', 'batch_' || lpad((n // 6 // 1000)::varchar, 6, '0')) as batch_id,
          n % 6 + 1 as position, ['ai','human'][1 + (n % 2)::int] as speaker,
          if(hash(n) % 3 = 0, 'Utterance number ' || (hash(n + 1) % 300000),
            ['Yes, I''m interested','No thanks.','yes','Call me back','Who is this?','OK!']
              [1 + (hash(n + 2) % 6)::int]) as text,
          lower(rtrim(text, '.?!')) as text_key,
          timestamptz '2024-01-01 00:00:00+00' + to_seconds(n * 3) as spoken_at, 0.9 as confidence
        from range($first * 6, $last * 6) as numbers(n)
        """,
    "batches": """
        select 'svalync' as source, id as batch_id, timestamptz '2024-01-01 00:00:00+00' as observed_at
        from (values ('batch_big'), ('batch_000500')) as ids(id)
        where $big >= 0 and $first >= 0 and $last >= 0
        """,
}

SCALARS = """
    select
      count(*), count(*) filter (where outcome = 'completed'), count(*) filter (where outcome = 'failed'),
      count(*) filter (where outcome = 'in_progress'), histogram(status), count(success),
      count(*) filter (where success), avg(duration_seconds), sum(duration_seconds),
      avg(duration_seconds) filter (where duration_seconds > 0),
      avg(duration_seconds) filter (where outcome = 'completed'),
      quantile_cont(duration_seconds, [0.5, 0.9, 0.95]), min(duration_seconds), max(duration_seconds),
      stddev(duration_seconds), count(sentiment_positive), avg(sentiment_positive), avg(sentiment_neutral),
      avg(sentiment_negative),
      count(*) filter (where sentiment_positive > greatest(sentiment_neutral, sentiment_negative)),
      count(*) filter (where sentiment_neutral > greatest(sentiment_positive, sentiment_negative)),
      count(*) filter (where sentiment_negative > greatest(sentiment_positive, sentiment_neutral)),
      histogram(sentiment_label)
    from {calls}
    """
MONEY = """
    select
      currency, count(cost), sum(cost), avg(cost), quantile_cont(cost, [0.5, 0.95]), min(cost), max(cost),
      count(cost) filter (where outcome = 'completed'), sum(cost) filter (where duration_seconds is not null),
      sum(duration_seconds) filter (where cost is not null)
    from {calls} group by currency
    """
DAYS = """
    select date_trunc('day', call_time), count(*), count(*) filter (where outcome = 'completed'), sum(cost)
    from {calls} group by 1
    """
COMMON = """
    select text_key, count(*), count(distinct (source, call_id)), mode(text), count(*) / sum(count(*)) over ()
    from {segments} where speaker = 'human' and text_key <> ''
    group by text_key order by 2 desc, 3 desc limit 10
    """
MEANT = """
    with first as (
      select arg_min(text_key, position) as text_key
      from {segments} where speaker = 'human' group by source, call_id
    ),
    counted as (
      select text_key, count(*) as utterances, 0 as firsts from {segments} where speaker = 'human' group by 1
      union all select text_key, 0, count(*) from first group by 1
    )
    select case CASES end, sum(utterances), sum(firsts) from counted group by 1
    """
TAKING_PART = """
    with spoken as (
      select
        *, lag(speaker) over in_order as before, lag(spoken_at) over in_order as said_before,
        length(text_key) - length(replace(text_key, ' ', '')) + 1 as words
      from {segments} window in_order as (partition by source, call_id order by position)
    ),
    transcripts as (
      select
        source, call_id, count(*) filter (where speaker is distinct from before) as turns,
        count(*) filter (where speaker = 'human' and before is distinct from 'human') as human_turns,
        sum(words) filter (where speaker = 'human') as human_words, sum(words) as words,
        avg(epoch(spoken_at) - epoch(said_before)) filter (where speaker = 'human' and before = 'ai') as reply
      from spoken group by source, call_id
    )
    select
      avg(engagement), histogram(floor(engagement * 5)), avg(coalesce(talk_ratio_human, human_words / words)),
      avg(coalesce(talk_ratio_ai, 1 - human_words / words)), avg(coalesce(response_time_seconds, reply)),
      avg(interruptions), avg(turns), sum(human_words) / sum(human_turns)
    from {calls} left join transcripts using (source, call_id)
    """
JSON = """
    select
      call_id as id, status, duration_seconds as duration, cost::varchar as cost, started_at as start_time,
      ended_at as end_time, to_number as phone_number, direction, agent_id, recording_url,
      struct_pack(segments := said) as transcript,
      struct_pack(
        sentiment := struct_pack(positive := sentiment_positive, neutral := sentiment_neutral,
          negative := sentiment_negative, overall := sentiment_label),
        engagement := engagement, talk_ratio := struct_pack(ai := talk_ratio_ai, human := talk_ratio_human)
      ) as analytics
    from {calls} left join (
      select source, call_id, list(struct_pack(speaker := speaker, text := text, timestamp := spoken_at,
        confidence := confidence) order by position) as said
      from {segments} group by source, call_id
    ) using (source, call_id)
    order by call_time, call_id
    """


def make(folder: Path, calls: int) -> Engine:
    """A lake of Parquet files, sorted by batch as an ingest leaves them."""
    engine = Engine(memory_limit="8GB", spill=folder)
    files: dict[str, list[str]] = {}
    for name, query in MADE.items():
        types = {column.name: column.type for column in TABLES[name].columns}
        empty = ", ".join(f'null::{kind} as "{column}"' for column, kind in types.items())
        firsts = range(0, calls, CALLS_A_FILE) if name != "batches" else [0]
        for first in firsts:
            path = str(folder / f"{name}_{first}.parquet")
            bounds = {"first": first, "last": min(first + CALLS_A_FILE, calls), "big": BIG_BATCH_CALLS}
            made = re.sub(r"\$(\w+)", lambda name, bounds=bounds: str(bounds[name[1]]), query)
            rows = f"select {empty} where false union all by name {made}"
            engine.run(f"copy ({rows}) to '{path}' (format parquet)")
            files.setdefault(name, []).append(path)
    engine.show(files)
    return engine


def cases() -> str:
    """The word patterns as somebody would write them by hand."""
    return " ".join(
        f"when regexp_matches(text_key, {literal(rule.expression)}) then {literal(rule.pattern)}"
        for rule in default_patterns().rules
    )


def best(question: Callable[[], object], times: int = 3) -> float:
    """The fewest seconds of several tries."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        question()
        found.append(time.perf_counter() - begin)
    return min(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the lake's files here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as temporary:
        folder = Path(temporary)
        engine = make(folder, given.calls)
        everything = {"calls": "calls", "segments": "segments"}
        one = {name: f"(select * from {name} where batch_id = 'batch_000500')" for name in everything}
        big = {name: f"(select * from {name} where batch_id = 'batch_big')" for name in everything}
        meant = MEANT.replace("CASES", cases())

        def by_hand(of: dict[str, str], *queries: str) -> Callable[[], object]:
            return lambda: [engine.rows(query.format(**of)) for query in queries]

        text = (COMMON, meant, TAKING_PART)
        whole = select()
        batch = ("svalync", "batch_000500")
        file = io.BytesIO()
        scalars = sqlfiles.load("analytics/scalars").text
        pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
            (
                "scalar figures, whole lake",
                lambda: engine.rows(whole.over(scalars)),
                by_hand(everything, SCALARS),
            ),
            (
                "statistics, whole lake",
                lambda: statistics(engine, whole),
                by_hand(everything, SCALARS, MONEY),
            ),
            (
                "all analytics, whole lake",
                lambda: analyse(engine, whole),
                by_hand(everything, SCALARS, MONEY, DAYS, *text),
            ),
            (
                "details of one batch with analytics",
                lambda: batch_details(engine, *batch, {"status": ["completed", "failed"]}, True),
                by_hand(
                    {name: f"{query[:-1]} and true)" for name, query in one.items()},
                    SCALARS,
                    MONEY,
                    DAYS,
                    *text,
                    "select * from {calls} order by call_time, call_id",
                ),
            ),
            (
                f"{BIG_BATCH_CALLS:,} calls with transcripts as JSON",
                lambda: write_batch(engine, file, "svalync", "batch_big", None, True, True),
                by_hand(
                    big,
                    f"copy ({JSON}) to '{folder}/calls.json' (format json)",
                    SCALARS,
                    MONEY,
                    DAYS,
                    *text,
                ),
            ),
            (
                "the same without the batch's analytics",
                lambda: [file.seek(0), write_batch(engine, file, "svalync", "batch_big", None, False, True)],
                by_hand(big, f"copy ({JSON}) to '{folder}/calls.json' (format json)"),
            ),
        ]
        print(f"{given.calls:,} calls\n\n| question | batchlake | by hand | ratio |\n|---|---|---|---|")
        for name, ours, theirs in pairs:
            ours_seconds, theirs_seconds = best(ours), best(theirs)
            print(
                f"| {name} | {ours_seconds * 1000:,.0f} ms | {theirs_seconds * 1000:,.0f} ms "
                f"| {ours_seconds / theirs_seconds:.2f} |",
                flush=True,
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = sum(len(piece) for piece in batch_json(engine, "svalync", "batch_big", None, False, True))
        print(f"\nPeak memory of it all {peak:,.0f} MB; the JSON has {size / 1e6:,.0f} MB.")
        engine.close()


if __name__ == "__main__":
    main()
