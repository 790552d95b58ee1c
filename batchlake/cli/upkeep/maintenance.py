"""`compact`, `vacuum`, `check`: care of the lake."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from batchlake.cli.arguments.options import (
    Duration,
    format_option,
    lake_option,
    open_lake,
    quiet_option,
    wait_option,
)
from batchlake.cli.arguments.parameters import option
from batchlake.output.formats import STATUS_FORMATS

if TYPE_CHECKING:
    from batchlake.store.maintenance import MaintenanceReport

_DAMAGED: Final = 3


@click.command("check")
@lake_option
@quiet_option
@format_option(STATUS_FORMATS)
def check_command(lake_path: str, quiet: bool, output_format: str) -> None:
    """Look for anything wrong: pins, files, keys, and tables that disagree. Exit 3 where something is.

    \b
    batchlake check
    batchlake check --json
    """
    findings = open_lake(lake_path).check()
    if output_format == "json":
        click.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2))
    elif not findings and not quiet:
        click.echo("The lake is sound.")
    for finding in findings if output_format == "table" else ():
        click.echo(f"{finding.level}: {finding.table}: {finding.message} ({finding.code}); {finding.mend}")
    if any(finding.level == "error" for finding in findings):
        raise click.exceptions.Exit(_DAMAGED)


@click.command("compact")
@lake_option
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def compact_command(lake_path: str, wait_seconds: float, quiet: bool, output_format: str) -> None:
    """Fold small Parquet files into larger ones, as one run. No row changes.

    \b
    batchlake compact
    batchlake compact --wait 60
    """
    _show(open_lake(lake_path).compact(wait_seconds=wait_seconds), output_format, quiet=quiet)


@click.command("vacuum")
@lake_option
@option("--keep", "keep_for", type=Duration(), default="7d", show_default=True, metavar="TIME",
        help="How long earlier states stay readable with --at.")  # fmt: skip
@option("--dry-run", is_flag=True, help="Say what would be deleted, delete nothing.")
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def vacuum_command(
    lake_path: str,
    keep_for: timedelta,
    dry_run: bool,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Delete Parquet files that no state of the last days names.

    \b
    batchlake vacuum --dry-run
    batchlake vacuum --keep 30d
    """
    report = open_lake(lake_path).vacuum(keep_for=keep_for, dry_run=dry_run, wait_seconds=wait_seconds)
    _show(report, output_format, quiet=quiet and not dry_run)


def _show(report: MaintenanceReport, output_format: str, *, quiet: bool) -> None:
    """Say what was done; nothing when quiet, unless that is all that was asked for."""
    if output_format == "json":
        click.echo(json.dumps(report.to_dict(), indent=2))
        return
    if quiet:
        return
    for name, figures in report.tables.items():
        click.echo(
            f"{name:10} " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
        )
    if report.dry_run:
        click.echo("Dry run: nothing was deleted.")
    if report.kind == "compact" and not report.run_id:
        click.echo("Nothing to fold; the lake is as it was.")
