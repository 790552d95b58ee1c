"""Errors become exit statuses here, and JSON where the output is JSON.

0  success                        4    a time limit was reached
1  not found, unavailable, SQL    5    committed, but with problems
2  invalid request     70   a bug in batchlake
3  lake, export or platform       130  interrupted
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from batchlake import errors
from batchlake.cli.streams import end_output, is_full, output_fault, say
from batchlake.privacy.errors import NothingToForget

SUCCESS: Final = 0
WITH_PROBLEMS: Final = 5
BUG: Final = 70
INTERRUPTED: Final = 130

_STATUS_BY_KIND: Final[tuple[tuple[type[errors.BatchlakeError], int], ...]] = (
    (errors.InvalidBatchId, 2),
    (errors.InvalidFilter, 2),
    (NothingToForget, 1),
    (errors.InvalidRequest, 2),
    (errors.InvalidConfiguration, 2),
    (errors.NotFound, 1),
    (errors.AnalyticsUnavailable, 1),
    (errors.QueryError, 1),
    (errors.QueryTimeout, 4),
    (errors.RateLimited, 3),
    (errors.PullFailed, 3),
    (errors.ExportUnreadable, 3),
    (errors.LakeError, 3),
)

_REFUSED: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EIO, errno.ESTALE}
)
"""What is wrong with a path, or with what it lies on, and not with batchlake."""

_HALF: Final = "surrogates not allowed"

_JSON_FORMATS: Final = frozenset({"json", "ndjson"})


def exit_status(error: errors.BatchlakeError) -> int:
    """The exit status of an error, that of a bug for one of a kind that has none."""
    return next((status for kind, status in _STATUS_BY_KIND if isinstance(error, kind)), BUG)


def run_guarded(command: Callable[[], Any]) -> int:
    """Run the command line; whatever happens, a status and a sentence come of it, never a traceback."""
    _Format.name = None
    try:
        status = command()
        sys.stdout.flush()
    except errors.BatchlakeError as error:
        return _print_error(error.code, error.message, error.details(), exit_status(error))
    except click.UsageError as error:
        return _show_usage(error)
    except click.ClickException as error:
        return _print_error("invalid_request", error.format_message(), {}, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        say(_interrupted())
        return INTERRUPTED
    except BrokenPipeError:
        end_output()
    except OSError as error:
        if error.errno in _REFUSED or _is_nowhere():
            return _tell_refused(error)
        if reason := output_fault(error):
            return _tell_unwritable(reason)
        return _tell_full(error) if is_full(error) else _report_bug(error)
    except UnicodeEncodeError as error:
        # Texts of a lake hold none: it is an argument's.
        return _tell_half_character() if error.reason == _HALF else _report_bug(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence; reported as the bug it is
        return _report_bug(error)
    else:
        return status if isinstance(status, int) else SUCCESS
    return SUCCESS


def _interrupted() -> str:
    """What holds of the lake now: a run may have been committed before the interruption."""
    # A verb that commits nothing never imports it.
    ledger = sys.modules.get("batchlake.store.ledger")
    run_id = ledger.committed() if ledger else None
    return (
        f"Interrupted; run {run_id[-6:]} is committed." if run_id else "Interrupted; the lake is as it was."
    )


def _show_usage(error: click.UsageError) -> int:
    shown = io.StringIO()
    error.show(shown)
    say(_in_lines(shown.getvalue().rstrip("\n")))
    return error.exit_code


def _tell_unwritable(reason: str) -> int:
    """Standard output takes no more; other files are looked after where they are written."""
    end_output()
    message = f"cannot write to standard output: {reason}. Send it elsewhere, or name a file with -o."
    return _print_error("invalid_request", message, {}, exit_status(errors.InvalidRequest(message)))


def _tell_full(error: OSError) -> int:
    """A disk is full where no room has words of its own for it, such as that of the temporary folder."""
    where = f" of {error.filename!r}" if error.filename else ", or a folder for temporary files (TMPDIR)"
    message = (
        f"the disk{where} takes no more: {os.strerror(error.errno or 0)}. "
        "Make room and run the same command again; the lake is as it was."
    )
    return _print_error("disk_full", message, {}, exit_status(errors.LakeError(message)))


def _tell_refused(error: OSError) -> int:
    """The system lets nobody at a file, where no room has words of its own for it."""
    what = f" of {os.fspath(error.filename)!r}" if error.filename else ""
    message = (
        "the folder that you are in is gone. Change to one that is there (`cd .` where it was made again)."
        if _is_nowhere()
        else f"the system refuses the use{what}: {os.strerror(error.errno or 0)}. "
        "Check the path and its permissions, and run the same command again."
    )
    return _print_error("refused", message, {}, exit_status(errors.LakeError(message)))


def _is_nowhere() -> bool:
    """Whether the working folder is gone: no path from it can be made absolute."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _tell_half_character() -> int:
    message = "a value that was given holds half a character: bytes that are not UTF-8. Write it in UTF-8."
    return _print_error("invalid_request", message, {}, exit_status(errors.InvalidRequest(message)))


def _print_error(code: str, message: str, details: dict[str, Any], status: int) -> int:
    say(_in_lines(f"batchlake: {message}"))
    # At a terminal the sentence is enough.
    if output_format() in _JSON_FORMATS and not sys.stdout.isatty():
        document = {"error": {"code": code, "message": message, "details": details}}
        try:
            text = json.dumps(document, ensure_ascii=False, default=str)
            # Half a character, of an argument that is not UTF-8, is written as JSON's escape of it.
            click.echo(text.encode(errors="backslashreplace").decode())
        except OSError:
            # The sentence above has said what matters.
            end_output()
    return status


def _in_lines(message: str) -> str:
    """The message as a terminal shows it: lines too long for it are broken between words, but for one of SQL,
    below which a caret points at a place in it."""
    if not sys.stderr.isatty():
        return message
    from batchlake.output.pager import fill
    from batchlake.text.terminal import display_width

    width = shutil.get_terminal_size().columns
    lines = message.split("\n")
    found: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        is_pointed_at = below.strip() == "^" or line.strip() == "^"
        found += [line] if is_pointed_at or display_width(line) <= width else fill(line, width)
    return "\n".join(found)


def output_format() -> str | None:
    """The format of the command that is running, None before that is known."""
    return _Format.name


def note_format(name: str) -> None:
    """Remember the format that the running command writes, so that an error can speak it too."""
    _Format.name = name


class _Format:
    """The one piece of state that outlives a failed command, until the next: which format it was to write."""

    name: str | None = None


def _report_bug(error: Exception) -> int:
    import tempfile
    import traceback

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="batchlake-bug-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
        trace, attached = file.name, f"with the file {file.name}"
    except OSError:
        trace, attached = None, "with what you ran; no file could be written"
    message = (
        f"this is a bug in batchlake, not a mistake of yours ({type(error).__name__}: {error}). "
        f"Please report it {attached}."
    )
    return _print_error("bug", message, {"trace": trace}, BUG)
