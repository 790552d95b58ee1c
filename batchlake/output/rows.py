"""Rows to a file, in any of the formats.

Input: an answer that hasn't been read. Output: bytes, as the rows are made; what the file doesn't show is
returned as notes, for people. The format never depends on where the bytes go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Final

from batchlake.engine.cursor import Row, Rows
from batchlake.errors import InvalidRequest
from batchlake.output import lines
from batchlake.output.formats import ROW_FORMATS
from batchlake.query.result import Result
from batchlake.text.table import Grid

_PIECE_CHARACTERS: Final = 65_536


def write_rows(
    answer: Result | Rows,
    row_format: str,
    file: IO[bytes],
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """Write all rows, or the first of them.

    Args:
        answer: is read here, once, and closed.
        row_format: one of `ROW_FORMATS`.
        file: where to; errors of writing, such as `BrokenPipeError`, pass through.
        max_rows: how many at most; None is all.
        excel_safe: in CSV, disarm texts that a spreadsheet would run.
        width: of the terminal, for a table that goes to one; None doesn't fit the table to a width.
        colour: whether a table may use colours.

    Returns:
        What was left out, in sentences for people; empty where nothing was.

    Raises:
        InvalidRequest: there is no such format.
    """
    if row_format not in ROW_FORMATS:
        raise InvalidRequest(f"unknown format {row_format!r}. Give one of {', '.join(ROW_FORMATS)}.")
    rows = answer.rows() if isinstance(answer, Result) else answer
    try:
        return " ".join(_write_as(row_format, rows, file, max_rows, excel_safe, width, colour))
    finally:
        rows.close()


def _write_as(
    row_format: str,
    rows: Rows,
    file: IO[bytes],
    max_rows: int | None,
    excel_safe: bool,
    width: int | None,
    colour: bool,
) -> list[str]:
    if row_format == "parquet":
        from batchlake.output.files import write_parquet

        return _cut_notes(max_rows, more=write_parquet(rows, file, max_rows))
    limited = Limited(rows, max_rows)
    if row_format == "xlsx":
        from batchlake.output.files import write_xlsx

        return [*write_xlsx(rows.columns, limited, file), *limited.notes()]
    if row_format == "table":
        grid = Grid(rows.columns, width=width, colour=colour)
        _write(file, (f"{line}\n" for line in grid.lines(limited)))
        return [*grid.notes(), *limited.notes()]
    _write(file, _pieces(row_format, rows.columns, limited, excel_safe=excel_safe))
    return limited.notes()


class Limited:
    """The first rows of an answer, all of them where `most` is None."""

    def __init__(self, rows: Rows, most: int | None) -> None:
        self._rows = rows
        self._most = most
        self._more = False

    def __iter__(self) -> Iterator[Row]:
        rows = iter(self._rows)
        yield from islice(rows, self._most)
        self._more = self._most is not None and next(rows, None) is not None

    def notes(self) -> list[str]:
        """A sentence where rows were left out."""
        return _cut_notes(self._most, more=self._more)


def _cut_notes(most: int | None, *, more: bool) -> list[str]:
    if not more or most is None:
        return []
    shown = "Only the first row is" if most == 1 else f"Only the first {most:,} rows are"
    return [f"{shown} shown; --max-rows N shows more."]


def _pieces(row_format: str, columns: list[str], rows: Iterable[Row], *, excel_safe: bool) -> Iterator[str]:
    if row_format == "csv":
        return lines.csv_lines(columns, rows, excel_safe=excel_safe)
    if row_format == "markdown":
        return lines.markdown_lines(columns, rows)
    objects = lines.objects(columns, rows)
    return lines.json_lines(objects) if row_format == "json" else (f"{line}\n" for line in objects)


def _write(file: IO[bytes], pieces: Iterable[str]) -> None:
    """Write texts in larger pieces; what has been read is written even if making the next one fails."""
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
