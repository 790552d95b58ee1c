"""Where answers go: standard output or the file of `-o`, in the format asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from batchlake.cli.options import note

if TYPE_CHECKING:
    from batchlake.result import Result


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """The binary file to write to; standard output without `-o`."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"cannot write {str(output)!r}: {error.strerror or error}") from error


def write_rows(
    result: Result,
    output_format: str,
    output: Path | None,
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
    quiet: bool = False,
) -> None:
    """Write rows; says on standard error what was left out."""
    from batchlake import output as formats

    if output is None and output_format in formats.BINARY_FORMATS and sys.stdout.isatty():
        raise click.ClickException(f"{output_format} is no text for a terminal; give -o FILE")
    with opened(output) as file:
        left_out = formats.write_rows(result, output_format, file, max_rows=max_rows, excel_safe=excel_safe)
    if left_out:
        note(left_out, quiet=quiet)


def write_document(document: Any, output_format: str, output: Path | None) -> None:
    """Write one document: a model, or a list of models."""
    from batchlake import output as formats

    with opened(output) as file:
        formats.write_document(document, output_format, file)


def write_text(text: str, output: Path | None) -> None:
    """Write lines of text, after what the file of `-o` already holds."""
    if output is None:
        click.echo(text)
    else:
        with output.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
