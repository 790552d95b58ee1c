"""`config show`: the settings in force."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from batchlake.cli.arguments.options import config_option, configuration_of, format_option
from batchlake.cli.arguments.parameters import option
from batchlake.output.formats import STATUS_FORMATS

if TYPE_CHECKING:
    from batchlake.sync.configuration import Configuration


@click.group("config")
def config_command() -> None:
    """The settings in force: batchlake.toml, BATCHLAKE_* variables, flags."""


@config_command.command("show")
@config_option
@option("--lake", metavar="DIR", help="As other verbs take it.")
@option("--landing", metavar="DIR", help="As `pull` takes it.")
@format_option(STATUS_FORMATS)
@click.pass_context
def show_command(context: click.Context, lake: str | None, landing: str | None, output_format: str) -> None:
    """Every setting with its value and where it comes from; a credential is only said to be set or not."""
    from batchlake.sync.configuration import read_configuration

    file = configuration_of(context).file
    configuration = read_configuration(file, os.environ, {"lake": lake, "landing": landing})
    credentials = _credentials(configuration)
    if output_format == "json":
        settings = {one.key: {"value": one.value, "origin": one.origin} for one in configuration.values()}
        click.echo(json.dumps({"settings": settings, "credentials": credentials}, indent=2))
        return
    rows = [(one.key, one.value, one.origin) for one in configuration.values()]
    rows += [(name, "***" if is_set else "not set", "environment") for name, is_set in credentials.items()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for key, value, origin in rows:
        click.echo(f"{key:{widths[0]}}  {value:{widths[1]}}  {origin}")


def _credentials(configuration: Configuration) -> dict[str, bool]:
    """Which of the variables that hold credentials are set."""
    platforms = configuration.settings.platforms.values()
    return {one.auth.env: bool(os.environ.get(one.auth.env)) for one in platforms if one.auth}
