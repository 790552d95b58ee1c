"""One result with hard types makes the same bytes as ever, in every format and every time zone."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.output.edge_cases import GOLDEN, written
from tests.workbooks import SHEET, parts

LONG = "0123456789" * 1000


@pytest.mark.usefixtures("time_zones")
@pytest.mark.parametrize("row_format", ["table", "json", "ndjson", "csv", "markdown"])
def test_texts_are_the_golden_bytes(row_format: str) -> None:
    """Byte for byte, wherever the machine stands."""
    assert written(row_format) == (GOLDEN / f"hard.{row_format}").read_bytes()


def test_excel_safe_csv_is_the_golden_bytes() -> None:
    """Texts that a spreadsheet would run have an apostrophe before them; numbers have none."""
    found = written("csv", excel_safe=True)
    assert found == (GOLDEN / "hard.excel_safe.csv").read_bytes()
    assert b"5,'=1+1,,-0.0" in found
    assert b",-0.1234," in found


@pytest.mark.usefixtures("time_zones")
def test_the_workbook_has_the_golden_sheet() -> None:
    """The sheet's XML byte for byte; no formula, no link, and the same file every time."""
    sheet = parts(written("xlsx"))[SHEET]
    assert sheet == parts((GOLDEN / "hard.xlsx").read_bytes())[SHEET]
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    assert LONG.encode() in sheet
    assert written("xlsx") == written("xlsx")


def test_the_parquet_file_has_the_golden_rows() -> None:
    """Types and values are those of the golden file; the bytes name the library that wrote them."""
    found, golden = pq.read_table(io.BytesIO(written("parquet"))), pq.read_table(GOLDEN / "hard.parquet")
    assert found.schema == golden.schema
    assert str(found.to_pydict()) == str(golden.to_pydict())
    assert found.column("money").to_pylist()[:2] == [Decimal("12.500000"), Decimal("-0.123400")]
    assert found.column("moment").to_pylist()[0] == datetime(2024, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)


def test_json_is_json() -> None:
    """Strict JSON: money as text, times in UTC, no NaN, whatever reads it; NDJSON is the same rows."""
    rows = json.loads(written("json"), parse_constant=pytest.fail)
    assert rows == [json.loads(line) for line in written("ndjson").splitlines()]
    assert (rows[0]["money"], rows[0]["moment"]) == ("12.50", "2024-01-01T12:00:00.5Z")
    assert rows[0]["list"] == ["1.50", None]
    assert rows[0]["struct"] == {"a": "x", "b": ["2024-01-01T00:00:00Z"]}
    assert rows[1]["float"] is None
    assert rows[2]["text"] == "two\nlines\r\nand a\ttab, a comma; and a | pipe"
    assert rows[6]["text"] == LONG


def test_csv_is_read_back() -> None:
    """Python's own reader sees the texts as they were, each row as wide as the head."""
    rows = list(csv.DictReader(io.StringIO(written("csv").decode(), newline="")))
    assert [row["number"] for row in rows] == [str(number) for number in range(1, 10)]
    assert rows[1]["text"] == "quotes \" and ' and ` and \\"
    assert rows[2]["text"] == "two\nlines\r\nand a\ttab, a comma; and a | pipe"
    assert rows[6]["text"] == LONG
    assert math.isinf(float(rows[2]["float"]))


def test_a_table_stays_in_its_lines() -> None:
    """A row is a line whatever its text holds, and nothing in it steers a terminal."""
    lines = written("table").decode().splitlines()
    assert len(lines) == 2 + 9
    assert not {"\x1b", "\u202e", "\t"} & set("".join(lines))
    assert LONG in lines[8]
