"""Options that several verbs share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.failures import note_format
from batchlake.errors import InvalidRequest

if TYPE_CHECKING:
    from batchlake.filters import Filter
    from batchlake.lake import Lake

Command = Callable[..., Any]

ROW_FORMATS: Final = ("table", "json", "ndjson", "csv", "markdown", "parquet", "xlsx")
DOCUMENT_FORMATS: Final = ("json", "table")
REPORT_FORMATS: Final = ("table", "json")


def lake_option(command: Command) -> Command:
    """`--lake DIR`."""
    return click.option(
        "--lake",
        "lake_path",
        default="lake",
        envvar="BATCHLAKE_LAKE",
        show_default=True,
        metavar="DIR",
        help="The lake's folder, or s3://BUCKET/PREFIX; BATCHLAKE_LAKE names another default.",
    )(command)


def at_option(command: Command) -> Command:
    """`--at TIME|RUN`."""
    return click.option(
        "--at", metavar="TIME|RUN", help="Read the lake as it was then, or as that run left it."
    )(command)


def filter_option(command: Command) -> Command:
    """`--filter JSON|@FILE|-`."""
    return click.option(
        "--filter",
        "filter_text",
        metavar="JSON",
        help="A filter object: JSON, @FILE, or - for standard input.",
    )(command)


def format_option(formats: tuple[str, ...]) -> Callable[[Command], Command]:
    """`--format NAME`, the first of the formats by default."""

    def remember(_context: click.Context, _option: click.Parameter, value: str) -> str:
        note_format(value)
        return value

    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        callback=remember,
        is_eager=True,
        help="How to write the answer.",
    )


def output_option(command: Command) -> Command:
    """`-o FILE`."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write to a file.",
    )(command)


def source_option(command: Command) -> Command:
    """`--source NAME`, for questions."""
    return click.option(
        "--source", metavar="NAME", help="Whose batch or call, where several platforms share an id."
    )(command)


def wait_option(command: Command) -> Command:
    """`--wait SECONDS`."""
    return click.option(
        "--wait", "wait_seconds", type=click.FloatRange(min=0), default=0, metavar="SECONDS",
        help="How long to wait for another writer.",
    )(command)  # fmt: skip


def quiet_option(command: Command) -> Command:
    """`-q`."""
    return click.option("-q", "--quiet", is_flag=True, help="No notes on standard error.")(command)


def open_lake(
    path: str, at: str | None = None, *, memory_limit: str | None = None, threads: int | None = None
) -> Lake:
    """The lake that the options name."""
    from batchlake.lake import Lake

    lake = Lake(path, memory_limit=memory_limit, threads=threads)
    return lake.at(at) if at else lake


def read_filter_option(text: str | None) -> Filter | None:
    """The filter that the option gives, None where it isn't given.

    Raises:
        InvalidFilter: with every fault.
    """
    if text is None:
        return None
    from batchlake.filters import parse_filter

    return parse_filter(_text_of(text))


def _text_of(given: str) -> str:
    if given == "-":
        return standard_input()
    if given.startswith("@"):
        path = Path(given[1:])
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise unreadable("filter file", path, error) from error
    return given


def standard_input() -> str:
    """All text on standard input, none where that is closed."""
    return sys.stdin.read() if sys.stdin else ""


def unreadable(what: str, path: Path, error: OSError | UnicodeDecodeError) -> InvalidRequest:
    """The error for a file that was named and can't be read as text."""
    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return InvalidRequest(f"cannot read the {what} {str(path)!r}: {why}. Name another.", path=str(path))


def note(message: str, *, quiet: bool = False) -> None:
    """A line for people, on standard error."""
    if not quiet:
        click.echo(message, err=True)
