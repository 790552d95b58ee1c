"""Rows and documents with their phone numbers masked, in whatever format they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.cursor import Row
from batchlake.output.readable import Readable
from batchlake.reports.contents.redaction import masked_number, masked_text
from batchlake.text.looks import NOTHING

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.models.analytics import Analytics

_NUMBERS: Final = frozenset({"number", "from_number", "to_number", "phone_number"})
_TEXTS: Final = frozenset(
    "summary text raw message what example extra before reported_common_responses outcome_label "
    "sentiment_label ended_by notes figure selection sentence".split()
)
"""Columns, and fields of documents, of what people or platforms wrote; a message of a problem quotes what it
is about, a figure of an audit what was said."""


class MaskedRows:
    """An answer whose numbers are read masked: columns of numbers, and numbers within texts.

    Args:
        rows: the answer.
        names: of its columns, where they are not its own.
    """

    def __init__(self, rows: Readable, names: Sequence[str] | None = None) -> None:
        self._rows = rows
        self._names = names

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._rows.columns

    def __iter__(self) -> Iterator[Row]:
        masks = [_mask(name) for name in self._names or self.columns]
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


def without_numbers(found: Analytics) -> Analytics:
    """The figures with the numbers in common responses masked, as the overview shows these."""
    responses = [
        response.model_copy(update={"text": masked_text(response.text)})
        for response in found.common_responses or ()
    ]
    return found.model_copy(update={"common_responses": responses}) if responses else found


def masked_groups(rows: Sequence[Row], by: Sequence[str]) -> list[Row]:
    """A table's rows of groups with what they are grouped by masked; the last row, of all, stays."""
    masks = [_mask(name) for name in by]
    *groups, whole = rows
    return [
        (
            *(key if mask is None or key == NOTHING else mask(key)
              for key, mask in zip(row, masks, strict=False)),
            *row[len(masks) :],
        )
        for row in groups
    ] + [whole]  # fmt: skip


def masked_document(document: Any, name: str = "") -> Any:
    """A document in JSON's types with its numbers masked, by the names of its fields."""
    if isinstance(document, dict):
        return {key: masked_document(value, _field(key, name)) for key, value in document.items()}
    if isinstance(document, list):
        return [masked_document(value, name) for value in document]
    mask = _mask(name)
    return document if mask is None or not isinstance(document, str) else mask(document)


def _field(key: str, above: str) -> str:
    """By which name a field is masked: all within `extra` is of a platform's own."""
    return above if above == "extra" or above.startswith("extra.") else key


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
