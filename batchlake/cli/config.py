"""`config show`, `config init`: the settings in force, and a file to begin with."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batchlake.cli.arguments.options import format_option, note, quiet_option
from batchlake.cli.arguments.parameters import option
from batchlake.cli.arguments.settings import config_option, configuration_of
from batchlake.output.formats import STATUS_FORMATS
from batchlake.output.pager import fill
from batchlake.output.target import refused
from batchlake.screens.page import columns
from batchlake.sync import CONFIGURATION_FILE
from batchlake.sync.configuration import BUNDLED, DEFAULT, EXAMPLE

if TYPE_CHECKING:
    from batchlake.sync.configuration import Configuration, Value


@click.group("config")
def config_command() -> None:
    """The settings in force: batchlake.toml, BATCHLAKE_* variables, flags.

    \b
    batchlake config show
    batchlake config init
    """


@config_command.command("init")
@click.argument("file", default=CONFIGURATION_FILE, type=click.Path(path_type=Path, dir_okay=False))
@quiet_option
def init_command(file: Path, quiet: bool) -> None:
    """Write an example of the settings, in which nothing counts yet: batchlake.toml, or FILE.

    \b
    batchlake config init
    batchlake config init settings/batchlake.toml
    """
    with refused(file), file.open("xb") as written:
        written.write(EXAMPLE.read_bytes())
    note(f"Wrote {file}. Take away the `#: ` before what is to count.", quiet=quiet)


@config_command.command("show")
@quiet_option
@config_option
@option("--lake", metavar="DIR", help="As other verbs take it.")
@option("--landing", metavar="DIR", help="As `pull` takes it.")
@option("--all", "everything", is_flag=True, help="The bundled settings of every platform, too.")
@format_option(STATUS_FORMATS)
@click.pass_context
def show_command(
    context: click.Context,
    lake: str | None,
    landing: str | None,
    everything: bool,
    quiet: bool,
    output_format: str,
) -> None:
    """The settings with their values and where they come from; a credential is only said to be set or not.

    Of platforms a table has what was set; --all and --json have what is bundled, too.

    \b
    batchlake config show
    batchlake config show --all --json
    """
    from batchlake.sync.configuration import read_configuration

    file = configuration_of(context).file
    configuration = read_configuration(file, os.environ, {"lake": lake, "landing": landing})
    credentials = _credentials(configuration)
    if output_format == "json":
        settings = {one.key: {"value": one.value, "origin": one.origin} for one in configuration.values()}
        click.echo(json.dumps({"settings": settings, "credentials": credentials}, indent=2))
        return
    shown = [one for one in configuration.values() if everything or _is_own(one)]
    rows = [(one.key, one.value, one.origin) for one in shown]
    own = [name for name, is_set in credentials.items() if is_set or everything]
    rows += [(name, "***" if credentials[name] else "not set", "environment") for name in own]
    for line in columns(rows, (False, False, False)):
        click.echo(line)
    if everything:
        return
    unset = [name for name in credentials if name not in own]
    notes = [f"Platforms: {', '.join(sorted(configuration.settings.platforms))}; --all lists their settings."]
    notes += [f"Not set: {', '.join(unset)}."] if unset else []
    for line in (line for one in notes for line in fill(one, shutil.get_terminal_size().columns)):
        note(line, quiet=quiet)


def _is_own(setting: Value) -> bool:
    """Whether it is none of the settings of platforms that are bundled."""
    return not (setting.key.startswith("platforms.") and setting.origin in (BUNDLED, DEFAULT))


def _credentials(configuration: Configuration) -> dict[str, bool]:
    """Which of the variables that hold credentials are set."""
    platforms = configuration.settings.platforms.values()
    return {one.auth.env: bool(os.environ.get(one.auth.env)) for one in platforms if one.auth}
