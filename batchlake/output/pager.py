"""Lines on a terminal, through a pager where they are more than it shows at once.

Only height starts the pager. Lines are read as they are printed, and no further than the pager wants them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

from batchlake.errors import InvalidRequest
from batchlake.text.bars import encodable
from batchlake.text.escaping import shown
from batchlake.text.terminal import printed_width

_LESS: Final = "FRX"
"""What fits on one page is only printed, colours are shown, and the screen stays when less ends."""

_SCROLLED: Final = "FRXS"
"""The same, with long lines scrolled sideways."""

_WORDS: Final = re.compile(r"\s+(?!%)")
"""What stands between words; a number stays with its `%`."""


def pager_command(configured: str | None = None, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The words of the pager's command, none where there is none.

    Args:
        configured: of the settings, behind BATCHLAKE_PAGER and before PAGER.
        environ: the environment.

    Raises:
        InvalidRequest: what is given is no command, such as one with an open quote.
    """
    choices = {
        "BATCHLAKE_PAGER": environ.get("BATCHLAKE_PAGER"),
        "the setting `pager`": configured,
        "PAGER": environ.get("PAGER"),
        "the usual pager": "less",
    }
    for name, given in choices.items():
        if given is None:
            continue
        try:
            command = shlex.split(given)
        except ValueError as error:
            raise InvalidRequest(
                f"{name} holds {shown(given)}, which is no command: {error}. Give another, or an empty one "
                "for no pager."
            ) from error
        # A pager that is empty or `cat` is none, in any of these variables.
        if not command or command == ["cat"]:
            return []
        return command if shutil.which(command[0]) else []
    return []


def page(
    lines: Iterable[str],
    command: list[str],
    after: Callable[[bool], Iterable[str]] = lambda paged: (),
    *,
    wide: bool = False,
) -> bool:
    """Print lines to standard output, a terminal; through the pager where they are too many.

    Args:
        lines: without their ends.
        command: of the pager; empty for none.
        after: called when the last of them has been made, with whether they go through the pager; its lines
            come behind the others. It is never called if the pager is left before.
        wide: lines may be wider than the terminal.

    Returns:
        Whether they went through the pager.
    """
    size = shutil.get_terminal_size()
    waiting = iter(lines)
    first: list[str] = []
    height = 0
    for line in waiting if command else ():
        first.append(line)
        height += max(1, -(-printed_width(line) // max(1, size.columns)))
        # One line is the prompt's.
        if height >= size.lines:
            behind = _late(after, paged=True)
            through(command, chain(first, waiting, behind), _SCROLLED if wide else _LESS)
            return True
    for line in chain(first, waiting, _late(after, paged=False)):
        sys.stdout.write(f"{encodable(line, sys.stdout.encoding)}\n")
    sys.stdout.flush()
    return False


def _late(after: Callable[[bool], Iterable[str]], *, paged: bool) -> Iterator[str]:
    """What comes behind, asked for when everything before it has been printed."""
    yield from after(paged)


def through(command: Sequence[str], lines: Iterable[str], less: str) -> None:
    """Show lines in a pager, and wait until the person leaves it.

    Args:
        command: of the pager.
        lines: without their ends; read no further than the pager wants them.
        less: options for `less`, where LESS isn't set.
    """
    sys.stdout.flush()
    environment = {"LESS": less, "LESSCHARSET": "utf-8"} | os.environ
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603
        assert process.stdin  # noqa: S101 - it was asked for
        try:
            # Leaving the pager early is no fault.
            with suppress(BrokenPipeError):
                for line in lines:
                    process.stdin.write(f"{line}\n".encode())
        finally:
            _let_end(process)


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the pager. Ctrl-C is the pager's while it is on the screen."""
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue


def fill(text: str, width: int) -> list[str]:
    """A note in lines of a width, broken between words, never between a number and its `%`.

    >>> fill("9 batches, times in UTC.", 12)
    ['9 batches,', 'times in', 'UTC.']
    """
    lines = [""]
    for word in _WORDS.split(text.strip()):
        if lines[-1] and printed_width(lines[-1]) + 1 + printed_width(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
