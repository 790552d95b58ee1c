"""`batch ID` and `call ID` as tables: the batch's row, the overview of its calls, the calls; a call's
values, and what was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from batchlake.cli.display.answers import masked, write_lines
from batchlake.filters.parse import both, read_filter
from batchlake.query.rows import RowOptions
from batchlake.text.escaping import printable
from batchlake.text.ranked import RankedTable

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request
    from batchlake.output.readable import Readable, Shown


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
    row = lake.shown("batches", RowOptions(), batch=batch_id, source=progress.source)
    calls = lake.shown("calls", RowOptions(), filter=wanted)
    found = lake.analytics(wanted, every="hour", timezone=request.timezone)
    if request.mask:
        from batchlake.screens.masking import without_numbers

        found = without_numbers(found)
    extent = replace(extent_of(request, wanted), words=f"Calls of {printable(batch_id)}")
    table = RankedTable(calls.columns, request.layout)

    def lines() -> Iterator[str]:
        yield from RankedTable(row.columns, request.layout).lines(row.result.rows())
        if found.statistics.total_calls:
            yield ""
            yield from overview(found, extent, request.page)
            yield ""
            yield from table.lines(_masked(request, calls))

    # Notes are of the calls; what else is known of the batch, `batches` tells.
    write_lines(request, lines(), table.notes)


def _masked(request: Request, shown: Shown) -> Readable:
    """A verb's rows, with phone numbers masked where that is asked for."""
    return masked(request, shown.result.rows(), [column.name for column in shown.columns])


def show_call(request: Request, call_id: str, source: str | None) -> None:
    """The call's values one below the other, then what was said."""
    from batchlake.screens.said import utterance

    lake = request.lake
    call = lake.call(call_id, source=source).call
    wanted = read_filter({"call_id": call_id, "source": call.source})
    shown = lake.shown("calls", RowOptions(), filter=wanted, wide=True)
    page = request.page

    def lines() -> Iterator[str]:
        table = RankedTable(shown.columns, replace(request.layout, vertical=True))
        yield from list(table.lines(_masked(request, shown)))[1:]
        if call.transcript and call.transcript.segments:
            yield ""
            rows = lake.sql(
                "select speaker, text, "
                "coalesce(offset_seconds, extract('epoch' from spoken_at - started_at)) as offset "
                "from segments join calls using (source, call_id) where call_id = $call "
                "and source = $source order by position",
                {"call": call_id, "source": call.source},
            )
            for speaker, text, offset in masked(request, rows.rows()):
                yield from utterance(offset, speaker, text, page, most=None)

    write_lines(request, lines())
