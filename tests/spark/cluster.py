"""Real Spark for the tests, and small lakes that both engines read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from tests.analytics.oracle_of_facts import with_facts
from tests.analytics.tables import Row, arrow_table, fill

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from batchlake.spark.engine import SparkEngine

NEEDS_JAVA = "Spark needs Java 17 or later; install openjdk-17-jre-headless or set JAVA_HOME"
NEEDS_PYSPARK = "Spark needs PySpark; install it with: pip install 'batchlake[spark]'"


def missing() -> str:
    """Why there is no Spark here, empty where there is."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return NEEDS_PYSPARK
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(f"{home}/bin/java" if home else "java")
    if java is None:
        return NEEDS_JAVA
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = said.partition('"')[2].partition(".")[0].partition('"')[0]
    return "" if version.isdigit() and int(version) >= 17 else NEEDS_JAVA


def started(master: str, warehouse: Path, **settings: str) -> SparkSession:
    """A session as a user has one: in a time zone of their own, and not strict."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("batchlake's tests")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.sql.session.timeZone": "America/St_Johns",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        # Of questions over a dozen rows most of the time would be Java's compiler.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # Of what is left, too: without the second, better compiler it is three fifths of the processor time.
        # Spark's own classes need no proof that they are sound, nor a collection whenever more of them come.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m "
        "-Xmn256m -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        **settings,
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class Files:
    """The tables of a lake as Parquet files in a folder, in the place of those that a run pins."""

    def __init__(self, folder: Path, tables: dict[str, Iterable[Row]]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        calls, segments = with_facts(tables.get("calls", ()), tables.get("segments", ()))
        for name in TABLES:
            rows = {"calls": calls, "segments": segments}.get(name, tables.get(name, ()))
            pq.write_table(arrow_table(name, rows), folder / f"{name}.parquet")

    def frame(self, spark: SparkSession, name: str) -> DataFrame:
        from batchlake.spark.tables import TYPES

        schema = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in TABLES[name].columns)
        return (
            spark.read.schema(schema)
            .option("datetimeRebaseMode", "CORRECTED")
            .parquet(str(self.folder / f"{name}.parquet"))
        )


def both(spark: SparkSession, folder: Path, **tables: Any) -> tuple[Engine, SparkEngine]:
    """The same rows on DuckDB and on Spark."""
    from batchlake.spark.engine import SparkEngine

    duck = fill(Engine(), **tables)
    return duck, SparkEngine(_sessions(spark), Files(folder, tables))  # type: ignore[arg-type]


_SESSIONS: dict[int, Any] = {}


def _sessions(spark: SparkSession) -> Any:
    from batchlake.spark.session import Sessions

    if id(spark) not in _SESSIONS:
        _SESSIONS[id(spark)] = Sessions(spark)
    return _SESSIONS[id(spark)]
