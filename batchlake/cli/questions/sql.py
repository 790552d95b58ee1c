"""`sql` and `views`: the lake as a database."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake._lazy import extra
from batchlake.cli.arguments.engine_options import engine_options
from batchlake.cli.arguments.options import (
    at_option,
    file_text,
    lake_option,
    note,
    open_lake,
    output_option,
    quiet_option,
    standard_input,
)
from batchlake.cli.arguments.parameters import Count, Seconds, option, refuse
from batchlake.cli.arguments.request import Request, answer_options, read_request
from batchlake.cli.arguments.selection import read_typed_filter, selection_options
from batchlake.cli.display.answers import masked, opened, write_rows_to, write_tables
from batchlake.errors import InvalidRequest
from batchlake.output.formats import BINARY_FORMATS, ROW_FORMATS
from batchlake.output.rows import Tally
from batchlake.text.escaping import shown

if TYPE_CHECKING:
    from batchlake.filters.model import Filter
    from batchlake.output.readable import HasRows, Readable

_SPACED_FORMATS: Final = frozenset({"table", "markdown"})
"""Those in which a blank line parts one result from the next."""

_SINGLE_IN_FILES: Final = frozenset({"csv", "json"})
"""A file holds one result of these; a pipe may be read as several."""


@click.command("sql")
@click.argument("typed_words", nargs=-1, metavar="[SQL]...")
@selection_options()
@option("-c", "--command", "command_texts", multiple=True, metavar="SQL",
        help="Run these statements and stop; given again, those run after them.")  # fmt: skip
@option("-f", "--file", "file", type=click.Path(path_type=Path), metavar="FILE",
        help="Run the statements of a file.")  # fmt: skip
@option("--timeout", "timeout_seconds", type=Seconds(is_open=True), metavar="SECONDS",
        help="Stop a query that runs longer (exit 4).")  # fmt: skip
@option("--memory", "memory_limit", metavar="SIZE", help="Memory to work in, as 2GB.")
@option("--threads", type=Count(most=1_024), metavar="N", help="Threads to work with.")
@option("--limit", "--max-rows", "limit", type=Count(), metavar="N",
        help="At most so many rows of each result.")  # fmt: skip
@option("--wide", is_flag=True, help="Every column, every value whole.")
@option("-x", "--vertical", is_flag=True, help="Rows one below the other.")
@option("--excel-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet would run.")
@engine_options
@answer_options(ROW_FORMATS)
@click.pass_context
def sql_command(
    context: click.Context,
    /,
    typed_words: tuple[str, ...],
    command_texts: tuple[str, ...],
    file: Path | None,
    timeout_seconds: float | None,
    excel_safe: bool,
    **given: Any,
) -> None:
    """Ask in DuckDB's SQL: as typed here or with -c, from a file, from standard input, or at a prompt.

    Statements run read-only over the tables and views of the lake; `selected_calls` and `selected_segments`
    are the calls and utterances that the filters leave.

    \b
    batchlake sql "select agent_id, count(*) from calls group by all"
    batchlake sql --last 7d -c "from selected_calls" --csv -o week.csv
    """
    if typed_words:
        # Without quotation marks a statement is as many words as the shell made of it.
        command_texts += (" ".join(typed_words),)
    if command_texts and file is not None:
        raise click.UsageError("-f FILE and statements are two sources; give one of them.")
    if command_texts and not any(map(str.strip, command_texts)):
        # Of a shell's variable that isn't set: nothing would be said of it.
        raise click.UsageError("the statement is empty.")
    if len(typed_words) == 1 and isfile(typed_words[0]):  # noqa: PTH113 - a long statement is no path
        raise click.UsageError(f"{shown(typed_words[0])} is a file: its statements run with -f.")
    is_typed = not command_texts and file is None and sys.stdin and sys.stdin.isatty()
    at_prompt = is_typed and sys.stdout.isatty()
    if at_prompt and given["engine"] == "spark":
        raise InvalidRequest(
            "the prompt asks this machine. With --engine spark give statements with -c, -f or a pipe."
        )
    if at_prompt:
        refuse(("output", "wide", "vertical"), "at the prompt, which has \\o FILE, \\wide and \\x")
    request = read_request(context, {**given, "at_prompt": at_prompt})
    lake, wanted = request.lake, request.lake.selected_filter(request.filter, request.period)
    if at_prompt:
        _prompt(context, request, wanted, timeout_seconds, excel_safe=excel_safe)
        return
    if is_typed:
        note("Standard output is not a terminal: type statements, then Ctrl-D.", quiet=request.quiet)
    texts = command_texts or [_text_of(file)]
    _check_results(texts, request.format, request.output)
    with lake.session(wanted, timeout_seconds=timeout_seconds) as session:
        answers = (rows for text in texts for rows in session.run(text))
        if request.format == "table" and request.is_terminal:
            write_tables(request, answers)
        else:
            _write_answers(request, answers, excel_safe=excel_safe)


def _prompt(
    context: click.Context,
    request: Request,
    wanted: Filter | None,
    timeout_seconds: float | None,
    *,
    excel_safe: bool,
) -> None:
    """Run the console until it is left."""
    with extra("console", "statements at a prompt"):
        from batchlake.console.loop import run_console
        from batchlake.lake import Lake

    assert isinstance(request.lake, Lake)  # noqa: S101 - Spark has no prompt
    run_console(
        request.lake,
        filter=wanted,
        row_format=request.format,
        timeout_seconds=timeout_seconds,
        max_rows=request.limit,
        excel_safe=excel_safe,
        read_filter=partial(read_typed_filter, context),
        pager=request.pager,
        read_rows=partial(masked, request),
    )


def _write_answers(request: Request, answers: Iterable[HasRows | Readable], *, excel_safe: bool) -> None:
    """Write the rows of one statement after another, each as soon as it has been answered."""
    tally = Tally()
    with opened(request.output, quiet=request.quiet, tally=tally) as target:
        total = 0
        for number, rows in enumerate(answers):
            if number and request.format in _SPACED_FORMATS:
                target.write(b"\n")
            write_rows_to(target, request, rows, excel_safe=excel_safe, tally=tally)
            total += tally.rows
            # The next statement may take its time.
            target.flush()
        tally.rows = total


@click.command("views")
@lake_option
@at_option
@output_option
@quiet_option
def views_command(lake_path: str, at: str | None, output: Path | None, quiet: bool) -> None:
    """The SQL that makes the lake's tables and views in any DuckDB, over the files of this state.

    \b
    batchlake views -o views.sql
    batchlake views --at yesterday
    """
    with opened(output, quiet=quiet) as file:
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
    return file_text("file", file)
