"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from batchlake.reports import harmless, intervals, privacy, wording
from batchlake.reports.markdown import syntax
from batchlake.reports.page import wording as page_wording
from batchlake.reports.workbook import tables


@pytest.mark.parametrize("module", [harmless, intervals, page_wording, privacy, syntax, tables, wording])
def test_docstrings_are_true(module: ModuleType) -> None:
    """Every example prints what it says it does."""
    found = doctest.testmod(module)
    assert found.attempted
    assert found.failed == 0
