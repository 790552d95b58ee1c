"""What batchlake leaves on this machine besides a lake: bug reports and the console's history.

Input: what is looked for. Output: how many were cleaned. Spill and scratch of dead processes go whenever a
writer begins (`store`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from batchlake.engine.whole_files import whole_file

_BUG_REPORTS: Final = "batchlake-bug-*.txt"
_STATEMENT: Final = "\n# "
"""What parts statements in the history: each begins with a comment line that holds its time."""


def state_folder() -> Path:
    """Where a person's console history is kept."""
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return base / "batchlake"


def history_file() -> Path:
    """The console's history."""
    return state_folder() / "history"


def bug_reports() -> Iterator[Path]:
    """This user's bug reports."""
    for path in Path(tempfile.gettempdir()).glob(_BUG_REPORTS):
        with suppress(OSError):
            if path.stat().st_uid == os.getuid():
                yield path


class Finds(Protocol):
    """Whether a text holds what is looked for."""

    def finds(self, text: str) -> bool:
        """Whether something is in a text."""


def clean_local(finder: Finds) -> dict[str, int]:
    """Delete bug reports with a hit, and statements with one from the history."""
    reports = 0
    for path in bug_reports():
        with suppress(OSError):
            if finder.finds(path.read_text(encoding="utf-8", errors="replace")):
                path.unlink()
                reports += 1
    return {"bug_reports": reports, "history": _clean_history(finder)}


def _clean_history(finder: Finds) -> int:
    path = history_file()
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return 0
    first, *others = f"\n{text}".split(_STATEMENT)
    kept = [one for one in others if not finder.finds(one.replace("\n+", "\n"))]
    gone = len(others) - len(kept)
    if gone:
        again = _STATEMENT.join([first, *kept]).removeprefix("\n")
        with whole_file(path, is_durable=True) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(again.encode("utf-8", "surrogateescape"))
    return gone
