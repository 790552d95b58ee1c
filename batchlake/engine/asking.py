"""What a question needs of whom it is put to: `Engine`'s DuckDB, or a cluster by the same methods.

Whoever answers questions names these, so that mypy checks that another engine has all that is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class AskedRows(Protocol):
    """The answer to one statement, read once, from front to back."""

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
        """Ask."""

    def batches(self, size: int = ...) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, several at a time."""
        ...

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...

    def reader(self, batch_rows: int = ...) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""
        ...

    def close(self) -> None:
        """Read no further."""


class Asks(Protocol):
    """Whom questions are put to, from several threads.

    Attributes:
        is_cluster: whether questions go elsewhere: then all are asked at once, no batch is held in memory.
        has_facts: whether the tables hold what transcripts tell about calls and utterances.
    """

    is_cluster: bool
    has_facts: bool

    def clone(self) -> Asks:
        """The same; `interrupt` stops only what was asked through this one."""
        ...

    def in_timezone(self, timezone: str) -> Asks:
        """The same with its clock in another IANA time zone."""
        ...

    def interrupt(self) -> None:
        """Stop what was asked through this one and is running, from another thread."""

    def once(self, name: str, statements: Callable[[], Iterable[str]]) -> None:
        """Run statements that need it but once."""

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        ...

    def row(self, sql: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The one row of a query that always has exactly one."""
        ...

    def exists_any(self, sql: str, params: Mapping[str, Any] | None = None) -> bool:
        """Whether a query has a row."""
        ...

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> AskedRows:
        """The rows of a query, which runs when they are read."""
        ...
