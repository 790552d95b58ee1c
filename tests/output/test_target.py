"""What a file's name says of its format, and whether it can be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.errors import InvalidRequest
from batchlake.output.formats import REPORT_FORMATS, ROW_FORMATS
from batchlake.output.target import check_target, format_by_suffix
from batchlake.reports.write import format_of

KNOWN = {
    ".csv": "csv", ".json": "json", ".jsonl": "ndjson", ".markdown": "markdown", ".md": "markdown",
    ".ndjson": "ndjson", ".parquet": "parquet", ".txt": "table", ".xlsx": "xlsx",
}  # fmt: skip


@pytest.mark.parametrize("suffix", KNOWN)
@pytest.mark.parametrize("name", ["calls", ".hidden", "a.b", "a.tsv", "ünïcode", "a b"])
def test_a_suffix_is_a_format(suffix: str, name: str) -> None:
    """The last suffix counts, in any case."""
    for spelled in (suffix, suffix.upper(), suffix.title()):
        assert format_by_suffix(Path("folder.parquet", name + spelled), ROW_FORMATS) == KNOWN[suffix]


@pytest.mark.parametrize("name", ["calls", ".csv", "folder.csv/calls", "/dev/stdout"])
def test_a_file_without_a_suffix_says_nothing(name: str) -> None:
    """The answer's own format is written then."""
    assert format_by_suffix(Path(name), ROW_FORMATS) is None


@given(st.text(st.characters(exclude_characters="./\0"), min_size=1).map(lambda text: f".{text}"))
def test_any_other_suffix_is_refused(suffix: str) -> None:
    """Whatever it is, the complaint names it and lists those there are."""
    if suffix.lower() in KNOWN:
        return
    with pytest.raises(InvalidRequest) as raised:
        format_by_suffix(Path(f"calls{suffix}"), ROW_FORMATS)
    assert "stands for no format" in str(raised.value)
    assert all(known in str(raised.value) for known in KNOWN)


@pytest.mark.parametrize("suffix", [".parquet", ".ndjson", ".txt", ".tsv", ".gz", ""])
def test_a_report_has_formats_of_its_own(suffix: str) -> None:
    """Those of rows that a report lacks are told as such."""
    with pytest.raises(InvalidRequest) as raised:
        format_of(Path(f"report{suffix}"))
    known = (
        f"is for {KNOWN[suffix]}, and this answer is {' or '.join(REPORT_FORMATS)}"
        if suffix in KNOWN
        else "suffix"
    )
    assert known in str(raised.value)
    assert ".html" in str(raised.value)


def test_a_file_is_tried_and_left_as_it_is(tmp_path: Path) -> None:
    """What can be written is checked before it is; a check makes, empties and leaves nothing."""
    held = tmp_path / "held.csv"
    held.write_text("yesterday's", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "new.csv")
    for path in (held, tmp_path / "new.csv", tmp_path / "link", Path(os.devnull)):
        check_target(path)
    for path in (tmp_path / "gone" / "a.csv", held / "a.csv", tmp_path / ("a" * 300), tmp_path):
        with pytest.raises(InvalidRequest, match=r"cannot write .* Name another file"):
            check_target(path)
    assert {one.name for one in tmp_path.iterdir()} == {"held.csv", "link"}
    assert held.read_text(encoding="utf-8") == "yesterday's"
