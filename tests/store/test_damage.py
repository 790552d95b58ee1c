"""Files of a lake that a crash left cut or empty: an error that names the lake, for whoever reads them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import LakeDamaged
from batchlake.store.delta.tables import LakeTables
from batchlake.store.maintenance import check, vacuum
from batchlake.store.storage import ERASURE_NOTE, PRIVACY_NOTE
from tests.lakes import ingested, write_export


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one call."""
    folder = tmp_path_factory.mktemp("damage")
    ingested(folder / "lake", write_export(folder, "a.json", {"id": "c1"}))
    return folder / "lake"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "lake")
    return tmp_path / "lake"


@pytest.mark.parametrize("size", [0, 4, 11, 300])
def test_a_file_that_is_cut_is_the_lakes_fault(root: Path, size: int) -> None:
    """As a power cut leaves one: the error names the lake, whoever reads the file."""

    def ask(lake: Path) -> object:
        return batchlake.open(lake).calls().to_dicts()

    os.truncate(LakeTables(root).files("calls")[0], size)
    with pytest.raises(LakeDamaged):
        ask(root)
    os.truncate(LakeTables(root).files("runs")[0], size)
    for act in (ask, vacuum, check):
        with pytest.raises(LakeDamaged):
            act(root)


@pytest.mark.parametrize("name", [PRIVACY_NOTE, ERASURE_NOTE])
@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_note_that_cannot_be_read_is_damage(root: Path, name: str, content: str) -> None:
    """A check names it, and nothing is ingested: what was erased or is redacted isn't known."""
    (root / name).write_text(content)
    assert ("damaged_note", "error") in {(finding.code, finding.level) for finding in check(root)}
    export = write_export(root.parent / "in", "more.json", {"id": "x"})
    with pytest.raises(LakeDamaged, match=f"{name} holds no JSON object"):
        batchlake.open(root).ingest(export)
