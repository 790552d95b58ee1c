"""Rows with their phone numbers masked, in whatever format they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.cursor import Row
from batchlake.output.readable import Readable
from batchlake.reports.contents.redaction import masked_number, masked_text

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBERS: Final = frozenset({"number", "from_number", "to_number"})
_TEXTS: Final = frozenset({"summary", "text", "raw", "extra", "before"})


class MaskedRows:
    """An answer whose numbers are read masked: columns of numbers, and numbers within texts.

    Args:
        rows: the answer.
    """

    def __init__(self, rows: Readable) -> None:
        self._rows = rows

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._rows.columns

    def __iter__(self) -> Iterator[Row]:
        masks = [_mask(name) for name in self.columns]
        for row in self._rows:
            yield tuple(
                value if mask is None else mask(value) for value, mask in zip(row, masks, strict=True)
            )

    def reader(self, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow record batches."""
        import pyarrow as pa

        made = self._rows.reader(batch_rows)
        masks = {place: mask for place, name in enumerate(made.schema.names) if (mask := _mask(name))}

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in made:
                columns = list(batch.columns)
                for place, mask in masks.items():
                    values = [mask(value) for value in columns[place].to_pylist()]
                    columns[place] = pa.array(values, type=made.schema.field(place).type)
                yield pa.RecordBatch.from_arrays(columns, schema=made.schema)

        return pa.RecordBatchReader.from_batches(made.schema, batches())

    def close(self) -> None:
        """Read no further."""
        self._rows.close()


def _mask(name: str) -> Callable[[Any], Any] | None:
    """What is made of a column's values; None leaves them."""
    if name in _NUMBERS:
        return lambda value: None if value is None else masked_number(value)
    if name in _TEXTS or name.startswith("extra."):
        return _masked_within
    return None


def _masked_within(value: Any) -> Any:
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, list):
        return [_masked_within(one) for one in value]
    if isinstance(value, dict):
        return {key: _masked_within(one) for key, one in value.items()}
    return value
