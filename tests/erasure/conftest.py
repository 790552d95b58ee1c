"""A privacy key and a machine of the test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import batchlake
from tests.erasure.people import write_planted


@pytest.fixture(scope="session")
def planted_lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the planted `exports`, a lake that took them in `once` and one that did so `twice`."""
    folder = tmp_path_factory.mktemp("planted")
    batchlake.open(folder / "once").ingest(write_planted(folder / "exports"))
    shutil.copytree(folder / "once", folder / "twice")
    batchlake.open(folder / "twice").ingest(folder / "exports", force=True)
    return folder


@pytest.fixture
def planted_lake(planted_lakes: Path, tmp_path: Path) -> batchlake.Lake:
    """The planted lake, for the test alone, at `lake` beside its `exports`."""
    shutil.copytree(planted_lakes / "exports", tmp_path / "exports")
    shutil.copytree(planted_lakes / "once", tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders for settings, history and temporary files that no other test sees."""
    machine = tmp_path / "machine"
    (machine / "tmp").mkdir(parents=True)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(machine / name.lower()))
    monkeypatch.setattr("tempfile.tempdir", str(machine / "tmp"))
    return machine
