"""Lists become the columns that they are, and times are read early only where they mean what DuckDB reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.engine.engine import Engine

USUAL = """
    2024-01-01T12:00:00Z 2024-02-29T23:59:59.123Z 2024-02-29T23:59:59.123456Z 0002-01-01T00:00:00Z
    9998-12-31T23:59:59Z
    """.split()
OTHERS = """
    2024-01-01 2024-01-01T12:00:00 2024-01-01T12Z 2024-01-01T12:00Z 2024-01-01T12:00:00+02
    2024-01-01T12:00:00+0200 2024-02-30T12:00:00Z 2024-01-01T24:00:00Z 2024-01-01T12:00:60Z
    0001-12-31T00:00:00Z 9999-12-31T00:00:00Z 2024-01-01T12:00:00.1234567Z
    20240-01-01T12:00:0Z 1704110400 12.5 soon
    """.split()


def test_lists_keep_their_values() -> None:
    """As Arrow columns of each kind, None being null; another kind of value is refused."""
    assert columns.texts(["a", None, "é\0", ""]).to_pylist() == ["a", None, "é\0", ""]
    assert columns.integers([1, None]).to_pylist() == [1, None]
    assert columns.numbers([0.5, 1, None]).to_pylist() == [0.5, 1.0, None]
    assert columns.flags([True, None]).to_pylist() == [True, None]
    assert columns.from_numpy(np.arange(2)).to_pylist() == [0, 1]
    moment = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert columns.times([moment]).to_pylist() == [moment.astimezone(UTC)]
    assert columns.places(columns.flags([True, False, None, True])).tolist() == [0, 3]
    with pytest.raises(TypeError):
        columns.texts(["a", 1])  # type: ignore[list-item]


def test_values_are_repeated_as_a_dictionary() -> None:
    """Each as often as its place is named; written out as plain text where a file needs it."""
    values = pa.chunked_array([columns.texts(["a", None])])
    repeated = columns.repeated(values, np.array([0, 0, 1]))
    assert repeated.to_pylist() == ["a", "a", None]
    rows = columns.plain(columns.table({"text": repeated}))
    assert rows.schema.field("text").type == pa.string()
    assert rows["text"].to_pylist() == ["a", "a", None]


@pytest.mark.parametrize("text", [*USUAL, *OTHERS, ""])
def test_a_time_is_read_as_duckdb_reads_it_or_left_to_it(text: str) -> None:
    """In the usual spellings the moment is DuckDB's own; any other spelling gives nothing."""
    found = columns.moments(pa.chunked_array([columns.texts([text, text])]))
    assert (found is not None) == (text in USUAL)
    if found is not None:
        with Engine() as engine:
            expected = engine.row("select $text::timestamptz as moment", {"text": text})["moment"]
        assert found.to_pylist() == [expected, expected]


@given(st.lists(st.sampled_from([*USUAL, *OTHERS, None]), max_size=4))
def test_times_are_read_together_or_not_at_all(texts: list[str | None]) -> None:
    """Of a column all, where they have one usual spelling; nulls stay null."""
    found = columns.moments(pa.chunked_array([columns.texts(texts)]))
    known = [text for text in texts if text is not None]
    assert (found is not None) == (set(known) <= set(USUAL) and len(set(map(len, known))) <= 1)
    if found is not None:
        assert [moment is None for moment in found.to_pylist()] == [text is None for text in texts]


@given(st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=9), st.data())
def test_texts_are_changed_in_place(values: list[str | None], data: st.DataObject) -> None:
    """Those that are named, to a text or to nothing, whatever the column's chunks and wherever it begins."""
    places = st.integers(0, len(values) - 1)
    changed = data.draw(st.dictionaries(places, st.none() | st.text(max_size=3)))
    cut = data.draw(places)
    before = [None, *values]
    chunks = [columns.texts(before[: cut + 1]), columns.texts(before[cut + 1 :])]
    rows = pa.table({"text": pa.chunked_array(chunks), "place": list(range(len(before)))}).slice(1)
    found = columns.with_texts(rows, "text", changed)
    assert found["text"].to_pylist() == [changed.get(at, value) for at, value in enumerate(values)]
    assert found.schema == rows.schema
    assert found["place"].equals(rows["place"])
