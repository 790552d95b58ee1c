"""What is printed for cron and systemd can be installed as it is, whatever the paths are called."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from batchlake.cli.upkeep.sync import print_command
from batchlake.errors import InvalidConfiguration, InvalidRequest
from batchlake.sync.schedule import Job, crontab, systemd_units
from tests.paths import ROOT
from tests.sync.fake_platform import Dashboard, call, serving
from tests.sync.pulling import held
from tests.sync.runs import run

HOUR = timedelta(hours=1)
KEY = "not-the-canary"
"""This one may stand in a file: the one that `EnvironmentFile` and cron's line read."""


def job(**changes: Any) -> Job:
    facts: dict[str, Any] = {
        "name": "pull-svalync", "command": ("/usr/bin/batchlake", "pull", "svalync"),
        "folder": Path("/srv/data"), "every": HOUR, "environment_file": None,
    }  # fmt: skip
    return Job(**(facts | changes))


@pytest.mark.parametrize(
    ("every", "times"),
    [
        (timedelta(minutes=1), "* * * * *"),
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=1), "58 * * * *"),
        (timedelta(hours=6), "58 */6 * * *"),
        (timedelta(days=1), "58 3 * * *"),
    ],
)
def test_times_of_a_crontab(every: timedelta, times: str) -> None:
    """Minutes and hours become steps; an hourly job doesn't begin when all others do."""
    assert crontab(job(every=every)).splitlines()[-1].startswith(f"{times} cd /srv/data && ")


@pytest.mark.parametrize("minutes", [7, 300, 0.5, 2880])
def test_what_cron_cannot_do_is_said(minutes: float) -> None:
    """A time that doesn't divide an hour or a day would not come evenly; less than a minute never."""
    with pytest.raises(InvalidRequest, match="every"):
        crontab(job(every=timedelta(minutes=minutes)))


def test_a_cron_line_runs_as_printed(tmp_path: Path) -> None:
    """The line's command, as cron hands it to sh, pulls into the lake with the credential from its file."""
    folder = tmp_path / "a folder, 100% it's"
    folder.mkdir()
    with serving(Dashboard([call("c1")], size=10)) as server:
        (folder / "batchlake.toml").write_text(
            f'[platforms.svalync]\nbase_url = "{server.url}"\nauth.env = "TEST_KEY"\n'
            'calls.pages = { style = "page", parameter = "page", size = 10 }\n'
            "limits.first_wait_seconds = 0.01\nlimits.tries = 1\n"
        )
        ran = run(folder, "schedule", "print", "cron", "pull", "svalync", "--env-file", "key.env")
        assert (ran.status, ran.errors) == (0, "")
        times, command = re.fullmatch(r"((?:\S+ ){5})(.*)", ran.output.splitlines()[-1]).groups()  # type: ignore[union-attr]
        assert times == "58 * * * * "
        assert "--wait 3600" in command
        # As cron does: what is escaped is unescaped, and nothing of this environment is there. The program is
        # stood in for by one that runs the same words.
        program = shutil.which("batchlake") or f"{sys.executable} -m batchlake"
        command = command.replace(r"\%", "%").replace(f" {program} ", ' "$PYTHON" -m batchlake ')
        (folder / "key.env").write_text(f"TEST_KEY={KEY}\n")
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env={
                "PYTHON": sys.executable,
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert server.asked[0].headers["x-api-key"] == KEY
    assert held(folder) == {"c1"}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze has nothing to say against them, even with odd characters in the paths."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "bin 100% x" / "batchlake"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    odd = job(
        command=(str(program), "pull", "svalync", "--lake", str(tmp_path / "lake $x %h \\ 'y'")),
        folder=tmp_path,
        environment_file=tmp_path / "key.env",
    )
    units = systemd_units(odd)
    for name, text in units.items():
        (tmp_path / name).write_text(text)
    checked = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / name) for name in units)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_units_say_when_what_and_with_which_credential() -> None:
    """The service runs the one command and takes found problems for success; the timer comes back."""
    units = systemd_units(job(environment_file=Path("/home/me/svalync.env"), every=timedelta(minutes=30)))
    service = units["batchlake-pull-svalync.service"]
    timer = units["batchlake-pull-svalync.timer"]
    assert "ExecStart=/usr/bin/batchlake pull svalync\n" in service
    assert "WorkingDirectory=/srv/data\n" in service
    assert "EnvironmentFile=/home/me/svalync.env\n" in service
    assert "SuccessExitStatus=5\n" in service
    assert "OnUnitActiveSec=1800s\n" in timer
    assert "EnvironmentFile" not in systemd_units(job())["batchlake-pull-svalync.service"]


def test_the_verb_writes_files_with_absolute_paths(tmp_path: Path) -> None:
    """`-o` writes the units; relative paths of exports, lake and settings become absolute."""
    (tmp_path / "exports").mkdir()
    ran = run(tmp_path, "schedule", "print", "systemd", "ingest", "exports", "--every", "15m", "-o", "units",
              "--lake", "my lake")  # fmt: skip
    assert (ran.status, ran.errors) == (0, "")
    assert ran.output.split() == [
        "units/batchlake-ingest-exports.service",
        "units/batchlake-ingest-exports.timer",
    ]
    service = (tmp_path / "units" / "batchlake-ingest-exports.service").read_text()
    assert f' ingest {tmp_path}/exports -q --lake "{tmp_path}/my lake" --wait 3600\n' in service


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["cron", "ingest"], "needs the paths"),
        (["cron", "pull", "a", "b"], "takes one platform"),
        (["cron", "pull", "nobody"], "no platform 'nobody'"),
        (["cron", "pull", "--every", "often"], "not a length of time"),
        (["cron", "pull", "--every", "7m"], "cron can't run a job every 7m"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(words: list[str], complaint: str) -> None:
    """What is to be run, and when, is checked before anything is printed."""
    with pytest.raises((click.UsageError, InvalidConfiguration, InvalidRequest), match=complaint):
        print_command.main(words, standalone_mode=False)
