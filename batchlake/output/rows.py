"""Rows to a file, in any of the formats.

Input: an answer that hasn't been read. Output: bytes, written while the rows are made; what the file doesn't
show is returned as notes, for people. The format never depends on where the bytes go.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from batchlake.engine.cursor import Row
from batchlake.errors import InvalidRequest
from batchlake.output import lines
from batchlake.output.formats import ROW_FORMATS
from batchlake.output.libraries import import_libraries
from batchlake.output.readable import HasRows, Readable
from batchlake.output.target import format_by_suffix, refused, replacing
from batchlake.text.cells import Column, Style
from batchlake.text.escaping import printable
from batchlake.text.looks import Clock
from batchlake.text.ranked import Layout, RankedTable

if TYPE_CHECKING:
    from batchlake.output.workbook import Kinds

_PIECE_CHARACTERS: Final = 65_536
_QUOTED: Final = re.compile(r'"(\w+)"')


def write_rows(
    answer: HasRows | Readable,
    row_format: str,
    file: IO[bytes],
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
    layout: Layout | None = None,
    tally: Tally | None = None,
    kinds: Kinds | None = None,
) -> str:
    """Write all rows, or the first of them.

    Args:
        answer: is read here, once, and closed.
        row_format: one of `ROW_FORMATS`.
        file: where to; errors of writing, such as `BrokenPipeError`, pass through.
        max_rows: how many at most; None is all.
        excel_safe: in CSV, disarm texts that a spreadsheet would run.
        layout: of a table; None is one without colours that fits no width.
        tally: gets the number of rows written.
        kinds: of the columns' values, by which a workbook formats its cells; None writes them as they are.

    Returns:
        What was left out, in sentences for people; empty where nothing was.

    Raises:
        InvalidRequest: there is no such format, or its libraries are not installed.
    """
    if row_format not in ROW_FORMATS:
        raise InvalidRequest(f"unknown format {row_format!r}. Give one of {', '.join(ROW_FORMATS)}.")
    import_libraries(row_format)
    rows = readable(answer)
    tally = tally or Tally()
    try:
        if row_format == "parquet":
            from batchlake.output.files import write_parquet

            tally.rows, more = write_parquet(rows, file, max_rows)
            return " ".join(_cut_notes(max_rows, more=more))
        limited = Limited(rows, max_rows)
        try:
            if row_format == "xlsx":
                from batchlake.output.workbook import write_xlsx

                notes = write_xlsx(rows.columns, limited, file, kinds)
            elif row_format == "table":
                table = exact_table(rows.columns, layout or exact_layout(None))
                _write(file, (f"{line}\n" for line in table.lines(limited)))
                notes = table.notes()
            else:
                _write(file, _pieces(row_format, rows.columns, limited, excel_safe=excel_safe))
                notes = []
        finally:
            tally.rows = limited.count
        if row_format == "xlsx":
            from batchlake.output.sheets import SHEET_ROWS

            # One row more is read, to know whether the sheet lacks any.
            tally.rows = min(tally.rows, SHEET_ROWS - 1)
        return " ".join([*notes, *limited.notes()])
    finally:
        rows.close()


@dataclass(slots=True)
class Tally:
    """How many rows were written."""

    rows: int = 0


def readable(answer: HasRows | Readable) -> Readable:
    """The rows of an answer, or the rows that were given."""
    rows: Readable = answer.rows() if hasattr(answer, "rows") else answer
    return rows


def write_result(result: HasRows, path: Path) -> int:
    """Write all rows to a file in the format of its suffix; how many those were.

    Warns:
        UserWarning: a sheet lacks rows, or its cells a part of their texts: what a spreadsheet can't hold.

    Raises:
        InvalidRequest: the suffix stands for no format of rows, or the file can't be written.
    """
    row_format = format_by_suffix(path, ROW_FORMATS) or "table"
    tally = Tally()
    with refused(path), replacing(path) as file:
        left_out = write_rows(result, row_format, file, tally=tally)
    if left_out:
        # Of the caller of `Result.write`.
        warnings.warn(f"{path.name}: {left_out}", stacklevel=3)
    return tally.rows


def exact_layout(width: int | None, *, colour: bool = False) -> Layout:
    """How values of SQL are laid out: exactly as it gives them."""
    return Layout(width, Style(Clock(), whole=True), colour=colour)


def exact_table(columns: Iterable[str], layout: Layout, types: Iterable[str] = ()) -> RankedTable:
    """A table of the answer to a query; with the types of its columns under their names, where given."""
    return RankedTable(
        [
            Column(as_typed(printable(name)), "exact", note=kind.replace(*_LONG_TYPE))
            for name, kind in zip_longest(columns, types, fillvalue="")
        ],
        layout,
    )


_LONG_TYPE: Final = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def as_typed(name: str) -> str:
    """DuckDB's name of a column without an alias, as people type it.

    >>> as_typed("count_star()"), as_typed('sum("cost")'), as_typed("cost")
    ('count(*)', 'sum(cost)', 'cost')
    """
    return _QUOTED.sub(r"\1", name.replace("count_star()", "count(*)")) if "(" in name else name


class Limited:
    """The first rows of an answer, all of them where `most` is None.

    Attributes:
        count: how many were read so far.
    """

    def __init__(self, rows: Iterable[Row], most: int | None) -> None:
        self._rows = rows
        self._most = most
        self._more = False
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        rows = iter(self._rows)
        for row in islice(rows, self._most):
            self.count += 1
            yield row
        self._more = self._most is not None and next(rows, None) is not None

    def notes(self) -> list[str]:
        """A sentence where rows were left out."""
        return _cut_notes(self._most, more=self._more)


def _cut_notes(most: int | None, *, more: bool) -> list[str]:
    if not more or most is None:
        return []
    shown = "Only the first row is" if most == 1 else f"Only the first {most:,} rows are"
    return [f"{shown} shown; --limit N shows more."]


def _pieces(row_format: str, columns: list[str], rows: Iterable[Row], *, excel_safe: bool) -> Iterator[str]:
    if row_format == "csv":
        return lines.csv_lines(columns, rows, excel_safe=excel_safe)
    if row_format == "markdown":
        return lines.markdown_lines(columns, rows)
    objects = lines.objects(columns, rows)
    return lines.json_lines(objects) if row_format == "json" else (f"{line}\n" for line in objects)


def _write(file: IO[bytes], pieces: Iterable[str]) -> None:
    """Write texts in larger pieces; texts that were read are written even if the next one fails."""
    waiting: list[str] = []
    size = 0
    try:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _PIECE_CHARACTERS:
                file.write("".join(waiting).encode())
                waiting, size = [], 0
    finally:
        if waiting:
            file.write("".join(waiting).encode())
