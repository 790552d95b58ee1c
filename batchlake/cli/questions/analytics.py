"""`analytics`, `audit`, `progress`, `metrics`: figures, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from batchlake.cli.arguments.completion import batch_ids, comparisons, dimensions, metric_families
from batchlake.cli.arguments.engine_options import engine_options
from batchlake.cli.arguments.options import source_option
from batchlake.cli.arguments.parameters import Count, option, refuse
from batchlake.cli.arguments.request import Request, answer_options, read_request, table_options
from batchlake.cli.arguments.selection import selection_options
from batchlake.cli.display.answers import write_document, write_lines
from batchlake.cli.display.listed import Listed, write_listed
from batchlake.cli.display.verb_rows import refuse_columns
from batchlake.output.formats import FIGURE_FORMATS, ROW_FORMATS

_DIFFERENCES: Final = 1


@click.command("analytics")
@selection_options()
@option("--by", multiple=True, metavar="DIMENSION", shell_complete=dimensions,
        help="Group by it, or with commas by several: agent, batch, status, outcome, number, hour, day, "
             "week, month, quarter, weekday, hour_of_day, attempt, extra.FIELD and others.")  # fmt: skip
@option(
    "--compare",
    metavar="WITH",
    shell_complete=comparisons,
    help="previous (period), a batch's id, or what --filter takes.",
)
@option("--metrics", multiple=True, metavar="FAMILIES", shell_complete=metric_families,
        help="calls, success, duration, cost, sentiment, engagement, responses, patterns, timeline, "
             "all.")  # fmt: skip
@option(
    "--top",
    type=Count(),
    default=10,
    show_default=True,
    help="How many responses; a screen has five at most.",
)
@option("--every", type=click.Choice(["hour", "day", "week", "month"]), default="day", show_default=True,
        help="The timeline's step, in JSON or rows.")  # fmt: skip
@option("--patterns", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Your own response patterns (TOML).")  # fmt: skip
@table_options("analytics")
@engine_options
@answer_options(FIGURE_FORMATS)
@click.pass_context
def analytics_command(context: click.Context, /, by: tuple[str, ...], **given: Any) -> None:
    """Every metric over the calls that match: the whole lake, a batch, or any filter.

    \b
    batchlake analytics --last 7d --compare previous
    batchlake analytics --by agent,week --json
    """
    from batchlake.cli.display.analytics_screen import show_analytics

    request = read_request(context, given, needs="batchlake.analytics.metrics")
    show_analytics(context, request, [name for text in by for name in text.split(",")], given)


@click.command("audit")
@click.argument("batch_id", metavar="[ID]", required=False, shell_complete=batch_ids)
@selection_options(source=False)
@option("--only-differences", is_flag=True, help="Only figures that differ.")
@option("--all", "everything", is_flag=True, help="Figures that agree, too.")
@option("--fail-on-difference", is_flag=True, help="Exit 1 where a figure differs.")
@source_option
@table_options("audit")
@engine_options
@answer_options(FIGURE_FORMATS)
@click.pass_context
def audit_command(
    context: click.Context,
    /,
    batch_id: str | None,
    only_differences: bool,
    everything: bool,
    fail_on_difference: bool,
    source: str | None,
    **given: Any,
) -> None:
    """What platforms billed and reported against what the calls add up to, of one batch or of all.

    `too high` is a report that says more than the calls do: of money, you were overcharged.

    \b
    batchlake audit
    batchlake audit harbour_04 --fail-on-difference
    """
    if source is not None and batch_id is None:
        raise click.UsageError(
            "--source says whose batch ID is. Of all batches, --filter picks those of a source."
        )
    if only_differences:
        refuse({"everything"}, "beside --only-differences")
    request = read_request(context, given, needs="batchlake.analytics.audits.audit")
    refuse_columns(request, "audit")
    wanted = request.lake.selected_filter(request.filter, request.period)
    found = request.lake.audit(batch_id, wanted, only_differences=only_differences, source=source)
    if request.format == "json":
        write_document(request, found)
    else:
        from batchlake.screens.audit import audit_rows, audit_screen

        if request.mask:
            from batchlake.reports.contents.batches import without_numbers

            found = without_numbers(found)
        currencies = _currencies(request)
        if request.format == "table" and not request.is_arranged:
            show_all = everything or (batch_id is not None and not only_differences)
            write_lines(
                request, audit_screen(found, request.page, everything=show_all, currencies=currencies)
            )
        else:
            write_listed(request, Listed.of(audit_rows(found, currencies)), "audit")
    if fail_on_difference and found.differs:
        raise click.exceptions.Exit(_DIFFERENCES)


def _currencies(request: Request) -> dict[tuple[str, str], str | None]:
    """The currency of each batch's costs by source and id, where they are in one."""
    rows = request.lake.answer("screens/currencies")
    return {(row["source"], row["batch_id"]): row["currency"] for row in rows}


@click.command("progress")
@click.argument("batch_id", metavar="ID", shell_complete=batch_ids)
@source_option
@table_options("progress")
@engine_options
@answer_options(FIGURE_FORMATS)
@click.pass_context
def progress_command(context: click.Context, /, batch_id: str, source: str | None, **given: Any) -> None:
    """How far a batch is: done of total, rate, estimated completion, and the history of its exports.

    \b
    batchlake progress harbour_09
    batchlake progress harbour_09 --csv
    """
    request = read_request(context, given, needs="batchlake.analytics.progress")
    refuse_columns(request, "progress")
    found = request.lake.progress(batch_id, source=source)
    if request.format == "json":
        write_document(request, found)
    elif request.format == "table" and not request.is_arranged:
        from batchlake.screens.progress import progress_screen

        write_lines(request, progress_screen(found, request.page))
    else:
        write_listed(request, Listed.of([one.model_dump() for one in found.history]), "progress")


@click.command("metrics")
@table_options("metrics")
@answer_options(ROW_FORMATS, at=False, lake=False)
@click.pass_context
def metrics_command(context: click.Context, /, **given: Any) -> None:
    """What each metric means: definition, numerator, denominator, unit, and the file that computes it.

    Response patterns come last: which rules of patterns.toml find them, in which order. --patterns of
    `analytics` takes another file.

    \b
    batchlake metrics
    batchlake metrics --columns metric,definition --format markdown
    """
    from batchlake.analytics.definitions import definitions, pattern_definitions

    request = read_request(context, given)
    found = [*definitions(), *pattern_definitions()]
    if request.format == "json" and not request.is_arranged:
        write_document(request, found)
        return
    write_listed(request, Listed.of([one.model_dump() for one in found]), "metrics")
