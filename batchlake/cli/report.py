"""`report`: what an operations lead forwards, and what finance opens in a spreadsheet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import click

from batchlake.cli.answers import opened, refuse_terminal
from batchlake.cli.failures import note_format
from batchlake.cli.options import (
    at_option,
    filter_option,
    lake_option,
    note,
    open_lake,
    output_option,
    quiet_option,
    read_filter_option,
    source_option,
)
from batchlake.cli.parameters import option
from batchlake.output.formats import REPORT_FORMATS


@click.command("report")
@click.argument("batch_ids", metavar="[ID]...", nargs=-1)
@lake_option
@at_option
@filter_option
@option("--by", multiple=True, metavar="DIMENSION", help="Group by a dimension; give it again for several.")
@option("--compare", metavar="ID|previous", help="Beside another batch, with what can be chance.")
@option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many responses.")
@option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Of every time shown.")
@option("--every", type=click.Choice(["hour", "day"]), help="The timeline's step; else by its length.")
@option("--patterns", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Your own response patterns (TOML).")  # fmt: skip
@option("--include-transcripts", is_flag=True, help="With transcripts of the calls that stand out.")
@option("--show-numbers", is_flag=True, help="With phone numbers; they are masked otherwise.")
@source_option
@output_option
@quiet_option
@option("--format", "output_format", type=click.Choice(REPORT_FORMATS), is_eager=True,
        help="Else by the file's suffix.")  # fmt: skip
def report_command(
    batch_ids: tuple[str, ...],
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    output: Path | None,
    quiet: bool,
    output_format: str | None,
    **options: Any,
) -> None:
    """A report of batches, or of any selection: html, pdf, xlsx, csv, json or markdown.

    \b
    batchlake report batch_xyz789 -o report.html
    batchlake report batch_xyz789 --compare previous -o report.xlsx
    batchlake report --filter '{"outcome": "failed"}' --by agent_id -o failed.pdf

    The html is one file that opens offline. Two reports of the same state of the lake are the same bytes.
    """
    from batchlake.reports.write import format_of

    if output_format is None:
        if output is None:
            raise click.UsageError("give -o FILE, or --format for standard output")
        output_format = format_of(output)
    note_format(output_format)
    if output is None:
        refuse_terminal(output_format)
    written = io.BytesIO()
    wanted = read_filter_option(filter_texts)
    report = open_lake(lake_path, at).report(*batch_ids, filter=wanted, **options)
    left_out = report.write_to(written, output_format)
    # Only now is the file touched: a mistake leaves yesterday's report in place.
    with opened(output) as file:
        file.write(written.getbuffer())
    for sentence in left_out:
        note(sentence, quiet=quiet)
