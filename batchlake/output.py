"""Rows and documents to text and files: table, JSON, JSON lines, CSV, Markdown, Parquet, xlsx.

In come a `Result` or a document (a model, a list of models, plain values), out go bytes to a binary file. Money
is written as decimal text, times as RFC 3339 in UTC with `Z`, no data as null (in CSV as nothing). The format
never depends on the terminal; only a table's width does.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from batchlake.result import Result

BINARY_FORMATS: Final = frozenset({"parquet", "xlsx"})

_TABLE_ROWS: Final = 1_000
_WIDTH_ELSEWHERE: Final = 200
_FORMULA_HEADS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_rows(
    result: Result,
    output_format: str,
    file: IO[bytes],
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
) -> str | None:
    """Write rows; returns a sentence about rows that were left out, None where all were written.

    Args:
        result: the rows.
        output_format: `table`, `json`, `ndjson`, `csv`, `markdown`, `parquet` or `xlsx`.
        file: takes bytes.
        max_rows: at most so many; a table has at most 1,000 unless told otherwise.
        excel_safe: in CSV, put `'` before cells that a spreadsheet would run as a formula.
    """
    if output_format == "table" and max_rows is None:
        max_rows = _TABLE_ROWS
    rows = iter(result)
    wanted = itertools.islice(rows, max_rows)
    columns = result.columns
    if output_format == "parquet":
        _write_parquet(result, file, max_rows)
    elif output_format == "xlsx":
        _write_xlsx(columns, wanted, file)
    else:
        text = {
            "table": lambda: _table(columns, wanted, file),
            "json": lambda: _json(wanted),
            "ndjson": lambda: (json_text(row) + "\n" for row in wanted),
            "csv": lambda: _csv(columns, wanted, excel_safe=excel_safe),
            "markdown": lambda: _markdown(columns, wanted),
        }[output_format]()
        for piece in text:
            file.write(piece.encode("utf-8", "replace"))
    if max_rows is not None and next(rows, None) is not None:
        return f"Only the first {max_rows:,} rows are shown; --format csv or --max-rows gives more."
    return None


def write_document(document: Any, output_format: str, file: IO[bytes]) -> None:
    """Write a model, or a list of models, as indented JSON or as a readable table."""
    value = _plain_document(document)
    if output_format == "json":
        file.write((json_text(value, indent=2) + "\n").encode())
    else:
        for line in _outline(value, ""):
            file.write((line + "\n").encode())


def json_text(value: Any, indent: int | None = None) -> str:
    """A value as JSON: `Decimal` as text, times with `Z`, no NaN."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent, allow_nan=False)


def _plain_document(document: Any) -> Any:
    if isinstance(document, list | tuple):
        return [_plain_document(part) for part in document]
    return (
        json.loads(document.model_dump_json(by_alias=True))
        if hasattr(document, "model_dump_json")
        else document
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    moment = value.astimezone(UTC)
    return (
        moment.strftime("%Y-%m-%dT%H:%M:%S")
        + (f".{moment:%f}".rstrip("0") if moment.microsecond else "")
        + "Z"
    )


def _cell(value: Any) -> str:
    """A value as the text of one cell; no data is empty."""
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, dict | list) else str(plain)


def _json(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    separator = "[\n"
    for row in rows:
        yield separator + json_text(row)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _csv(columns: list[str], rows: Iterator[dict[str, Any]], *, excel_safe: bool) -> Iterator[str]:
    def line(cells: list[str]) -> str:
        buffer = io.StringIO()
        safe = [f"'{cell}" if excel_safe and cell.startswith(_FORMULA_HEADS) else cell for cell in cells]
        csv.writer(buffer, lineterminator="\n").writerow(safe)
        return buffer.getvalue()

    yield line(columns)
    for row in rows:
        yield line([_cell(value) for value in row.values()])


def _markdown(columns: list[str], rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    def line(cells: list[str]) -> str:
        escaped = (cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
        return "| " + " | ".join("<br>".join(cell.splitlines()) for cell in escaped) + " |\n"

    yield line(columns)
    yield "|" + "---|" * len(columns) + "\n"
    for row in rows:
        yield line([_cell(value) for value in row.values()])


def _table(columns: list[str], rows: Iterator[dict[str, Any]], file: IO[bytes]) -> Iterator[str]:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = list(rows)
    on_terminal = file is sys.stdout.buffer and sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    numeric = {
        name
        for name in columns
        if any(
            isinstance(row[name], int | float | Decimal) and not isinstance(row[name], bool) for row in shown
        )
    }
    for name in columns:
        table.add_column(
            Text(name),
            justify="right" if name in numeric else "left",
            overflow="fold",
            no_wrap=not on_terminal,
        )
    for row in shown:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    buffer = io.StringIO()
    width = None if on_terminal else max(_WIDTH_ELSEWHERE, 40 * len(columns))
    console = Console(
        file=buffer, width=width, force_terminal=on_terminal, highlight=False, soft_wrap=not on_terminal
    )
    console.print(table)
    yield "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _write_parquet(result: Result, file: IO[bytes], max_rows: int | None) -> None:
    import pyarrow.parquet as pq

    stream = result.stream()
    left = max_rows
    with pq.ParquetWriter(file, stream.schema, compression="zstd") as writer:
        for batch in stream:
            writer.write_batch(batch if left is None else batch.slice(0, left))
            left = None if left is None else max(0, left - len(batch))


def _write_xlsx(columns: list[str], rows: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet("rows")
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, columns, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, start=1):
        for position, value in enumerate(row.values()):
            if isinstance(value, datetime):
                moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
                sheet.write_datetime(number, position, moment)
            elif isinstance(value, bool):
                sheet.write_boolean(number, position, value)
            elif isinstance(value, int | float | Decimal) and math.isfinite(value):
                sheet.write_number(number, position, value)
            elif value is not None:
                sheet.write_string(number, position, _cell(value)[:32_767])
    book.close()


def _outline(value: Any, indent: str) -> Iterator[str]:
    """A document as indented lines, and its lists of like objects as rows."""
    if isinstance(value, dict):
        width = max((len(key) for key in value), default=0)
        for key, part in value.items():
            if isinstance(part, dict | list) and part:
                yield f"{indent}{key}"
                yield from _outline(part, indent + "  ")
            else:
                yield f"{indent}{key:{width}}  {_cell(part) or '-'}"
    elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        columns = list(dict.fromkeys(key for part in value for key in part))
        cells = [[_cell(part.get(key)) for key in columns] for part in value]
        widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
        for row in [columns, *cells]:
            yield (
                indent
                + "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
            )
    else:
        for part in value:
            yield f"{indent}{_cell(part)}"
