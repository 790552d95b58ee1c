"""Folded texts: what makes two utterances one text, and two labels one label.

`text_key` is the specification's: Unicode NFKC, curly quotes made straight, lower case, white space folded to
one blank, outer white space and punctuation (Unicode category P) trimmed. Ingest makes it of every utterance;
the `text` filter and the audit of reported responses fold what they are given in the same way. A folded label
is the label in lower case.

Input: Arrow arrays of texts, or one text. Output: the same texts folded; NULL stays NULL. DuckDB lacks NFKC
and the Unicode classes, so Arrow does it (polars, which could, takes a tenth of a small ingest to import);
what is category P is as its RE2 knows. Most utterances are ASCII with single blanks, for which lower case and
trimming are all there is to do, at a fraction of the cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batchlake.engine import columns

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_STRAIGHT: Final = {"[\u2018\u2019\u201a\u201b]": "'", "[\u201c\u201d\u201e\u201f]": '"'}

_WHITE: Final = r"\t-\r\x{1c}-\x{1f} \x{85}\pZ"
"""Unicode's white space, within a class of RE2's, whose own `\\s` is that of ASCII."""

_ASCII_OUTSIDE: Final = " !\"#%&'()*,-./:;?@[\\]_{}"
"""The blank, and the ASCII characters of category P."""


def text_key(text: str) -> str:
    """The folded form of one text; empty where nothing is left.

    >>> text_key(" “Yes,  I’m INTERESTED!” ")
    "yes, i'm interested"
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        # What `text_keys` does with such a text, without importing Arrow.
        return text.lower().strip(_ASCII_OUTSIDE)
    key: str = text_keys(columns.texts([text]))[0].as_py()
    return key


def folded_label(label: str) -> str:
    """A label in lower case, as the lake keeps it.

    >>> folded_label("Very Positive")
    'very positive'
    """
    if label.isascii():
        return label.lower()
    folded: str = folded_labels(columns.texts([label]))[0].as_py()
    return folded


def folded_labels(labels: pa.StringArray) -> pa.StringArray:
    """Labels in lower case, as Python's `str.lower` has it: `ΑΣ` is `ας`."""
    return _lower(labels)


def text_keys(texts: pa.StringArray) -> pa.StringArray:
    """The folded form of texts; empty where nothing is left."""
    import numpy as np
    import pyarrow.compute as pc

    keys = pc.ascii_trim(pc.ascii_lower(texts), characters=_ASCII_OUTSIDE)
    is_other = np.zeros(len(texts), bool)
    is_other[columns.places(pc.invert(pc.ascii_is_printable(texts)))] = True
    is_other[_with_blanks_in_a_row(texts)] = True
    others = np.flatnonzero(is_other)
    if not len(others):
        return keys
    import pyarrow as pa

    folded = _folded(texts.take(columns.from_numpy(others)))
    places = np.arange(len(texts))
    places[others] = len(texts) + np.arange(len(others))
    return pa.concat_arrays([keys, folded]).take(columns.from_numpy(places))


def _with_blanks_in_a_row(texts: pa.StringArray) -> NDArray[np.int64]:
    """The places of texts that hold two blanks in a row."""
    import numpy as np

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
    import pyarrow.compute as pc

    folded = pc.utf8_normalize(texts, form="NFKC")
    for curly, straight in _STRAIGHT.items():
        folded = pc.replace_substring_regex(folded, curly, straight)
    folded = pc.replace_substring_regex(_lower(folded), f"[{_WHITE}]+", " ")
    return pc.replace_substring_regex(folded, r"^[ \pP]+|[ \pP]+$", "")


def _lower(texts: pa.StringArray) -> pa.StringArray:
    """In lower case: Arrow maps letter by letter, and two of Unicode's rules ask for more."""
    import pyarrow.compute as pc

    lower = pc.utf8_lower(pc.replace_substring(texts, "\u0130", "i\u0307"))
    # What a sigma becomes depends on whether it ends its word.
    has_sigma = pc.match_substring(texts, "\u03a3")
    if pc.any(has_sigma).as_py():
        with_sigma = columns.texts([text.lower() for text in texts.filter(has_sigma).to_pylist()])
        lower = pc.replace_with_mask(lower, has_sigma, with_sigma)
    return lower
