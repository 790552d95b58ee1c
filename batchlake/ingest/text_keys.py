"""`text_key`: an utterance folded for counting, made once at ingest.

The definition is the specification's: Unicode NFKC, curly quotes made straight, lower case, white space
folded to one blank, outer white space and punctuation (Unicode category P) trimmed. DuckDB lacks NFKC and
the Unicode classes, so polars does it. Most utterances are ASCII with single blanks, for which lower case and
trimming are all there is to do: Arrow does that at a fraction of the cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from batchlake import columns

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_STRAIGHT: Final = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
}  # fmt: skip

_ASCII_OUTSIDE: Final = " !\"#%&'()*,-./:;?@[\\]_{}"
"""The blank, and the ASCII characters of category P."""


def text_keys(texts: pa.StringArray) -> pa.StringArray:
    """The folded form of texts; empty where nothing is left."""
    import pyarrow.compute as pc

    keys = pc.ascii_trim(pc.ascii_lower(texts), characters=_ASCII_OUTSIDE)
    others = np.union1d(columns.places(pc.invert(pc.ascii_is_printable(texts))), _with_blanks_in_a_row(texts))
    if not len(others):
        return keys
    import pyarrow as pa

    folded = _folded(texts.take(columns.from_numpy(others)))
    places = np.arange(len(texts))
    places[others] = len(texts) + np.arange(len(others))
    return pa.concat_arrays([keys, folded]).take(columns.from_numpy(places))


def with_text_keys(rows: pa.Table) -> pa.Table:
    """Rows of `segments` without `text_key`, and with it behind their `text`."""
    texts = rows["text"].combine_chunks()
    return rows.add_column(rows.schema.get_field_index("text") + 1, "text_key", text_keys(texts))


def _with_blanks_in_a_row(texts: pa.StringArray) -> NDArray[np.int64]:
    """The places of texts that hold two blanks in a row."""
    _, ends, data = texts.buffers()
    bounds = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not len(bounds):
        return np.zeros(0, np.int64)
    is_blank = np.frombuffer(data, np.uint8)[: bounds[-1]] == ord(" ")
    second = np.flatnonzero(is_blank[1:] & is_blank[:-1]) + 1
    of_text = np.searchsorted(bounds, second, "right") - 1
    # Of two blanks that meet, the second may begin a text.
    return of_text[(of_text >= 0) & (bounds[of_text] < second)]


def _folded(texts: pa.StringArray) -> pa.StringArray:
    import polars as pl
    import pyarrow as pa

    folded = (
        pl.Series(pl.from_arrow(texts))
        .str.normalize("NFKC")
        .str.replace_many(list(_STRAIGHT), list(_STRAIGHT.values()))
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.replace_all(r"^[\s\p{P}]+|[\s\p{P}]+$", "")
    )
    return folded.to_arrow().cast(pa.string())
