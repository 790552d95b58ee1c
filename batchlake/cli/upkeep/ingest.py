"""`ingest`, `problems`, `runs`, `exports`: what goes into a lake, and what happened."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.completion import files
from batchlake.cli.arguments.options import (
    format_option,
    lake_option,
    note,
    open_lake,
    quiet_option,
    wait_option,
)
from batchlake.cli.arguments.parameters import option, refuse
from batchlake.cli.arguments.privacy import read_rules, redact_option
from batchlake.cli.arguments.request import SCREEN_WIDTH, answer_options, read_request, table_options
from batchlake.cli.arguments.selection import period_options
from batchlake.cli.display.progress_line import progress_shown
from batchlake.cli.display.verb_rows import write_verb
from batchlake.cli.failures import WITH_PROBLEMS
from batchlake.output.formats import ROW_FORMATS, STATUS_FORMATS
from batchlake.output.target import takes_colour

if TYPE_CHECKING:
    from batchlake.ingest.report import IngestReport

_run_option = option("--run", metavar="RUN", help="Only of this run.")
_code_option = option("--code", metavar="CODE", help="Only of this code.")
_file_option = option("--file", metavar="TEXT", help="Only where the location holds this text.")


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=files)
@lake_option
@option("--source", metavar="NAME",
        help="The platform or account the exports are of; by default each record's platform.")  # fmt: skip
@option("--batch", metavar="ID", help="The batch of calls that name none.")
@option("--force", is_flag=True, help="Read exports again whose bytes are known.")
@option("--read-all", is_flag=True, help="Read also files that have the size and time of an export held.")
@option("--dry-run", is_flag=True, help="Report what would change, write nothing.")
@redact_option
@option("--allow-problems", is_flag=True, help="Exit 0 even where something could not be used.")
@option("--memory", "memory_limit", metavar="SIZE", help="Memory to work in, as 2GB.")
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def ingest_command(
    paths: tuple[str, ...],
    lake_path: str,
    source: str | None,
    batch: str | None,
    force: bool,
    read_all: bool,
    dry_run: bool,
    redact: str | None,
    region: str | None,
    allow_problems: bool,
    memory_limit: str | None,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Read exports into the lake: files, folders, globs, or - for standard input.

    Batches, calls, lists and arrays of them, as JSON, JSON lines or several documents in a row, plain or in
    gzip, Zstandard, bzip2, xz or zip, are recognised by their keys. What can't be used is kept under
    `problems`. Exit status 5 says that the run is committed but something could not be used. A file that the
    lake holds is not opened again while its size and modification time are the same, nor read where its bytes
    are.

    \b
    batchlake ingest exports/
    batchlake ingest 's3://bucket/calls/' --source acme -q
    """
    with progress_shown(quiet=quiet) as progress:
        report = open_lake(lake_path).ingest(
            *paths,
            source=source,
            batch=batch,
            force=force,
            read_all=read_all,
            dry_run=dry_run,
            wait_seconds=wait_seconds,
            memory_limit=memory_limit,
            redact=read_rules(redact, region) or (),
            progress=progress,
        )
    _tell(report, output_format, allow_problems=allow_problems, quiet=quiet, paths=paths)


@click.group("problems", invoke_without_command=True)
@_run_option
@_code_option
@_file_option
@period_options("of the runs")
@table_options("problems")
@answer_options(ROW_FORMATS)
@click.pass_context
def problems_command(context: click.Context, /, **given: Any) -> None:
    """What could not be used: files, records and fields, each with its place, a code and the raw text.

    \b
    batchlake problems --last 7d --columns file,where,what
    batchlake problems replay --code not_an_amount
    """
    if context.invoked_subcommand is None:
        request = read_request(context, given)
        write_verb(request, "problems", **{name: given[name] for name in ("run", "code", "file")})
        return
    refuse(given.keys() - _SHARED_WITH_REPLAY, f"to `{context.invoked_subcommand}`")


_SHARED_WITH_REPLAY: Final = frozenset({"lake_path", "run", "code", "file", "quiet", "output_format"})


@problems_command.command("replay")
@lake_option
@_run_option
@_code_option
@_file_option
@option("--allow-problems", is_flag=True, help="Exit 0 even where something could not be used.")
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def replay_command(
    lake_path: str,
    run: str | None,
    code: str | None,
    file: str | None,
    allow_problems: bool,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Try the problems again, after a fix: `batchlake problems replay --code CODE`.

    Files that are still there are read again whole; of others, records are tried by the raw text kept.

    \b
    batchlake problems replay
    batchlake problems replay --code not_an_amount
    """
    with progress_shown(quiet=quiet) as progress:
        report = open_lake(lake_path).replay(
            run=run, code=code, file=file, wait_seconds=wait_seconds, progress=progress
        )
    _tell(report, output_format, allow_problems=allow_problems, quiet=quiet)


@click.command("runs")
@period_options("of their end")
@table_options("runs")
@answer_options(ROW_FORMATS, at=False)
@click.pass_context
def runs_command(context: click.Context, /, **given: Any) -> None:
    """Every run that was committed, newest first; its id, or the end of it, goes with --at.

    \b
    batchlake runs --last 7d
    batchlake batches --at 4b48dd
    """
    write_verb(read_request(context, given), "runs")


@click.command("exports")
@period_options("of the runs")
@table_options("exports")
@answer_options(ROW_FORMATS)
@click.pass_context
def exports_command(context: click.Context, /, **given: Any) -> None:
    """Every export that was read, newest first.

    \b
    batchlake exports --last 24h
    batchlake exports --sort -size --limit 10
    """
    write_verb(read_request(context, given), "exports")


def _tell(
    report: IngestReport,
    output_format: str,
    *,
    allow_problems: bool,
    quiet: bool,
    paths: tuple[str, ...] = (),
) -> None:
    """Say what was done; when quiet, only what needs somebody, on standard error."""
    from batchlake.screens.ingest import ingest_screen, nothing_read, problems_line
    from batchlake.screens.page import Page

    if output_format == "json":
        click.echo(json.dumps(report.to_dict(), indent=2))
    elif not quiet:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else SCREEN_WIDTH
        for line in ingest_screen(report, Page(width, colour=takes_colour(sys.stdout))):
            click.echo(line)
    elif report.problems:
        note(f"batchlake: {problems_line(report)}")
    if paths and nothing_read(report):
        skipped = f", {len(report.skipped_files)} passed over" if report.skipped_files else ""
        note(
            f"batchlake: {', '.join(paths)} {'hold' if len(paths) > 1 else 'holds'} no file to read{skipped}."
        )
    if report.problems and not allow_problems:
        raise click.exceptions.Exit(WITH_PROBLEMS)
