"""Runs verbs of the command line in a folder: in this process, or in one of their own that takes signals."""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests import command
from tests.command import MODULE, process_environment

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """How a verb ended, and what it printed."""

    status: int
    output: str
    errors: str


def start(folder: Path, *words: str, **environ: str) -> tuple[subprocess.Popen[bytes], Path, Path]:
    """A verb at work in a folder, in a process; the files that its output and errors go to."""
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
    """A verb run to its end in a folder, in this process."""
    done = command.run(*words, folder=folder, **environ)
    return Ran(done.returncode, done.stdout, done.stderr)
