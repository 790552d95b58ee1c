"""`sql` and `views`: the lake as a database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from batchlake.cli.options import (
    ROW_FORMATS,
    at_option,
    filter_option,
    format_option,
    lake_option,
    note,
    open_lake,
    output_option,
    quiet_option,
    read_filter_option,
    standard_input,
    unreadable,
)
from batchlake.cli.writing import BINARY_FORMATS, opened, write_rows_to
from batchlake.errors import InvalidRequest

_SPACED_FORMATS: Final = frozenset({"table", "markdown"})
"""Those in which a blank line parts one result from the next."""


@click.command("sql")
@lake_option
@at_option
@filter_option
@click.option("-c", "--command", "command_text", metavar="SQL", help="Run these statements and stop.")
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), metavar="FILE",
              help="Run the statements of a file.")  # fmt: skip
@click.option("--timeout", "timeout_seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="Stop a query that runs longer (exit 4).")  # fmt: skip
@click.option("--memory", "memory_limit", metavar="SIZE", help="Memory to work in, as 2GB.")
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Threads to work with.")
@click.option(
    "--max-rows", type=click.IntRange(min=1), metavar="N", help="At most so many rows of each result."
)
@click.option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")
@output_option
@quiet_option
@format_option(ROW_FORMATS)
def sql_command(
    lake_path: str,
    at: str | None,
    filter_text: str | None,
    command_text: str | None,
    file: Path | None,
    timeout_seconds: float | None,
    memory_limit: str | None,
    threads: int | None,
    max_rows: int | None,
    excel_safe: bool,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """Ask in DuckDB's SQL: with -c, from a file, from standard input, or at a prompt.

    Statements run read-only over the tables and views of the lake; `selected_calls` and `selected_segments`
    are the calls and utterances that --filter leaves.
    """
    if command_text is not None and file is not None:
        raise click.UsageError("-c and -f are two sources of statements; give one of them.")
    lake = open_lake(lake_path, at, memory_limit=memory_limit, threads=threads)
    wanted = read_filter_option(filter_text)
    at_prompt = command_text is None and file is None and sys.stdin and sys.stdin.isatty()
    if at_prompt and sys.stdout.isatty():
        from batchlake.console import run_console

        run_console(
            lake,
            filter=wanted,
            row_format=output_format,
            timeout_seconds=timeout_seconds,
            max_rows=max_rows,
            excel_safe=excel_safe,
        )
        return
    if at_prompt:
        note("Standard output is no terminal: type statements, then Ctrl-D.", quiet=quiet)
    text = command_text if command_text is not None else _text_of(file)
    with lake.session(wanted, timeout_seconds=timeout_seconds) as session, opened(output) as target:
        for number, rows in enumerate(session.run(text)):
            if number and output_format in BINARY_FORMATS:
                raise InvalidRequest(f"{output_format} holds one result. Ask one query at a time.")
            if number and output_format in _SPACED_FORMATS:
                target.write(b"\n")
            write_rows_to(target, rows, output_format, max_rows=max_rows, excel_safe=excel_safe, quiet=quiet)
            # The next statement may take its time.
            target.flush()


@click.command("views")
@lake_option
@at_option
@output_option
def views_command(lake_path: str, at: str | None, output: Path | None) -> None:
    """The SQL that makes the lake's tables and views in any DuckDB, over the files of this state."""
    with opened(output) as file:
        file.write(open_lake(lake_path, at).views_script().encode())


def _text_of(file: Path | None) -> str:
    """The statements of a file, of standard input without one."""
    if file is None:
        return standard_input()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable("file", file, error) from error
