"""What queries are run on, as protocols: `Engine` (DuckDB on this machine) and `SparkEngine` (a cluster).

The analytics and the reports name these types, so that mypy checks that both engines have what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class QueryRows(Protocol):
    """The rows of one query, read once, from front to back."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        ...

    @property
    def types(self) -> list[str]:
        """DuckDB's types of the columns."""
        ...

    def bind(self) -> None:
        """Find out the columns, or what is wrong with the statement, without running it."""

    def run(self) -> None:
        """Run the query."""

    def batches(self, size: int = ...) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, several at a time."""
        ...

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...

    def reader(self, batch_rows: int = ...) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""
        ...

    def close(self) -> None:
        """Read no further."""


class QueryEngine(Protocol):
    """What runs queries over one state of a lake, for several threads at once.

    Attributes:
        is_cluster: whether queries run elsewhere: then all run at once, and no batch is held in memory.
        has_facts: whether the tables hold the facts of transcripts (`schema.TRANSCRIPT_FACTS`).
    """

    is_cluster: bool
    has_facts: bool

    def clone(self) -> QueryEngine:
        """The same engine, with an `interrupt` of its own: it stops only what the clone runs."""
        ...

    def in_timezone(self, timezone: str) -> QueryEngine:
        """The same engine with its clock in another IANA time zone."""
        ...

    def interrupt(self) -> None:
        """Stop the queries that this engine is running, from another thread."""

    def once(self, name: str, statements: Callable[[], Iterable[str]]) -> None:
        """Execute statements for their effect, once for each name."""

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        ...

    def row(self, sql: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The one row of a query that always has exactly one."""
        ...

    def exists_any(self, sql: str, params: Mapping[str, Any] | None = None) -> bool:
        """Whether a query has a row."""
        ...

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryRows:
        """The rows of a query, which runs when they are read."""
        ...
