"""The console's tests drive a real terminal, which a busy machine is slow to draw: they are asked for."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them unless BATCHLAKE_TERMINAL is set."""
    if "BATCHLAKE_TERMINAL" in os.environ:
        return
    skip = pytest.mark.skip(reason="drives a pseudo-terminal; set BATCHLAKE_TERMINAL=1 to run it")
    for item in items:
        if "tests/console/" in item.path.as_posix():
            item.add_marker(skip)
