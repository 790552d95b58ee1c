"""Executors in processes of their own, and a server of Spark Connect: what is sent there survives the way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

import batchlake
from tests.command import run
from tests.effort import at_length
from tests.paths import ROOT
from tests.spark.cluster import missing
from tests.spark.workers import ASKED, COMMANDS, FILTER, HAS_CONNECT, QUERY, environment

NEEDS_CONNECT = "Spark Connect needs: pip install 'pyspark[connect]'"


@pytest.fixture(scope="module")
def found(sample_lake: batchlake.Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two workers answered, asked in the two ways."""
    if why := missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("workers")
    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.spark.workers", str(sample_lake.root), str(folder)],
        env=environment(folder), cwd=ROOT, capture_output=True, text=True, timeout=580, check=False,
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


@pytest.fixture
def connect(found: dict[str, Any]) -> dict[str, Any]:
    """What was answered through Spark Connect."""
    if not HAS_CONNECT:
        pytest.skip(NEEDS_CONNECT)
    return found


@at_length
def test_spark_connect_answers_alike(sample_lake: batchlake.Lake, connect: dict[str, Any]) -> None:
    """Through a real server on loopback; the session's two settings are as they were afterwards."""
    assert connect["connect"] == expected(sample_lake)


@at_length
@pytest.mark.parametrize("verb", COMMANDS)
def test_the_command_line_through_connect(
    verb: str, sample_lake: batchlake.Lake, connect: dict[str, Any]
) -> None:
    """`--spark-master sc://...`: what it prints is what it prints without, byte for byte, no more."""
    here = run(verb, *COMMANDS[verb], "--lake", sample_lake.root)
    status, printed, said = connect["commands"][verb]
    assert (status, timeless(printed), said) == (0, timeless(here.stdout), here.stderr)


def timeless(printed: str) -> str:
    """Without what `progress` counts up to now."""
    return re.sub(r'"(as_of|seconds_since_observed)": .*', "", printed)


@at_length
def test_a_question_through_connect_is_ended(connect: dict[str, Any]) -> None:
    """By a time limit and by Ctrl-C, the server's jobs too, in one sentence and a status of its own."""
    assert connect["limit"]["jobs"] == connect["ctrl_c"]["jobs"] == 0
    assert connect["limit"]["seconds"] < 30
    assert connect["ctrl_c"]["status"] == 130, connect["ctrl_c"]
    assert connect["ctrl_c"]["seconds"] < 30
    assert "Traceback" not in connect["ctrl_c"]["said"]
