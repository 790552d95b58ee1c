"""Texts that are read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from batchlake.engine import whole_files


def test_a_text_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device gives bytes for ever; the longest text itself is read, and its line ends are Python's."""
    monkeypatch.setattr(whole_files, "_LONGEST_TEXT", 4)
    (tmp_path / "a.sql").write_bytes(b"1;\r\n2")
    assert whole_files.read_text(tmp_path / "a.sql") == "1;\n2"
    with pytest.raises(OSError, match="it holds more than 64 MB of text"):
        whole_files.read_text(Path("/dev/zero"))
