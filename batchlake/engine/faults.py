"""DuckDB's errors as those of batchlake."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from batchlake.errors import BatchlakeError, InvalidRequest, LakeDamaged, QueryError

_UNREAD: Final = re.compile(r"Failed to read file|No magic bytes|in Parquet file|Parquet schema in file")
"""What the Parquet reader says of a file that is broken."""


@contextmanager
def translating(lake: str) -> Iterator[None]:
    """DuckDB's errors about what no query of ours can help, as those of batchlake.

    Args:
        lake: what to call the lake.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise InvalidRequest(
            f"DuckDB's memory is not enough: {first_line(error)}. "
            "Ask for less at once, or raise the memory limit."
        ) from error
    except duckdb.Error as error:
        if is_damage(error):
            raise LakeDamaged(lake, first_line(error)) from error
        raise
    except UnicodeDecodeError as error:
        # The message quotes what the file holds.
        raise LakeDamaged(lake, "a file holds bytes that are no text") from error
    except RuntimeError as error:
        # DuckDB takes Ctrl-C for itself while a query runs, and says so in words alone.
        if "Query interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def person_error(error: duckdb.Error, sql: str, lake: str = "") -> BatchlakeError:
    """DuckDB's complaint about SQL that a person typed, from a `person_cursor`.

    A `QueryError`'s position counts the statement's characters from 0, and is None where DuckDB gives none.
    """
    kind, _, told = str(error).partition(": ")
    try:
        facts = json.loads(told)
    except ValueError:
        facts = {"exception_message": told or kind}
    message = str(facts["exception_message"]).strip()
    if is_damage(error):
        return LakeDamaged(lake, message.partition("\n")[0])
    if isinstance(error, duckdb.PermissionException):
        message += (
            ". SQL here reads the lake's tables and views and no file besides; `show tables` lists them."
        )
    elif isinstance(error, duckdb.OutOfMemoryException):
        message += "\nAsk for less at once, or give DuckDB more memory (--memory)."
    position = facts.get("position")
    if position is not None:
        position = len(sql.encode()[: int(position)].decode(errors="ignore"))
    return QueryError(message, position=position)


def is_damage(error: duckdb.Error) -> bool:
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
