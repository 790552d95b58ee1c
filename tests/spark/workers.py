"""One lake asked by two workers in processes of their own, and the same through Spark Connect.

    python -m tests.spark.workers LAKE FOLDER

Prints one line of JSON: what each way answered, the command line through Connect too, and how a time limit
and Ctrl-C ended a question there. It is a process of its own because a session's master can't be changed, and
a classic session and one of Connect don't go together in one that others use.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import batchlake
from batchlake.errors import QueryTimeout
from tests.command import MODULE
from tests.paths import ROOT
from tests.spark.cluster import started

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FILTER: Final[dict[str, Any]] = {"status": "completed"}
ASKED: Final[dict[str, Any]] = {
    "by": ["agent", "day"],
    "metrics": ["calls", "cost", "duration", "responses"],
    "timezone": "Asia/Kathmandu",
}
QUERY: Final = "select count(*) as n, sum(cost) as cost from selected_calls where duration_seconds > $least"
COMMANDS: Final = {
    "analytics": ("--by", "agent", "--metrics", "calls,cost", "--format", "json"),
    "audit": ("batch_xyz789", "--format", "json"),
    "progress": ("batch_xyz789", "--format", "json"),
    "batches": ("--format", "csv"),
    "batch": ("batch_xyz789", "--include-transcripts"),
    "call": ("call_abc123",),
    "calls": ("--filter", '{"text": "yes"}', "--sort", "call", "--format", "csv"),
    "sql": (
        "-c",
        "select status, count(*) as n from calls group by status order by status",
        "--format",
        "csv",
    ),
}
"""Every verb that takes `--engine spark`, with what it is asked."""
ENDLESS: Final = "select count(*) as n from " + " cross join ".join(
    f"(select call_id as c{number} from calls)" for number in range(13)
)
HAS_CONNECT: Final = all(map(find_spec, ("grpc", "grpc_status", "pandas")))


def environment(folder: Path) -> dict[str, str]:
    """What Spark needs to begin workers: where it is; and everything on this machine's loopback.

    Workers keep what they log in `work` of Spark's home: that is in the folder, not where pip put PySpark.
    """
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = folder / "spark-home"
    home.mkdir()
    for part in Path(spec.origin).parent.iterdir():
        if part.name != "work":
            (home / part.name).symlink_to(part)
    return os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}


def answers(lake: batchlake.Lake, spark: SparkSession) -> dict[str, Any]:
    """Figures by groups, rows by what was said, a person's own query; the settings are as they were."""
    there = lake.on_spark(spark)
    names = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")
    before = [spark.conf.get(name) for name in names]
    found = {
        "analytics": there.analytics(FILTER, **ASKED).model_dump_json(),
        "calls": sorted(row["call_id"] for row in there.calls({"text": "yes"}).collect()),
        "sql": [str(value) for value in there.sql(QUERY, {"least": 1}, filter=FILTER).collect()[0]],
    }
    assert [spark.conf.get(name) for name in names] == before
    return found


def command(verb: str, *arguments: str, lake: str, master: str) -> list[str]:
    """The command line, put to a server."""
    return [*MODULE, verb, *arguments, "--lake", lake, "--engine", "spark", "--spark-master", master]


def through_connect(lake: batchlake.Lake, spark: SparkSession, master: str) -> dict[str, Any]:
    """What a session of Connect and the command line answer, and how a question there is ended."""
    from pyspark.sql.connect.session import SparkSession as Connected

    session: Any = Connected.builder.remote(master).create()
    found: dict[str, Any] = {"connect": answers(lake, session)}
    began = time.monotonic()
    try:
        lake.on_spark(session, timeout_seconds=4)._on_spark.engine().rows(ENDLESS)
    except QueryTimeout:
        found["limit"] = {"seconds": time.monotonic() - began, "jobs": _left(spark)}
    session.stop()
    said: dict[str, list[Any]] = {}
    for verb, arguments in COMMANDS.items():
        asked = command(verb, *arguments, lake=str(lake.root), master=master)
        done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=180, check=False)
        said[verb] = [done.returncode, done.stdout, done.stderr]
    found["commands"] = said
    return found | {"ctrl_c": _interrupted(lake, spark, master)}


def _interrupted(lake: batchlake.Lake, spark: SparkSession, master: str) -> dict[str, Any]:
    """What Ctrl-C leaves of a question that has no end."""
    # Of one that ignores it, as the children of a job in the background do, a child would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = command("sql", "-c", ENDLESS, lake=str(lake.root), master=master)
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    tracker, deadline = spark.sparkContext.statusTracker(), time.monotonic() + 120
    while not tracker.getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
    return {
        "status": process.returncode, "seconds": time.monotonic() - began, "said": said, "jobs": _left(spark)
    }  # fmt: skip


def _left(spark: SparkSession) -> int:
    """How many jobs still run, a while after the last was ended."""
    tracker, deadline = spark.sparkContext.statusTracker(), time.monotonic() + 30
    while tracker.getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(tracker.getActiveJobsIds())


def main(folder: str, scratch: str) -> None:
    """Ask both ways and print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    lake = batchlake.open(folder)
    spark = started("local-cluster[2,1,1024]", Path(scratch), **(settings if HAS_CONNECT else {}))
    found: dict[str, Any] = {"workers": answers(lake, spark)}
    # The executors, and the driver, which is none.
    found["executors"] = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    if HAS_CONNECT:
        found |= through_connect(lake, spark, f"sc://127.0.0.1:{port}")
    print(json.dumps(found), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
