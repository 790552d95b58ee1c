"""`text_key`: an utterance folded for counting, made once at ingest.

The definition is the specification's: Unicode NFKC, curly quotes made straight, lower case, white space
folded to one blank, outer white space and punctuation (Unicode category P) trimmed. DuckDB lacks NFKC and
the Unicode classes, so polars does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_STRAIGHT: Final = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
}  # fmt: skip


def text_key(text: pl.Expr) -> pl.Expr:
    """The folded form of a text column; empty where nothing is left, NULL for NULL."""
    return (
        text.str.normalize("NFKC")
        .str.replace_many(list(_STRAIGHT), list(_STRAIGHT.values()))
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.replace_all(r"^[\s\p{P}]+|[\s\p{P}]+$", "")
    )


def with_text_keys(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows of `segments`, `text_key` filled in where it is NULL, batch by batch."""
    import polars as pl
    import pyarrow as pa

    key = pl.coalesce(pl.col("text_key"), text_key(pl.col("text")))

    def keyed() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            position = batch.schema.get_field_index("text_key")
            texts = pl.DataFrame(batch.select(["text", "text_key"]))
            keys = texts.select(key).to_series().to_arrow().cast(pa.string())
            yield batch.set_column(position, "text_key", keys)

    return pa.RecordBatchReader.from_batches(rows.schema, keyed())
