"""Rows are streamed, limited and cut as asked, and what is left out is said."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.output.formats import ROW_FORMATS
from batchlake.output.lines import csv_lines, markdown_lines
from batchlake.output.rows import Tally, exact_layout, write_rows
from batchlake.query.result import Result
from batchlake.text.escaping import printable
from batchlake.text.table import Grid
from batchlake.text.terminal import cut, display_width
from tests.workbooks import SHEET, parts


def result(query: str) -> Result:
    return Result(Engine(), query)


def written(query: str, row_format: str, **how: Any) -> tuple[str, str]:
    """The text, and the note."""
    file = io.BytesIO()
    note = write_rows(result(query), row_format, file, **how)
    return file.getvalue().decode(), note


@pytest.mark.parametrize(
    ("row_format", "expected"),
    [
        ("table", "a  b\n─  ─\n"),
        ("json", "[]\n"),
        ("ndjson", ""),
        ("csv", "a,b\n"),
        ("markdown", "| a | b |\n|---|---|\n"),
    ],
)
def test_no_rows_are_well_formed(row_format: str, expected: str) -> None:
    """An empty answer has its head, and is a document of its format."""
    assert written("select 1 as a, 2 as b where false", row_format) == (expected, "")


@pytest.mark.parametrize("row_format", ROW_FORMATS)
def test_a_limit_is_announced(row_format: str) -> None:
    """With more rows than wanted the first are written, and a sentence says so; with as many, none does."""
    file = io.BytesIO()
    answer = result("select i from range(5) t(i) order by i")
    assert write_rows(answer, row_format, file, max_rows=5) == ""
    note = write_rows(answer, row_format, io.BytesIO(), max_rows=4)
    assert note == "Only the first 4 rows are shown; --limit N shows more."
    note = write_rows(answer, row_format, io.BytesIO(), max_rows=1)
    assert note == "Only the first row is shown; --limit N shows more."


@pytest.mark.parametrize("row_format", ["table", "json", "ndjson", "csv", "markdown"])
def test_a_closed_pipe_passes_through(row_format: str) -> None:
    """A reader who stops stops the query: of endless rows few are made."""

    class Pipe(io.BytesIO):
        def write(self, data: Any, /) -> int:
            if self.tell() > 100_000:
                raise BrokenPipeError
            return super().write(data)

    with pytest.raises(BrokenPipeError):
        write_rows(result("select i from range(100_000_000_000) t(i)"), row_format, Pipe())


def test_an_unknown_format_is_refused() -> None:
    """The message lists the formats there are."""
    with pytest.raises(InvalidRequest, match="table, json, ndjson, csv, markdown, parquet, xlsx"):
        written("select 1", "yaml")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("interval '1 day'", r"'a' is an INTERVAL.*Make seconds of it: extract\(epoch from a\)"),
        ("[interval '1 day']", r"'a' is of type list<.*interval>.*Make text of it: ::varchar"),
        ("union_value(x := 1)", r"'a' is of type sparse_union<.*Make text of it: ::varchar"),
    ],
)
def test_what_parquet_does_not_hold_is_said(value: str, says: str) -> None:
    """The column is named, with its type and what to do."""
    with pytest.raises(InvalidRequest, match=says):
        written(f"select {value} as a", "parquet")


def test_columns_of_one_name_lose_nothing() -> None:
    """The second `a` is `a_1`."""
    assert written("select 1 as a, 2 as a", "ndjson")[0] == '{"a":1,"a_1":2}\n'


def test_a_sheet_tells_what_it_lacks() -> None:
    """Texts longer than a cell are cut between characters, and that is said; digits are never rounded."""
    file = io.BytesIO()
    big = "1234567890123456789 as big, 12345678901234.5::decimal(18,1) as money"
    query = f"select repeat('😀', 20_000) as long, {big}"
    assert write_rows(result(query), "xlsx", file) == "A cell holds 32,767 characters; 1 text is cut."
    sheet = parts(file.getvalue())[SHEET].decode()
    assert sheet.count("😀") == 32_767 // 2
    assert "<t>1234567890123456789</t>" in sheet
    assert "<v>12345678901234.5</v>" in sheet


def test_a_full_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond what a sheet holds are left out, which is said (at 3 rows here: a million take a while)."""
    for room in ("sheets", "workbook"):
        monkeypatch.setattr(f"batchlake.output.{room}.SHEET_ROWS", 4)
    file = io.BytesIO()
    assert write_rows(result("from range(3)"), "xlsx", file) == ""
    tally = Tally()
    note = write_rows(result("from range(4)"), "xlsx", file, tally=tally)
    assert note == "A sheet holds 3 rows; the others are left out."
    assert tally.rows == 3


def test_a_result_that_a_sheet_cannot_hold_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Result.write` counts what is in the file, and warns of rows and texts that aren't."""
    for room in ("sheets", "workbook"):
        monkeypatch.setattr(f"batchlake.output.{room}.SHEET_ROWS", 4)
    assert result("from range(3)").write(tmp_path / "whole.xlsx") == 3
    with pytest.warns(UserWarning, match="rows.xlsx: A sheet holds 3 rows; the others are left out."):
        assert result("from range(9)").write(tmp_path / "rows.xlsx") == 3
    with pytest.warns(UserWarning, match="1 text is cut"):
        result("select repeat('x', 40_000) as long").write(tmp_path / "text.xlsx")
    assert result("from range(9)").write(tmp_path / "rows.csv") == 9


@pytest.mark.parametrize("begun", ["=", "+", "-", "@", "\t=", "\r", "\n", "  =", "＝", "＠"])
def test_what_a_spreadsheet_would_run_is_disarmed(begun: str) -> None:
    """Texts that begin like a formula get an apostrophe, also in the head; numbers and others stay."""
    text = f"{begun}cmd|' /C calc'!A0"
    for line in csv_lines([text], [(text,)], excel_safe=True):
        assert line.lstrip('"').startswith("'")
    assert list(csv_lines(["a"], [(-1,), (-1.5,), ("a=b",)], excel_safe=True))[1:] == [
        "-1\n",
        "-1.5\n",
        "a=b\n",
    ]


def test_markdown_shows_what_the_text_says() -> None:
    """Pipes, line breaks and markup come out as text; an entity is no entity."""
    rows = [("x|y\r\nz",), ("<i>`*[l](u)",), ("&lt; & co",), (None,), ("",)]
    assert list(markdown_lines(["a|b"], rows)) == [
        "| a\\|b |\n", "|---|\n", "| x\\|y<br>z |\n", "| \\<i>\\`\\*\\[l](u) |\n", "| \\&lt; & co |\n",
        "| NULL |\n", "|  |\n",
    ]  # fmt: skip


TEXTS = st.one_of(st.none(), st.text(max_size=30), st.integers(), st.booleans())


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=20), st.integers(10, 80))
def test_a_table_is_aligned_and_fits(rows: list[tuple[Any, ...]], width: int) -> None:
    """Every line but for its end is as wide as the rule below the head, and no wider than the terminal."""
    grid = Grid(["first", "second", "third"], width=width)
    lines = list(grid.lines(rows))
    assert len(lines) == 2 + len(rows)
    rule = display_width(lines[1])
    assert rule <= max(width, 20)
    assert all(display_width(line) <= rule for line in lines)
    assert all(line.isprintable() or "\xa0" in line or not line.isascii() for line in lines)
    assert (grid.cut_values > 0) == any("…" in line for line in lines) or any("…" in str(row) for row in rows)


@given(st.text(max_size=40), st.integers(1, 40))
def test_a_cut_text_fits(text: str, width: int) -> None:
    """A text is either whole or ends in an ellipsis, and takes no more room than there is."""
    shown = cut(printable(text), width)
    assert display_width(shown) <= width
    assert shown == printable(text) or shown.endswith("…")


def test_wide_tables_leave_columns_out_aloud() -> None:
    """What doesn't fit a terminal is left out from the right, and counted."""
    columns = ", ".join(f"repeat('x', 20) as column_{number}" for number in range(10))
    text, note = written(f"select {columns}", "table", layout=exact_layout(80))
    assert max(map(len, text.splitlines())) <= 80
    assert note == "No room for column_3, column_4 and 5 more: --wide, --columns or -x."


def test_rows_of_too_few_columns_stand_below_one_another() -> None:
    """Where fewer than three columns fit, nothing is left out: a value a line."""
    columns = ", ".join(f"repeat('x', 30) as column_{number}" for number in range(10))
    text, note = written(f"select {columns}", "table", layout=exact_layout(80))
    assert text.splitlines()[:2] == ["─ row 1", f"column_0  {'x' * 30}"]
    assert len(text.splitlines()) == 11
    assert note == ""


def test_a_table_widens_for_later_rows() -> None:
    """Rows far below the first are not cut to the width of those above."""
    text, note = written("select repeat('x', 1 + (i // 600)::int * 40) as a from range(1200) t(i)", "table")
    assert text.splitlines()[-1] == "x" * 41
    assert note == ""


def test_colours_are_asked_for() -> None:
    """Bold head and dim NULL with colours, plain text without."""
    assert (
        written("select null as a", "table", layout=exact_layout(None, colour=True))[0]
        == "\x1b[1ma\x1b[0m\n\x1b[2m────\x1b[0m\n\x1b[2mNULL\x1b[0m\n"
    )
    assert "\x1b" not in written("select null as a", "table")[0]


def test_what_was_made_before_an_error_is_written() -> None:
    """A query that fails on the way leaves the rows before it in the file."""
    file = io.BytesIO()
    with pytest.raises(Exception, match="boom"):
        write_rows(
            result("select if(i < 100_000, i, error('boom')::int) as i from range(200_000) t(i)"),
            "ndjson",
            file,
        )
    found = [json.loads(line)["i"] for line in file.getvalue().splitlines()]
    assert found == sorted(found)
