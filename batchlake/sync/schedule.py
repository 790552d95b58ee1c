"""Writes what makes cron or systemd run batchlake: text that is ready to install, every path absolute.

Runs take turns: each waits for the one before it, as long as it may last. The credential is not in what is
written; a file that only its owner should read sets the platform's variable, in lines `NAME=value`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from batchlake.errors import InvalidRequest

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Job:
    """A command to be run again and again.

    Attributes:
        name: what to call it, as `pull-svalync`; letters, digits, `-` and `_`.
        command: the program and its arguments, the paths among them absolute.
        folder: the working folder, absolute.
        every: how often, at least a minute; cron runs only what divides an hour or a day.
        environment_file: sets the credential's variable; None where the job needs none.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    every: timedelta
    environment_file: Path | None


def crontab(job: Job) -> str:
    """A crontab with the one job, to be installed with `crontab FILE` or pasted into `crontab -e`.

    Raises:
        InvalidRequest: cron can't run a job so often.
    """
    steps = [f"cd {shlex.quote(str(job.folder))}"]
    if job.environment_file:
        steps.append(f"set -a && . {shlex.quote(str(job.environment_file))} && set +a")
    steps.append(shlex.join(job.command))
    # In a crontab an unescaped percent sign ends the command.
    line = f"{_cron_times(job)} {' && '.join(steps)}".replace("%", r"\%")
    if "\n" in line:
        raise InvalidRequest("a crontab can't hold a path with a line break. Move it, or use systemd.")
    comments = [
        f"# batchlake: {job.name}. Install it with `crontab -e`; cron mails what the job prints.",
        *_environment_comment(job),
    ]
    return "\n".join([*comments, line]) + "\n"


def systemd_units(job: Job) -> dict[str, str]:
    """A service and its timer for the user's own systemd, by file name, for `~/.config/systemd/user`.

    Raises:
        InvalidRequest: the job is to run more often than once a minute, or not at all.
    """
    _seconds(job)
    name = f"batchlake-{job.name}"
    environment = [f"EnvironmentFile={_specified(str(job.environment_file))}"] if job.environment_file else []
    service = [
        f"# {name}.service",
        *_environment_comment(job),
        "[Unit]",
        f"Description=batchlake: {job.name}",
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_specified(str(job.folder))}",
        *environment,
        f"ExecStart={' '.join(_unit_quoted(word) for word in job.command)}",
        # A run that found problems has done its work.
        "SuccessExitStatus=5",
        "NoNewPrivileges=true",
        "UMask=0077",
    ]
    timer = [
        f"# {name}.timer: systemctl --user enable --now {name}.timer",
        "[Unit]",
        f"Description=batchlake: {job.name}, every {_in_words(job.every)}",
        "",
        "[Timer]",
        "OnActiveSec=1min",
        f"OnUnitActiveSec={_seconds(job)}s",
        f"RandomizedDelaySec={min(_seconds(job) // 10, 300)}s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return {f"{name}.service": "\n".join(service) + "\n", f"{name}.timer": "\n".join(timer) + "\n"}


def _environment_comment(job: Job) -> list[str]:
    if not job.environment_file:
        return []
    return [f"# The credential comes from {job.environment_file} (chmod 600), in lines NAME=value."]


def _cron_times(job: Job) -> str:
    """The five fields of times; the minute is the job's own, so that not everything begins on the hour."""
    seconds = _seconds(job)
    minute = sum(job.name.encode()) % 60
    if seconds == _DAY:
        return f"{minute} 3 * * *"
    if seconds % _HOUR == 0 and _DAY % seconds == 0:
        hours = seconds // _HOUR
        return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
    if seconds % _MINUTE == 0 and _HOUR % seconds == 0:
        minutes = seconds // _MINUTE
        return f"{'*' if minutes == 1 else f'*/{minutes}'} * * * *"
    raise InvalidRequest(
        f"cron can't run a job every {_in_words(job.every)}. Give minutes that divide an hour (5m, 15m) or "
        "hours that divide a day (1h, 6h, 24h), or use systemd.",
        every=_in_words(job.every),
    )


def _seconds(job: Job) -> int:
    seconds = int(job.every.total_seconds())
    if seconds < _MINUTE:
        raise InvalidRequest(
            f"a job can't run every {_in_words(job.every)}; once a minute is the most. Give 15m or 1h.",
            every=_in_words(job.every),
        )
    return seconds


def _in_words(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit:g}{name}"
    return f"{seconds:g}s"


def _unit_quoted(word: str) -> str:
    """A word as systemd reads it in a command or a list: specifiers, variables and blanks taken literally."""
    escaped = (
        _specified(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$").replace("\n", "\\n")
    )
    return escaped if re.fullmatch(r"[\w@%+=:,./$-]+", escaped) else f'"{escaped}"'


def _specified(text: str) -> str:
    """A path in a unit: a percent sign would begin a specifier."""
    return text.replace("%", "%%")
