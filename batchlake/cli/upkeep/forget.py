"""`forget`, `erasures`: people's data erased, and looked for again."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from batchlake.cli.arguments.options import (
    file_text,
    filter_option,
    format_option,
    lake_option,
    landing_option,
    note,
    open_lake,
    quiet_option,
    standard_input,
    wait_option,
)
from batchlake.cli.arguments.parameters import option, refuse
from batchlake.cli.arguments.privacy import read_region, region_option
from batchlake.cli.arguments.request import SCREEN_WIDTH, read_request, table_options
from batchlake.cli.arguments.selection import read_filter_option
from batchlake.cli.display.listed import write_result
from batchlake.cli.failures import INTERRUPTED, WITH_PROBLEMS
from batchlake.errors import InvalidRequest
from batchlake.output.formats import STATUS_FORMATS
from batchlake.text.escaping import shown
from batchlake.version import VERSION

if TYPE_CHECKING:
    from batchlake.erasure.verify import Verification
    from batchlake.lake import Lake

_HIT: Final = 1

cleaned_landing = landing_option("Where pulls keep answers as received; it is cleaned, too.")
_value_option = option("--value", "values", multiple=True, metavar="TEXT",
                       help="A name, e-mail or address, replaced where it stands; @FILE or -.")  # fmt: skip


@click.command("forget")
@lake_option
@option("--number", "numbers", multiple=True, metavar="N",
        help="Erase the calls whose contact has this number; @FILE or - for one a line.")  # fmt: skip
@option("--call", "calls", multiple=True, metavar="ID", help="Erase this call; @FILE or -.")
@option("--extra", "extra", multiple=True, metavar="PATH=VALUE", help="Erase calls with this own field.")
@filter_option
@_value_option
@option("--source", metavar="NAME", help="Only of this platform or account.")
@region_option
@option("--own-line", is_flag=True, help="Erase also calls whose number is our side.")
@option("--follow", is_flag=True, help="Erase all calls of the contacts of --call and --filter.")
@option("--mode", type=click.Choice(["remove", "anonymise"]), default="remove", show_default=True,
        help="Remove the calls, or keep their figures without the person.")  # fmt: skip
@option("--dry-run", is_flag=True, help="Say what would go, write nothing.")
@option("--expect", metavar="N|any", help="How many calls the dry run counted; required to erase.")
@option("--reference", metavar="TICKET", help="Noted with the erasure; holds no target.")
@option("--for-good", is_flag=True, help="Keep out also calls that begin after the erasure.")
@cleaned_landing
@option("--elsewhere", multiple=True, type=click.Path(path_type=Path, exists=True), metavar="PATH",
        help="Search files that left the lake, and list those with hits; nothing is changed.")  # fmt: skip
@option("--todo", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Write what is to be deleted at the platform by hand, for your eyes alone.")  # fmt: skip
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def forget_command(
    lake_path: str,
    numbers: tuple[str, ...],
    calls: tuple[str, ...],
    extra: tuple[str, ...],
    filter_texts: tuple[str, ...],
    values: tuple[str, ...],
    mode: Literal["remove", "anonymise"],
    expect: str | None,
    region: str | None,
    output_format: str,
    quiet: bool,
    **options: Any,
) -> None:
    """Erase people from every state and file of the lake, with proof. Start with --dry-run.

    Their calls go (or stay as figures), every mention in other calls is replaced by <erased>, earlier states
    end, and the same exports don't bring them back. Exit 5 says that a place could not be cleaned or proven.

    What no erasure can promise: backups, snapshots, replicas and versions in a bucket; reports and files that
    left the lake; source exports (--elsewhere finds them); the platform itself (--todo); shell history;
    people who are recognised by what is said; exact figures of anonymised calls. The report lists all of it.

    \b
    batchlake forget --number +14155550113 --dry-run
    batchlake forget --call call_013 --expect 1
    """
    lake = open_lake(lake_path)
    with ended_by_hand(lake):
        report = lake.forget(
            numbers=_lines(numbers),
            calls=_lines(calls),
            extra=_by_path(extra),
            filter=read_filter_option(filter_texts),
            values=_lines(values),
            mode=mode,
            expect=_count(expect),
            region=read_region(region),
            **options,
        )
    if output_format == "json":
        click.echo(json.dumps(report.to_dict(), indent=2))
    elif not quiet:
        print_report(str(report))
    if not report.dry_run and not report.is_proven:
        raise click.exceptions.Exit(WITH_PROBLEMS)


@click.command("erasures")
@lake_option
@option("--verify", is_flag=True, help="Search every byte for everybody who was erased; exit 1 on a hit.")
@_value_option
@region_option
@option("--finish", is_flag=True, help="Finish an erasure that was cut short.")
@option("--new-key", is_flag=True, help="Give the lake another privacy key, where its own is lost.")
@cleaned_landing
@wait_option
@table_options("erasures")
@quiet_option
@format_option(STATUS_FORMATS)
@click.pass_context
def erasures_command(
    context: click.Context,
    /,
    lake_path: str,
    verify: bool,
    values: tuple[str, ...],
    region: str | None,
    finish: bool,
    new_key: bool,
    landing: Path,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
    **given: Any,
) -> None:
    """Every erasure, newest first; --verify looks again.

    Without a value, numbers and calls are looked for by keyed digests, so that a lake can be shown to be free
    of everybody erased for as long as the key exists. A name or an address can only be looked for by --value.

    \b
    batchlake erasures
    batchlake erasures --verify
    """
    table = {"columns", "sort", "limit", "wide", "vertical"}
    if new_key:
        refuse({*table, "verify", "values", "region", "finish", "landing"}, "to --new-key")
    elif verify or values:
        refuse(table, "to --verify and --value, whose answer is no table")
    elif not finish:
        refuse({"landing", "wait_seconds"}, "without --finish, --verify or --value")
    if not values:
        refuse({"region"}, "without --value: in it numbers are read that are looked for")
    given |= {"lake_path": lake_path, "quiet": quiet, "output_format": output_format}
    lake = open_lake(lake_path)
    if new_key:
        _tell_new_key(lake.new_privacy_key(wait_seconds), output_format)
        return
    if finish:
        lake.finish_erasure(landing, wait_seconds)
    if not (verify or values):
        request = read_request(context, given)
        write_result(request, lake.erasures(), "erasures", empty=lambda: "Nobody was erased.")
        return
    found = lake.verify_erasures(_lines(values), landing=landing, region=read_region(region))
    proof = _proof(lake, found)
    if output_format == "json":
        click.echo(json.dumps(proof, indent=2))
    else:
        print_report(_sentence(found, proof))
    if found.hits:
        raise click.exceptions.Exit(_HIT)


def _tell_new_key(without: list[str], output_format: str) -> None:
    if output_format == "json":
        click.echo(json.dumps({"keep_nobody_out": without}, indent=2))
        return
    click.echo("The lake has another privacy key from now on. Keep a copy of it.")
    for erasure_id in without:
        click.echo(f"Keeps nobody out any more: {erasure_id}.")
    click.echo("In a redacted lake, a contact of before and of after counts as two.")


def print_report(text: str) -> None:
    """Write a report in lines that fit the terminal, broken between words."""
    from batchlake.output.pager import fill

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else SCREEN_WIDTH
    for line in text.splitlines():
        head = "  - " if line.startswith("  - ") else ""
        for place, part in enumerate(fill(line.removeprefix(head), width - len(head))):
            click.echo(f"{head if place == 0 else ' ' * len(head)}{part}")


@contextmanager
def ended_by_hand(lake: Lake) -> Iterator[None]:
    """Say after Ctrl-C whether anything was erased: before the commit nothing was."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        if lake.has_unfinished_erasure():
            note(
                "Interrupted after the commit: every reader sees the lake without what was erased. Earlier "
                "files are still to be deleted; the next ingest, pull, compact or vacuum does it, or "
                "`batchlake erasures --finish`."
            )
        else:
            note("Interrupted; nothing was erased, the lake is as it was.")
        raise click.exceptions.Exit(INTERRUPTED) from None


def _proof(lake: Lake, found: Verification) -> dict[str, Any]:
    """What can be filed: when, of which lake and which erasures, what was found, what it can't say."""
    from batchlake.erasure.report import NOT_COVERED, REPORT_VERSION

    return {
        "version": REPORT_VERSION,
        "verified_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verified_with": f"batchlake {VERSION}",
        "lake": str(lake.root),
        "erasures": [row["erasure_id"] for row in lake.erasures().to_dicts()],
        "is_clean": found.is_clean,
        **asdict(found),
        "not_covered": list(NOT_COVERED),
    }


def _sentence(found: Verification, proof: dict[str, Any]) -> str:
    lines = [
        f"Searched by {found.by}: {found.files} files, {found.bytes} bytes, {found.strings} strings; "
        f"{sum(hit.count for hit in found.hits)} hits. State {found.state_digest}.",
        *(f"Hit: {hit.place}, {hit.column}: {hit.count}." for hit in found.hits),
        f"Lake {proof['lake']}, erasures: {len(proof['erasures'])}. Looked at {proof['verified_at']} with "
        f"{proof['verified_with']}. With --json as a document to file, which says what isn't covered.",
    ]
    return "\n".join(lines)


def _lines(given: tuple[str, ...]) -> list[str]:
    """Values as given, and those of files, one a line, so that none need stand in a shell's history."""
    found: list[str] = []
    for value in given:
        lines = [value]
        if value == "-":
            lines = standard_input().splitlines()
        elif value.startswith("@"):
            lines = file_text("values", Path(value[1:])).splitlines()
        named = [line.strip() for line in lines if line.strip()]
        if not named:
            raise InvalidRequest(f"{shown(value)} names nobody: it holds no text. Give values, one a line.")
        found += named
    return found


def _by_path(given: Iterable[str]) -> dict[str, list[str]]:
    """The values of own fields by path; a path that is given again has several."""
    found: dict[str, list[str]] = {}
    for one in given:
        path, equals, value = one.partition("=")
        if not equals or not path:
            raise InvalidRequest("--extra is PATH=VALUE, as customer.id=4711.")
        found.setdefault(path, []).append(value)
    return found


def _count(expect: str | None) -> int | Literal["any"] | None:
    if expect is None or expect == "any":
        return expect  # type: ignore[return-value]
    if not expect.isdecimal():
        raise InvalidRequest("--expect is a count of calls, or any.")
    return int(expect)
