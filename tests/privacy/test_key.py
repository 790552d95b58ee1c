"""The privacy key's file: whole or not there, and nobody else's to read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from batchlake.errors import InvalidRequest
from batchlake.privacy.key import FILE_VARIABLE, VARIABLE, find_key, make_key


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key is to be kept."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "keys" / "privacy.key"))
    return tmp_path / "keys" / "privacy.key"


def test_a_key_that_is_made_is_found(file: Path) -> None:
    """With mode 600; a second one isn't put in its place, and a file that others can read isn't taken."""
    made = make_key()
    assert find_key() == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(InvalidRequest, match="File exists"):
        make_key()
    assert find_key() == made
    file.chmod(0o640)
    with pytest.raises(InvalidRequest, match="others can read"):
        find_key()


def test_a_key_that_cannot_be_kept_leaves_no_half(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: told, and the next key is made as if nothing had happened."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InvalidRequest, match="No space left"):
            make_key()
    assert not file.exists()
    assert find_key() is None
    assert find_key() != make_key() == find_key()
