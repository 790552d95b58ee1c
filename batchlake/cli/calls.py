"""`batches`, `batch`, `call`, `calls`, `fields`: batches and calls as documents and as rows, own fields."""

from __future__ import annotations

from pathlib import Path

import click

from batchlake.cli.answers import opened, write_document, write_rows
from batchlake.cli.options import (
    at_option,
    filter_option,
    format_option,
    lake_option,
    note,
    open_lake,
    output_option,
    quiet_option,
    read_filter_option,
    source_option,
)
from batchlake.cli.parameters import option
from batchlake.output.formats import DOCUMENT_FORMATS, ROW_FORMATS


@click.command("batches")
@lake_option
@at_option
@output_option
@quiet_option
@format_option(ROW_FORMATS)
def batches_command(
    lake_path: str, at: str | None, output: Path | None, quiet: bool, output_format: str
) -> None:
    """The batches, newest first, with the calls held by outcome, progress and what the platform reported."""
    write_rows(open_lake(lake_path, at).batches(), output_format, output, quiet=quiet)


@click.command("batch")
@click.argument("batch_id", metavar="ID")
@lake_option
@at_option
@filter_option
@option("--include-analytics", is_flag=True, help="With analytics of the batch and of each call.")
@option("--include-transcripts", is_flag=True, help="With each call's transcript.")
@source_option
@output_option
@quiet_option
@format_option(DOCUMENT_FORMATS)
def batch_command(
    batch_id: str,
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    include_analytics: bool,
    include_transcripts: bool,
    source: str | None,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """One batch in the documented shape, every figure recomputed from the calls held.

    With a filter, the calls, statistics and analytics are of the calls that match, and `selection` says how
    many of how many those are.
    """
    lake = open_lake(lake_path, at, needs="batchlake.analytics.batch_details")
    wanted = read_filter_option(filter_texts)
    if output_format == "json":
        with opened(output) as file:
            lake.write_batch(file, batch_id, wanted, include_analytics, include_transcripts, source=source)
    else:
        details = lake.batch(batch_id, wanted, include_analytics, include_transcripts, source=source)
        write_document(details, output_format, output, quiet=quiet)


@click.command("call")
@click.argument("call_id", metavar="ID")
@lake_option
@at_option
@source_option
@output_option
@quiet_option
@format_option(DOCUMENT_FORMATS)
def call_command(
    call_id: str,
    lake_path: str,
    at: str | None,
    source: str | None,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """One call with everything known of it, in the documented shape."""
    found = open_lake(lake_path, at, needs="batchlake.analytics.call_details").call(call_id, source=source)
    write_document(found, output_format, output, quiet=quiet)


@click.command("calls")
@lake_option
@at_option
@filter_option
@option("--max-rows", type=click.IntRange(min=1), metavar="N", help="At most so many rows.")
@option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")
@output_option
@quiet_option
@format_option(ROW_FORMATS)
def calls_command(
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    max_rows: int | None,
    excel_safe: bool,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """The calls that match, as rows ordered by time."""
    found = open_lake(lake_path, at).calls(read_filter_option(filter_texts))
    write_rows(found, output_format, output, max_rows=max_rows, excel_safe=excel_safe, quiet=quiet)


@click.command("fields")
@lake_option
@at_option
@click.option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")
@output_option
@quiet_option
@format_option(ROW_FORMATS)
def fields_command(
    lake_path: str, at: str | None, excel_safe: bool, output: Path | None, quiet: bool, output_format: str
) -> None:
    """The exports' own fields, which no column holds and `extra` keeps, the most frequent first.

    Each with its table, how many rows hold it, their share of the source's rows, and an example. A note says
    of how many calls nothing was understood: neither state, time, duration nor cost.
    """
    lake = open_lake(lake_path, at)
    write_rows(lake.fields(), output_format, output, excel_safe=excel_safe, quiet=quiet)
    for row in lake.sql("select * from not_understood order by source").to_dicts():
        note(
            f"{row['source']}: of {row['not_understood']:,} of {row['calls']:,} calls neither state, time, "
            "duration nor cost was understood.",
            quiet=quiet,
        )
