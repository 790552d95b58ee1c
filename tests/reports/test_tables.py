"""A report's tables: one list for every format, whose columns are read where `columns.csv` says."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import batchlake
from batchlake.lake import Lake
from batchlake.reports.cells import Amount, Column, Over, Table, cell_text, columns_of
from batchlake.reports.tables import tables
from batchlake.reports.wording import ReportClock, amount_text
from tests.lakes import write_export
from tests.reports.page.reading import shown
from tests.reports.reports import report_of

UTC_CLOCK = ReportClock("UTC")


@pytest.fixture(scope="module")
def found(lake: Lake) -> list[Table]:
    """The tables of a report with everything in it."""
    report = report_of(lake, "b1", "b4", by=("agent_id",), compare="b'3\"", include_transcripts=True)
    return tables(report)


def test_a_row_has_a_cell_for_each_column(found: list[Table]) -> None:
    """In every table, and a column of amounts has amounts or nothing."""
    kinds = {table.kind for table in found}
    assert {"headlines", "figures", "comparison", "groups", "audit", "transcripts", "made_from"} <= kinds
    for table in found:
        for row in table.rows:
            assert len(row) == len(table.columns)
            for column, cell in zip(table.columns, row, strict=True):
                if column.unit == "amount":
                    assert isinstance(cell, Amount)
                if column.unit == "over":
                    assert cell is None or isinstance(cell, Over)


def test_tables_of_a_kind_can_be_put_together(found: list[Table]) -> None:
    """They have the same columns, and share what the others name."""
    for table in found:
        for other in found:
            if table.kind == other.kind:
                assert [one.title for one in table.columns] == [one.title for one in other.columns]
                assert list(table.shared) == list(other.shared)


def test_only_empty_columns_are_left_out(found: list[Table]) -> None:
    """What `filled` drops has no value in any row, and a number's column stays."""
    for table in found:
        kept = {column.title for column in table.filled().columns}
        for column in table.columns:
            if column.title not in kept:
                assert set(table.column(column.title)) <= {None, ""}
                assert column.unit not in ("amount", "calls", "ratio", "seconds")


def test_an_interval_that_is_not_there_has_no_cell() -> None:
    """A missing value says so; a missing block on the way to it leaves the cell empty."""
    lower = next(one for one in columns_of("comparison") if one.title == "95 % interval from")
    assert cell_text(None, lower, UTC_CLOCK) == ""
    assert cell_text(Amount(None, "ratio"), Column("This", "amount"), UTC_CLOCK) == "no data"
    assert cell_text(None, Column("Batch", "key"), UTC_CLOCK) == "not known"


@pytest.mark.parametrize("unit", ["ratio", "seconds", "money", "calls", "0 to 1", "minutes", "turns a call"])
@pytest.mark.parametrize("value", ["0", "0.0004", "1", "12.345", "59.96", "1234.5", "98765"])
def test_a_worded_number_is_the_number(unit: str, value: str) -> None:
    """Within what rounding allows, with its sign, and never as 0 where it isn't."""
    number = int(value) if unit == "calls" and "." not in value else Decimal(value)
    if unit == "calls" and not isinstance(number, int):
        return
    for signed in (number, -number):
        said, rounding = shown(amount_text(signed, unit, "EUR" if unit == "money" else None))
        if unit == "minutes":
            said, rounding = Decimal(re.sub(r"[^\d.]", "", amount_text(number, unit))), Decimal("0.05")
            assert abs(said - number) <= rounding
            continue
        assert abs(said - signed) <= rounding * Decimal("1.0001")
        assert bool(said) == bool(signed)


def test_an_audit_names_the_currency_of_each_amount(tmp_path: Path) -> None:
    """And says what the sign of a difference means."""
    calls = [{"id": "c1", "status": "completed", "cost": "2.25", "currency": "EUR"}]
    batch = {"id": "b1", "statistics": {"total_calls": 1, "total_cost": "3.00"}, "calls": calls}
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "b1.json", {"batch": batch}))
    (audit,) = [table for table in tables(report_of(lake, "b1")) if table.kind == "audit"]
    shown = [
        [cell_text(cell, column, UTC_CLOCK) for cell, column in zip(row, audit.columns, strict=True)]
        for row in audit.rows
    ]
    (cost,) = [row for row in shown if row[0] == "total cost"]
    assert cost[-3:] == ["3.00 EUR", "2.25 EUR", "−0.75 EUR"]
    assert "A difference is recomputed less reported: below 0 the report says too much." in audit.notes


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 5, tzinfo=UTC)),
        # Here clocks are put back by half an hour alone.
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_time_that_clocks_show_twice_has_its_offset(zone: str, first: datetime) -> None:
    """Of all minutes around an autumn night no two read alike, and those of any other have no offset."""
    clock = ReportClock(zone)
    moments = [first + timedelta(minutes=minute) for minute in range(-180, 180)]
    assert len({clock.minute(moment) for moment in moments}) == len(moments)
    shown = Counter(f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" for moment in moments)
    for moment in moments:
        is_twice = shown[f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"] > 1
        assert ("(" in clock.minute(moment)) == is_twice
