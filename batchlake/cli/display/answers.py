"""Where answers go: standard output, a pager or the file of `-o`, in the format asked for; notes behind
them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.options import OTHER_FILE, note
from batchlake.errors import InvalidRequest
from batchlake.output.formats import BINARY_FORMATS
from batchlake.text import looks
from batchlake.text.bars import encodable

if TYPE_CHECKING:
    from batchlake.cli.arguments.request import Request
    from batchlake.output.readable import HasRows, Readable, Shown
    from batchlake.output.rows import Tally


_PLAN: Final = ["explain_key", "explain_value"]
"""The columns of what `explain` answers."""


@contextmanager
def opened(output: Path | None, *, quiet: bool = True, tally: Tally | None = None) -> Iterator[IO[bytes]]:
    """The binary file to write to, standard output without `-o`.

    Args:
        output: the file.
        quiet: don't say what was written.
        tally: how many rows were.

    Raises:
        InvalidRequest: the file can't be written; what was there before still is.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from batchlake.output.target import refused, replacing

    with refused(output, OTHER_FILE), replacing(output) as file:
        yield file
    size = output.stat().st_size if output.is_file() else None
    rows = "" if tally is None else f"{looks.counted(tally.rows, 'row')} to "
    note(f"Wrote {rows}{output}" + ("." if size is None else f" ({looks.size(size)})."), quiet=quiet)


def write_rows(
    request: Request,
    answer: HasRows | Readable,
    *,
    excel_safe: bool = False,
    kinds: Mapping[str, str] | None = None,
    title: str = "rows",
) -> None:
    """Write rows as programs read them, in the format asked for, to standard output or a file.

    Args:
        request: how.
        answer: the rows.
        excel_safe: in CSV, escape what a spreadsheet would take for a formula.
        kinds: of the columns' values, by which a workbook formats its cells.
        title: of a workbook's sheet.
    """
    from batchlake.output.rows import Tally

    tally = Tally()
    with opened(request.output, quiet=request.quiet, tally=tally) as file:
        write_rows_to(file, request, answer, excel_safe=excel_safe, tally=tally, kinds=kinds, title=title)


def write_rows_to(
    file: IO[bytes],
    request: Request,
    answer: HasRows | Readable,
    *,
    excel_safe: bool = False,
    tally: Tally | None = None,
    kinds: Mapping[str, str] | None = None,
    title: str = "rows",
) -> None:
    """Write rows to an open file; says on standard error what was left out.

    Args:
        file, request, answer, excel_safe, tally: as in `output.rows.write_rows`.
        kinds: of the columns' values, for the cells of a workbook.
        title: of its sheet.
    """
    from batchlake.output import rows
    from batchlake.output.workbook import Kinds

    refuse_terminal(request.format, file)
    left_out = rows.write_rows(
        masked(request, rows.readable(answer)), request.format, file,
        max_rows=request.limit, excel_safe=excel_safe, tally=tally,
        layout=replace(rows.exact_layout(None), vertical=request.vertical),
        kinds=Kinds(dict(kinds), title, request.timezone) if kinds and request.format == "xlsx" else None,
    )  # fmt: skip
    if left_out:
        # A note stands behind what it is about.
        file.flush()
        note(left_out, quiet=request.quiet)


def masked(request: Request, rows: Readable, names: Sequence[str] | None = None) -> Readable:
    """The rows, with phone numbers masked where that is asked for.

    Args:
        request: how.
        rows: not read yet.
        names: of their columns, where they are not their own.
    """
    if not request.mask:
        return rows
    from batchlake.screens.masking import MaskedRows

    return MaskedRows(rows, names)


def write_table(
    request: Request,
    shown: Shown,
    *,
    about: Callable[[int], str] = lambda count: "",
    empty: Callable[[], str] = lambda: "",
    before: Iterable[str] = (),
    about_columns: Sequence[str] = (),
) -> None:
    """Write rows as people read them: a table at a terminal, in a pipe or a file, or Markdown.

    Args:
        request: how.
        shown: the rows.
        about: what so many rows are, the beginning of the note: `9 batches`.
        empty: what to say where there are none.
        before: lines above the table.
        about_columns: notes behind those of what isn't shown.
    """
    from batchlake.output.rows import Limited
    from batchlake.text.ranked import RankedTable, markdown_rows

    rows = shown.result.rows()
    if not shown.is_masked:
        rows = masked(request, rows, [column.name for column in shown.columns])
    limited = Limited(rows, request.limit)
    layout = request.layout
    try:
        if request.format == "markdown":
            write_lines(
                request, markdown_rows(shown.columns, limited, layout.style), rows=lambda: limited.count
            )
            return
        table = RankedTable(shown.columns, layout)
        nothing = cache(empty)

        def lines() -> Iterator[str]:
            yield from before
            made = table.lines(limited)
            head = list(islice(made, 1))
            if not limited.count and request.is_terminal and nothing():
                # A head above nothing is no answer; a script finds one.
                return
            yield from chain(head, made)

        def notes() -> list[str]:
            if not limited.count and (said := nothing()):
                return [said]
            counted = about(limited.count)
            zone = f"times in {request.timezone}" if table.shows_times else ""
            head = ", ".join(part for part in (counted, zone) if part)
            head = head[:1].upper() + head[1:]
            unnamed = [no_currency(some=table.named_money)] if table.unnamed_money else []
            first, *others = table.notes() or [""]
            joined = f"{head}. {first}" if first.startswith("In ") and head else ""
            begin = [joined] if joined else [f"{head}." if head else "", first]
            return [one for one in (*begin, *others, *unnamed, *about_columns, *limited.notes()) if one]

        write_lines(request, lines(), notes, rows=lambda: limited.count)
    finally:
        rows.close()


def no_currency(*, some: bool) -> str:
    """What is said where amounts stand without their currency: some of them, or all."""
    return f"The exports name no currency{' of some amounts' if some else ''}."


def write_tables(request: Request, answers: Iterable[Readable]) -> None:
    """Write the answers to several statements at a terminal, exactly as SQL gives them, each with its
    notes."""
    from batchlake.output.rows import Limited, exact_table

    for number, rows in enumerate(answers):
        limited = Limited(masked(request, rows), request.limit)
        table = exact_table(
            rows.columns, replace(request.layout, style=replace(request.layout.style, whole=True))
        )
        begun = [""] if number else []
        if rows.columns == _PLAN:
            # It is drawn over many lines.
            drawn = (line for row in limited for line in str(row[1]).splitlines())
            write_lines(request, chain(begun, drawn), limited.notes)
            continue
        write_lines(
            request,
            chain(begun, table.lines(limited)),
            lambda table=table, limited=limited: [*table.notes(), *limited.notes()],  # type: ignore[misc]
        )


def write_lines(
    request: Request,
    lines: Iterable[str],
    notes: Callable[[], list[str]] = list,
    *,
    rows: Callable[[], int] | None = None,
) -> None:
    """Write lines for people: through the pager where they are many, notes as its last lines; else to the
    file, standard output, and standard error."""
    if request.is_terminal:
        from batchlake.output.pager import page

        # Printed whole, an answer has its notes on standard error; in the pager they are its last lines.
        page(
            lines,
            list(request.pager),
            lambda paged: [] if request.quiet else _note_lines(notes(), request, paged=paged),
            wide=request.wide,
        )
        return
    from batchlake.output.rows import Tally

    tally = Tally()
    with opened(request.output, quiet=request.quiet, tally=tally if rows else None) as file:
        encoding = "utf-8" if request.output else sys.stdout.encoding
        for line in lines:
            file.write(f"{encodable(line, encoding)}\n".encode(encoding or "utf-8", "replace"))
        if rows:
            tally.rows = rows()
    for one in notes():
        note(one, quiet=request.quiet)


def _note_lines(notes: list[str], request: Request, *, paged: bool) -> list[str]:
    """The lines of notes for the pager; without it they go to standard error."""
    from batchlake.output.pager import fill

    lines = [line for one in notes for line in fill(one, request.layout.width or 80)]
    if paged:
        return [dim(line, request) for line in lines]
    sys.stdout.flush()
    for line in lines:
        note(line)
    return []


def dim(line: str, request: Request) -> str:
    """A line of a note, as a terminal shows it."""
    return f"\x1b[2m{line}\x1b[0m" if request.colour and line else line


def write_document(request: Request, document: Any) -> None:
    """Write one document as JSON; at a terminal coloured, through the pager."""
    from batchlake.output import documents

    write_json(request, documents.plain_document(document))


def write_json(request: Request, document: Any) -> None:
    """Write a document that is in JSON's types."""
    import json

    if request.mask:
        from batchlake.screens.masking import masked_document

        document = masked_document(document)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    if request.is_terminal:
        write_lines(request, _coloured_json(text) if request.colour else text.split("\n"))
        return
    with opened(request.output, quiet=request.quiet) as file:
        file.write(text.encode() + b"\n")


def _coloured_json(text: str) -> Iterator[str]:
    """The lines of an indented JSON text: names bold, what is null dim."""
    for line in text.split("\n"):
        blank = line[: len(line) - len(line.lstrip())]
        name, colon, value = line.strip().partition(": ")
        if not name.startswith('"') or not colon or name.count('"') != 2:
            yield line
            continue
        value = f"\x1b[2m{value}\x1b[0m" if value.rstrip(",") == "null" else value
        yield f"{blank}\x1b[1m{name}\x1b[0m: {value}"


def refuse_terminal(output_format: str, file: IO[bytes] | None = None) -> None:
    """Raise where binary output would go to a terminal; `file` is standard output if not given."""
    if output_format not in BINARY_FORMATS:
        return
    if (file or sys.stdout.buffer) is sys.stdout.buffer and sys.stdout.isatty():
        raise InvalidRequest(f"{output_format} is binary; write it with -o FILE.")


def column_help(request: Request, verb: str) -> bool:
    """Whether `--columns help` was asked, and is answered."""
    if not request.asks_for_columns:
        return False
    from batchlake.query.columns import verb as columns_of

    for column in columns_of(verb).columns:
        own = f"  ({column.own})" if column.own and column.own != column.name else ""
        click.echo(f"{column.name}{own}" + ("" if column.ranked else "  only with --wide or by name"))
    if columns_of(verb).has_extra:
        click.echo("extra.FIELD  a field of the exports' own; `batchlake fields` lists them")
    return True
