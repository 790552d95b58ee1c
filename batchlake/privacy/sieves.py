"""Which texts of a column match an expression, as RE2 reads it: fast over all of them; expressions for
literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from batchlake.engine import columns
from batchlake.privacy.digits import OTHER_SCRIPT

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SHORTEST_ID: Final = 4
"""Shorter ids are looked for in their own column only: every text holds them."""

LONGEST_ID: Final = 256

_MOST_COMBINED: Final = 1 << 28
"""Bytes of a column that are copied to lie together."""

ESCAPES: Final = r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|://[^ ]*[0-9A-Za-z]\+[0-9A-Za-z]"
"""What a text matches that says something else once it is `unescaped`; RE2 reads it alike."""

ESCAPED_BLANK: Final = r"\\+[bfnrt]"
"""White space in a JSON text, and in one within another."""

ODD: Final = (
    rf"{ESCAPES}|-[0-9]{{8}}T|{OTHER_SCRIPT}|"
    r"[^\x00-\x7f][0-9A-Za-z_-]*[0-9]|[0-9][0-9A-Za-z_-]*[^\x00-\x7f]"
)
"""What a text matches that has to be read by itself: escapes, landed names, digits that aren't ASCII's, words
with a digit that touch what isn't."""

_ESCAPED: Final = re.compile(rf"({ESCAPED_BLANK})|\\+(?:u([0-9A-Fa-f]{{4}})|)")
_PLUS_WITHIN: Final = re.compile(r"(?<=[0-9A-Za-z])\+(?=[0-9A-Za-z])")
_BLANKS: Final = r"[\s+]+"
_BLANKS_OF_RE2: Final = rf"(?:[\s\pZ\x{{85}}\x1c-\x1f+]|{ESCAPED_BLANK})+"
"""What may stand between two words of a name, also in a link (`Ann+Smith`). RE2's `\\s` is ASCII's."""

_ALIKE: Final = {"'": "['’‘ʼ`´]", "-": "[-‐‑–]"}
"""Characters that are written in several ways, such as the apostrophe of `O’Hara`."""

_ANY_ALIKE: Final = {mark: re.compile(among) for mark, among in _ALIKE.items()}


def places_of(texts: pa.Array | pa.ChunkedArray, pattern: str) -> NDArray[np.int64]:
    """The places of the texts that match a pattern."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if texts.null_count == len(texts):
        # Most columns: an expression takes a millisecond to set up, and 60 ns for each that is NULL.
        return np.zeros(0, np.int64)
    if isinstance(texts, pa.ChunkedArray) and texts.num_chunks > 1 and texts.nbytes < _MOST_COMBINED:
        # An expression is read anew for each chunk, which takes up to three milliseconds.
        texts = texts.combine_chunks()
    return columns.places(pc.match_substring_regex(texts, pattern))


def flags_of(texts: pa.Array | pa.ChunkedArray, pattern: str) -> NDArray[np.bool_]:
    """Whether each text matches a pattern."""
    import numpy as np

    flags = np.zeros(len(texts), bool)
    flags[places_of(texts, pattern)] = True
    return flags


def alternatives(literals: Sequence[str]) -> re.Pattern[str]:
    """What finds any of some literals, in any case, as whole words."""
    # Longest first: one id may begin another.
    wanted = sorted(literals, key=len, reverse=True)
    either = "|".join(map(spelled, wanted))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)


def spelled(literal: str) -> str:
    """A literal as an expression: what stands between its words may be any white space, or `+`."""
    return _BLANKS.join(map(_any_form, literal.split())) or re.escape(literal)


def _any_form(word: str) -> str:
    for mark, among in _ANY_ALIKE.items():
        word = among.sub(mark, word)
    return re.sub(r"'|\\-", lambda found: _ALIKE[found[0][-1]], re.escape(word))


def sieve_of(literal: str) -> str:
    """What a text matches that holds a literal, perhaps with escapes, as RE2 reads it; but for `ESCAPES`."""
    words = (re.sub(r'(["/])', r"\\\\*\1", _any_form(word)) for word in literal.split())
    return f"(?i:{_BLANKS_OF_RE2.join(words) or re.escape(literal)})"


def longest_word(literal: str) -> str:
    """What a text holds, in lower case, that holds a literal: its longest part that no escape is within."""
    return max(re.split(r"""[\s+"/\\'’‘ʼ`´‐‑–-]+""", literal.lower()), key=len) or literal


def flags_with(texts: pa.Array | pa.ChunkedArray, literals: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each text may hold one of very many literals; what is escaped is no literal."""
    import polars as pl

    column = pl.from_arrow(texts)
    assert isinstance(column, pl.Series)  # noqa: S101 - one column is a series
    words = list(map(longest_word, literals))
    return column.str.to_lowercase().str.contains_any(words).fill_null(value=False).to_numpy()


def unescaped(text: str) -> str:
    """A text as it is meant: the `%2B`s of links and the `\\u00fc`s and `\\n`s of JSON texts read, those of a
    text within a text, too. White space in a JSON text becomes a blank.

    >>> unescaped('{"x":"J\\\\u00fcrgen\\\\nM%C3%BCller"}')
    '{"x":"Jürgen Müller"}'
    """
    while "%" in text and (again := unquote(text)) != text:
        text = again
    if "://" in text:
        # A blank of a link.
        text = _PLUS_WITHIN.sub(" ", text)
    if "\\" not in text:
        return text
    text = _ESCAPED.sub(lambda found: " " if found[1] else chr(int(found[2], 16)) if found[2] else "", text)
    # Halves of a character beyond the first plane.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
