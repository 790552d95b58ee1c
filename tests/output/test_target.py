"""What a file's name says of its format."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.errors import InvalidRequest
from batchlake.output.formats import REPORT_FORMATS, ROW_FORMATS
from batchlake.output.target import format_by_suffix
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
