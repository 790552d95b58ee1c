"""What an ingest says while it runs: how far, how fast, what it does after reading; and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from batchlake.cli.display.progress_line import ProgressLine, SparseLines
from batchlake.lake import Lake
from batchlake.store import ledger
from tests.command import run
from tests.paths import ROOT, SAMPLE


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_line_tells_how_far_it_is() -> None:
    """A bar with percent, amounts, speed and the time left while reading; then what is merged and written."""
    clock = Clock()
    line = ProgressLine(clock)
    assert line.line() == "Finding exports"
    line.step("reading", 101_800_000)
    clock.now = 2.0
    line("a.json", 0)
    line("a.json", 65_100_000)
    assert line.line() == "Reading  ███████████████▍           63 %  65.1 of 101.8 MB  32.5 MB/s  1 s left"
    line.step("merging", 96_000)
    clock.now = 5.5
    assert line.line() == "Merging  96,000 records  3 s"
    line.step("writing", 1)
    clock.now = 80
    assert line.line() == "Writing  1 call  1 min 14 s"


def test_what_is_packed_has_no_share() -> None:
    """Where the whole isn't known only what was read is told."""
    clock = Clock()
    line = ProgressLine(clock)
    line.step("reading", None)
    line("a.json.gz", 1_500_000)
    assert line.line() == "Reading  1.5 MB"
    clock.now = 1.0
    assert line.line() == "Reading  1.5 MB  1.5 MB/s"


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Every ten seconds at most, steps too."""
    clock = Clock()
    lines = SparseLines(clock)
    lines.step("reading", 2_000_000)
    lines("a.json", 0)
    lines("a.json", 500_000)
    clock.now = 11
    lines("b.json", 0)
    lines("b.json", 500_000)
    lines.step("merging", 1_200)
    clock.now = 22
    lines.step("writing", 1_200)
    assert capsys.readouterr().err.splitlines() == [
        "read 2 exports, 500 kB of 2.0 MB; now b.json", "writing 1,200",
    ]  # fmt: skip


def test_the_steps_of_a_run_come_in_order(tmp_path: Path) -> None:
    """Whoever shows progress is told each step with its amount; a plain callable isn't bothered."""
    told: list[tuple[str, int | None]] = []

    class Watching:
        def __call__(self, location: str, size: int) -> None:
            told.append(("bytes", size)) if size else None

        def step(self, name: str, count: int | None) -> None:
            told.append((name, count))

    file = SAMPLE / "07-calls.ndjson"
    report = Lake(tmp_path / "lake").ingest(file, progress=Watching())
    assert told == [
        ("reading", file.stat().st_size), ("bytes", file.stat().st_size), ("merging", report.records),
        ("writing", report.calls_new),
    ]  # fmt: skip
    assert ledger.committed() == report.run_id


def test_a_terminal_keeps_no_progress(tmp_path: Path) -> None:
    """At a terminal the line is gone when the report comes; with `-q` there was none."""
    (tmp_path / "in").mkdir()
    for name in ("03-call-details.json", "07-calls.ndjson"):
        shutil.copy(SAMPLE / name, tmp_path / "in")
    for flags, shown in (([], True), (["-q"], False)):
        lake = str(tmp_path / f"l{shown}")
        arguments = ["-m", "batchlake", "ingest", str(tmp_path / "in"), "--lake", lake, *flags]
        child = pexpect.spawn(
            sys.executable, arguments, encoding="utf-8", timeout=60, dimensions=(24, 80),
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        )  # fmt: skip
        child.expect(pexpect.EOF)
        before, cleared, after = str(child.before).rpartition("\r\x1b[K")
        assert bool(cleared) is shown
        assert ("exports (" in after) is shown
        assert "exports (" not in before


def test_an_interruption_tells_what_holds(tmp_path: Path) -> None:
    """Before the commit the lake is as it was; afterwards the run is named that is committed."""
    program = """
import sys
from batchlake.cli.failures import run_guarded
from batchlake.lake import Lake
def verb():
    if sys.argv[2] == "late":
        Lake(sys.argv[1]).ingest(sys.argv[3])
    raise KeyboardInterrupt
sys.exit(run_guarded(verb))
"""
    said = {}
    for when in ("early", "late"):
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / "lake", when, SAMPLE / "07-calls.ndjson"],
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 128 + signal.SIGINT
        said[when] = done.stderr.strip().splitlines()[-1]
    (newest,) = (row["run_id"] for row in Lake(tmp_path / "lake").runs())
    assert said == {
        "early": "Interrupted; the lake is as it was.",
        "late": f"Interrupted; run {newest[-6:]} is committed.",
    }


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    """An empty folder is said also with `-q`, once, on standard error; the status stays 0."""
    (tmp_path / "empty").mkdir()
    done = run("ingest", str(tmp_path / "empty"), "-q", lake=tmp_path / "lake")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("holds no file to read") == 1
    missing = run("ingest", str(tmp_path / "nowhere"), "-q", "--format", "json", lake=tmp_path / "lake")
    assert missing.returncode == 3
    assert json.loads(missing.stdout)["error"]["code"]
    assert missing.stderr.count("nowhere") == 1


QUIET = (
    "batches", "calls", "analytics", "audit", "progress batch_xyz789", "problems", "runs", "exports",
    "fields", "contacts", "said yes", "metrics", "status", "check", "platforms", "config show", "erasures",
    "filter list", "filter schema", "filter compile --last 7d", "views", "batch batch_xyz789",
    "call call_abc123", "schedule print cron ingest /x",
)  # fmt: skip


@pytest.mark.parametrize("verb", QUIET)
def test_every_verb_can_be_quiet(sample_lake: Lake, tmp_path: Path, verb: str) -> None:
    """With `-q` a verb says nothing on standard error, whatever its answer."""
    has_lake = not verb.startswith(("filter", "metrics"))
    done = run(*verb.split(), "-q", lake=sample_lake.root if has_lake else None, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), verb
