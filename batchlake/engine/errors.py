"""DuckDB's errors as those of batchlake."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from batchlake.errors import BatchlakeError, InvalidRequest, LakeDamaged, LakeUnreachable, QueryError

DatabaseError = duckdb.Error

Explain = Callable[[], BatchlakeError | None]
"""Why files that an engine shows are gone, as an error; None where none is."""

_UNREAD: Final = re.compile(
    r"Failed to read (Parquet )?file|No magic bytes|too small to be a Parquet file|[Ff]ooter length|"
    r"in Parquet file|Parquet schema in file|Parquet file has invalid|metadata is corrupt|"
    r"[Pp]arquet file (\(.*\) |is |is likely )corrupt|Corrupt Parquet file|"
    r"[Cc]orrupt(ed)? file\?|file might be corrupted"
)
"""What the Parquet reader says of a file that is broken."""

_CLOSED: Final = re.compile(r"Cannot open file .*: (Permission denied|Operation not permitted|Too many open)")
"""What the system says of a file that is there, and not to be opened by this user or process."""


@contextmanager
def translating(lake: str, explain: Explain) -> Iterator[None]:
    """Translate DuckDB's resource and file errors.

    Args:
        lake: what to call the lake.
        explain: says why files are gone.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise InvalidRequest(
            f"DuckDB's memory is not enough: {first_line(error)}. "
            "Ask for less at once, or raise the memory limit."
        ) from error
    except duckdb.Error as error:
        if "cannot encode str as UTF-8" in str(error):
            raise InvalidRequest(
                "a value that was given holds half a character: bytes that are not UTF-8. Write it in UTF-8."
            ) from error
        if translated := _file_error(error, first_line(error), lake, explain):
            raise translated from error
        raise
    except UnicodeDecodeError as error:
        # The message quotes what the file holds.
        raise LakeDamaged(lake, "a file holds bytes that are not text") from error
    except RuntimeError as error:
        # DuckDB takes Ctrl-C for itself while a query runs, and says so in words alone.
        if "Query interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def user_query_error(error: duckdb.Error, sql: str, lake: str, explain: Explain) -> BatchlakeError:
    """DuckDB's complaint about SQL that a person typed, from a `user_cursor`.

    A `QueryError`'s position counts the statement's characters from 0, and is None where DuckDB gives none.

    Args:
        error: what DuckDB raised.
        sql: the statement.
        lake: what to call the lake.
        explain: says why files are gone.
    """
    kind, _, text = str(error).partition(": ")
    try:
        facts = json.loads(text)
    except ValueError:
        facts = {"exception_message": text or kind}
    message = str(facts["exception_message"]).strip()
    if translated := _file_error(error, message.partition("\n")[0], lake, explain):
        return translated
    if isinstance(error, duckdb.PermissionException):
        message += ". SQL here reads only the lake's tables and views; `show tables` lists them."
    elif isinstance(error, duckdb.OutOfMemoryException):
        message += "\nAsk for less at once, or give DuckDB more memory (--memory)."
    position = facts.get("position")
    if position is not None:
        position = len(sql.encode()[: int(position)].decode(errors="ignore"))
    return QueryError(message, position=position)


def _file_error(error: duckdb.Error, message: str, lake: str, explain: Explain) -> BatchlakeError | None:
    """The error for files that can't be read; None where the query is at fault."""
    is_damage = _is_damage(error)
    # A file that is gone is, in a contained engine, one that it may not look for.
    if (is_damage or isinstance(error, duckdb.PermissionException)) and (explanation := explain()):
        return explanation
    if is_damage and _CLOSED.search(message):
        return LakeUnreachable(lake, message)
    return LakeDamaged(lake, message) if is_damage else None


def _is_damage(error: duckdb.Error) -> bool:
    """Whether the files are at fault and not the query.

    Broken pages also make errors of no kind of DuckDB's at all.
    """
    return (
        isinstance(error, duckdb.IOException)
        or type(error) is duckdb.Error
        or _UNREAD.search(str(error)) is not None
    )


def first_line(error: Exception) -> str:
    """What an error says, without what DuckDB adds below."""
    return str(error).strip().partition("\n")[0]
