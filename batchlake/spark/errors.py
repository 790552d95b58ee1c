"""Spark's errors as those of batchlake, in one place."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from batchlake.errors import BatchlakeError, InvalidRequest, QueryError

_LOGGERS: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
_CLASS: Final = re.compile(r"^(?:[\w$]+\.)+[\w$]+(?:Exception|Error): ")
_CANCELLED: Final = re.compile(r"cancelled|OPERATION_CANCELED", re.IGNORECASE)
_GONE: Final = re.compile(
    r"FILE_NOT_EXIST|FileNotFoundException|PATH_NOT_FOUND|CANNOT_READ_FILE|does not exist"
)
_NO_FILE_SYSTEM: Final = re.compile(r'No FileSystem for scheme "?(\w+)|Class (\S+FileSystem) not found')

_asking = threading.local()


class QuestionCancelled(Exception):
    """What a question ends with that was interrupted from another thread."""


class FilesGone(Exception):
    """Files that a question reads aren't there; the caller, which knows the state, says why."""


@contextmanager
def translating(sql: str) -> Iterator[None]:
    """Translate what Spark raises, while a statement is analysed or its rows are fetched."""
    try:
        yield
    except (BatchlakeError, QuestionCancelled, FilesGone):
        raise
    except Exception as error:
        if not _is_sparks(error):
            raise
        message = message_of(error)
        if _CANCELLED.search(message):
            raise QuestionCancelled(message) from error
        if missing := _NO_FILE_SYSTEM.search(message):
            raise InvalidRequest(
                f"this Spark can't read the lake's files: it knows no {missing[1] or missing[2]}. Give it "
                "the file system's jar (for S3: --packages org.apache.hadoop:hadoop-aws), or copy the lake."
            ) from error
        if _GONE.search(message):
            raise FilesGone(message) from error
        raise QueryError(f"Spark: {message}", position=None, sql=sql) from error


def _is_sparks(error: Exception) -> bool:
    module = type(error).__module__
    return module.startswith(("pyspark", "py4j", "grpc")) or "SparkConnect" in type(error).__name__


def message_of(error: Exception) -> str:
    """The first line of a Spark error, without the Java class and the stack."""
    java: Any = getattr(error, "java_exception", None)
    text = ""
    if java is not None:
        # What fails while rows are fetched comes wrapped; the innermost says why.
        cause = java
        while cause is not None:
            text = str(cause.getMessage() or cause.toString())
            cause = cause.getCause()
    text = text or str(error)
    line = next((line for line in text.strip().splitlines() if line.strip()), type(error).__name__)
    return _CLASS.sub("", line.strip()).partition(" SQLSTATE:")[0].rstrip()


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which PySpark doesn't log this thread's errors, which it raises as well."""
    _silence_once()
    _asking.on = True
    try:
        yield
    finally:
        _asking.on = False


class _OfOthers(logging.Filter):
    """Lets through what isn't of a question of batchlake's."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_asking, "on", False)


@cache
def _silence_once() -> None:
    try:
        from pyspark.logger import PySparkLogger
    except ImportError:
        # Spark 3.5 logs nothing of the kind.
        return
    for name in _LOGGERS:
        # Made by PySpark itself: it passes its loggers arguments that others don't take.
        PySparkLogger.getLogger(name).addFilter(_OfOthers())
