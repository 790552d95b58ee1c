"""The settings that a verb runs with: `--config FILE`, and what batchlake.toml and the environment say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.parameters import Command, option
from batchlake.sync import CONFIGURATION_FILE

if TYPE_CHECKING:
    from batchlake.ingest.parse.platforms.own import OwnPlatforms
    from batchlake.sync.configuration import Configuration, Settings

_PARAMETERS: Final = {
    "lake": "lake_path",
    "landing": "landing",
    "wait": "wait_seconds",
    "memory": "memory_limit",
    "timezone": "timezone",
    "mask_numbers": "mask_numbers",
}
"""The settings that stand in for an option that isn't given, and the parameter that the option fills."""

_PLAIN_VARIABLES: Final = frozenset(f"BATCHLAKE_{name.upper()}" for name in _PARAMETERS)
_PRIVACY_VARIABLE: Final = "BATCHLAKE_PRIVACY__"
_PLATFORM_VARIABLE: Final = "BATCHLAKE_PLATFORMS__"
_CONFIG: Final = "batchlake.config"
_CONFIGURATION: Final = "batchlake.configuration"


def config_option(command: Command) -> Command:
    """`--config FILE`. Read before the other options, whose defaults it sets."""
    return option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="BATCHLAKE_CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_set_defaults,
        metavar="FILE",
        help="Settings; ./batchlake.toml is read where none is named.",
    )(command)


def _set_defaults(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    context.meta[_CONFIG] = file
    # Reading the settings costs a cold start more than most verbs do, and mostly there are none.
    if not _is_any_set(file):
        return
    configuration = configuration_of(context)
    if named := configuration.settings.privacy.key_file:
        from batchlake.privacy.key import use_key_file

        use_key_file(Path(named))
    given = {path[0] for path, origin in configuration.origins.items() if len(path) == 1}
    defaults: dict[str, Any] = {
        _PARAMETERS[name]: getattr(configuration.settings, name) for name in given if name in _PARAMETERS
    }
    # A verb below this one looks its defaults up under its name.
    inner = context.command.list_commands(context) if isinstance(context.command, click.Group) else []
    context.default_map = defaults | dict.fromkeys(inner, defaults)


def _is_any_set(file: Path | None) -> bool:
    """Whether there is a file of settings, or a variable of the environment is a setting of every verb's."""
    if file or Path(CONFIGURATION_FILE).is_file():
        return True
    return not _PLAIN_VARIABLES.isdisjoint(os.environ) or any(
        name.startswith(_PRIVACY_VARIABLE) for name in os.environ
    )


def configuration_of(context: click.Context) -> Configuration:
    """The settings that the running command's `--config` names.

    Raises:
        InvalidConfiguration: with every fault.
    """
    from batchlake.sync.configuration import read_configuration

    if _CONFIGURATION not in context.meta:
        context.meta[_CONFIGURATION] = read_configuration(context.meta[_CONFIG], os.environ)
    found: Configuration = context.meta[_CONFIGURATION]
    return found


def settings_of(context: click.Context) -> Settings | None:
    """The settings that the running command's `--config` names; None where there are none to read."""
    file = context.meta.get(_CONFIG)
    return configuration_of(context).settings if _is_any_set(file) else None


def has_settings(context: click.Context) -> bool:
    """Whether there are settings to read: a file, or a variable of the environment, also of a platform."""
    return _is_any_set(context.meta.get(_CONFIG)) or any(
        name.upper().startswith(_PLATFORM_VARIABLE) for name in os.environ
    )


def own_platform_files() -> OwnPlatforms:
    """The files of the user's own platforms that the running command's configuration names."""
    context = click.get_current_context(silent=True)
    configuration = context.meta.get(_CONFIGURATION) if context else None
    return configuration.own if configuration else {}
