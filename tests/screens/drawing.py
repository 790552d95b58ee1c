"""Draws what a verb prints at a terminal: a pseudo-terminal of a size, and an emulator that shows it.

The verb runs in this process, with the terminal as its standard streams; a process of its own for each of
some hundred screens would take minutes. Pagers and keys need one: see `tests/console/terminal.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import sys
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pyte
import time_machine

from batchlake.cli.failures import run_guarded
from batchlake.cli.main import cli

_HEIGHT: Final = 400
"""Lines of the terminal: nothing leaves it."""

_BEYOND: Final = 1_000
"""Columns that are drawn beyond those that the terminal says it has, so that a line too long shows as one."""

_END: Final = b"\0end\0"
"""What the terminal is sent when the verb has ended."""

_LETTERS: Final = {"red": "R", "brown": "Y", "cyan": "C"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A terminal after a verb has ended.

    Attributes:
        lines: as a person reads them.
        styles: for each character a letter: B bold, D dim, R red, Y yellow, C cyan, ? any other.
        status: of the verb's end.
    """

    lines: tuple[str, ...]
    styles: tuple[str, ...]
    status: int


class _Screen(pyte.Screen):
    """pyte knows no dim text: it is drawn as italics, which nothing here has."""

    def select_graphic_rendition(self, *attributes: int, **given: Any) -> None:
        super().select_graphic_rendition(*(3 if one == 2 else one for one in attributes), **given)


def drawn(*words: str, lake: Path, width: int, now: datetime, colour: bool = True) -> Drawn:
    """What `batchlake WORDS` shows at a terminal of this width, at this time."""
    screen = _Screen(width + _BEYOND, _HEIGHT)
    variables = {
        "TERM": "xterm-256color",
        "BATCHLAKE_LAKE": str(lake),
        "BATCHLAKE_PAGER": "",
        "LANG": "C.UTF-8",
    }
    if not colour:
        variables["NO_COLOR"] = "1"
    unset = ("COLUMNS", "LINES", "FORCE_COLOR", *(("NO_COLOR",) if colour else ()))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unset and not name.startswith("BATCHLAKE_")
    }
    with (
        patch.dict(os.environ, kept | variables, clear=True),
        _terminal(screen, width),
        time_machine.travel(now, tick=False),
    ):
        status = run_guarded(lambda: cli.main(list(words), prog_name="batchlake", standalone_mode=False))
    rows = [_row(screen, number) for number in range(screen.cursor.y + 1)]
    while rows and not any(one.data.strip() for one in rows[-1]):
        rows.pop()
    return Drawn(
        tuple("".join(one.data for one in row).rstrip() for row in rows),
        tuple("".join(map(_letter, row)).rstrip() for row in rows),
        status,
    )


def _row(screen: pyte.Screen, number: int) -> list[Any]:
    """The characters of a line as far as it is written; one that is two columns wide is followed by an empty
    one."""
    row = screen.buffer[number]
    return [row[place] for place in range(max(row, default=-1) + 1)]


def _letter(character: Any) -> str:
    if not character.data.strip():
        return " "
    if character.fg != "default":
        return _LETTERS.get(character.fg, "?")
    return "D" if character.italics else "B" if character.bold else " "


@contextlib.contextmanager
def _terminal(screen: pyte.Screen, width: int) -> Iterator[None]:
    """A terminal in the place of the standard streams; when it is left, all is drawn."""
    keyboard, display = pty.openpty()
    fcntl.ioctl(display, termios.TIOCSWINSZ, struct.pack("HHHH", screen.lines, width, 0, 0))
    stream = pyte.ByteStream(screen)
    reader = threading.Thread(target=_draw, args=(keyboard, stream))
    reader.start()
    sys.stdout.flush()
    sys.stderr.flush()
    before = [os.dup(number) for number in range(3)]
    try:
        for number in range(3):
            os.dup2(display, number)
        os.close(display)
        with (
            open(1, "w", encoding="utf-8", closefd=False) as stdout,
            open(2, "w", encoding="utf-8", closefd=False) as stderr,
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            yield
    finally:
        os.write(1, _END)
        reader.join()
        for number, saved in enumerate(before):
            os.dup2(saved, number)
            os.close(saved)
        os.close(keyboard)


def _draw(keyboard: int, stream: pyte.ByteStream) -> None:
    """Draw all that comes before the end; of a terminal that was closed, what wasn't read yet may be lost."""
    shown = b""
    while not shown.endswith(_END):
        shown += os.read(keyboard, 65_536)
    stream.feed(shown.removesuffix(_END))
