"""`report`: what an operations lead forwards, and what finance opens in a spreadsheet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import click

from batchlake.cli.arguments.completion import batch_ids as batch_ids_of_lake
from batchlake.cli.arguments.completion import comparisons, dimensions
from batchlake.cli.arguments.options import (
    at_option,
    check_answer,
    lake_option,
    note,
    open_lake,
    output_option,
    quiet_option,
    source_option,
)
from batchlake.cli.arguments.parameters import Count, option, refuse
from batchlake.cli.arguments.request import timezone_option
from batchlake.cli.arguments.selection import read_comparison, read_period, read_selection, selection_options
from batchlake.cli.display.answers import opened, refuse_terminal
from batchlake.cli.failures import note_format
from batchlake.output.formats import REPORT_FORMATS

_OPTIONS = ("by", "top", "every", "patterns", "include_transcripts", "show_numbers", "source")


@click.command("report")
@click.argument("batch_ids", metavar="[ID]...", nargs=-1, shell_complete=batch_ids_of_lake)
@selection_options(source=False)
@option("--by", multiple=True, metavar="DIMENSION", shell_complete=dimensions,
        help="Group by a dimension; give it again for several.")  # fmt: skip
@option("--compare", metavar="WITH", shell_complete=comparisons,
        help="previous (period, else batch), a batch's id, or what --filter takes.")  # fmt: skip
@option("--top", type=Count(), default=10, show_default=True, help="How many responses.")
@option("--every", type=click.Choice(["hour", "day"]), help="The timeline's step; else by its length.")
@option("--patterns", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Your own response patterns (TOML).")  # fmt: skip
@option("--include-transcripts", is_flag=True, help="With transcripts of the calls that stand out.")
@option("--show-numbers", is_flag=True, help="With phone numbers; they are masked otherwise.")
@source_option
@timezone_option
@lake_option
@at_option
@output_option
@quiet_option
@option("--format", "output_format", type=click.Choice(REPORT_FORMATS), is_eager=True,
        help="Else by the file's suffix.")  # fmt: skip
@click.pass_context
def report_command(
    context: click.Context,
    /,
    batch_ids: tuple[str, ...],
    lake_path: str,
    at: str | None,
    output: Path | None,
    quiet: bool,
    output_format: str | None,
    timezone: str,
    **given: Any,
) -> None:
    """A report of batches, or of any selection: html, pdf, xlsx, csv, json or markdown.

    The html is one file that opens offline. Two reports of the same state of the lake are the same bytes.

    \b
    batchlake report batch_xyz789 --compare previous -o report.html
    batchlake report --period last-week --compare previous --by agent_id -o week.pdf
    batchlake report --source bland --compare '{"source": "vapi"}' -o platforms.html
    """
    from batchlake.reports.write import format_of

    if output_format is None:
        if output is None:
            raise click.UsageError("give -o FILE, or --format for standard output")
        output_format = format_of(output)
    note_format(output_format)
    if output_format == "csv":
        refuse({"include_transcripts"}, "to csv, which holds figures")
    if output is None:
        refuse_terminal(output_format)
    check_answer(output, output_format)
    written = io.BytesIO()
    lake = open_lake(lake_path, at, timezone=timezone)
    options = {name: given[name] for name in _OPTIONS}
    report = lake.report(
        *batch_ids,
        filter=read_selection(context, given, timezone),
        period=read_period(given, timezone),
        compare=read_comparison(context, given["compare"], timezone),
        **options,
    )
    left_out = report.write_to(written, output_format)
    # Only now is the file touched: a mistake leaves yesterday's report in place.
    with opened(output, quiet=quiet) as file:
        file.write(written.getbuffer())
    for sentence in left_out:
        note(sentence, quiet=quiet)
