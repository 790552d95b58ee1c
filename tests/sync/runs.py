"""Runs verbs of the command line in processes of their own; what they print is kept in files."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """How a verb ended, and what it printed."""

    status: int
    output: str
    errors: str


def start(folder: Path, *words: str, **environ: str) -> tuple[subprocess.Popen[bytes], Path, Path]:
    """A verb at work in a folder; the files that its output and errors go to."""
    number = next(_numbers)
    output, errors = folder / f"output-{number}.txt", folder / f"errors-{number}.txt"
    own = {name: value for name, value in os.environ.items() if not name.startswith("BATCHLAKE_")}
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "batchlake", *words],
            cwd=folder,
            env=own | {"PYTHONPATH": str(ROOT)} | environ,
            stdout=out,
            stderr=err,
        )
    return process, output, errors


def run(folder: Path, *words: str, **environ: str) -> Ran:
    """A verb run to its end in a folder."""
    process, output, errors = start(folder, *words, **environ)
    status = process.wait(60)
    return Ran(status, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8"))
