"""A Delta table's log as it is written: commits of JSON lines, one action a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def actions(commit: bytes) -> Iterator[dict[str, Any]]:
    """The actions of one commit, each under its kind: `{"add": {"path": ...}}`.

    A line ends at a line feed and nowhere else: the statistics hold texts of the exports, and these may hold
    what `str.splitlines` takes for the end of a line (U+2028, U+2029, U+0085).
    """
    return (json.loads(line) for line in commit.split(b"\n") if line)
