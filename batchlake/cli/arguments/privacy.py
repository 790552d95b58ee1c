"""What verbs that bring calls in, or take people out, have in common: `--redact`, `--region`.

Input: options, `[privacy]` of batchlake.toml, `BATCHLAKE_PRIVACY__...`. Output: `Rules`, None where nothing
is asked for and the lake decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from batchlake.cli.arguments.parameters import Command, option, refuse
from batchlake.cli.arguments.settings import settings_of

if TYPE_CHECKING:
    from batchlake.privacy.redaction.rules import Rules
    from batchlake.sync.configuration import PrivacySettings


def redact_option(command: Command) -> Command:
    """`--redact KINDS` and `--region REGION`; `read_rules` reads both."""
    redact = option("--redact", metavar="KINDS",
                    help="Redact before anything is stored: phone, email, card, iban, national_id, digits, "
                         "name, with commas between, or all. From the first ingest of a lake on; afterwards "
                         "the lake knows.")  # fmt: skip
    return region_option(redact(command))


def region_option(command: Command) -> Command:
    """`--region REGION`; `read_region` reads it."""
    return option("--region", metavar="REGION", help="In which numbers without + are read, as US.")(command)


def read_region(given: str | None) -> str | None:
    """The region that the option names, else the settings."""
    settings = _settings()
    return given or (settings.region if settings else None)


def read_rules(redact: str | None, region: str | None, *, usual: Sequence[str] = ()) -> Rules | None:
    """The rules that the options and the settings make together; None leaves it to the lake.

    Args:
        redact, region: the options.
        usual: the kinds where neither names any.

    Raises:
        InvalidRequest: one of them means nothing.
    """
    from batchlake.privacy.redaction.rules import Rules

    settings = _settings()
    kinds: Sequence[str] = redact.split(",") if redact is not None else settings.redact if settings else ()
    kinds = kinds or usual
    if not kinds:
        refuse({"region"}, "without --redact: in it numbers are read that are redacted")
        return None
    region = read_region(region)
    if settings is None:
        return Rules.of(kinds, region)
    return Rules.of(
        kinds, region, settings.countries, settings.min_digits, settings.own_lines, settings.fields,
        settings.languages,
    )  # fmt: skip


def _settings() -> PrivacySettings | None:
    """The table `[privacy]` in force, None where nothing is set."""
    settings = settings_of(click.get_current_context())
    return settings.privacy if settings else None
