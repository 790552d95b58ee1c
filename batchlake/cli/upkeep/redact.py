"""`redact`: a lake that holds plain values, redacted where it is; `--try` shows what becomes of a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from batchlake.cli.arguments.options import (
    format_option,
    lake_option,
    open_lake,
    quiet_option,
    standard_input,
    wait_option,
)
from batchlake.cli.arguments.parameters import option, refuse
from batchlake.cli.arguments.privacy import read_rules, redact_option
from batchlake.cli.failures import WITH_PROBLEMS
from batchlake.cli.upkeep.forget import cleaned_landing, ended_by_hand, print_report
from batchlake.output.formats import STATUS_FORMATS

if TYPE_CHECKING:
    from batchlake.privacy.redaction.rules import Rules


_OF_A_LAKE: Final = ("dry_run", "lake_path", "landing", "wait_seconds", "output_format", "short_json")


@click.command("redact")
@option(
    "--try",
    "text",
    metavar="TEXT",
    help="Show what becomes of this text, or of standard input (-), and stop.",
)
@redact_option
@option("--dry-run", is_flag=True, help="Say what would change, write nothing.")
@lake_option
@cleaned_landing
@wait_option
@quiet_option
@format_option(STATUS_FORMATS)
def redact_command(
    text: str | None,
    redact: str | None,
    region: str | None,
    dry_run: bool,
    lake_path: str,
    landing: Path,
    wait_seconds: float,
    quiet: bool,
    output_format: str,
) -> None:
    """Redact what a lake holds, and from then on everything that comes in. Start with --dry-run.

    Numbers, mail addresses, cards and the other kinds of --redact (or of [privacy] in batchlake.toml) become
    their class, such as <phone>; in a field of its own a value becomes a pseudonym, so that contacts and
    attempts still count. Earlier states end, landed answers are redacted. It can't be taken back.

    What no redaction can promise: names that no field of the record gives, people who are recognised by what
    is said, languages without digit words; and what left the lake before. The report lists all of it.

    \b
    batchlake redact --try "call me on four one five, double five five, oh one nine nine" --redact all
    batchlake redact --redact phone,email --region US --dry-run
    """
    if text is not None:
        refuse(_OF_A_LAKE, "to --try, which reads no lake")
        rules = read_rules(redact, region, usual=("all",))
        assert rules  # noqa: S101 - of all kinds at least
        _try(standard_input() if text == "-" else text, rules)
        return
    rules = read_rules(redact, region)
    lake = open_lake(lake_path)
    with ended_by_hand(lake):
        report = lake.redact(rules or (), dry_run=dry_run, landing=landing, wait_seconds=wait_seconds)
    if output_format == "json":
        click.echo(json.dumps(report.to_dict(), indent=2))
    elif not quiet:
        print_report(str(report))
    if not report.dry_run and not report.is_proven:
        raise click.exceptions.Exit(WITH_PROBLEMS)


def _try(text: str, rules: Rules) -> None:
    """Write the redacted text; of JSON the redacted document."""
    from batchlake.privacy.key import find_key
    from batchlake.privacy.redaction.documents import DocumentRedactor
    from batchlake.privacy.redaction.redactor import Redactor

    click.echo(DocumentRedactor(Redactor(rules, find_key())).json_text(text.rstrip("\n")))
