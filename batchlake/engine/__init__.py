"""The one room that imports DuckDB: connections, views over a lake's files, errors translated."""

import duckdb

from batchlake.engine.engine import Connection, Engine, Params, close, connect, statement_kinds

DatabaseError = duckdb.Error
Interrupted = duckdb.InterruptException

__all__ = [
    "Connection",
    "DatabaseError",
    "Engine",
    "Interrupted",
    "Params",
    "close",
    "connect",
    "statement_kinds",
]
