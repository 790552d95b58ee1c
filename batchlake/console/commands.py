"""The backslash commands: what each does, what it can be followed by, and what else people type for it.

Input: a line such as `\\format csv`. Output: something on the screen, or a change of the console's state.
"""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchlake.analytics.definitions import definitions
from batchlake.console.catalogue import Catalogue, Name
from batchlake.engine import sql_files
from batchlake.engine.whole_files import read_text
from batchlake.errors import InvalidRequest
from batchlake.filters.model import ALL
from batchlake.filters.selection import select
from batchlake.output.formats import BINARY_FORMATS, ROW_FORMATS
from batchlake.text.suggest import nearest_name
from batchlake.text.table import Grid
from batchlake.text.terminal import display_width

if TYPE_CHECKING:
    from batchlake.console.state import Console

Command = Callable[["Console", str], None]

_NOW: Final = "now"
_ANY_WIDTH: Final = 1_000
_NARROWEST: Final = 30


def is_command(text: str) -> bool:
    """Whether what was typed at an empty prompt is a command and no SQL.

    >>> is_command("\\\\d calls"), is_command(".tables"), is_command("Quit;"), is_command("from quit")
    (True, True, True, False)
    """
    name = _name(text)[0]
    return name.startswith(("\\", ".")) or named(text) is not None


def run(console: Console, line: str) -> None:
    """Run one command.

    Raises:
        InvalidRequest: there is no such command; names the one most like it.
        BatchlakeError: it can't do what it was given.
    """
    name, argument = _name(line)
    command = named(line)
    if command is None:
        known = [*COMMANDS, *(alias for alias in ALIASES if alias.startswith("\\"))]
        nearest = nearest_name(f"\\{name[1:]}", known) if name[1:] else None
        hint = f"Did you mean {ALIASES.get(nearest, nearest)}? " if nearest else ""
        raise InvalidRequest(f"there is no {name}. {hint}\\help lists the commands.")
    action, _ = COMMANDS[command]
    action(console, argument)


def _name(text: str) -> tuple[str, str]:
    """The first word of what was typed, and what follows it."""
    name, *rest = text.strip().rstrip(";").split(maxsplit=1) or [""]
    return name, rest[0].strip() if rest else ""


def named(text: str) -> str | None:
    """The command that was typed, also under another name; None for anything else."""
    name, argument = _name(text)
    if name in COMMANDS:
        return name
    is_alone = not argument or name.lower() not in ALIASES_ALONE
    return ALIASES.get(name.lower()) if is_alone else None


def choices(name: str, catalogue: Catalogue) -> list[Name]:
    """What a command can be followed by, where that can be listed."""
    if name == "\\d":
        return catalogue.relations()
    if name == "\\format":
        return [Name(row_format, "format") for row_format in ROW_FORMATS]
    if name == "\\sql":
        return [Name(metric.name, metric.unit, metric.definition) for metric in definitions()]
    return []


def _path(argument: str) -> Path:
    """The file that was typed, `~` and `~name` being folders.

    Raises:
        InvalidRequest: nobody of that name is known here.
    """
    try:
        return Path(argument).expanduser()
    except RuntimeError as error:
        raise InvalidRequest(f"whose folder is meant by {argument!r} isn't known. Name it whole.") from error


def _describe(console: Console, argument: str) -> None:
    """`\\d` and `\\d calls`."""
    catalogue = console.catalogue
    if not argument:
        rows = [(name.text, name.kind, name.words) for name in catalogue.relations()]
        console.screen.page(_table(["name", "kind", "what it holds"], rows, console))
        return
    relation = argument.strip('"').lower()
    found = catalogue.columns().get(relation)
    if not found:
        raise InvalidRequest(f"there is no table or view {argument!r}. \\d lists them.")
    (about,) = [name for name in catalogue.relations() if name.text == relation]
    rows = [(column.text, column.kind, column.words) for column in found]

    def lines() -> Iterator[str]:
        yield f"{about.kind} {about.text}: {about.words}"
        yield from _table(["column", "type", "meaning"], rows, console)

    console.screen.page(lines())


def _metrics(console: Console, _: str) -> None:
    rows = [(metric.name, metric.unit, Path(metric.file).name, metric.definition) for metric in definitions()]
    console.screen.page(_table(["metric", "unit", "file", "definition"], rows, console))


def _sql_of(console: Console, argument: str) -> None:
    """`\\sql success_rate`, and `\\sql counts` for a file as a whole."""
    files = {metric.name: metric.file for metric in definitions()}
    for name in (*sql_files.names("analytics"), *sql_files.names("views")):
        files[name.rpartition("/")[2]] = f"sql/{name}.sql"
    if argument not in files:
        raise InvalidRequest(f"there is no metric or view {argument!r}. \\metrics and \\d list them.")
    path = files[argument]
    file = sql_files.load(path.removeprefix("sql/").removesuffix(".sql"))
    console.screen.page([f"-- {path}", *file.text.splitlines()])


def _filter(console: Console, argument: str) -> None:
    if argument:
        console.select(console.read_filter(argument))
    back = "" if console.filter in (None, ALL) else " \\filter {} selects all again."
    console.screen.note(f"selected_calls: {select(console.filter).description}{back}")


def _at(console: Console, argument: str) -> None:
    if argument:
        console.go_to(None if argument == _NOW else argument)
    back = "that is the newest state." if console.lake is console.newest else "\\at now leads back."
    console.screen.note(f"{console.lake!r}: {back}")


def _format(console: Console, argument: str) -> None:
    if argument and argument not in ROW_FORMATS:
        raise InvalidRequest(f"unknown format {argument!r}. Give one of {', '.join(ROW_FORMATS)}.")
    console.row_format = argument or console.row_format
    binary = " It needs \\o FILE." if console.row_format in BINARY_FORMATS else ""
    console.screen.note(f"Rows are written as {console.row_format}.{binary}")


def _output(console: Console, argument: str) -> None:
    if argument in ("", "-"):
        console.output = None
        console.screen.note("The next answer goes to the screen.")
        return
    path = _path(argument)
    row_format = console.format_of(path)
    console.output = path
    console.screen.note(f"The next answer goes to {path}, as {row_format}.")


def _expanded(console: Console, argument: str) -> None:
    """`\\x`, `\\x on`, `\\x off`, `\\x auto`."""
    words = ("on", "off", "auto")
    if argument and argument not in words:
        raise InvalidRequest(f"\\x is on, off or auto, not {argument!r}.")
    console.vertical = argument or ("off" if console.vertical == "on" else "on")
    said = {
        "on": "one below the other",
        "off": "as a table",
        "auto": "one below the other where a table is too wide",
    }
    console.screen.note(f"Rows are shown {said[console.vertical]}.")


def _wide(console: Console, _: str) -> None:
    console.wide = True
    _again(console)


def _again(console: Console) -> None:
    if not console.last:
        raise InvalidRequest("there is no answer yet. Ask something first.")
    console.run(console.last)


def _switched(name: str, argument: str, *, is_on: bool) -> bool:
    """What a switch is after `on`, `off`, or nothing, which turns it."""
    if argument not in ("", "on", "off"):
        raise InvalidRequest(f"{name} is on or off, not {argument!r}.")
    return argument == "on" if argument else not is_on


def _timing(console: Console, argument: str) -> None:
    console.timing = _switched("\\timing", argument, is_on=console.timing)
    console.screen.note(f"Answers say how long they took: {'yes' if console.timing else 'no'}.")


def _types(console: Console, argument: str) -> None:
    """`\\types`, `\\types on`, `\\types off`."""
    console.types = _switched("\\types", argument, is_on=console.types)
    console.screen.note(f"Types stand under the names of columns: {'yes' if console.types else 'no'}.")


def _pager(console: Console, argument: str) -> None:
    """`\\pager`, `\\pager on`, `\\pager off`, `\\pager less -S`."""
    screen = console.screen
    if argument == "on":
        screen.use_pager(None)
    elif argument:
        try:
            command = [] if argument in ("off", "cat") else shlex.split(argument)
        except ValueError as error:
            raise InvalidRequest(f"{argument!r} is no command: {error}.") from error
        if command and not shutil.which(command[0]):
            raise InvalidRequest(f"there is no program {command[0]!r}. \\pager on takes the usual one.")
        screen.use_pager(command)
    screen.note(f"Long answers go through {' '.join(screen.pager) or 'no pager'}.")


def _timezone(console: Console, argument: str) -> None:
    """`\\timezone`, `\\timezone Europe/Berlin`."""
    if argument:
        console.set_timezone(argument)
    console.screen.note(f"Days begin, and times are given, in {console.lake.timezone}.")


def _reset(console: Console, _: str) -> None:
    """`\\r` on a line of its own throws a begun statement away before this is called."""
    console.screen.note("Nothing is begun.")


def _copy(console: Console, argument: str) -> None:
    """`\\copy FILE`: the last answer into a file."""
    if not argument:
        raise InvalidRequest("\\copy takes a file. Its suffix is the format, as in \\copy calls.csv.")
    path = _path(argument)
    console.format_of(path)
    console.output = path
    try:
        _again(console)
    finally:
        console.output = None


def _include(console: Console, argument: str) -> None:
    """`\\i FILE`: the statements of a file."""
    if not argument:
        raise InvalidRequest("\\i takes a file of statements.")
    console.run(read_text(_path(argument)))


def _edit(console: Console, argument: str) -> None:
    """`\\e`: the last statement, or a file, in the editor; what is saved is run."""
    import click

    file = _path(argument) if argument else None
    try:
        edited = click.edit(filename=str(file)) if file else click.edit(console.last, extension=".sql")
    except click.ClickException as error:
        raise InvalidRequest(
            f"{error.format_message().rstrip('.')}. Set $VISUAL or $EDITOR to an editor."
        ) from error
    if file:
        _include(console, argument)
    elif edited and edited.strip():
        console.run(edited)


def _help(console: Console, _: str) -> None:
    rows = [(name, words) for name, (_, words) in COMMANDS.items()]
    keys = (
        "A statement ends with a semicolon; until then Enter begins a new line. Tab completes, Ctrl-C stops "
        "a query or clears the line, Ctrl-R searches the history, Ctrl-D leaves."
    )
    wrapped = textwrap.wrap(keys, max(_NARROWEST, console.screen.width))
    console.screen.page([*_table(["command", "does"], rows, console), "", *wrapped])


def _quit(console: Console, _: str) -> None:
    raise EOFError


def _table(names: list[str], rows: Sequence[tuple[str, ...]], console: Console) -> Iterator[str]:
    """A table as wide as the terminal: the words in its last column go over several lines, or stand below
    the others where that leaves too little."""
    taken = sum(max(map(display_width, column)) + 2 for column in list(zip(names, *rows, strict=True))[:-1])
    width = console.screen.width - taken
    if width < _NARROWEST:
        wrapped = [textwrap.wrap(words, max(_NARROWEST, console.screen.width - 2)) for *_, words in rows]
        blocks = zip(rows, wrapped, strict=True)
        return (
            line for row, parts in blocks for line in ("  ".join(row[:-1]), *(f"  {part}" for part in parts))
        )
    lines: list[tuple[str, ...]] = []
    for *first, words in rows:
        for number, part in enumerate(textwrap.wrap(words, width) or [""]):
            lines.append((*([""] * len(first) if number else first), part))
    return Grid(names, cell_width=_ANY_WIDTH, colour=console.screen.colour).lines(lines)


COMMANDS: Final[dict[str, tuple[Command, str]]] = {
    "\\d": (
        _describe,
        "lists tables and views, as does .tables; \\d calls lists its columns with types and units",
    ),
    "\\metrics": (_metrics, "lists the metrics: unit, the file that computes each, definition"),
    "\\sql": (_sql_of, "\\sql METRIC shows that file; it pastes into the console"),
    "\\filter": (
        _filter,
        "\\filter {...}, @NAME, @FILE or flags (--last 7d --agent Ava) sets selected_calls and "
        "selected_segments; {} is all calls",
    ),
    "\\at": (
        _at,
        "\\at TIME or RUN reads the lake as it was, \\at now the newest state; your own tables stay behind",
    ),
    "\\format": (_format, f"how rows are written: {', '.join(ROW_FORMATS)}"),
    "\\o": (_output, "\\o FILE writes the next answer to a file, in the format of its suffix"),
    "\\x": (_expanded, "rows one below the other: \\x on, off, or auto, where a table is too wide"),
    "\\wide": (_wide, "the last answer again, every column whole"),
    "\\timing": (_timing, "whether answers say how long they took"),
    "\\types": (_types, "whether the types of columns stand under their names"),
    "\\pager": (_pager, "\\pager on, off, or a command such as less -S: what long answers go through"),
    "\\timezone": (_timezone, "\\timezone ZONE: where days begin and times are given, as Europe/Berlin"),
    "\\r": (_reset, "throws away the statement that is begun"),
    "\\copy": (_copy, "\\copy FILE writes the last answer to a file"),
    "\\i": (_include, "\\i FILE runs the statements of a file"),
    "\\e": (
        _edit,
        "\\e opens the last statement, \\e FILE a file, in $VISUAL or $EDITOR, and runs what is saved",
    ),
    "\\help": (_help, "this list, as do help and ?"),
    "\\q": (_quit, "leaves, as do exit, quit and Ctrl-D"),
}

ALIASES_ALONE: Final = frozenset({"exit", "quit", "exit()", "quit()", "ls"})
"""Words that are commands when nothing follows them."""

ALIASES: Final[dict[str, str]] = {
    **dict.fromkeys(("help", "?", "\\?", "\\h", ".help"), "\\help"),
    **dict.fromkeys(("\\dt", "\\dv", "\\d+", "\\l", ".tables", ".schema", "ls"), "\\d"),
    **dict.fromkeys(("exit", "quit", "exit()", "quit()", "\\quit", "\\exit", ".exit", ".quit", ".q"), "\\q"),
}
"""What people type by habit, from psql, sqlite and duckdb, for the commands above."""
