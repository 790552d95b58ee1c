"""One side of the race on Spark in a process of its own: answers questions about lakes until its input ends.

    python -m tests.benchmarks.spark.answering duckdb
    python -m tests.benchmarks.spark.answering 'local[2]' FOLDER spark.driver.memory=4g

Input: a line of JSON for each question: which lake, how many calls it was made with, what is asked. Output: a
line for each: the seconds, and a digest of the answer, which is the same where the answers are; or the error.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import batchlake
from tests.benchmarks.data.large_lake import some_batch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def by_agent(lake: Any, _: int) -> str:
    """Success and cost by agent."""
    return str(lake.analytics(by="agent_id", metrics=["calls", "success", "cost"]).model_dump_json())


def rows(lake: Any, _: int) -> str:
    """The calls of one agent that took longest, one in three thousand, fetched."""
    found = lake.calls({"agent_id": "agent_7", "duration": {"min": 590}}).to_dicts()
    return repr(sorted((row["call_id"], str(row["cost"])) for row in found))


def details(lake: Any, calls: int) -> str:
    """One batch's completed and failed calls with the batch's analytics."""
    batch = f"batch_{some_batch(calls):06}"
    wanted = {"status": ["completed", "failed"]}
    return str(lake.batch(batch, wanted, include_analytics=True).model_dump_json())


def every(lake: Any, _: int) -> str:
    """Every family of metrics over all calls."""
    return str(lake.analytics().model_dump_json())


def usual_by_agent(lake: Any, _: int) -> str:
    """The families that groups hold unless others are asked for, by agent."""
    return str(lake.analytics(by="agent_id").model_dump_json())


QUESTIONS: Final[dict[str, Callable[[Any, int], str]]] = {
    "success and cost by agent": by_agent,
    "one call in 3,000, its row": rows,
    "a batch's details with analytics": details,
    "every metric over all calls": every,
    "calls, success, duration and cost by agent": usual_by_agent,
}
"""What is asked, what takes longest last."""


def session(master: str, folder: str, settings: list[str]) -> SparkSession:
    """A session with Spark's own settings, but for memory and where it writes."""
    from pyspark.sql import SparkSession

    given = dict(one.split("=", 1) for one in settings)
    builder = SparkSession.builder.master(master).appName("batchlake's benchmarks")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.log.level": "ERROR",
        **given,
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def peak_mb() -> float:
    """The most memory that this process and those that it began have held, together."""
    parents: dict[int, int] = {}
    peaks: dict[int, float] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text().splitlines()
        except OSError:
            continue  # it has ended meanwhile
        facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        parents[int(facts["Pid"])] = int(facts["PPid"])
        peaks[int(facts["Pid"])] = int(facts.get("VmHWM", "0 kB").split()[0]) * 1024 / 1e6

    def is_ours(process: int) -> bool:
        while process not in (0, os.getpid()):
            process = parents.get(process, 0)
        return process == os.getpid()

    return sum(peak for process, peak in peaks.items() if is_ours(process))


def main(engine: str, *options: str) -> None:
    """Answer."""
    spark = None if engine == "duckdb" else session(engine, options[0], list(options[1:]))

    @cache
    def opened(path: str) -> Any:
        lake = batchlake.open(path)
        return lake if spark is None else lake.on_cluster(spark)

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            lake = opened(asked["lake"])
            began = time.perf_counter()
            found = QUESTIONS[asked["question"]](lake, asked["calls"])
            answer["seconds"] = time.perf_counter() - began
            answer["digest"] = hashlib.sha256(found.encode()).hexdigest()
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps({**answer, "peak_mb": peak_mb()}), flush=True)
    if spark is not None:
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
