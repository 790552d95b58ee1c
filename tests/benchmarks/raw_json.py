"""One question, asked of a folder of batch exports with the tools that a person has at hand.

    python -m tests.benchmarks.raw_json polars FOLDER

The question: calls, success rate, average duration (seconds), total cost by agent, from the JSON each time.
Each tool is used as its manual shows, and told what columns it needs where it can be: it is to be fast.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

ByAgent = dict[str, tuple[int, float, float | None, float]]
"""Calls, success rate, mean duration in seconds (None: no data), total cost (0 without any, as tools sum)."""

_DUCKDB: Final = """
    with listed as (
      select unnest(batch.calls) as call
      from read_json(?, columns = {
        batch: 'struct(calls struct(
          agent_id varchar, status varchar, duration double, cost decimal(18, 6))[])'
      })
    )
    select
      call.agent_id, count(*), avg((call.status = 'completed')::int), avg(call.duration),
      coalesce(sum(call.cost), 0)::double
    from listed group by 1
    """
_SQLITE: Final = """
    select
      agent_id, count(*), avg(status = 'completed'), avg(duration), total(cost)
    from listed group by agent_id
    """
_SQLITE_LISTED: Final = """
    insert into listed
    select
      json_extract(value, '$.agent_id'), json_extract(value, '$.status'), json_extract(value, '$.duration'),
      json_extract(value, '$.cost')
    from json_each(?, '$.batch.calls')
    """
JQ_PROGRAM: Final = """
    reduce (inputs.batch.calls[]) as $call ({};
      .[$call.agent_id] |= {
        calls: (.calls + 1),
        completed: (.completed + (if $call.status == "completed" then 1 else 0 end)),
        timed: (.timed + (if $call.duration then 1 else 0 end)),
        seconds: (.seconds + ($call.duration // 0)),
        cost: (.cost + ($call.cost // "0" | tonumber))
      })
    | map_values([.calls, .completed / .calls, (if .timed > 0 then .seconds / .timed else null end), .cost])
    """


def by_duckdb(folder: Path) -> ByAgent:
    """DuckDB's `read_json` with the columns it needs."""
    import duckdb

    return _by_agent(duckdb.execute(_DUCKDB, [f"{folder}/*.json"]).fetchall())


def by_polars(folder: Path) -> ByAgent:
    """Polars' `scan_ndjson` (an export is one line) with the schema it needs, exploded and unnested."""
    import polars as pl

    call = pl.Struct({"agent_id": pl.String, "status": pl.String, "duration": pl.Float64, "cost": pl.String})
    calls = (
        pl.scan_ndjson(folder / "*.json", schema={"batch": pl.Struct({"calls": pl.List(call)})})
        .select(pl.col("batch").struct.field("calls").explode())
        .unnest("calls")
    )
    figures = calls.group_by("agent_id").agg(
        pl.len(),
        (pl.col("status") == "completed").mean().alias("success_rate"),
        pl.col("duration").mean(),
        pl.col("cost").cast(pl.Decimal(18, 6)).sum().cast(pl.Float64),
    )
    return _by_agent(figures.collect().rows())


def by_pandas(folder: Path) -> ByAgent:
    """pandas' `json_normalize`, a file at a time, keeping only the columns that it needs."""
    import pandas as pd

    wanted = ["agent_id", "status", "duration", "cost"]
    calls = pd.concat(
        pd.json_normalize(json.loads(file.read_bytes())["batch"]["calls"]).reindex(columns=wanted)
        for file in sorted(folder.glob("*.json"))
    )
    calls["success"] = calls["status"] == "completed"
    calls["cost"] = calls["cost"].astype(float)
    figures = calls.groupby("agent_id").agg(
        calls=("success", "size"),
        success_rate=("success", "mean"),
        duration=("duration", "mean"),
        cost=("cost", "sum"),
    )
    return _by_agent(figures.itertuples())


def by_jq(folder: Path) -> ByAgent:
    """One `jq` program over all files."""
    found = subprocess.run(
        ["jq", "-n", JQ_PROGRAM, *sorted(map(str, folder.glob("*.json")))], check=True, capture_output=True
    )
    return _by_agent((agent, *figures) for agent, figures in json.loads(found.stdout).items())


def by_sqlite(folder: Path) -> ByAgent:
    """SQLite's `json_each` and `json_extract` over each file's text."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table listed (agent_id, status, duration, cost)")
        for file in sorted(folder.glob("*.json")):
            connection.execute(_SQLITE_LISTED, [file.read_text(encoding="utf-8")])
        return _by_agent(connection.execute(_SQLITE))


TOOLS: Final[dict[str, Callable[[Path], ByAgent]]] = {
    "duckdb": by_duckdb,
    "polars": by_polars,
    "pandas": by_pandas,
    "jq": by_jq,
    "sqlite": by_sqlite,
}


def missing(tool: str) -> str | None:
    """Why a tool can't take part on this machine, None where it can."""
    if tool == "jq" and shutil.which("jq") is None:
        return "jq is not installed (`apt-get install jq`), so it didn't take part."
    return None


def _by_agent(rows: Iterable[Any]) -> ByAgent:
    # A mean of nothing is NaN in pandas, which equals nothing, itself included.
    return {
        agent: (calls, rate, duration if duration == duration else None, cost)
        for agent, calls, rate, duration, cost in rows
    }


def main() -> None:
    """Ask one tool, and print what it says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(json.dumps(TOOLS[given.tool](given.folder), indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
