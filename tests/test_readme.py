"""The README is true: its generated parts are current, its commands and examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.query.sql_lake import make_lake
from tests.readme import README, ROOT, generated

BIN = Path(sys.executable).parent
TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_generated_parts_are_current() -> None:
    """Tables, verbs, filter keys and metrics in the README are those of the code."""
    assert generated(TEXT) == TEXT, "run: python -m tests.readme"


def test_the_python_examples_run(tmp_path: Path) -> None:
    """The Python blocks run one after another, from a folder that holds the sample."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    script = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=tmp_path, capture_output=True, text=True,
        check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "111.6" in done.stdout


def shell_environment(folder: Path) -> dict[str, str]:
    """Variables with which `batchlake` and the tools beside this Python are found, beside the sample."""
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    (folder / "bin").mkdir()
    command = folder / "bin" / "batchlake"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batchlake "$@"\n')
    command.chmod(0o755)
    return os.environ | {
        "PATH": os.pathsep.join([str(folder / "bin"), str(BIN), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }


def test_the_shell_examples_run(tmp_path: Path) -> None:
    """Each command of the shell section runs, in order, with the exit status that the text says."""
    environment = shell_environment(tmp_path)
    first = blocks("console")[0].removeprefix("$ ").strip()
    done = subprocess.run(
        ["sh", "-c", first], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 5, done.stderr
    script = "set -e\n" + blocks("sh")[1] + blocks("sh")[2]
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert {"report.html", "report.xlsx", "failed.pdf"} <= {path.name for path in tmp_path.iterdir()}


def test_the_commands_for_other_tools_run(tmp_path: Path) -> None:
    """DuckDB's shell and Harlequin's open the views and count the same calls."""
    for shell in ("duckdb", "hsql"):
        if not (BIN / shell).exists():
            pytest.skip(f"{shell} is not installed")
    environment = shell_environment(tmp_path)
    (commands,) = (block for block in blocks("sh") if "hsql" in block)
    script = "set -e\nbatchlake ingest -q --allow-problems sample_data > /dev/null\n" + commands
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"completed\s+[│|]\s+20\b", done.stdout)) == 2, done.stdout


def test_harlequin_opens_the_views(tmp_path: Path) -> None:
    """`harlequin --init-path views.sql` starts, runs the script, and leaves when told to."""
    if not (BIN / "harlequin").exists():
        pytest.skip("harlequin is not installed")
    (command,) = re.findall(r"`(harlequin [^`]+)`", TEXT)
    script = make_lake(tmp_path).views_script()
    (tmp_path / "views.sql").write_text(script, encoding="utf-8")
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm-256color"}
    child = pexpect.spawn(
        f"{BIN}/{command}", cwd=str(tmp_path), env=os.environ | environment, dimensions=(40, 160),
        timeout=60, encoding="utf-8",
    )  # fmt: skip
    child.expect(r"Executed \d+ commands")
    child.send("\x11")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
