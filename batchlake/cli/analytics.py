"""`analytics`, `audit`, `progress`, `metrics`: figures, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import click

from batchlake.cli.answers import write_document
from batchlake.cli.options import (
    at_option,
    filter_option,
    format_option,
    lake_option,
    open_lake,
    output_option,
    quiet_option,
    read_filter_option,
    source_option,
)
from batchlake.cli.parameters import option
from batchlake.output.formats import DOCUMENT_FORMATS, STATUS_FORMATS

_DIFFERENCES: Final = 1


@click.command("analytics")
@lake_option
@at_option
@filter_option
@option("--by", multiple=True, metavar="DIMENSION", help="Group by a dimension; give it again for several.")
@option("--metrics", multiple=True, metavar="FAMILY",
        help="Only these metrics: calls, success, duration, cost, sentiment, engagement, responses, "
        "patterns, timeline.")  # fmt: skip
@option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many responses.")
@option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Whose hours and days.")
@option("--every", type=click.Choice(["hour", "day"]), default="day", show_default=True,
        help="The timeline's step.")  # fmt: skip
@option("--patterns", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Your own response patterns (TOML).")  # fmt: skip
@output_option
@quiet_option
@format_option(DOCUMENT_FORMATS)
def analytics_command(
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    by: tuple[str, ...],
    metrics: tuple[str, ...],
    top: int,
    timezone: str,
    every: Literal["hour", "day"],
    patterns: Path | None,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """Every metric over the calls that match: the whole lake, a batch, or any filter."""
    answer = open_lake(lake_path, at, needs="batchlake.analytics.metrics").analytics(
        read_filter_option(filter_texts),
        _names(by),
        metrics=_names(metrics) if metrics else None,
        top=top,
        timezone=timezone,
        every=every,
        patterns=patterns,
    )
    write_document(answer, output_format, output, quiet=quiet)


def _names(given: tuple[str, ...]) -> list[str]:
    """Names given one an option, or several with commas between."""
    return [name.strip() for several in given for name in several.split(",") if name.strip()]


@click.command("audit")
@click.argument("batch_id", metavar="[ID]", required=False)
@lake_option
@at_option
@filter_option
@option("--only-differences", is_flag=True, help="Only figures that differ.")
@option("--fail-on-difference", is_flag=True, help="Exit 1 where a figure differs.")
@source_option
@output_option
@quiet_option
@format_option(DOCUMENT_FORMATS)
def audit_command(
    batch_id: str | None,
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    only_differences: bool,
    fail_on_difference: bool,
    source: str | None,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """Each figure that a platform reported and the one recomputed, of one batch or of all."""
    if source is not None and batch_id is None:
        raise click.UsageError(
            "--source says whose batch ID is. Of all batches, --filter picks those of a source."
        )
    found = open_lake(lake_path, at, needs="batchlake.analytics.audit").audit(
        batch_id, read_filter_option(filter_texts), only_differences=only_differences, source=source
    )
    write_document(found, output_format, output, quiet=quiet)
    if fail_on_difference and found.differs:
        raise click.exceptions.Exit(_DIFFERENCES)


@click.command("progress")
@click.argument("batch_id", metavar="ID")
@lake_option
@at_option
@source_option
@output_option
@quiet_option
@format_option(DOCUMENT_FORMATS)
def progress_command(
    batch_id: str,
    lake_path: str,
    at: str | None,
    source: str | None,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """How far a batch is: done of total, rate, estimated completion, and the history of its exports."""
    lake = open_lake(lake_path, at, needs="batchlake.analytics.progress")
    found = lake.progress(batch_id, source=source)
    chart = ""
    if output_format == "table":
        from batchlake.analytics.progress import progress_chart

        chart = f"{progress_chart(found)}\n"
    write_document(found, output_format, output, foot=chart, quiet=quiet)


@click.command("metrics")
@output_option
@quiet_option
@format_option(STATUS_FORMATS)
def metrics_command(output: Path | None, quiet: bool, output_format: str) -> None:
    """What each metric means: definition, numerator, denominator, unit, and the file that computes it.

    Response patterns come last: which rules of patterns.toml find them, in which order. --patterns of
    `analytics` takes another file.
    """
    from batchlake.analytics.definitions import definitions, pattern_definitions

    write_document([*definitions(), *pattern_definitions()], output_format, output, quiet=quiet)
