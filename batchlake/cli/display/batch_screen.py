"""`batch ID` and `call ID` as tables: the batch's row, the overview of its calls, the calls; a call's
values, and what was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from batchlake.cli.display.answers import write_lines
from batchlake.cli.questions.analytics import page_of
from batchlake.filters.parse import both, read_filter
from batchlake.query.rows import Asked
from batchlake.text.ranked import RankedTable

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request


def show_batch(request: Request, batch_id: str, source: str | None) -> None:
    """The batch as a table."""
    from batchlake.cli.display.analytics_screen import extent_of
    from batchlake.screens.overview import overview

    lake = request.lake
    # Says that there is no such batch, and which are near.
    progress = lake.progress(batch_id, source=source)
    of = {"batch_id": batch_id, "source": progress.source}
    wanted = lake.selected_filter(
        both([read_filter(of), *([request.filter] if request.filter else [])]), request.period
    )
    row = lake.shown("batches", Asked(), wide=False)
    calls = lake.shown("calls", Asked(), filter=wanted)
    found = lake.analytics(wanted, every="hour", timezone=request.timezone)
    own = [one for one in row.result.rows() if one[0] == batch_id]
    tables: list[RankedTable] = []

    def lines() -> Iterator[str]:
        yield from _table(row.columns, own, request, tables)
        if found.statistics.total_calls:
            yield ""
            yield from overview(found, extent_of(request, wanted), page_of(request))
            yield ""
            yield from _table(calls.columns, calls.result.rows(), request, tables)

    write_lines(request, lines(), lambda: [sentence for table in tables for sentence in table.notes()])


def _table(columns: Any, rows: Any, request: Request, tables: list[RankedTable]) -> Iterator[str]:
    table = RankedTable(columns, request.layout)
    tables.append(table)
    yield from table.lines(rows)


def show_call(request: Request, call_id: str, source: str | None) -> None:
    """The call's values one below the other, then what was said."""
    from dataclasses import replace

    from batchlake.screens.said import utterance

    lake = request.lake
    details = lake.call(call_id, source=source)
    wanted = read_filter({"call_id": call_id} | ({"source": source} if source else {}))
    shown = lake.shown("calls", Asked(), filter=wanted, wide=True)
    page = page_of(request)

    def lines() -> Iterator[str]:
        table = RankedTable(shown.columns, replace(request.layout, vertical=True))
        yield from list(table.lines(shown.result.rows()))[1:]
        transcript = details.call.transcript
        if transcript and transcript.segments:
            yield ""
            rows = lake.sql(
                "select speaker, text, "
                "coalesce(offset_seconds, extract('epoch' from spoken_at - started_at)) as offset "
                "from segments join calls using (source, call_id) where call_id = $call "
                "and ($source is null or source = $source) order by position",
                {"call": call_id, "source": source},
            )
            for row in rows:
                yield from utterance(row["offset"], row["speaker"], row["text"], page, most=None)

    write_lines(request, lines())
