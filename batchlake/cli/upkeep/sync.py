"""`pull`, `watch`, `schedule`, `status`: a lake that keeps itself current."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from batchlake._lazy import extra
from batchlake.cli.arguments.options import (
    Duration,
    format_option,
    lake_option,
    landing_option,
    note,
    open_lake,
    quiet_as_it_is,
    quiet_option,
    wait_option,
)
from batchlake.cli.arguments.parameters import Seconds, option, refuse
from batchlake.cli.arguments.privacy import read_rules, redact_option
from batchlake.cli.arguments.request import SCREEN_WIDTH
from batchlake.cli.arguments.settings import configuration_of, has_settings
from batchlake.cli.display.details_line import DetailsLine
from batchlake.cli.failures import INTERRUPTED, WITH_PROBLEMS, note_format
from batchlake.errors import InvalidRequest
from batchlake.output.formats import STATUS_FORMATS
from batchlake.output.target import takes_colour
from batchlake.store.object_storage.object_store import is_object_address

if TYPE_CHECKING:
    from batchlake.ingest.report import IngestReport
    from batchlake.sync.pull.report import PullReport

_STALE: Final = 1
_LONGEST_TURN_SECONDS: Final = "3600"


_landing: Final = landing_option("Where answers are kept as received.")


@click.command("pull")
@click.argument("platform", required=False, metavar="[PLATFORM]")
@option("--batch", "batches", multiple=True, metavar="ID", help="Only this batch; give it again for several.")
@option("--call", "calls", multiple=True, metavar="ID", help="Only the details of this call.")
@option("--since", type=Duration(), metavar="AGE", help="List only calls that are younger: 90s, 26h, 7d.")
@option("--full", is_flag=True, help="List and ask for everything, whatever earlier pulls have seen.")
@option("--allow-problems", is_flag=True, help="Exit 0 even if something could not be fetched.")
@redact_option
@lake_option
@_landing
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
@click.pass_context
def pull_command(
    context: click.Context,
    platform: str | None,
    batches: tuple[str, ...],
    calls: tuple[str, ...],
    since: timedelta | None,
    full: bool,
    redact: str | None,
    region: str | None,
    allow_problems: bool,
    lake_path: str,
    landing: Path,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Fetch what is new or still running from a calling platform, and ingest it.

    Those that come with batchlake (`batchlake config show`) need a key in the environment alone, such as
    RETELL_API_KEY; others are described in batchlake.toml. Every answer is first written as received to the
    landing folder. The next pull resumes one that was interrupted.

    \b
    batchlake pull retell --since 7d
    batchlake pull --batch harbour_09
    """
    if batches or calls:
        refuse({"since"}, "beside --batch or --call: nothing is listed then")
    if calls and not batches:
        refuse({"full"}, "beside --call, which asks for that call anyway")
    with extra("pull", "pulls from a platform"):
        from batchlake.sync.pull.run import PullOptions, pull

    name, described = configuration_of(context).platform(platform)
    try:
        with DetailsLine(quiet=quiet) as details:
            report = pull(
                open_lake(lake_path),
                name,
                described,
                landing,
                os.environ,
                PullOptions(batches, calls, full, wait_seconds, since, read_rules(redact, region)),
                lambda line: note(line, quiet=quiet),
                details,
            )
    except KeyboardInterrupt:
        note("Interrupted; the next pull resumes here.")
        raise click.exceptions.Exit(INTERRUPTED) from None
    _tell_pull(report, output_format, quiet=quiet)
    if report.problems and not allow_problems:
        raise click.exceptions.Exit(WITH_PROBLEMS)


def _tell_pull(report: PullReport, output_format: str, *, quiet: bool) -> None:
    """Say what came, and what the lake made of it; when quiet, only what needs somebody, on standard
    error."""
    from batchlake.output.pager import fill
    from batchlake.screens.ingest import ingest_screen, problems_line
    from batchlake.screens.page import Page

    if output_format == "json":
        click.echo(json.dumps(report.to_dict(), indent=2))
        return
    if quiet:
        lacking = [problems_line(one) for one in report.ingests if one.problems]
        for line in (*report.faults(), *lacking):
            note(f"batchlake: {line}")
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    page = Page(width or SCREEN_WIDTH, colour=takes_colour(sys.stdout))
    for line in report.summary():
        click.echo("\n".join(fill(line, page.width) if width else [line]))
    for one in report.ingests:
        if one.changed or one.problems:
            click.echo("\n".join(ingest_screen(one, page)))
    if not any(one.changed for one in report.ingests):
        click.echo("The lake is as it was.")


@click.command("watch")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@option("--source", metavar="NAME",
        help="The platform or account the exports are of; by default each record's platform.")  # fmt: skip
@option("--settle", type=Seconds(0.05), default=2, show_default=True, metavar="SECONDS",
        help="How long a file must have stood still.")  # fmt: skip
@option("--patience", type=Seconds(), default=300, show_default=True, metavar="SECONDS",
        help="How long a file that looks half-written is waited for.")  # fmt: skip
@option("--poll", is_flag=True, help="Look for changes by polling, as on network shares.")
@redact_option
@lake_option
@wait_option
@quiet_option
@format_option(("table", "ndjson"))
def watch_command(
    folders: tuple[Path, ...],
    source: str | None,
    settle: float,
    patience: float,
    poll: bool,
    redact: str | None,
    region: str | None,
    lake_path: str,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Ingest new and changed exports in folders as they settle, until it is stopped.

    What lies there already is ingested first. Hidden files and names such as x.tmp or x.part are skipped.
    SIGINT and SIGTERM end it after the ingest at work. With -q, only an ingest with problems is told of.

    \b
    batchlake watch exports/
    batchlake watch exports/ --settle 10 --source acme
    """
    from batchlake.screens.ingest import problems_line
    from batchlake.sync.watch import WatchTiming, watch

    lake = open_lake(lake_path)
    rules = read_rules(redact, region) or ()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def ingest(paths: list[Path]) -> IngestReport:
        return lake.ingest(*paths, source=source, wait_seconds=wait_seconds, redact=rules)

    note(f"watching {', '.join(str(folder) for folder in folders)}", quiet=quiet)
    timing = WatchTiming(settle, patience)
    for report in watch(
        folders, ingest, stop, timing=timing, polling=poll, note=lambda line: note(line, quiet=quiet)
    ):
        if output_format == "ndjson":
            click.echo(json.dumps(report.to_dict()))
        elif not quiet:
            click.echo(str(report))
        elif report.problems:
            note(f"batchlake: {problems_line(report)}")
        sys.stdout.flush()


@click.group("schedule")
def schedule_command() -> None:
    """Let cron or systemd run a pull or an ingest.

    \b
    batchlake schedule print cron ingest exports/ --every 1h
    batchlake schedule print systemd pull retell --every 15m
    """


@schedule_command.command("print")
@quiet_option
@click.argument("scheduler", type=click.Choice(["cron", "systemd"]))
@click.argument("verb", type=click.Choice(["pull", "ingest"]))
@click.argument("subjects", nargs=-1, metavar="[PLATFORM | PATH...]")
@option("--every", type=Duration(), default="1h", show_default=True, metavar="TIME",
        help="How often: 15m, 1h, 24h.")  # fmt: skip
@option("--env-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Sets the credential; by default ~/.config/batchlake/PLATFORM.env.")  # fmt: skip
@option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        help="Write the files there instead; - is standard output.")  # fmt: skip
@lake_option
@_landing
@click.pass_context
def print_command(
    context: click.Context,
    scheduler: str,
    verb: str,
    subjects: tuple[str, ...],
    every: timedelta,
    env_file: Path | None,
    output: Path | None,
    lake_path: str,
    landing: Path,
    quiet: bool,
) -> None:
    """Print a crontab line, or a systemd service and timer, ready to install.

    Runs take turns: each waits up to an hour for the one before it.

    \b
    batchlake schedule print cron ingest exports/ --every 1h
    batchlake schedule print systemd pull retell --every 15m
    """
    from batchlake.sync.schedule import Job, crontab, systemd_units

    if verb == "ingest":
        refuse({"landing"}, "to an ingest")
    words, name, credential = (
        _pull_words(context, subjects, landing, env_file)
        if verb == "pull"
        else _ingest_words(context, subjects, env_file)
    )
    if configuration := configuration_of(context).file:
        words += ["--config", str(configuration.absolute())]
    lake = lake_path if is_object_address(lake_path) else str(Path(lake_path).absolute())
    program = shutil.which("batchlake")
    start = (program,) if program else (sys.executable, "-m", "batchlake")
    command = (*start, verb, *words, "--lake", lake, "--wait", _LONGEST_TURN_SECONDS)
    job = Job(f"{verb}-{name}", command, Path.cwd(), every, credential and credential.absolute())
    files = {f"batchlake-{job.name}.cron": crontab(job)} if scheduler == "cron" else systemd_units(job)
    if output is None or str(output) == "-":
        click.echo("\n".join(files.values()), nl=False)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
            if not quiet:
                click.echo(str(output / name))
    except OSError as error:
        raise InvalidRequest(
            f"cannot write to {str(output)!r}: {error.strerror or error}. Name another folder with -o.",
            path=str(output),
        ) from error


@click.command("status")
@quiet_as_it_is
@option(
    "--max-age", type=Duration(), metavar="TIME", help="Exit 1 where the lake was last fed longer ago: 26h."
)
@lake_option
@_landing
@click.pass_context
def status_command(context: click.Context, max_age: timedelta | None, lake_path: str, landing: Path) -> None:
    """How fresh the lake is, as JSON: its newest run, each platform's last pull, and what is stale.

    Exit status 1 says that it is stale, or that an erasure was cut short and not finished.
    `warnings` names platforms that are about to delete calls that were not pulled.

    \b
    batchlake status
    batchlake status --max-age 26h
    """
    from batchlake.sync.status import lake_status, pulled_platforms

    note_format("json")
    kept = {}
    # How long platforms keep calls is asked of those that were pulled, and settings are checked where there
    # are any: to make those that are bundled alone would be a fifth of the time.
    if pulled_platforms(landing) or has_settings(context):
        platforms = configuration_of(context).settings.platforms
        kept = {name: one.retention_days for name, one in platforms.items() if one.retention_days}
    found = lake_status(open_lake(lake_path), landing, max_age, datetime.now(UTC), kept)
    click.echo(json.dumps(found.to_dict(), indent=2))
    if found.unfinished_erasure:
        note("An erasure has not ended: run `batchlake erasures --finish`.")
    if found.is_stale or found.unfinished_erasure:
        raise click.exceptions.Exit(_STALE)


def _pull_words(
    context: click.Context, subjects: tuple[str, ...], landing: Path, env_file: Path | None
) -> tuple[list[str], str, Path | None]:
    """What a job that pulls is given, its name, and the file that sets its credential, where it needs one."""
    if len(subjects) > 1:
        raise click.UsageError("`pull` takes one platform", context)
    name, platform = configuration_of(context).platform(next(iter(subjects), None))
    credential = env_file or Path.home() / ".config/batchlake" / f"{name}.env"
    words = [name, "-q", "--landing", str(landing.absolute())]
    return words, name, credential if platform.auth else None


def _ingest_words(
    context: click.Context, subjects: tuple[str, ...], env_file: Path | None
) -> tuple[list[str], str, Path | None]:
    """The same of a job that ingests."""
    if not subjects:
        raise click.UsageError("`ingest` needs the paths of exports", context)
    paths = [path if is_object_address(path) else str(Path(path).absolute()) for path in subjects]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(paths[0]).name).strip("-") or "exports"
    return [*paths, "-q"], name, env_file
