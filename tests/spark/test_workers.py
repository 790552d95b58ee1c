"""Executors in processes of their own, and a server of Spark Connect: what is sent there survives the way."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import batchlake
from tests.effort import at_length
from tests.paths import ROOT
from tests.spark.cluster import missing
from tests.spark.workers import ASKED, FILTER, HAS_CONNECT, QUERY, environment

NEEDS_CONNECT = "Spark Connect needs: pip install grpcio grpcio-status googleapis-common-protos"


@pytest.fixture(scope="module")
def found(sample_lake: batchlake.Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two workers answered, asked in the two ways."""
    if why := missing():
        pytest.skip(why)
    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.spark.workers", str(sample_lake.root),
         str(tmp_path_factory.mktemp("workers"))],
        env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr[-4000:]
    answered: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
    return answered


def expected(lake: batchlake.Lake) -> dict[str, Any]:
    """DuckDB's answers."""
    (row,) = lake.sql(QUERY, {"least": 1}, filter=FILTER)
    return {
        "analytics": lake.analytics(FILTER, **ASKED).model_dump_json(),
        "calls": sorted(call["call_id"] for call in lake.calls({"text": "yes"})),
        "sql": [str(value) for value in row.values()],
    }


@at_length
def test_two_workers_answer_alike(sample_lake: batchlake.Lake, found: dict[str, Any]) -> None:
    """Filtered, grouped, money and what was said; rows by what was said; a query with a bound value."""
    assert found["executors"] == 2
    assert found["workers"] == expected(sample_lake)


@at_length
def test_spark_connect_answers_alike(sample_lake: batchlake.Lake, found: dict[str, Any]) -> None:
    """Through a real server on loopback; the session's two settings are as they were afterwards."""
    if not HAS_CONNECT:
        pytest.skip(NEEDS_CONNECT)
    assert found["connect"] == expected(sample_lake)
