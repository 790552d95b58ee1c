"""The examples in the docstrings of this room run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import batchlake.filters

MODULES = [module.name for module in pkgutil.iter_modules(batchlake.filters.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Each example prints what it says."""
    module = importlib.import_module(f"batchlake.filters.{name}")
    assert doctest.testmod(module).failed == 0
