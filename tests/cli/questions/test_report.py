"""`batchlake report` as a person and a script meet it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from batchlake.lake import Lake
from tests.command import Done, run
from tests.effort import some


@pytest.fixture(scope="module")
def lake(sample_lake: Lake) -> Path:
    """Where the sample's lake lies."""
    return sample_lake.root


def report(lake: Path, *arguments: object) -> Done:
    """`batchlake report` with these arguments."""
    return run("report", *arguments, lake=lake)


@pytest.mark.parametrize(
    ("name", "begins"),
    some(
        [
            ("r.HTM", b"<!doctype html>"),
            ("r.html", b"<!doctype html>"),
            ("r.pdf", b"%PDF-"),
            ("r.json", b"{"),
            ("r.csv", b"group,section,"),
            ("r.md", b"# "),
            ("r.xlsx", b"PK"),
        ],
        2,
    ),
)
def test_the_suffix_tells_the_format(lake: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    """Where it was written is said, and the file is what its suffix says, in any case."""
    done = report(lake, "batch_xyz789", "-o", tmp_path / name)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Wrote {tmp_path / name} (")
    assert (tmp_path / name).read_bytes().startswith(begins)
    if name == "r.xlsx":
        assert zipfile.ZipFile(tmp_path / name).testzip() is None


def test_a_format_that_is_named_goes_before_the_suffix(lake: Path, tmp_path: Path) -> None:
    """`--format` decides, with a file and without one, where text goes to standard output."""
    assert report(lake, "batch_xyz789", "--format", "json", "-o", tmp_path / "r.txt").returncode == 0
    document = json.loads((tmp_path / "r.txt").read_bytes())
    assert document["analytics"]["statistics"]["total_calls"] == 24
    page = report(lake, "--filter", '{"outcome": "failed"}', "--by", "agent_id", "--format", "html")
    assert page.stdout.startswith("<!doctype html>")
    assert "Calls whose outcome is failed." in page.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["-o", "r.docx"], 2, ".html, .htm, .pdf, .xlsx, .csv, .json, .md, .markdown"),
        (["-o", "report"], 2, "which has no suffix"),
        ([], 2, "give -o FILE, or --format"),
        (["nope", "-o", "r.html"], 1, "no batch 'nope'"),
        (["--filter", '{"stat": 1}', "-o", "r.html"], 2, "did you mean `status`?"),
        (["--compare", "previous", "-o", "r.html"], 2, "Give the id of the batch"),
        (["--timezone", "Mars", "-o", "r.html"], 2, "There is no time zone 'Mars'"),
        (["--by", "agnt", "-o", "r.html"], 2, "can't group by 'agnt'"),
        (["-o", "nowhere/r.html"], 2, "cannot write 'nowhere/r.html'"),
    ],
)
def test_a_mistake_is_told_and_touches_no_file(
    lake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    """The message names the choices or the next step; yesterday's report stays as it was."""
    monkeypatch.chdir(tmp_path)
    Path("r.html").write_text("yesterday's")
    done = report(lake, *arguments)
    assert done.returncode == status
    assert words in done.stderr
    assert Path("r.html").read_text() == "yesterday's"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_an_earlier_state_can_be_reported(lake: Path, tmp_path: Path) -> None:
    """`--at` reports the lake as a run left it, and says which in the footer."""
    run_id = json.loads(run("runs", "--format", "json", lake=lake).stdout)[0]["run_id"]
    done = report(lake, "--at", run_id, "--format", "markdown")
    assert run_id in done.stdout
