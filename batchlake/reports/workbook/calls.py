"""The sheet that lists the calls, written while they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from batchlake.output.sheets import Book
from batchlake.reports.call_rows import CALL_COLUMNS, CallColumn, Kind
from batchlake.reports.model import Report
from batchlake.reports.workbook.tables import (
    Cell,
    Column,
    money_format,
    table_sheet,
    unit_format,
    yes_or_no,
)

_TIME_FORMAT: Final = r"yyyy\-mm\-dd\ hh:mm:ss"

# Width in characters, and number format.
_KINDS: Final[Mapping[Kind, tuple[int, str]]] = {
    "id": (18, ""),
    "text": (18, ""),
    "number": (14, ""),
    "prose": (60, ""),
    "time": (20, _TIME_FORMAT),
    "seconds": (11, unit_format("seconds")),
    "money": (14, money_format(None)),
    "share": (10, unit_format("0 to 1")),
    "count": (11, unit_format("calls")),
    "flag": (9, ""),
}


def calls_sheet(
    book: Book, report: Report, calls: Iterable[Mapping[str, Any]], sheet_rows: int, left_out: Sequence[str]
) -> None:
    """The calls, as many as a sheet holds; `left_out` then says so in the last row."""
    timezone = report.provenance.timezone
    clock = ZoneInfo(timezone)
    formats: dict[str | None, str] = {}

    def cell(call: Mapping[str, Any], column: CallColumn) -> Any:
        value = call[column.name]
        if column.kind == "flag":
            return yes_or_no(value)
        if value is not None and column.kind == "time":
            return value.astimezone(clock).replace(tzinfo=None)
        if value is not None and column.kind == "money":
            currency = call["currency"]
            return Cell(value, formats.setdefault(currency, money_format(currency)))
        return value

    def rows() -> Iterator[list[Any]]:
        for call in islice(calls, sheet_rows - 2) if left_out else calls:
            yield [cell(call, column) for column in CALL_COLUMNS]
        yield from ([sentence] for sentence in left_out)

    columns = [Column(_title(column, timezone), *_KINDS[column.kind]) for column in CALL_COLUMNS]
    place = table_sheet(book, "Calls", columns, rows())
    place.sheet.worksheet.freeze_panes(1, 1)


def _title(column: CallColumn, timezone: str) -> str:
    return f"{column.title} ({timezone})" if column.kind == "time" else column.title
