"""Which files are exports: what a folder holds beside them, and names that can't be meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import ExportUnreadable, InvalidRequest

SAMPLE = Path(__file__).parents[2] / "sample_data"


def test_a_lake_within_a_folder_of_exports_is_passed_over(tmp_path: Path) -> None:
    """The lake is made in the folder that it is filled from, and the next run finds it there."""
    shutil.copytree(SAMPLE, tmp_path / "exports")
    lake = batchlake.open(tmp_path / "exports" / "lake")
    first = lake.ingest(tmp_path / "exports")
    again = lake.ingest(tmp_path / "exports")
    assert first.exports_read
    assert (again.exports_read, again.problems, again.exports_skipped) == (0, 0, first.exports_read)
    assert str(tmp_path / "exports" / "lake") in again.passed_over


def test_a_lake_is_no_export(tmp_path: Path) -> None:
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(SAMPLE)
    with pytest.raises(ExportUnreadable, match="it is a lake"):
        lake.ingest(tmp_path / "lake")


def test_an_empty_path_is_not_the_folder_one_is_in(tmp_path: Path) -> None:
    with pytest.raises(ExportUnreadable, match="the path is empty"):
        batchlake.open(tmp_path / "lake").ingest("")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("a\x1b[31m", "holds control characters"),
        ("x" * 257, "too|most is"),
    ],
)
def test_a_source_has_a_name(tmp_path: Path, source: str, fault: str) -> None:
    with pytest.raises(InvalidRequest, match=fault):
        batchlake.open(tmp_path / "lake").ingest(SAMPLE, source=source)
    assert not (tmp_path / "lake").exists()
