"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import batchlake

PACKAGE = Path(batchlake.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "\n    >>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_docstrings_are_true(name: str) -> None:
    """Every example prints what it says it does."""
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert found.failed == 0
