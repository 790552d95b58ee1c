"""Sessions: the user's own, which is left as it is, and batchlake's, in the time zone of the question.

Input: a `SparkSession`, classic or Connect. Output: answers as Arrow tables, and data frames in the user's
session. On classic Spark, queries run in another session on the same cluster, with its own settings. Connect
has no such sessions: there a few settings are set around a query, under a lock, and restored.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from batchlake._lazy import extra
from batchlake.errors import InvalidRequest
from batchlake.spark.errors import message_of, quiet, translating

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from batchlake.spark.rendering import Statement

Frames = Callable[[str], "DataFrame"]
"""The data frame of a table of the lake, by its name."""

_SETTINGS: Final = {
    # Off by default in 3.5, where sums then wrap around in silence.
    "spark.sql.ansi.enabled": "true",
}
_OWN_SETTINGS: Final = _SETTINGS | {
    # Past this many files Spark lists them with a job of its own, which for thousands takes seconds.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "4096",
    # So that a plan names all of its filters.
    "spark.sql.maxMetadataStringLength": "10000",
}
_OLDEST: Final = (3, 5)
_CONNECT_PORT: Final = 15002
_REACHED_SECONDS: Final = 10
_JAVAS_REASON: Final = re.compile(r'^(?:Exception in thread "[^"]*" |Error: )(?:(?:[\w$]+\.)+[\w$]+: )?(.+)')
_ZONE: Final = "spark.sql.session.timeZone"
_TAGS: Final = itertools.count(1)


def is_connect(spark: SparkSession) -> bool:
    """Whether it is a session of Spark Connect."""
    return ".connect." in type(spark).__module__


def is_local(spark: SparkSession) -> bool:
    """Whether its executors are in this process, or on this machine, and see its files."""
    if is_connect(spark):
        return False
    master: str = spark.sparkContext.master
    return master.startswith("local")


def check_version(version: str) -> None:
    """Refuse a Spark that lacks what is sent to it.

    Raises:
        InvalidRequest: it is older than 3.5.
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < _OLDEST:
        raise InvalidRequest(f"this Spark is {version}; questions need 3.5 or later.", version=version)


class Sessions:
    """The user's session, and the sessions that queries run in.

    Args:
        spark: the user's session; nothing of it is changed.

    Raises:
        InvalidRequest: its Spark is too old.
    """

    def __init__(self, spark: SparkSession) -> None:
        check_version(spark.version)
        self.spark = spark
        self.is_connect = is_connect(spark)
        self._own: dict[str, SparkSession] = {}
        self._lock = threading.RLock()

    def in_zone(self, zone: str) -> SparkSession:
        """The session for queries in a time zone."""
        if self.is_connect:
            return self.spark
        with self._lock:
            if zone not in self._own:
                own = self.spark.newSession()
                for name, value in _OWN_SETTINGS.items():
                    own.conf.set(name, value)
                own.conf.set(_ZONE, zone)
                self._own[zone] = own
            return self._own[zone]

    def answer(self, statement: Statement, frames: Frames, zone: str, tag: str) -> pa.Table:
        """The rows of a statement; its jobs bear the tag."""
        with translating(statement.text), quiet(), self._set(zone), self._tagged(tag):
            return _arrow(self._frame(statement, frames, zone))

    def described(self, statement: Statement, frames: Frames, zone: str) -> list[tuple[str, str]]:
        """The names and types of a statement's columns, without running it."""
        with translating(statement.text), quiet(), self._set(zone):
            return [(str(name), str(kind)) for name, kind in self._frame(statement, frames, zone).dtypes]

    def plan(self, statement: Statement, frames: Frames, zone: str) -> str:
        """Spark's plan of a statement."""
        with translating(statement.text), quiet(), self._set(zone):
            frame = self._frame(statement, frames, zone)
            if self.is_connect:
                return str(frame._explain_string(extended=True))
            return str(frame._jdf.queryExecution().toString())

    def cancel(self, tag: str) -> None:
        """End the jobs that bear the tag, from another thread."""
        # Spark may have ended meanwhile, and then they have, too; the question says what went wrong.
        with suppress(Exception):
            if self.is_connect:
                self.spark.interruptTag(tag)
            else:
                self.spark.sparkContext.cancelJobsWithTag(tag)

    def _frame(self, statement: Statement, frames: Frames, zone: str) -> DataFrame:
        return data_frame(self.in_zone(zone), statement, frames)

    @contextmanager
    def _set(self, zone: str) -> Iterator[None]:
        """On Connect, the settings of a question while it runs; the user's are put back."""
        if not self.is_connect:
            yield
            return
        with self._lock:
            before: dict[str, str | None] = {}
            try:
                for name, value in (_SETTINGS | {_ZONE: zone}).items():
                    before[name] = self.spark.conf.get(name, None)
                    self.spark.conf.set(name, value)
                yield
            finally:
                for name, old in before.items():
                    if old is None:
                        self.spark.conf.unset(name)
                    else:
                        self.spark.conf.set(name, old)

    @contextmanager
    def _tagged(self, tag: str) -> Iterator[None]:
        """Jobs that this thread starts in the block bear the tag."""
        where: Any = self.spark if self.is_connect else self.spark.sparkContext
        add, remove = (
            (where.addTag, where.removeTag) if self.is_connect else (where.addJobTag, where.removeJobTag)
        )
        add(tag)
        try:
            yield
        finally:
            # What went wrong with the question is raised, not what follows from it.
            with suppress(Exception):
                remove(tag)


def opened(master: str | None = None) -> SparkSession:
    """The session of this process, or a new one, for the command line.

    Args:
        master: as Spark has it (`local[4]`, `yarn`, `spark://...`), or a Connect server's `sc://...`; None
            takes what `spark-submit` or Spark's own settings say.

    Raises:
        InvalidRequest: PySpark isn't installed, there is no Java, or Spark can't be begun so.
    """
    with warnings.catch_warnings():
        # PySpark warns of a pandas version that it doesn't know; none is used here.
        warnings.simplefilter("ignore")
        with extra("spark", "questions to Spark"):
            from pyspark.sql import SparkSession
        remote = bool(master and master.startswith("sc://"))
        if not remote and not _has_java():
            raise InvalidRequest(
                "Spark needs Java 17 or later, and there is none here: install openjdk-17-jre-headless or "
                "set JAVA_HOME. A Connect server (--spark-master sc://HOST:15002) needs none."
            )
        if master and remote:
            _reach(master)
        builder = SparkSession.builder.appName("batchlake")
        if master:
            builder = builder.remote(master) if remote else builder.master(master)
        if not remote:
            builder = builder.config("spark.ui.showConsoleProgress", "false").config(
                "spark.log.level", "ERROR"
            )
        with _errors_aside() as said:
            try:
                return builder.getOrCreate()
            except Exception as error:
                where = master and master.partition(";")[0]
                name = f" at {where!r}" if where else ""
                # That Java has ended is what PySpark says; why, Java has said itself.
                reason = message_of(error)
                reason = said() or reason if "JAVA_GATEWAY_EXITED" in reason else reason or said()
                raise InvalidRequest(f"Spark can't be begun{name}: {reason}", master=where) from error


def _reach(address: str) -> None:
    """Find out at once whether somebody listens at a Connect server's address: gRPC would try for minutes.

    Raises:
        InvalidRequest: it is no address, or nobody does.
    """
    # Behind the semicolon may be a token.
    address = address.partition(";")[0]
    try:
        where = urlsplit(address)
        host, port = where.hostname, where.port or _CONNECT_PORT
    except ValueError as error:
        raise InvalidRequest(f"{address!r} is no address of a Connect server: {error}.") from error
    if not host:
        raise InvalidRequest(f"{address!r} names no host; a Connect server's address is sc://HOST:15002.")
    if any(os.environ.get(name) for name in ("grpc_proxy", "https_proxy", "http_proxy")):
        return  # gRPC goes through the proxy, which may reach what this machine doesn't
    try:
        socket.create_connection((host, port), _REACHED_SECONDS).close()
    except OSError as error:
        raise InvalidRequest(
            f"no Connect server answers at {host}:{port}: {error.strerror or error}. Is it running, and is "
            "this its address?",
            master=address,
        ) from error


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(os.path.join(home, "bin", "java") if home else "java") is not None  # noqa: PTH118


@contextmanager
def _errors_aside() -> Iterator[Callable[[], str]]:
    """What the JVM that begins in the block says on standard error goes into a file, for as long as it lives.

    Else each answer would come under a dozen lines about Java's modules and log levels.
    """
    with tempfile.TemporaryFile() as file, ExitStack() as stack:
        sys.stderr.flush()
        kept = os.dup(2)
        stack.callback(os.close, kept)
        stack.callback(os.dup2, kept, 2)
        os.dup2(file.fileno(), 2)

        def said() -> str:
            file.seek(0)
            lines = file.read().decode(errors="replace").strip().splitlines()
            reasons = [found[1] for line in lines if (found := _JAVAS_REASON.match(line))]
            return (reasons or lines or [""])[0 if reasons else -1]

        yield said


def new_tag() -> str:
    """A name for the jobs of one question."""
    return f"batchlake-{os.getpid()}-{next(_TAGS)}"


def data_frame(spark: SparkSession, statement: Statement, frames: Frames) -> DataFrame:
    """A statement as a data frame of a session; nothing runs yet.

    The lake's tables are handed to it by name: no view of them is left in the session.
    """
    text, given = with_tables(statement, frames)
    return spark.sql(text, args=dict(statement.args), **given)


def with_tables(statement: Statement, frames: Frames) -> tuple[str, Mapping[str, DataFrame]]:
    """A statement's text with a CTE in front for each table that it reads, and the frames that those are."""
    if not statement.tables:
        # Without a frame PySpark formats nothing.
        return statement.text, {}
    found = {name: frames(name) for name in sorted(statement.tables)}
    heads = ",\n".join(f"{name} AS (SELECT * FROM {{{name}}})" for name in found)
    text = statement.text.replace("{", "{{").replace("}", "}}")
    return f"WITH {heads}" + (f",\n{text[5:]}" if text.startswith("WITH ") else f"\n{text}"), found


def _arrow(frame: DataFrame) -> pa.Table:
    """All rows of a frame; Spark 3.5 has this under another name."""
    import pyarrow as pa

    if hasattr(frame, "toArrow"):
        table: pa.Table = frame.toArrow()
        return table
    from pyspark.sql.pandas.types import to_arrow_schema

    batches = frame._collect_as_arrow()
    return pa.Table.from_batches(batches, None if batches else to_arrow_schema(frame.schema))
