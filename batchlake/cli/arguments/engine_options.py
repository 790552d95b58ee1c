"""`--engine spark`: the same question, put to a cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from batchlake._lazy import extra
from batchlake.cli.arguments.parameters import Command, option, refuse

if TYPE_CHECKING:
    from typing import TypeAlias

    from batchlake.lake import Lake
    from batchlake.spark.lake import ClusterLake
    from batchlake.spark.rendering import Statement

    AskedLake: TypeAlias = Lake | ClusterLake
    """What a verb puts its question to: the lake here, or the same on a cluster."""


def engine_options(command: Command) -> Command:
    """`--engine`, `--spark-master`, `--show-sql`."""
    for one in (
        option("--show-sql", is_flag=True, help="With --engine spark: the SQL sent, on standard error."),
        option("--spark-master", envvar="BATCHLAKE_SPARK_MASTER", metavar="URL",
               help="local[4], yarn, spark://..., or sc://... of Connect; by default as spark-submit says."),
        option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True,
               help="Ask here, or a Spark cluster: the same figures."),
    ):  # fmt: skip
        command = one(command)
    return command


def on_engine(lake: Lake, given: Mapping[str, Any]) -> AskedLake:
    """The lake, asked on the engine that the options name.

    Raises:
        click.UsageError: an option of Spark's without it, or one that Spark has no use for.
        InvalidRequest: no PySpark, no Java, or no such master.
    """
    if given.get("engine") != "spark":
        # A master may be in the environment for other questions.
        refuse(("show_sql", "spark_master"), "without --engine spark")
        return lake
    refuse(("memory_limit", "threads"), "to Spark, whose session has its own")
    # All that is needed, before a Java is begun.
    with extra("spark", "questions to Spark"):
        import sqlglot  # noqa: F401

        from batchlake.spark.session import opened

    spark = opened(given.get("spark_master"))
    show = _shown if given.get("show_sql") else None
    return lake.on_cluster(spark, show=show)


def _shown(statement: Statement) -> None:
    sys.stderr.write(f"{statement.shown()}\n\n")
