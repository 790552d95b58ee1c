"""What others do with the same batch exports: DuckDB by hand doing the same job, dlt merging into Delta, and
DuckDB's `COPY`, which copies alone.

Input: a batch export, or a folder of them. Output: Parquet files, or Delta tables, in a folder. A test
compares their calls and utterances with the lake's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import duckdb

from batchlake.engine.quoting import literal

CALLS: Final = "calls.parquet"
UTTERANCES: Final = "utterances.parquet"

_CALL: Final = """STRUCT(
    id VARCHAR, phone_number VARCHAR, direction VARCHAR, agent_id VARCHAR, status VARCHAR,
    start_time TIMESTAMPTZ, end_time TIMESTAMPTZ, duration DOUBLE, recording_url VARCHAR,
    cost DECIMAL(18, 6), success BOOLEAN,
    analytics STRUCT(
        sentiment STRUCT(positive DOUBLE, neutral DOUBLE, negative DOUBLE), engagement DOUBLE,
        talk_ratio STRUCT(ai DOUBLE, human DOUBLE)
    ),
    transcript STRUCT(segments STRUCT(
        speaker VARCHAR, text VARCHAR, "timestamp" TIMESTAMPTZ, confidence DOUBLE
    )[])
    )"""
_NEWEST: Final = """
    create table calls as
    select
      call.id as call_id, arg_max(batch_id, exported_at) as batch_id,
      arg_max(replace(lower(call.status), '-', '_'), exported_at) as status,
      arg_max(call.direction, exported_at) as direction, arg_max(call.phone_number, exported_at) as to_number,
      arg_max(call.agent_id, exported_at) as agent_id, arg_max(call.start_time, exported_at) as started_at,
      arg_max(call.end_time, exported_at) as ended_at,
      arg_max(call.duration, exported_at) as duration_seconds,
      arg_max(call.cost, exported_at) as cost, arg_max(call.recording_url, exported_at) as recording_url,
      arg_max(call.success, exported_at) as success,
      arg_max(call.analytics.sentiment, exported_at) as sentiment,
      arg_max(call.analytics.engagement, exported_at) as engagement,
      arg_max(call.analytics.talk_ratio, exported_at) as talk_ratio,
      arg_max(call.transcript.segments, exported_at) as segments
    from records group by call.id
    """
_FLAT: Final = """
    select
      * exclude (sentiment, talk_ratio, segments), sentiment.positive as sentiment_positive,
      sentiment.neutral as sentiment_neutral, sentiment.negative as sentiment_negative,
      talk_ratio.ai as talk_ratio_ai, talk_ratio.human as talk_ratio_human, len(segments) as segment_count
    from calls order by batch_id, call_id
    """
_SAID: Final = """
    with said as (
      select call_id, batch_id, unnest(segments) as said, generate_subscripts(segments, 1) as position
      from calls
    )
    select
      call_id, batch_id, position, said.speaker as speaker, said.text as text,
      trim(
        if(contains(folded, '  '), regexp_replace(folded, '\\s+', ' ', 'g'), folded),
        ' !"#%&''()*,-./:;?@[\\]_{}'
      ) as text_key,
      said."timestamp" as spoken_at, said.confidence as confidence
    from (select *, lower(nfc_normalize(said.text)) as folded from said) order by batch_id, call_id, position
    """


def by_hand(exports: Path, target: Path) -> None:
    """What an ingest does, in DuckDB by hand.

    A typed schema, the newest value of each field, one row a call, utterances with a folded text.
    """
    target.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"""
            create table records as
            select exported_at, batch.id as batch_id, unnest(batch.calls) as call
            from {_read(exports)}, columns = {{
              'exported_at': 'TIMESTAMPTZ', 'batch': 'STRUCT(id VARCHAR, calls {_CALL}[])'
            }})
            """)
        connection.execute(_NEWEST)
        connection.execute("drop table records")
        for query, name in ((_FLAT, CALLS), (_SAID, UTTERANCES)):
            path = literal(str(target / name))
            connection.execute(f"copy ({query}) to {path} (format parquet, compression zstd)")


def copied(exports: Path, target: Path) -> None:
    """`COPY (read_json ... unnest) TO parquet`: it checks, merges and keeps nothing, and so is the limit."""
    duckdb.execute(f"""
        copy (select batch.id as batch_id, unnest(batch.calls) as call from {_read(exports)}))
        to {literal(str(target))} (format parquet, compression zstd)
        """)


def by_dlt(exports: Path, target: Path) -> None:
    """dlt, which merges calls by their id into a Delta table, and their utterances into another."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    import dlt

    @dlt.resource(
        name="calls",
        primary_key="id",
        write_disposition={"disposition": "merge", "strategy": "upsert"},
        table_format="delta",
    )
    def calls() -> Iterator[list[dict[str, Any]]]:
        for file in sorted(exports.glob("*.json")):
            batch = json.loads(file.read_bytes())["batch"]
            yield [{**call, "batch_id": batch["id"]} for call in batch["calls"]]

    pipeline = dlt.pipeline(
        pipeline_name="exports",
        pipelines_dir=str(target / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=(target / "lake").as_uri()),
        dataset_name="exports",
    )
    pipeline.run(calls())


def missing_dlt() -> str | None:
    """Why dlt can't take part in this environment, None where it can."""
    if find_spec("dlt") is None:
        return "dlt is not installed (`pip install 'batchlake[bench]'`), so it didn't take part."
    return None


def _read(exports: Path) -> str:
    """The beginning of a call of `read_json` for one export, or for a folder of them."""
    source = str(exports if exports.is_file() else exports / "*.json")
    largest = 2 * exports.stat().st_size if exports.is_file() else 16_000_000
    return f"read_json({literal(source)}, maximum_object_size = {largest}, format = 'unstructured'"
