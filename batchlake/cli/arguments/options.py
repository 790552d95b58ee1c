"""Options that several verbs share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from batchlake._lazy import import_ahead
from batchlake.cli.arguments.completion import filter_names, folders, moments
from batchlake.cli.arguments.parameters import Command, Seconds, option
from batchlake.cli.arguments.settings import config_option, own_platform_files
from batchlake.cli.failures import note_format
from batchlake.cli.streams import say
from batchlake.engine import whole_files
from batchlake.errors import InvalidRequest

if TYPE_CHECKING:
    from batchlake.lake import Lake

_WITHOUT_CHOICE: Final = ("sql",)
"""What a verb writes that has no --format: `views`."""
OTHER_FILE: Final = "Name another file with -o."
"""What to do where the file of `-o` can't be written."""

_SHORT_FORMATS: Final = ("json", "csv")
_SHORT_FORMAT: Final = "batchlake.short_format"
_STANDARD_INPUT: Final = "batchlake.standard_input"

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOST_DAYS: Final = 99_999


class Duration(click.ParamType[timedelta]):
    """A length of time such as `90s`, `15m`, `26h` or `7d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta.max
        if length.days > _MOST_DAYS:
            self.fail(f"{value!r} is not a length of time; write 90s, 15m, 26h or 7d", param, ctx)
        return length


def lake_option(command: Command) -> Command:
    """`--lake DIR`, and `--config FILE`, which may name the lake."""
    lake = option(
        "--lake",
        "lake_path",
        default="lake",
        envvar="BATCHLAKE_LAKE",
        show_default=True,
        metavar="DIR",
        shell_complete=folders,
        help="The lake's folder, or s3://BUCKET/PREFIX; BATCHLAKE_LAKE names another default.",
    )
    return config_option(lake(command))


def at_option(command: Command) -> Command:
    """`--at TIME|RUN`."""
    return option(
        "--at", metavar="TIME|RUN", shell_complete=moments,
        help="Read the lake as it was then (2026-11-01, yesterday, 24h), or as that run left it.",
    )(command)  # fmt: skip


def filter_option(command: Command) -> Command:
    """`--filter JSON|@FILE|-`; given several times, all of them hold."""
    return option(
        "--filter",
        "filter_texts",
        multiple=True,
        metavar="JSON",
        shell_complete=filter_names,
        help="A filter object: JSON, @NAME of the settings, @FILE, or -. Given again, both hold.",
    )(command)


def format_option(formats: tuple[str, ...]) -> Callable[[Command], Command]:
    """`--format NAME`, the first of the formats by default; `--json` and `--csv` for short."""

    def remember(context: click.Context, _option: click.Parameter, value: str) -> str:
        if short := context.meta.get(_SHORT_FORMAT):
            if (
                context.get_parameter_source("output_format") is ParameterSource.COMMANDLINE
                and value != short
            ):
                raise click.UsageError(f"--format {value} and --{short} name two formats; give one.", context)
            value = short
        note_format(value)
        return value

    def shorten(context: click.Context, _option: click.Parameter, name: str | None) -> None:
        if not name:
            return
        given = context.params.get("output_format")
        if context.meta.setdefault(_SHORT_FORMAT, name) != name or (
            given not in (None, name)
            and context.get_parameter_source("output_format") is ParameterSource.COMMANDLINE
        ):
            raise click.UsageError(f"--{name} and another format are given; give one.", context)
        context.params["output_format"] = name
        note_format(name)

    def add(command: Command) -> Command:
        for name in reversed([name for name in _SHORT_FORMATS if name in formats]):
            command = option(
                f"--{name}", f"short_{name}", flag_value=name, is_flag=True, expose_value=False,
                is_eager=True, callback=shorten, help=f"--format {name} for short.",
            )(command)  # fmt: skip
        return named(command)

    named = option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        callback=remember,
        is_eager=True,
        help="How to write the answer.",
    )
    return add


def output_option(command: Command) -> Command:
    """`-o FILE`, whose suffix is the format where `--format` names none."""
    return option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        metavar="FILE",
        callback=_set_format,
        help="Write to a file, in the format of its suffix without --format; - is standard output.",
    )(command)


def _set_format(context: click.Context, _option: click.Parameter, file: Path | None) -> Path | None:
    """Let the file's suffix choose the format; `-` is not a file.

    Raises:
        InvalidRequest: the suffix stands for no format that the answer can have, and --format names none.
    """
    if file is None or str(file) == "-":
        return None
    # The format is eager, so that it is known by now.
    is_given = context.get_parameter_source("output_format") not in (None, ParameterSource.DEFAULT)
    if is_given or _SHORT_FORMAT in context.meta:
        return file
    named = next((one for one in context.command.params if one.name == "output_format"), None)
    formats = named.type.choices if named and isinstance(named.type, click.Choice) else _WITHOUT_CHOICE
    from batchlake.output.target import format_by_suffix

    name = format_by_suffix(file, formats)
    if name and named:
        context.params["output_format"] = name
        note_format(name)
    return file


def check_answer(output: Path | None, output_format: str) -> None:
    """Check that an answer can be written, before it is computed.

    Raises:
        InvalidRequest: what its format needs isn't installed, or the file can't be written.
    """
    from batchlake.output.libraries import import_libraries
    from batchlake.output.target import check_target

    import_libraries(output_format)
    if output is not None:
        check_target(output, OTHER_FILE)


def source_option(command: Command) -> Command:
    """`--source NAME`, for questions."""
    return option(
        "--source", metavar="NAME", help="Whose batch or call, where several platforms share an id."
    )(command)


def landing_option(purpose: str) -> Callable[[Command], Command]:
    """`--landing DIR`; what it is of use for to a verb, in a sentence."""
    return option(
        "--landing", type=click.Path(path_type=Path, file_okay=False), default="landing",
        envvar="BATCHLAKE_LANDING", show_default=True, metavar="DIR", help=purpose,
    )  # fmt: skip


def wait_option(command: Command) -> Command:
    """`--wait SECONDS`."""
    return option(
        "--wait", "wait_seconds", type=Seconds(), default=0, metavar="SECONDS",
        help="How long to wait for another writer.",
    )(command)  # fmt: skip


def quiet_option(command: Command) -> Command:
    """`-q`."""
    return option("-q", "--quiet", is_flag=True, help="No notes on standard error.")(command)


def quiet_as_it_is(command: Command) -> Command:
    """`-q`, of a verb that says nothing besides its answer: scripts give it to any."""
    return option("-q", "--quiet", is_flag=True, expose_value=False, help="No notes; this verb has none.")(
        command
    )


def open_lake(
    path: str,
    at: str | None = None,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    timezone: str = "UTC",
    needs: str | None = None,
) -> Lake:
    """The lake that the options name.

    Args:
        path, at, memory_limit, threads, timezone: the options.
        needs: a module that the question to it takes long to import.
    """
    from batchlake.lake import Lake

    if needs:
        import_ahead(needs)
    lake = Lake(
        path, memory_limit=memory_limit, threads=threads, platforms=own_platform_files(), timezone=timezone
    )
    return lake if at is None else lake.at(at)


def read_text(given: str) -> str:
    """The text that an option gives: itself, that of a file (`@FILE`), or of standard input (`-`)."""
    if given == "-":
        return standard_input()
    return file_text("filter file", Path(given[1:])) if given.startswith("@") else given


def standard_input() -> str:
    """All text on standard input, none where that is closed.

    Raises:
        InvalidRequest: it has been read already, for another option; it can't be read, or isn't text.
    """
    meta = click.get_current_context().meta
    if meta.get(_STANDARD_INPUT):
        raise InvalidRequest(
            "standard input is wanted twice, and can be read once. Give one of the two as a file or in words."
        )
    meta[_STANDARD_INPUT] = True
    try:
        # Python's own decoding lets any byte through under some locales.
        return sys.stdin.buffer.read().decode("utf-8") if sys.stdin else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"cannot read standard input: {_reason(error)}. Give a file.") from error


def file_text(what: str, path: Path) -> str:
    """The text of a file that was named.

    Raises:
        InvalidRequest: it can't be read, or isn't text.
    """
    try:
        return whole_files.read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot read the {what} {str(path)!r}: {_reason(error)}. Name another."
        raise InvalidRequest(reason, path=str(path)) from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"


def note(message: str, *, quiet: bool = False) -> None:
    """A line for people, on standard error."""
    if quiet:
        return
    from batchlake.output.target import takes_colour

    say(f"\x1b[2m{message}\x1b[0m" if takes_colour(sys.stderr) else message)
