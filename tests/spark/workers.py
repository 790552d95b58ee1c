"""One lake asked by two workers in processes of their own, and the same through Spark Connect.

    python -m tests.spark.workers LAKE FOLDER

Prints one line of JSON: what each way answered. It is a process of its own because a session's master can't
be changed, and a classic session and one of Connect don't go together in one that others use.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import batchlake
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
HAS_CONNECT: Final = all(map(find_spec, ("grpc", "grpc_status", "google.rpc")))


def environment() -> dict[str, str]:
    """What Spark needs to begin workers: where it is; and everything on this machine's loopback."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    return os.environ | {"SPARK_HOME": str(Path(spec.origin).parent), "SPARK_LOCAL_IP": "127.0.0.1"}


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
    found = {"workers": answers(lake, spark)}
    # The executors, and the driver, which is none.
    found["executors"] = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    if HAS_CONNECT:
        from pyspark.sql.connect.session import SparkSession as Connected

        session = Connected.builder.remote(f"sc://127.0.0.1:{port}").create()
        found["connect"] = answers(lake, session)  # type: ignore[arg-type]
        session.stop()
    print(json.dumps(found), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
