"""Rows as a workbook for people: percentages, amounts that can be added up, times of the zone asked for."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import openpyxl

from batchlake.output.workbook import FIGURE, Kinds, write_xlsx

_NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
_TWO = _NOON.replace(hour=14, tzinfo=None)
"""Noon as clocks in Berlin show it in summer."""


def sheet_of(columns: list[str], rows: list[tuple[Any, ...]], kinds: Kinds) -> Any:
    """The sheet as openpyxl reads it."""
    file = io.BytesIO()
    assert write_xlsx(columns, rows, file, kinds) == []
    return openpyxl.load_workbook(io.BytesIO(file.getvalue())).active


def cells(sheet: Any, row: int) -> list[tuple[Any, str]]:
    """A row's values with their formats."""
    return [(cell.value, cell.number_format) for cell in sheet[row]]


def test_amounts_in_several_currencies_stand_in_columns_of_their_own() -> None:
    """Each column can be added up, and says whose currency it is; no amount is lost, none is added."""
    rows = [
        ("a", [(Decimal("1.50"), "USD"), (Decimal("2.25"), "EUR")]),
        ("b", None),
        *[("c", [(Decimal("0.001"), "EUR")])] * 600,
        ("d", [(Decimal("3"), None)]),
    ]
    sheet = sheet_of(["agent", "cost"], rows, Kinds({"cost": "money"}, "analytics"))
    assert sheet.title == "analytics"
    assert [cell.value for cell in sheet[1]] == [
        "agent", "cost EUR", "cost USD", "cost (no currency named)"
    ]  # fmt: skip
    assert cells(sheet, 2)[1:] == [(2.25, '#,##0.00 "EUR"'), (1.5, '#,##0.00 "USD"'), (None, "General")]
    assert cells(sheet, 3)[1:] == [(None, "General")] * 3
    # An amount that would read 0 has more decimals.
    assert cells(sheet, 4)[1] == (0.001, '#,##0.000 "EUR"')
    assert cells(sheet, 604)[3] == (3, "#,##0.00")


def test_one_currency_a_row_is_one_column() -> None:
    """With the currency that its row names, or comes with the amount."""
    columns, kinds = ["cost", "currency"], Kinds({"cost": "price"})
    sheet = sheet_of(columns, [(Decimal("0.1234"), "EUR"), (Decimal(1), None)], kinds)
    assert cells(sheet, 2)[0] == (0.1234, '#,##0.0000 "EUR"')
    assert cells(sheet, 3)[0] == (1, "#,##0.0000")
    sheet = sheet_of(["cost"], [({"amount": Decimal("2.5"), "currency": "GBP"},)], Kinds({"cost": "money"}))
    assert cells(sheet, 2) == [(2.5, '#,##0.00 "GBP"')]


def test_times_are_of_the_zone_that_was_asked_for() -> None:
    """The head says which; rates are percentages, lengths name their unit, the head is frozen and filters."""
    kinds = Kinds({"seen": "time", "done": "rate", "talk": "seconds"}, timezone="Europe/Berlin")
    sheet = sheet_of(["seen", "done", "talk"], [(_NOON, 0.25, 61.5)], kinds)
    assert [cell.value for cell in sheet[1]] == ["seen (Europe/Berlin)", "done", "talk (s)"]
    assert [value for value, _ in cells(sheet, 2)] == [_TWO, 0.25, 61.5]
    assert cells(sheet, 2)[1][1] == "0.0%"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C2")


def test_a_figure_has_the_unit_that_its_row_names() -> None:
    """As the audit's: a count, a ratio, an amount; none is text, however many digits a mean has."""
    rows = [
        ("calls", None, Decimal(172)),
        ("ratio", None, Decimal("0.6242774566473989")),
        ("money", "EUR", Decimal("36.3471")),
    ]
    sheet = sheet_of(["unit", "currency", "reported"], rows, Kinds({"reported": FIGURE}))
    assert [cells(sheet, row)[2] for row in (2, 3, 4)] == [
        (172, "#,##0"), (0.6242774566473989, "0.00%"), (36.3471, '#,##0.0000 "EUR"')
    ]  # fmt: skip
