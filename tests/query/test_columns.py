"""Which columns a person means."""

from __future__ import annotations

import pytest

from batchlake.errors import InvalidRequest
from batchlake.lake import Lake
from batchlake.query.columns import chosen, verb
from batchlake.query.rows import RowOptions


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


@pytest.mark.parametrize("name", ["calls", "batches", "problems", "runs", "exports", "fields"])
def test_rows_are_sorted_by_any_column(sample_lake: Lake, name: str) -> None:
    """Whether it is shown or not: what there is to name orders all columns, and those that are chosen."""
    names = tuple(column.name for column in verb(name).columns)
    rows = sample_lake.plain(name, RowOptions())
    for options in (RowOptions(sort=names), RowOptions(columns=names, sort=names)):
        assert len(sample_lake.plain(name, options).to_dicts()) == len(rows)
    assert sample_lake.plain(name, RowOptions(sort=names)).columns == rows.columns


def test_batches_are_sorted_by_their_success(sample_lake: Lake) -> None:
    """The view of batches lacks it; NULL is last, either way."""
    found = [one["batch"] for one in sample_lake.batches(columns="batch", sort="-success")]
    assert [one["batch_id"] for one in sample_lake.batches(sort="-success")] == found
    assert [one["batch_id"] for one in sample_lake.batches(sort="-success", limit=2)] == found[:2]
