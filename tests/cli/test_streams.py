"""Standard streams that are closed, full or open the wrong way round, as real processes meet them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from batchlake.lake import Lake
from tests.command import process_environment, run
from tests.effort import some
from tests.paths import SAMPLE

COMMAND = f"'{sys.executable}' -m batchlake"
CLOSED = (
    "batchlake: cannot write to standard output: it is closed. Send it elsewhere, or name a file with -o.\n"
)


@pytest.fixture(scope="module")
def lake(lake: Lake) -> Path:
    """Where the small lake lies."""
    return lake.root


def sh(lake: Path, words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A verb run by a shell, which closes or redirects its streams, in a folder."""
    return subprocess.run(
        ["sh", "-c", f"{COMMAND} {words}"],
        capture_output=True, text=True, timeout=60, check=False, cwd=folder,
        env=process_environment(lake, TMPDIR=str(folder)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "verb",
    some(
        ["calls", "calls --format json", "batch b1", "filter schema", "metrics", "views", "check", "--help"],
        2,
    ),
)
def test_a_closed_standard_output_is_told(lake: Path, tmp_path: Path, verb: str) -> None:
    """Whatever would have been printed: exit 2 and one sentence; so is one that is open for reading alone."""
    done = sh(lake, f"{verb} >&-", tmp_path)
    assert (done.returncode, done.stderr) == (2, CLOSED)
    if verb == "calls":
        (tmp_path / "file").touch()
        done = sh(lake, f"{verb} 1<file", tmp_path)
        assert (done.returncode, done.stderr) == (2, CLOSED)


@pytest.mark.parametrize("closed", some(["<&- >&- 2>&-", ">&-", "2>&-", "<&-", ">&- 2>&-"], 1))
def test_a_file_is_written_whatever_is_closed(lake: Path, tmp_path: Path, closed: str) -> None:
    """Nothing is printed with `-o`, so that nobody misses a closed stream, and none gets into a file."""
    assert sh(lake, f"calls --max-rows 1 -o calls.csv {closed}", tmp_path).returncode == 0
    assert (tmp_path / "calls.csv").read_bytes().count(b"\n") == 2
    assert (tmp_path / "calls.csv").read_bytes().startswith(b"source,")
    done = sh(lake, f"ingest '{SAMPLE}/02-batch-completed.json' --lake new -q {closed}", tmp_path)
    # With -q nothing is printed of a run that went well.
    assert done.returncode == 0
    assert run("check", lake=tmp_path / "new").stdout == "The lake is sound.\n"


def test_a_closed_standard_input_is_no_export(lake: Path, tmp_path: Path) -> None:
    """`ingest -` says so and ingests nothing; as a filter it is none."""
    done = sh(lake, "ingest - --lake new <&-", tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(
        "batchlake: cannot read '-': standard input is closed. Nothing was ingested;"
    )
    assert not (tmp_path / "new").exists()
    done = sh(lake, "calls --filter - <&-", tmp_path)
    assert (done.returncode, done.stderr[:35]) == (2, "batchlake: invalid filter, 1 fault:")


@pytest.mark.parametrize("made", ["0>file", "<binary"])
def test_standard_input_that_is_no_text_is_told(lake: Path, tmp_path: Path, made: str) -> None:
    """Bytes that are no UTF-8, or a file open for writing alone: exit 2 and a sentence."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    done = sh(lake, f"sql {made}", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("batchlake: cannot read standard input: ")


@pytest.mark.parametrize(
    ("verb", "status", "stderr"),
    some(
        [
            (verb, status, stderr)
            for stderr in ("2>&-", "2>/dev/full")
            for verb, status in (
                ("calls --max-rows 1 --format csv", 0),
                ("calls --nope", 2),
                ("batch nope", 1),
                ("sql -c select", 1),
            )
        ],
        2,
    ),
)
def test_a_message_nobody_takes_is_lost_quietly(
    lake: Path, tmp_path: Path, verb: str, status: int, stderr: str
) -> None:
    """Standard error may be closed or full: the answer and the exit status are the same."""
    told, lost = run(*verb.split(), lake=lake), sh(lake, f"{verb} {stderr}", tmp_path)
    assert (lost.returncode, lost.stdout) == (status, told.stdout)
    assert told.returncode == status


@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
def test_an_error_that_cannot_be_printed_keeps_its_status(lake: Path, tmp_path: Path, stdout: str) -> None:
    """With JSON output the error is printed there too; its sentence on standard error is enough."""
    done = sh(lake, f"batch nope {stdout}", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("batchlake: no batch 'nope'")
    assert len(done.stderr.splitlines()) == 1


def test_a_lake_that_takes_no_more_is_not_blamed_on_standard_output(lake: Path, tmp_path: Path) -> None:
    """A disk, or here a limit, that cuts what an ingest writes leaves the lake as it was."""
    generator = random.Random(1)
    segments = [{"speaker": "ai", "text": f"{generator.getrandbits(800):x}"} for _ in range(2_000)]
    document = {"call": {"id": "c", "status": "completed", "transcript": segments}}
    (tmp_path / "export.json").write_text(json.dumps(document), encoding="utf-8")
    command = f"ulimit -f 64; exec {COMMAND} ingest export.json --lake new -q >out"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
        env=process_environment(),
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith(
        "batchlake: cannot write to the lake 'new': File too large. The lake is as it was"
    )
    assert run("calls", "--lake", "new", folder=tmp_path).returncode == 3
