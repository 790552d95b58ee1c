"""A privacy key and a machine of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders for settings, history and temporary files that no other test sees."""
    machine = tmp_path / "machine"
    (machine / "tmp").mkdir(parents=True)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(machine / name.lower()))
    monkeypatch.setattr("tempfile.tempdir", str(machine / "tmp"))
    return machine
