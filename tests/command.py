"""Runs `batchlake` with arguments: in this process, or in one of its own where that is the point.

A process of its own takes half a second. It is needed for what an interpreter has to do with it: real pipes
and files as standard streams, signals, terminals, which modules are imported, the exit itself.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from batchlake.cli.failures import run_guarded
from batchlake.cli.main import cli
from tests.paths import ROOT

MODULE: Final = [sys.executable, "-m", "batchlake"]

Done = subprocess.CompletedProcess[str]
"""How it ended: `returncode`, `stdout` and `stderr`."""


def run(
    *arguments: object,
    lake: Path | None = None,
    folder: Path | None = None,
    stdin: str | None = None,
    **environment: str,
) -> Done:
    """`batchlake` with these arguments in this process; exit status and messages are those of `main`.

    Args:
        arguments: the verb and what follows it.
        lake: the lake where no argument names one; without it no `BATCHLAKE_...` of the environment counts.
        folder: the working folder, by default this process's.
        stdin: what standard input holds, by default nothing.
        environment: variables added to those that there are.
    """
    words = [str(argument) for argument in arguments]
    with (
        contextlib.chdir(folder or Path.cwd()),
        CliRunner().isolation(stdin, env=_variables(lake, environment)) as (stdout, stderr, _),
    ):
        status = run_guarded(lambda: cli.main(words, prog_name="batchlake", standalone_mode=False))
        sys.stderr.flush()
    return Done(words, status, stdout.getvalue().decode(), stderr.getvalue().decode())


def run_process(
    *arguments: object,
    lake: Path | None = None,
    folder: Path | None = None,
    stdin: str | None = None,
    **environment: str,
) -> Done:
    """The same in a process of its own."""
    return subprocess.run(
        [*MODULE, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env=process_environment(lake, **environment),
    )


def run_as_anybody(*arguments: object, **environment: str) -> Done:
    """The same where permissions of files count, which they don't for root."""
    command = [*MODULE, *map(str, arguments)]
    if os.geteuid() == 0:
        rights = "-dac_override,-dac_read_search"
        without = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
        if shutil.which("setpriv") is None or subprocess.run([*without, "true"], check=False).returncode:
            pytest.skip("root may do everything, and setpriv isn't there to forbid it, or may not")
        command = [*without, *command]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=process_environment(**environment),
    )


def process_environment(lake: Path | None = None, **environment: str) -> dict[str, str]:
    """The variables of a process that runs this checkout's `batchlake`."""
    variables: dict[str, Any] = os.environ | {"PYTHONPATH": str(ROOT)} | _variables(lake, environment)
    return {name: value for name, value in variables.items() if value is not None}


def _variables(lake: Path | None, environment: dict[str, str]) -> dict[str, str | None]:
    """Those given, and None for each of ours that is set by chance."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("BATCHLAKE_"))
    return unset | ({"BATCHLAKE_LAKE": str(lake)} if lake else {}) | environment
