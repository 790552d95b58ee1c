"""`Rows`: the rows of one statement, read once, from front to back, while DuckDB makes them.

Input: a connection of its own, a statement and its values. Output: tuples of Python's values, or Arrow
record batches, which need pyarrow. Nothing runs before the first of them is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from batchlake.engine import forking
from batchlake.errors import QueryError

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Row = tuple[Any, ...]

_BATCH_ROWS: Final = 2_048

_OVERTAKEN: Final = (
    "another statement of this session ran before all rows of this one were read. "
    "Read them first, or ask in a session of its own."
)


class Guard(Protocol):
    """Runs a call into DuckDB, and makes of its errors those of batchlake."""

    def __call__(self, call: Callable[[], T], /) -> T:
        """What the call returns."""


class Rows:
    """The rows of one statement.

    Args:
        cursor: a DuckDB connection, which nothing but statements with the same `turn` uses meanwhile.
        sql: one statement.
        params: values of its parameters; all must be used.
        guard: runs every call into DuckDB.
        close: called once when the last row has been read, or before.
        turn: holds the statement that the cursor ran last: the next one to run ends it without a word.
    """

    def __init__(
        self,
        cursor: Any,
        sql: str,
        params: Mapping[str, Any] | None,
        guard: Guard,
        close: Callable[[], None] = lambda: None,
        turn: list[Rows] | None = None,
    ) -> None:
        self._cursor = cursor
        self._sql = sql
        self._params = dict(params) if params else None
        self._guard = guard
        self._close = close
        self._turn = [] if turn is None else turn
        self._description: list[tuple[str, str]] | None = None
        self._running = False

    @property
    def sql(self) -> str:
        """The statement."""
        return self._sql

    @property
    def columns(self) -> list[str]:
        """The names of the columns; a name that occurs again has a number behind it."""
        return [name for name, _ in self._described()]

    @property
    def types(self) -> list[str]:
        """DuckDB's types of the columns."""
        return [kind for _, kind in self._described()]

    def bind(self) -> None:
        """Find out the columns, or what is wrong with the statement, without running it."""
        if self._description is not None:
            return
        relation = self._guard(self._relation)
        if relation is not None:
            self._description = _described(zip(relation.columns, relation.types, strict=True))

    def run(self) -> None:
        """Begin: faults of the statement are raised here, and one without rows is done."""
        if not self._running:
            self._turn[:] = [self]
            self._guard(lambda: self._cursor.execute(self._sql, self._params))
            self._running = True
            self._description = _described(column[:2] for column in self._cursor.description or ())

    def batches(self, size: int = _BATCH_ROWS) -> Iterator[list[Row]]:
        """The rows, several at a time.

        Raises:
            QueryError: another statement of the session ran before the last row was read.
        """
        try:
            self.run()
            is_more = True
            while is_more:
                batch = self._guard(lambda: self._cursor.fetchmany(size))
                # Looked at afterwards: another thread's statement may have begun in between.
                if self._turn != [self]:
                    raise QueryError(_OVERTAKEN, position=None)
                is_more = len(batch) == size
                if batch:
                    yield batch
        finally:
            self.close()

    def __iter__(self) -> Iterator[Row]:
        for batch in self.batches():
            yield from batch

    def reader(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches; instead of `batches`, not after it."""
        import pyarrow as pa

        made = self._guard(lambda: self._relation().to_arrow_reader(batch_rows))
        forking.keep(made)
        names = unique_names(made.schema.names)
        schema = pa.schema([field.with_name(name) for name, field in zip(names, made.schema, strict=True)])

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                while (batch := self._guard(lambda: next(made, None))) is not None:
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            finally:
                self.close()

        return pa.RecordBatchReader.from_batches(schema, batches())

    def close(self) -> None:
        """Read no further."""
        close, self._close = self._close, lambda: None
        close()

    def _relation(self) -> Any:
        return self._cursor.sql(self._sql, params=self._params)

    def _described(self) -> list[tuple[str, str]]:
        if self._description is None:
            self.run()
        return self._description or []


def _described(columns: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    """The names of columns, each once, with their types."""
    described = [(str(name), str(kind)) for name, kind in columns]
    names = unique_names([name for name, _ in described])
    return [(name, kind) for name, (_, kind) in zip(names, described, strict=True)]


def unique_names(names: Sequence[str]) -> list[str]:
    """The names of columns, each once: rows are handed out as dictionaries too.

    >>> unique_names(["a", "a", "b"])
    ['a', 'a_1', 'b']
    """
    taken = set(names)
    found: dict[str, None] = {}
    for name in names:
        unique, number = name, 0
        while unique in found or (number and unique in taken):
            number += 1
            unique = f"{name}_{number}"
        found[unique] = None
    return list(found)
