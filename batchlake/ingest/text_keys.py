"""`text_key`: an utterance folded for counting, made once at ingest.

The definition is the specification's: Unicode NFKC, curly quotes made straight, lower case, white space
folded to one blank, outer white space and punctuation (Unicode category P) trimmed. DuckDB lacks NFKC and
the Unicode classes, so polars does it. Most utterances are ASCII with single blanks, for which lower case and
trimming are all there is to do, at a tenth of the cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_STRAIGHT: Final = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
}  # fmt: skip

_ASCII_OUTSIDE: Final = " !\"#%&'()*,-./:;?@[\\]_{}"
"""The blank, and the ASCII characters of category P."""

_NOT_PLAIN: Final = r"[^!-~ ]|  "
"""Characters that are not printable ASCII, or blanks in a row."""


def text_keys(texts: pl.Series) -> pl.Series:
    """The folded form of texts; empty where nothing is left, NULL for NULL."""
    keys = texts.str.to_lowercase().str.strip_chars(_ASCII_OUTSIDE)
    others = texts.str.contains(_NOT_PLAIN).arg_true()
    return keys.scatter(others, _folded(texts.gather(others))) if len(others) else keys


def with_text_keys(rows: pa.Table) -> pa.Table:
    """Rows of `segments` without `text_key`, and with it behind their `text`."""
    import polars as pl
    import pyarrow as pa

    texts = pl.Series(pl.from_arrow(rows.select(["text"])).to_series())  # type: ignore[union-attr]
    keys = text_keys(texts).to_arrow().cast(pa.string())
    return rows.add_column(rows.schema.get_field_index("text") + 1, "text_key", keys)


def _folded(texts: pl.Series) -> pl.Series:
    return (
        texts.str.normalize("NFKC")
        .str.replace_many(list(_STRAIGHT), list(_STRAIGHT.values()))
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.replace_all(r"^[\s\p{P}]+|[\s\p{P}]+$", "")
    )
