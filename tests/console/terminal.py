"""A console at a pseudo-terminal: keys go in, what the program prints comes out, the screen can be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import pexpect
import pyte

from batchlake.lake import Lake
from tests.paths import ROOT

PROMPT: Final = "lake>"
PROMPT_LEFT: Final = "\x1b[?2004l"
"""What prompt_toolkit prints when a line is entered: pasting in brackets ends with the prompt."""
CTRL_C, CTRL_D, TAB, UP, ENTER = "\x03", "\x04", "\t", "\x1b[A", "\r"
PATIENCE_SECONDS: Final = 60
"""How long a test waits before it fails; a busy machine is slow to draw."""


class Terminal:
    """A console running at a pseudo-terminal of its own.

    Args:
        lake: what it asks.
        state: a folder for its history, and its home.
        timeout_seconds: for each line that is run.
        lines, columns: of the terminal.
        environment: variables besides those that a terminal sets.
    """

    def __init__(
        self,
        lake: Lake,
        state: Path,
        timeout_seconds: float = 60,
        *,
        lines: int = 30,
        columns: int = 110,
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._drawing = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            [
                "-m",
                "batchlake",
                "sql",
                "--lake",
                os.path.relpath(lake.root, state),
                "--timeout",
                str(timeout_seconds),
            ],
            cwd=str(state),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": str(state),
                "XDG_STATE_HOME": str(state),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "PROMPT_TOOLKIT_NO_CPR": "1",
                **environment,
            },
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        self.see(PROMPT)

    def type(self, text: str) -> None:
        """Press these keys."""
        self.child.send(text)

    def see(self, text: str) -> str:
        """Wait for a text; what came before it."""
        self.child.expect_exact(text)
        self._drawing.feed(f"{self.child.before}{self.child.after}")
        return str(self.child.before)

    def ask(self, line: str, until: str) -> str:
        """Type a line, and wait for a text in what it prints; all that came until the next prompt."""
        self.type(line + ENTER)
        before = self.see(until)
        return before + until + self.see(PROMPT)

    def settle(self) -> None:
        """Come to an empty prompt, whatever was left there or is still being printed."""
        self.type(CTRL_C)
        self.ask("select 'set' || 'tled';", "settled")

    def interrupt(self, line: str, until: str) -> str:
        """Run a line and press Ctrl-C while it runs, until a text is seen.

        A Ctrl-C may come before the query runs: it is a key at the prompt then, or gives up the line just
        entered (so it is pressed again, and the line run again), and a terminal throws away what nobody has
        read yet (so the prompt must have been left).
        """
        for attempt in range(PATIENCE_SECONDS):
            if attempt % 3 == 0:
                self.type(line + ENTER)
                self.see(PROMPT_LEFT)
            self.type(CTRL_C)
            if self.child.expect_exact([until, pexpect.TIMEOUT], timeout=1) == 0:
                self._drawing.feed(f"{self.child.before}{self.child.after}")
                return str(self.child.before)
        raise AssertionError(f"no {until!r} after Ctrl-C, but {self.child.before!r}")

    def shown(self) -> str:
        """The screen as a person sees it now, without colours and without blank lines below."""
        while self.child.expect([r".+", pexpect.TIMEOUT], timeout=1) == 0:
            self._drawing.feed(str(self.child.after))
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def leave(self, keys: str = CTRL_D) -> int:
        """Leave the console; its exit status."""
        self.type(keys)
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus or 0)
