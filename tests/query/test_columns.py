"""Which columns a person means."""

from __future__ import annotations

import pytest

from batchlake.errors import InvalidRequest
from batchlake.query.columns import chosen


@pytest.mark.parametrize(
    ("given", "columns"),
    [([], []), (["b", "c"], ["b", "c"]), (["+c"], ["a", "b", "c"]), (["+c", "+a"], ["a", "b", "c"])],
)
def test_columns_are_named_by_themselves_or_besides_the_usual_ones(
    given: list[str], columns: list[str]
) -> None:
    """`c` is that column alone, `+c` comes besides the usual ones, each of which stands there once."""
    assert chosen(given, ["a", "b"], str) == columns


@pytest.mark.parametrize("given", [["a", "a"], ["+c", "+c"], ["a", "+c"]])
def test_columns_are_named_once_and_in_one_way(given: list[str]) -> None:
    """A name twice, or half of them with a +, is refused."""
    with pytest.raises(InvalidRequest, match="--columns names"):
        chosen(given, ["a", "b"], str)
