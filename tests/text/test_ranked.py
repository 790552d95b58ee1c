"""Tables by rank: what isn't shown is named, and nothing is said of rows that isn't true of all of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from batchlake.text.cells import Column
from batchlake.text.ranked import FIRST_ROWS, Layout, RankedTable

_COLUMNS = (
    Column("call", "id"),
    Column("direction", "word"),
    Column("note", "text"),
    Column("cost", "price"),
)


def told(rows: list[tuple[Any, ...]], width: int = 60) -> list[str]:
    """The notes of a table of these rows."""
    table = RankedTable(_COLUMNS, Layout(width))
    assert len(list(table.lines(rows))) == 2 + len(rows)
    return table.notes()


def test_what_all_rows_say_is_told_once() -> None:
    """Two of such columns are told with what they say, the others counted; columns without a value go."""
    assert told([(f"c{number}", "outbound", None, Decimal(1)) for number in range(3)]) == [
        "In all of them: direction outbound, cost 1.0000."
    ]
    # Of two rows nothing is said so.
    assert told([("a", "outbound", None, None)] * 2) == []


@pytest.mark.parametrize("rows", [FIRST_ROWS, 3 * FIRST_ROWS])
def test_a_later_row_may_say_otherwise(rows: int) -> None:
    """Then the note says of which rows it holds, and which column came to have a value."""
    same = [(f"c{number:04}", "outbound", None, Decimal(number % 7)) for number in range(rows)]
    assert told(same) == ["In all of them: direction outbound."]
    assert told([*same, ("z", "inbound", "late", None)]) == [
        f"In the first {FIRST_ROWS} of them: direction outbound.",
        "No room for note: --wide, --columns or -x.",
    ]
