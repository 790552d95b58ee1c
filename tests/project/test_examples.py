"""The examples in docstrings are true, and every method of a lake has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.lake import Lake
from tests.paths import SAMPLE

PACKAGE = Path(batchlake.__file__).parent
OF_LAKES = [
    "batchlake",
    "batchlake.lake",
    "batchlake.erasure.lake",
    "batchlake.query.lake_care",
    "batchlake.query.lake_queries",
    "batchlake.query.lake_rows",
    "batchlake.reports.lake_documents",
    "batchlake.reports.lake_figures",
]
"""Modules whose examples ask `lake`, which holds the sample."""

WITH_EXAMPLES = sorted(
    {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in PACKAGE.rglob("*.py")
        if "\n    >>> " in path.read_text(encoding="utf-8")
    }
    - set(OF_LAKES)
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_docstrings_are_true(name: str) -> None:
    """Every example prints what it says it does."""
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert found.failed == 0


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `sample_data` lies, and `lake`, which has ingested it."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(SAMPLE, folder / "sample_data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        batchlake.open("lake").ingest("sample_data/")
    return folder


def examples(name: str) -> list[doctest.DocTest]:
    """The docstrings of a module that have examples."""
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
    return [one for one in found if one.examples]


ABOUT_LAKES = [example for name in OF_LAKES for example in examples(name)]


@pytest.mark.parametrize("example", ABOUT_LAKES, ids=lambda example: example.name)
def test_examples_of_lakes_are_true(
    example: doctest.DocTest, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example of a lake runs in a copy of the sample's folder and lake, and prints just that."""
    # An erasure looks through what this machine keeps of a person, and makes a key.
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shutil.copytree(sample, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    example.globs = {
        "batchlake": batchlake, "json": json, "lake": batchlake.open("lake"), "open": open, "Path": Path,
        "timedelta": timedelta,
    }  # fmt: skip
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert "".join(said) == ""


def methods_of_a_lake() -> list[tuple[str, Any]]:
    """The public methods of `Lake`, its own and those it is given."""
    return [(name, one) for name, one in inspect.getmembers(Lake, callable) if not name.startswith("_")]


@pytest.mark.parametrize(("name", "method"), methods_of_a_lake())
def test_every_method_of_a_lake_shows_an_example(name: str, method: Any) -> None:
    """Each docstring says what the method does, and ends with an example of it that is run above."""
    assert ">>> " in (inspect.getdoc(method) or ""), name
    assert any(f".{name}(" in line.source for example in ABOUT_LAKES for line in example.examples), name
