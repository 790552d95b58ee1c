"""The lake's tables as data frames, at the versions that a run pins.

Input: a lake's tables, a version, a session. Output: a `DataFrame` of each, with the schema's columns.
Through Delta's own reader where the cluster has it, else as the Parquet files that the version names: the
tables have no deletion vectors and no column mapping, so those are all there is to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal

from batchlake.errors import InvalidRequest, QueryError
from batchlake.schema import TABLES, Column, Table
from batchlake.spark.session import is_connect, is_local
from batchlake.store.delta.file_stats import sizes
from batchlake.store.object_storage.object_store import is_object_address

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from batchlake.store.delta.tables import LakeTables

Reader = Literal["delta", "parquet"]

_ACCOUNT: Final = "AZURE_STORAGE_ACCOUNT_NAME"

TYPES: Final = {
    "VARCHAR": "STRING",
    "DOUBLE": "DOUBLE",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMPTZ": "TIMESTAMP",
    "DECIMAL(18,6)": "DECIMAL(18,6)",
    "MAP(VARCHAR, TIMESTAMPTZ)": "MAP<STRING, TIMESTAMP>",
    "MAP(VARCHAR, BIGINT)": "MAP<STRING, BIGINT>",
}
"""Spark's types by DuckDB's."""


class PinnedTables:
    """The tables of a lake at one version.

    Args:
        tables: the lake's.
        versions: of each table; None is its newest.
        reader: `delta` or `parquet`; None takes Delta's where the cluster has it.
        catalog: where a catalog has the tables (`main.lake`); None reads the lake's own place.
    """

    def __init__(
        self,
        tables: LakeTables,
        versions: Mapping[str, int | None],
        *,
        reader: Reader | None = None,
        catalog: str | None = None,
    ) -> None:
        self._tables = tables
        self._versions = versions
        self._reader = reader
        self._catalog = catalog
        self._files: dict[tuple[str, bool], list[str]] = {}

    def frame(self, spark: SparkSession, name: str) -> DataFrame:
        """A table as a data frame of a session; no row is read yet.

        Raises:
            QueryError: there is no table of this name.
        """
        if name not in TABLES:
            raise QueryError(
                f"there is no table or view {name}. The tables are {', '.join(TABLES)}.", position=None
            )
        table = TABLES[name]
        if self._catalog:
            version = self._versions[name]
            pin = "" if version is None else f" version as of {int(version)}"
            parts = ".".join(f"`{part}`" for part in self._catalog.split("."))
            return _in_order(spark.sql(f"select * from {parts}.`{name}`{pin}"), table)
        if self._reader is None:
            self._reader = "delta" if has_delta(spark) else "parquet"
        if self._reader == "delta":
            return self._from_delta(spark, table)
        return self._from_files(spark, table)

    def described(self, name: str) -> str:
        """Which table at which version, for a comment."""
        version = self._versions[name]
        at = "its newest version" if version is None else f"version {version}"
        return f"{name}: {at} of {self._tables.storage.table(name)}"

    def _from_delta(self, spark: SparkSession, table: Table) -> DataFrame:
        version = self._versions[table.name]
        reader = spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return _in_order(reader.load(self._address(spark, table.name)), table)

    def _from_files(self, spark: SparkSession, table: Table) -> DataFrame:
        files = self.files(table.name, here=is_local(spark), spark=spark)
        schema = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in table.columns)
        if not files:
            return spark.sql(f"SELECT {', '.join(map(_null, table.columns))} WHERE FALSE")
        # Without, Spark 3.5 fails on times before 1900.
        reader = spark.read.schema(schema).option("datetimeRebaseMode", "CORRECTED")
        return reader.parquet(*map(_escaped, files))

    def files(self, name: str, *, here: bool, spark: SparkSession | None = None) -> list[str]:
        """The files of a table: paths on this machine, or addresses that a cluster reads."""
        if (name, here) not in self._files:
            names = sorted(sizes(self._tables.open(name, self._versions[name])))
            if here or not is_object_address(self._tables.storage.location):
                found = self._tables.storage.local(name, names)
            else:
                found = [f"{self._address(spark, name)}/{file}" for file in names]
            self._files[name, here] = found
        return self._files[name, here]

    def _address(self, spark: SparkSession | None, name: str) -> str:
        """Where a table lies, as Spark names it."""
        location = self._tables.storage.table(name)
        return cluster_address(location, _s3_scheme(spark)) if is_object_address(location) else location


def cluster_address(location: str, s3: str = "s3a") -> str:
    """An address in object storage as Hadoop's file systems have it.

    Raises:
        InvalidRequest: the account isn't known, which Hadoop's addresses of Azure name.

    >>> cluster_address("s3://bucket/lake/calls")
    's3a://bucket/lake/calls'
    """
    scheme, _, rest = location.partition("://")
    if scheme == "s3":
        return f"{s3}://{rest}"
    if scheme == "az":
        account = os.environ.get(_ACCOUNT)
        if not account:
            raise InvalidRequest(
                f"Spark reads {location} by the name of its account. Set {_ACCOUNT}.", lake=location
            )
        container, _, path = rest.partition("/")
        return f"abfss://{container}@{account}.dfs.core.windows.net/{PurePosixPath(path)}"
    return location


def _s3_scheme(spark: SparkSession | None) -> str:
    """EMR and Databricks read `s3://` by systems of their own; open-source Spark reads `s3a://` alone."""
    if spark is None or is_connect(spark):
        return "s3a"
    context: Any = spark.sparkContext
    return "s3" if context._jsc.hadoopConfiguration().get("fs.s3.impl") else "s3a"


def has_delta(spark: SparkSession) -> bool:
    """Whether the cluster reads Delta tables by itself."""
    if not is_connect(spark):
        context: Any = spark.sparkContext
        loader = context._jvm.java.lang.Thread.currentThread().getContextClassLoader()
        try:
            context._jvm.java.lang.Class.forName("io.delta.sql.DeltaSparkSessionExtension", False, loader)
        except Exception:  # noqa: BLE001 - Java's ClassNotFoundException comes as Py4J's own error
            return False
        extensions = str(spark.conf.get("spark.sql.extensions", "") or "")
        return "DeltaSparkSessionExtension" in extensions or "databricks" in str(context.version).lower()
    try:
        found = spark.sql("SET spark.sql.extensions").collect()
    except Exception:  # noqa: BLE001 - a server that doesn't tell has no Delta that we may count on
        return False
    return any("DeltaSparkSessionExtension" in str(row[1]) for row in found)


def _escaped(path: str) -> str:
    """A path as the name that it is: Spark takes it for a pattern, and a folder may be called `{a,b}`."""
    return re.sub(r"([][{}*?\\])", r"\\\1", path)


def reader_named(name: str | None) -> Reader | None:
    """`delta`, `parquet` or None, checked.

    Raises:
        InvalidRequest: it is another.
    """
    if name in ("delta", "parquet", None):
        return name  # type: ignore[return-value]
    raise InvalidRequest(f"tables are read by `delta` or `parquet`, not {name!r}.", reader=name)


def _in_order(frame: DataFrame, table: Table) -> DataFrame:
    """The schema's columns in its order; one that an earlier batchlake's table lacks is NULL."""
    there: Sequence[str] = frame.columns
    return frame.selectExpr(
        *(f"`{column.name}`" if column.name in there else _null(column) for column in table.columns)
    )


def _null(column: Column) -> str:
    """The column without values."""
    return f"CAST(NULL AS {TYPES[column.type]}) AS `{column.name}`"
