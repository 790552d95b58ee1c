"""What an unknown key adds to `extra`, read for many objects at once."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.ingest.parse.json_values import extra_column, kept_text

_WORDS = st.text(st.sampled_from('ab9 _-"\\\n\t\u2028é😀null[]{},:'), max_size=6)
_VALUES = st.one_of(
    _WORDS.map(json.dumps),
    _WORDS.map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(
        ["", "null", "true", "false", '""', '" "', "0", "-1.50", "1e5", "[]", "{}", '[ 1,"a b" ]']
    ),
    st.integers().map(str),
)


@given(st.lists(_VALUES, max_size=8))
@example(['"good"', ""])
@example(["", '"good"', "1", ""])
def test_a_column_is_made_of_each_values_own_text(values: list[str]) -> None:
    """However the values are read together, each object gets what its value alone would give."""
    given_values = [value.encode() for value in values]
    texts = [kept_text(value) for value in given_values]
    expected = [None if text is None else f"k:{text}" for text in texts]
    for _ in range(2):
        made: dict[tuple[str, bytes], str | None] = {}
        found = extra_column("k:", given_values, made)
        assert (found or [None] * len(values)) == expected
        assert (extra_column("k:", given_values, made) or [None] * len(values)) == expected
