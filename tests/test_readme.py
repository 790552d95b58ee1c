"""The README is true: its generated parts are current, its commands and examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.readme import README, ROOT, generated

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


def test_the_shell_examples_run(tmp_path: Path) -> None:
    """Each command of the shell section runs, in order, with the exit status that the text says."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "batchlake"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batchlake "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
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


def test_the_gate_runs_the_readme_commands() -> None:
    """`.ci/run` takes its commands from the README rather than repeating them."""
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "## Try it" in gate
    assert "pip install" not in gate
    assert len(blocks("sh")[0].splitlines()) == 2
