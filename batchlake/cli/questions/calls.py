"""`batches`, `batch`, `call`, `calls`, `fields`: batches and calls as documents and as rows, own fields."""

from __future__ import annotations

import io
import json
from typing import Any

import click

from batchlake.cli.arguments.completion import batch_ids, call_ids
from batchlake.cli.arguments.engine_options import engine_options
from batchlake.cli.arguments.options import note, source_option
from batchlake.cli.arguments.parameters import option, refuse
from batchlake.cli.arguments.request import Request, answer_options, read_request, table_options
from batchlake.cli.arguments.selection import period_options, selection_options
from batchlake.cli.display.answers import column_help, opened, write_document, write_json
from batchlake.cli.display.verb_rows import write_verb
from batchlake.output.formats import DOCUMENT_FORMATS, ROW_FORMATS

_excel_safe = option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")


@click.command("batches")
@period_options("of the batches' creation")
@table_options("batches")
@engine_options
@answer_options(ROW_FORMATS)
@click.pass_context
def batches_command(context: click.Context, /, **given: Any) -> None:
    """The batches, newest first: progress, success, cost, and how long calls were.

    \b
    batchlake batches --since 2026-11-01 --sort -cost
    batchlake batches --columns +p95 --csv -o batches.csv
    """
    write_verb(read_request(context, given), "batches")


@click.command("batch")
@click.argument("batch_id", metavar="ID", shell_complete=batch_ids)
@selection_options(source=False)
@option("--include-analytics", is_flag=True, help="With analytics of the batch and of each call.")
@option("--include-transcripts", is_flag=True, help="With each call's transcript.")
@source_option
@engine_options
@answer_options(DOCUMENT_FORMATS)
@click.pass_context
def batch_command(context: click.Context, /, batch_id: str, **given: Any) -> None:
    """One batch in the documented shape, every figure recomputed from the calls held.

    With a filter, the calls, statistics and analytics are of the calls that match, and `selection` says how
    many of how many those are. As a table: the batch, the overview of its calls, and the calls.

    \b
    batchlake batch harbour_04 --status failed
    batchlake batch harbour_04 --format table
    """
    needs = "metrics" if given["include_analytics"] else "details.batch_details"
    request = read_request(context, given, needs=f"batchlake.analytics.{needs}")
    if request.format == "table":
        refuse(("include_analytics", "include_transcripts"), "to a table: it is for JSON")
        from batchlake.cli.display.batch_screen import show_batch

        show_batch(request, batch_id, given["source"])
        return
    question = (
        batch_id, request.lake.selected_filter(request.filter, request.period),
        given["include_analytics"], given["include_transcripts"],
    )  # fmt: skip
    if request.is_terminal or request.mask:
        written = io.BytesIO()
        request.lake.write_batch(written, *question, source=given["source"])
        write_json(request, json.loads(written.getvalue()))
        return
    with opened(request.output, quiet=request.quiet) as file:
        request.lake.write_batch(file, *question, source=given["source"])


@click.command("call")
@click.argument("call_id", metavar="ID", shell_complete=call_ids)
@source_option
@engine_options
@answer_options(DOCUMENT_FORMATS)
@click.pass_context
def call_command(context: click.Context, /, call_id: str, **given: Any) -> None:
    """One call with everything known of it, in the documented shape.

    An id as a table cuts it (`conv_01jx9…a41f7c`) finds the one call whose id begins and ends so.

    \b
    batchlake call harbour_01_c002
    batchlake call harbour_01_c002 --format table
    """
    request = read_request(context, given, needs="batchlake.analytics.details.call_details")
    found = whole_id(request, call_id)
    if request.format == "table":
        from batchlake.cli.display.batch_screen import show_call

        show_call(request, found, given["source"])
        return
    write_document(request, request.lake.call(found, source=given["source"]))


def whole_id(request: Request, call_id: str) -> str:
    """The id that one cut in a table stands for; any other is itself.

    Raises:
        CallNotFound: several begin and end so; lists them.
    """
    begun, cut, ended = call_id.partition("…")
    if not cut:
        return call_id
    rows = request.lake.sql(
        "select distinct call_id from calls "
        "where starts_with(call_id, $begun) and ends_with(call_id, $ended) order by 1 limit 6",
        {"begun": begun, "ended": ended},
    ).to_dicts()
    if len(rows) == 1:
        return str(rows[0]["call_id"])
    if rows:
        from batchlake.errors import CallNotFound

        raise CallNotFound(call_id, [row["call_id"] for row in rows])
    return call_id


@click.command("calls")
@selection_options()
@table_options("calls")
@_excel_safe
@engine_options
@answer_options(ROW_FORMATS)
@click.pass_context
def calls_command(context: click.Context, /, excel_safe: bool, **given: Any) -> None:
    """The calls that match, as rows ordered by time.

    \b
    batchlake calls --last 2d --status failed --sort -duration
    batchlake calls --batch harbour_04 --columns time,number,extra.campaign --csv
    """
    write_verb(read_request(context, given), "calls", excel_safe=excel_safe)


@click.command("fields")
@_excel_safe
@table_options("fields")
@answer_options(ROW_FORMATS)
@click.pass_context
def fields_command(context: click.Context, /, excel_safe: bool, **given: Any) -> None:
    """The exports' own fields, which no column holds and `extra` keeps, the most frequent first.

    Each with its table, how many rows hold it, their share of the source's rows, and an example. A note says
    of how many calls nothing was understood: neither state, time, duration nor cost.

    \b
    batchlake fields
    batchlake analytics --by extra.campaign
    """
    request = read_request(context, given)
    if column_help(request, "fields"):
        return
    write_verb(request, "fields", excel_safe=excel_safe)
    for row in request.lake.sql("select * from not_understood order by source").to_dicts():
        note(
            f"{row['source']}: of {row['not_understood']:,} of {row['calls']:,} calls neither state, time, "
            "duration nor cost was understood.",
            quiet=request.quiet,
        )
