"""Runs verbs of the command line in processes of their own; what they print is kept in files."""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.command import MODULE, process_environment

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
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [*MODULE, *words],
            cwd=folder,
            env=process_environment(**environ),
            stdout=out,
            stderr=err,
        )
    return process, output, errors


def run(folder: Path, *words: str, **environ: str) -> Ran:
    """A verb run to its end in a folder."""
    process, output, errors = start(folder, *words, **environ)
    status = process.wait(60)
    return Ran(status, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8"))
