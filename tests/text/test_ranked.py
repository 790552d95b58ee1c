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


_COMPARED = (
    Column("agent", "text"),
    Column("calls", "count"),
    Column("calls_change", "count_change", behind="cost_change"),
    Column("success", "rate"),
    Column("success_change", "points", beside=True),
    Column("cost", "money"),
    Column("cost_change", "money_change", beside=True),
    Column("median", "seconds"),
    Column("median_change", "seconds_change", beside=True),
)
_COMPARED_ROWS = [
    ("ava", 302, -17, 0.599, -0.031, [(Decimal("9.25"), "EUR")], [(Decimal("-36.55"), "EUR")], 101.2, 2.5),
    ("ben", 154, 3, 0.526, -0.087, [(Decimal("7.52"), "EUR")], [(Decimal("-11.5"), "EUR")], 112.0, 29.5),
    ("all", 456, -14, 0.571, -0.05, [(Decimal("16.77"), "EUR")], [(Decimal("-48.05"), "EUR")], 104.0, 6.0),
]


@pytest.mark.parametrize("width", range(20, 130))
def test_a_figure_and_its_change_are_shown_both_or_neither(width: int) -> None:
    """Whatever the width: what is left out has its name in the note, and each heading of a change stands
    behind its figure; how many more calls there are gives way to the change of costs."""
    table = RankedTable(_COMPARED, Layout(width))
    lines = list(table.lines(_COMPARED_ROWS))
    if table.is_vertical:
        assert width < 34
        return
    assert all(len(line) <= width for line in lines)
    heads = lines[0].split()
    figures = [name for name in heads if name not in ("agent", "change")]
    assert figures == ["calls", "success", "cost", "median"][: len(figures)]
    for name in figures[1:]:
        assert heads[heads.index(name) + 1] == "change"
    more_calls = heads[heads.index("calls") + 1] == "change"
    assert not more_calls or "cost" in figures
    missing = [name for name in ("success", "cost", "median") if name not in figures]
    missing += [] if more_calls else ["change of calls"]
    assert sorted(table.left_out) == sorted(missing)


def test_what_says_the_same_beside_a_change_stays() -> None:
    """A change without its figure would be anyone's: neither of the two is told in the note alone."""
    table = RankedTable(_COMPARED[:5], Layout(80))
    list(table.lines([(name, number, 0, 0.5, number / 100) for number, name in enumerate("abc")]))
    assert table.notes() == ["In all of them: change of calls 0."]


def test_amounts_stand_in_the_line_of_their_currency() -> None:
    """A currency that one side lacks has its line in both cells, and `–` where nothing is known."""
    columns = (Column("agent", "text"), Column("cost", "money"), Column("cost_change", "money_change"))
    ten, one = Decimal("10.5"), Decimal("-1.25")
    lines = list(
        RankedTable(columns, Layout(80)).lines(
            [
                (
                    "ava",
                    [(ten, "EUR"), (ten, "USD"), (None, "GBP")],
                    [(None, "EUR"), (one, "USD"), (None, "GBP")],
                )
            ]
        )
    )
    assert [line[7:] for line in lines[2:]] == [
        "10.50 EUR      – EUR",
        "10.50 USD  −1.25 USD",
        "    – GBP      – GBP",
    ]


@pytest.mark.parametrize("width", [20, 30, 45, 80])
def test_what_is_asked_for_besides_is_shown(width: int) -> None:
    """`--columns +median`: the usual columns give way to it."""
    columns = (*_COMPARED[:7:2], Column("median", "seconds", wanted=True))
    table = RankedTable(columns, Layout(width))
    lines = list(table.lines([row[:7:2] + row[7:8] for row in _COMPARED_ROWS]))
    assert any(("median" in line) for line in lines)
    assert "median" not in table.left_out


@pytest.mark.parametrize("vertical", [False, True])
def test_whether_amounts_name_their_currency_is_known(vertical: bool) -> None:
    """As a table and one value a line: of amounts without a currency the reader is told."""
    for costs, named, unnamed in (
        ([(Decimal(1), "EUR")], True, False),
        ([(Decimal(1), None)], False, True),
        ([(Decimal(1), "EUR"), (Decimal(2), None)], True, True),
        (None, False, False),
    ):
        table = RankedTable((Column("agent"), Column("cost", "money")), Layout(80, vertical=vertical))
        list(table.lines([("ava", costs)]))
        assert (table.named_money, table.unnamed_money) == (named, unnamed)


@pytest.mark.parametrize("rows", [3, FIRST_ROWS + 1])
def test_where_too_little_fits_every_value_is_shown_one_a_line(rows: int) -> None:
    """As with `-x`: neither what all rows have is left out, nor what the first of many lack."""
    found = [(f"call_{number:09}", "outbound", None, Decimal(number)) for number in range(rows)]
    found[-1] = ("call_z", "outbound", "a note of the last one", Decimal(7))
    narrow, upright = RankedTable(_COLUMNS, Layout(16)), RankedTable(_COLUMNS, Layout(16, vertical=True))
    shown = list(narrow.lines(found))
    assert narrow.is_vertical
    assert shown == list(upright.lines(found))
    assert sum("outbound" in line for line in shown) == rows
    assert (narrow.notes(), narrow.rows) == ([], rows)
