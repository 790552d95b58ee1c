"""What can be written: rows that are read once, answers with rows, and columns as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from batchlake.engine.cursor import Row
from batchlake.text.cells import Column

if TYPE_CHECKING:
    import pyarrow as pa


class Readable(Protocol):
    """Rows that are read once, from front to back."""

    @property
    def columns(self) -> list[str]:
        """Their names."""

    def __iter__(self) -> Iterator[Row]: ...

    def reader(self, batch_rows: int = ...) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""

    def close(self) -> None:
        """Read no further."""


class HasRows(Protocol):
    """An answer whose rows can be read."""

    def rows(self) -> Readable:
        """The rows, from the first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows as people see them.

    Attributes:
        columns: ranked, or as they were named.
        result: has them in this order.
        is_masked: whether phone numbers are masked in it already, where they are to be.
    """

    columns: tuple[Column, ...]
    result: HasRows
    is_masked: bool = False
