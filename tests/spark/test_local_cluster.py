"""Executors in processes of their own, as on a cluster: what is sent to them survives the way."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import batchlake
from tests.effort import EVERYTHING
from tests.paths import ROOT
from tests.spark.cluster import missing

ASK = """
import sys
from pathlib import Path
import batchlake
from tests.spark.cluster import started

spark = started("local-cluster[2,1,1024]", Path(sys.argv[2]))
lake = batchlake.open(sys.argv[1]).on_spark(spark)
found = lake.analytics({"outcome": "completed"}, by="agent", metrics=["calls", "cost", "responses"])
calls = lake.calls({"text": "yes"}).count()
print("ANSWER", calls, found.model_dump_json())
spark.stop()
"""


@pytest.mark.skipif(
    not EVERYTHING, reason="two workers take a quarter of a minute to begin: BATCHLAKE_TESTS=all"
)
def test_two_workers_answer_alike(sample_lake: batchlake.Lake, tmp_path: Path) -> None:
    """Filtered, grouped, money and what was said, and rows by what was said."""
    if why := missing():
        pytest.skip(why)
    spec = find_spec("pyspark")
    assert spec
    assert spec.origin
    environment = os.environ | {"SPARK_HOME": str(Path(spec.origin).parent), "PYTHONPATH": str(ROOT)}
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(sample_lake.root), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    (answer,) = [line for line in asked.stdout.splitlines() if line.startswith("ANSWER")] or [asked.stderr]
    here = sample_lake.analytics({"outcome": "completed"}, by="agent", metrics=["calls", "cost", "responses"])
    calls = len(sample_lake.calls({"text": "yes"}))
    assert answer == f"ANSWER {calls} {here.model_dump_json()}"
