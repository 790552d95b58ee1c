"""Rows as lines of text: JSON, CSV, Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from batchlake.engine.cursor import Row
from batchlake.text.escaping import markdown
from batchlake.text.values import NULL, PLAIN_TYPES, json_text, plain, text

_CSV_QUOTED: Final = re.compile(r'[,"\r\n]')
_RUN_BY_SPREADSHEETS: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NEWLINE: Final = re.compile(r"\r\n|\r|\n")


def objects(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A JSON object for each row, on one line."""
    for row in rows:
        values = [value if type(value) in PLAIN_TYPES else plain(value) for value in row]
        yield json_text(dict(zip(columns, values, strict=True)))


def json_lines(objects: Iterable[str]) -> Iterator[str]:
    """A JSON array of objects, each on a line of its own."""
    before = "[\n"
    for line in objects:
        yield before + line
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def csv_lines(columns: Sequence[str], rows: Iterable[Row], *, excel_safe: bool = False) -> Iterator[str]:
    """CSV after RFC 4180 in UTF-8, lines ending in a line feed. NULL is empty, and an empty text is `""`.

    Args:
        excel_safe: put an apostrophe before texts that a spreadsheet would run as a formula.
    """
    yield ",".join(_csv_cell(name, excel_safe) for name in columns) + "\n"
    for row in rows:
        yield ",".join([_csv_cell(value, excel_safe) for value in row]) + "\n"


def markdown_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A table of GitHub's Markdown; what Markdown would read as markup is escaped."""
    yield _markdown_line(columns)
    yield f"|{'---|' * len(columns)}\n"
    for row in rows:
        yield _markdown_line(row)


def markdown_text(cell: str) -> str:
    """A text for a cell of a table, on one line, with what Markdown would read as markup escaped."""
    if cell.isalnum():
        return cell
    return _NEWLINE.sub("<br>", markdown(cell))


def _csv_cell(value: Any, excel_safe: bool) -> str:
    if value is None:
        return ""
    cell = text(value)
    if cell.isalnum():
        return cell
    if excel_safe and not isinstance(value, int | float | Decimal) and _RUN_BY_SPREADSHEETS.match(cell):
        cell = f"'{cell}"
    if not cell or cell[0].isspace() or cell[-1].isspace() or _CSV_QUOTED.search(cell):
        cell = '"' + cell.replace('"', '""') + '"'
    return cell


def _markdown_line(values: Sequence[Any]) -> str:
    cells = (NULL if value is None else markdown_text(text(value)) for value in values)
    return f"| {' | '.join(cells)} |\n"
