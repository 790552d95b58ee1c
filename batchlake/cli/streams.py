"""Standard streams that are closed, full, or open the wrong way round.

Some schedulers and scripts start programs so (`<&-`, `>&-`). Input: the streams that the process was given.
Output: a standard output that raises an `OSError` when something is written to it that it can't take, and a
standard error that always takes what is written: a message that can't be shown is not a reason to fail.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from typing import Final

import click

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DEV_FULL: Final = os.makedev(1, 7)
"""Linux's /dev/full, which a test writes to."""


def open_streams() -> None:
    """Put something in the place of each standard stream that is closed.

    A file opened later would get its number, and whatever is printed there would go into the lake's files.
    Standard input stays None, as Python has it where it is closed.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_WRONLY)
    # Each takes the least number that is free, so that they come in order.
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def output_fault(error: OSError) -> str | None:
    """Why standard output doesn't take what is written; None where the error is about something else."""
    number = sys.stdout.fileno()
    if is_full(error) and _can_fill(number):
        return os.strerror(error.errno or 0)
    if error.errno == errno.EBADF and _is_read_only(number):
        return "it is closed"
    return None


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit on the size of files is at its end."""
    return error.errno in _FULL


def end_output() -> None:
    """Write no more to standard output. Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> None:
    """A line for people, on standard error, if that takes it."""
    try:
        click.echo(message, err=True)
    except OSError:
        # This and all that comes later is lost.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _can_fill(number: int) -> bool:
    """Whether it is a file, which a disk can be too full for, and no terminal or pipe."""
    facts = os.fstat(number)
    return stat.S_ISREG(facts.st_mode) or (stat.S_ISCHR(facts.st_mode) and facts.st_rdev == _DEV_FULL)


def _is_read_only(number: int) -> bool:
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
