"""`sql` and `views`: the lake as a database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from batchlake._lazy import extra
from batchlake.cli.answers import opened, write_rows_to
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
    standard_input,
    unreadable,
)
from batchlake.cli.parameters import option
from batchlake.errors import InvalidRequest
from batchlake.output.formats import BINARY_FORMATS, ROW_FORMATS

_SPACED_FORMATS: Final = frozenset({"table", "markdown"})
"""Those in which a blank line parts one result from the next."""

_SINGLE_IN_FILES: Final = frozenset({"csv", "json"})
"""A file holds one result of these; a pipe may be read as several."""


@click.command("sql")
@lake_option
@at_option
@filter_option
@option("-c", "--command", "command_texts", multiple=True, metavar="SQL",
        help="Run these statements and stop; given again, those run after them.")  # fmt: skip
@option("-f", "--file", "file", type=click.Path(path_type=Path), metavar="FILE",
        help="Run the statements of a file.")  # fmt: skip
@option("--timeout", "timeout_seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
        help="Stop a query that runs longer (exit 4).")  # fmt: skip
@option("--memory", "memory_limit", metavar="SIZE", help="Memory to work in, as 2GB.")
@option("--threads", type=click.IntRange(min=1), metavar="N", help="Threads to work with.")
@option("--max-rows", type=click.IntRange(min=1), metavar="N", help="At most so many rows of each result.")
@option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")
@output_option
@quiet_option
@format_option(ROW_FORMATS)
def sql_command(
    lake_path: str,
    at: str | None,
    filter_texts: tuple[str, ...],
    command_texts: tuple[str, ...],
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
    if command_texts and file is not None:
        raise click.UsageError("-c and -f are two sources of statements; give one of them.")
    lake = open_lake(lake_path, at, memory_limit=memory_limit, threads=threads)
    wanted = read_filter_option(filter_texts)
    at_prompt = not command_texts and file is None and sys.stdin and sys.stdin.isatty()
    if at_prompt and sys.stdout.isatty():
        with extra("console", "statements at a prompt"):
            from batchlake.console.loop import run_console

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
        note("Standard output is not a terminal: type statements, then Ctrl-D.", quiet=quiet)
    texts = command_texts or [_text_of(file)]
    _check_results(texts, output_format, output)
    with lake.session(wanted, timeout_seconds=timeout_seconds) as session, opened(output) as target:
        for number, rows in enumerate(rows for text in texts for rows in session.run(text)):
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


def _check_results(texts: Sequence[str], output_format: str, output: Path | None) -> None:
    """Check that the format can hold all the results of these statements.

    Raises:
        InvalidRequest: it holds one result, and there are several; none of them has been asked for yet.
    """
    single = BINARY_FORMATS if output is None else BINARY_FORMATS | _SINGLE_IN_FILES
    if output_format not in single:
        return
    from batchlake.query.session import count_answers

    count = sum(map(count_answers, texts))
    if count > 1:
        raise InvalidRequest(
            f"{output_format} holds one result, and {count} queries would be answered. "
            "Ask one query at a time, or name ndjson, markdown or table with --format: those hold several."
        )


def _text_of(file: Path | None) -> str:
    """The statements of a file, of standard input without one or for `-`."""
    if file is None or str(file) == "-":
        return standard_input()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable("file", file, error) from error
