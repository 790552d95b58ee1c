"""Where answers go: standard output or the file of `-o`, in the format asked for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from batchlake.cli.options import note
from batchlake.errors import InvalidRequest
from batchlake.output.formats import BINARY_FORMATS

if TYPE_CHECKING:
    from batchlake.engine.cursor import Rows
    from batchlake.query.result import Result


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """The binary file to write to, standard output without `-o`.

    Raises:
        InvalidRequest: the file can't be written; what was there before still is.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from batchlake.output.target import replacing

    try:
        with replacing(output) as file:
            yield file
    except OSError as error:
        raise InvalidRequest(
            f"cannot write {str(output)!r}: {error.strerror or error}. Name another file with -o.",
            path=str(output),
        ) from error


def write_rows(
    result: Result,
    output_format: str,
    output: Path | None,
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
    quiet: bool = False,
) -> None:
    """Write rows to standard output or to a file."""
    with opened(output) as file:
        write_rows_to(file, result, output_format, max_rows=max_rows, excel_safe=excel_safe, quiet=quiet)


def write_rows_to(
    file: IO[bytes],
    answer: Result | Rows,
    output_format: str,
    *,
    max_rows: int | None = None,
    excel_safe: bool = False,
    quiet: bool = False,
) -> None:
    """Write rows to an open file; says on standard error what was left out."""
    from batchlake.output import rows

    refuse_terminal(output_format, file)
    left_out = rows.write_rows(
        answer, output_format, file, max_rows=max_rows, excel_safe=excel_safe, **_layout(file)
    )
    if left_out:
        note(left_out, quiet=quiet)


def write_document(
    document: Any, output_format: str, output: Path | None, *, foot: str = "", quiet: bool = False
) -> None:
    """Write one document, a model or a list of models, with lines of text after it."""
    from batchlake.output import documents

    with opened(output) as file:
        left_out = documents.write_document(document, output_format, file, **_layout(file))
        file.write(foot.encode())
    if left_out:
        note(left_out, quiet=quiet)


def refuse_terminal(output_format: str, file: IO[bytes] | None = None) -> None:
    """Raise where binary output would go to a terminal; `file` is standard output if not given."""
    if output_format in BINARY_FORMATS and _is_terminal(file or sys.stdout.buffer):
        raise InvalidRequest(f"{output_format} is binary; write it with -o FILE.")


def _is_terminal(file: IO[bytes]) -> bool:
    return file is sys.stdout.buffer and sys.stdout.isatty()


def _layout(file: IO[bytes]) -> dict[str, Any]:
    """Width and colour, which depend on the terminal; the format never does."""
    if not _is_terminal(file):
        return {}
    from batchlake.output.target import takes_colour

    return {"width": shutil.get_terminal_size().columns, "colour": takes_colour(sys.stdout)}
