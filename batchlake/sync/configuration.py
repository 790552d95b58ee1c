"""Reads `batchlake.toml` and the environment into `Settings`, and says where each value comes from.

Each of these overrides those before it: defaults and bundled platforms, the file, `BATCHLAKE_*` variables,
the command line's flags. A variable names a key by its path, in capitals, joined by two
underscores: `BATCHLAKE_LAKE`, `BATCHLAKE_PLATFORMS__SVALYNC__BASE_URL`. A fault is named with the file's
line, or the variable, and never shows what may be a secret. Relative paths in the file are relative to
the file's folder, and `~` is the user's home folder.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, ValidationError, field_validator
from pydantic_core import ErrorDetails

from batchlake.engine.arguments import checked
from batchlake.engine.whole_files import read_text
from batchlake.errors import ConfigurationFault, InvalidConfiguration, InvalidRequest
from batchlake.schema import DEFAULT_SOURCE
from batchlake.sync import CONFIGURATION_FILE
from batchlake.sync.platforms import PLATFORM_NAME, Platform, bundled_platforms
from batchlake.text.suggest import nearest_name

if TYPE_CHECKING:
    from batchlake.filters.model import Filter

PREFIX: Final = "BATCHLAKE_"
BUNDLED: Final = "bundled with batchlake"
DEFAULT: Final = "default"
EXAMPLE: Final = Path(__file__).with_name("example.toml")
"""A file to begin with, in which every setting is commented out."""

FILE: Final = "file"

_PATHS: Final = ("lake", "landing")
_TABLES: Final = ("platforms", "filters", "privacy")
_SHOWN: Final = 60

KeyPath = tuple[str, ...]


class PrivacySettings(BaseModel):
    """`[privacy]`: what every ingest, pull and watch redacts, and how numbers are read.

    `redact` are kinds of values (none by default), `key_file` holds the privacy key, `region` is that of
    numbers without `+`, `countries` those whose national ids are known, `min_digits` the length from which
    other digits are redacted, `own_lines` numbers that stay, `fields` kinds by the path of an own field,
    `languages` those whose digit words are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    redact: tuple[str, ...] = ()
    key_file: str | None = None
    region: str | None = None
    countries: tuple[str, ...] = ()
    min_digits: int | None = None
    own_lines: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    languages: tuple[str, ...] = ("en",)

    @field_validator("redact", "countries", "own_lines", "languages", mode="before")
    @classmethod
    def _by_commas(cls, given: Any) -> Any:
        """A variable of the environment holds a list with commas between."""
        return [part.strip() for part in given.split(",")] if isinstance(given, str) else given


class Settings(BaseModel):
    """Everything that `batchlake.toml` may say; `wait` in seconds, `memory` as DuckDB takes it (`2GB`).

    `timezone` is of periods and of times shown, `pager` a command, `mask_numbers` hides phone numbers,
    `filters` are filter objects by name, for `--filter @name`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lake: str = "lake"
    landing: str = "landing"
    wait: NonNegativeFloat = 0
    memory: str | None = None
    timezone: str | None = None
    pager: str | None = None
    mask_numbers: bool = False
    privacy: PrivacySettings = PrivacySettings()
    filters: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], dict[str, Any]] = {}
    platforms: dict[Annotated[str, Field(pattern=PLATFORM_NAME)], Platform] = {}


@dataclass(frozen=True, slots=True)
class Value:
    """One setting: its key, its value as text, and where it comes from."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force.

    Attributes:
        settings: their values.
        file: the file that was read, None where there is none.
        origins: of each key that was given, where: `FILE`, or in the words that `origin` uses.
        text: the file's.
        own: the files that read the exports of platforms of the user's own, by platform and kind of record.
    """

    settings: Settings
    file: Path | None
    origins: Mapping[KeyPath, str]
    text: str = field(default="", repr=False)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def origin(self, key: KeyPath) -> str:
        """Where the value of a key comes from; of the file, with the line, which is looked for here."""
        origin = self.origins.get(key, DEFAULT)
        return f"{self.file} line {_line_of(self.text, key)}" if origin == FILE else origin

    def platform(self, name: str | None) -> tuple[str, Platform]:
        """A platform by its name; None is the only one that `batchlake.toml` speaks of, or that has a key.

        Raises:
            InvalidConfiguration: there is none of that name, or several to choose from.
        """
        platforms = self.settings.platforms
        if name is None:
            name = self._only_one()
        if name is None or name not in platforms:
            reason = f"no platform {name!r}" if name else "several platforms: name one"
            known = f"{reason}; known are {', '.join(sorted(platforms))}"
            place = str(self.file or CONFIGURATION_FILE)
            raise InvalidConfiguration(
                [ConfigurationFault(place, "platforms", known, nearest_name(name, platforms))]
            )
        return name, platforms[name]

    def _only_one(self) -> str | None:
        """The one platform that anything was said of, or else the one whose key is in the environment.

        The home platform where there is neither.
        """
        configured = {
            key[1] for key, origin in self.origins.items() if key[0] == "platforms" and origin != BUNDLED
        }
        keyed = {
            name for name, one in self.settings.platforms.items() if one.auth and os.environ.get(one.auth.env)
        }
        if not configured and not keyed:
            return DEFAULT_SOURCE
        return next((next(iter(names)) for names in (configured, keyed) if len(names) == 1), None)

    def values(self) -> Iterator[Value]:
        """Every setting in force, defaults too, in the order of the models."""
        for path, value in _leaves(self.settings.model_dump(mode="json")):
            if value is not None:
                yield Value(".".join(path), str(value), self.origin(path))


def read_configuration(
    file: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any] | None = None
) -> Configuration:
    """The settings that a file, the environment and flags make together.

    Args:
        file: the file that was named; None takes `batchlake.toml` in the working folder if there is one.
        environ: the environment's variables.
        flags: settings given on the command line, by name; None means not given.

    Raises:
        InvalidConfiguration: with every fault.
    """
    path = file or (Path(CONFIGURATION_FILE) if Path(CONFIGURATION_FILE).is_file() else None)
    text = _text_of(path) if path else ""
    given: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    own: dict[str, dict[str, str]] = {}
    _overlay(given, {"platforms": bundled_platforms()}, origins, BUNDLED)
    if path:
        parsed = _parsed(path, text)
        # Before they are laid over what is bundled, where the keys name lists to be pulled.
        own = _own_files(parsed, path)
        _overlay(given, parsed, origins, FILE)
        for name in _PATHS:
            if isinstance(given.get(name), str) and "://" not in given[name]:
                given[name] = _resolved(path, given[name])
        privacy = given.get("privacy")
        if isinstance(privacy, dict) and isinstance(privacy.get("key_file"), str):
            privacy["key_file"] = _resolved(path, privacy["key_file"])
    for variable, key, value in _variables(environ):
        _overlay(given, _nested(key, value), origins, variable)
    for name, value in (flags or {}).items():
        if value is not None:
            _overlay(given, {name: value}, origins, f"--{name}")
    try:
        return Configuration(Settings.model_validate(given), path, origins, text, own)
    except ValidationError as error:
        place = str(path) if path else "environment"
        faults = [_fault(found, given, origins, place, text) for found in error.errors()]
        raise InvalidConfiguration(faults) from None


@checked
def saved_filter(name: str, config: str | os.PathLike[str] | None = None) -> Filter:
    """A filter of the settings, by its name.

    Args:
        name: what it is called under `[filters]`.
        config: the file of settings; None takes BATCHLAKE_CONFIG, else `batchlake.toml` in this folder.

    Raises:
        InvalidRequest: there is none of this name; names those that there are.
        InvalidConfiguration, InvalidFilter: with every fault.
    """
    from batchlake.filters.parse import read_filter
    from batchlake.filters.values.zone import in_zone

    file = config or os.environ.get("BATCHLAKE_CONFIG")
    settings = read_configuration(Path(file) if file else None, os.environ).settings
    if name not in settings.filters:
        nearest = nearest_name(name, settings.filters)
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        known = ", ".join(sorted(settings.filters)) or "none"
        raise InvalidRequest(
            f"there is no saved filter {name!r}.{hint} The settings hold {known}.", name=name
        )
    with in_zone(settings.timezone or "UTC"):
        return read_filter(settings.filters[name])


def _own_files(given: Mapping[str, Any], path: Path) -> dict[str, dict[str, str]]:
    """Take out what names a file that reads exports: `calls` or `batches` of a platform, given as a text.

    A platform without any other setting can't be pulled from, and is none of the settings' platforms.
    """
    found: dict[str, dict[str, str]] = {}
    platforms = given.get("platforms")
    if not isinstance(platforms, dict):
        return found
    for name, table in list(platforms.items()):
        for kind in ("calls", "batches"):
            if isinstance(table, dict) and isinstance(table.get(kind), str) and re.match(PLATFORM_NAME, name):
                found.setdefault(name, {})[kind] = _resolved(path, table.pop(kind))
        if name in found and not table:
            del platforms[name]
    return found


def _resolved(file: Path, given: str) -> str:
    """A path that the file of settings names, from the working folder."""
    # Unlike pathlib's, this one leaves `~nobody/lake` as it is.
    return str(file.parent / os.path.expanduser(given))  # noqa: PTH111


def _text_of(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 (byte {error.start})"
    raise InvalidConfiguration([ConfigurationFault(str(path), "", reason)])


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Its message ends with the place: "... (at line 3, column 7)".
        reason, _, place = str(error).rpartition(" (at ")
        line = f"{path} {place.rstrip(')').partition(',')[0]}" if place.startswith("line") else str(path)
        raise InvalidConfiguration([ConfigurationFault(line, "", f"not TOML: {reason or error}")]) from None


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, KeyPath, str]]:
    """The variables that name a setting; others that begin with the prefix are someone else's."""
    for variable in sorted(environ):
        key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        is_plain = len(key) == 1 and key[0] in Settings.model_fields and key[0] not in _TABLES
        is_nested = (key[0] == "platforms" and len(key) > 2) or (key[0] == "privacy" and len(key) == 2)
        if variable.startswith(PREFIX) and (is_plain or is_nested):
            yield variable, key, environ[variable]


def _nested(key: KeyPath, value: Any) -> dict[str, Any]:
    for name in reversed(key):
        value = {name: value}
    return dict(value)


def _overlay(
    below: dict[str, Any],
    above: Mapping[str, Any],
    origins: dict[KeyPath, str],
    origin: str,
    at: KeyPath = (),
) -> None:
    """Lay the values of one table over another's, key by key, noting that each leaf comes from `origin`."""
    for name, value in above.items():
        key = (*at, name)
        if isinstance(value, Mapping):
            inner = below[name] = dict(below[name]) if isinstance(below.get(name), dict) else {}
            _overlay(inner, value, origins, origin, key)
        else:
            below[name] = value
            origins[key] = origin


def _leaves(table: Mapping[str, Any], at: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*at, name))
        else:
            yield (*at, name), value


def _line_of(text: str, key: KeyPath) -> int:
    """The line (from 1) on which the statement begins that first gives this key; 1 where none does.

    Whatever way TOML writes it: the document made of the lines up to there holds the key, no shorter one.
    """
    # TOML's lines: a value may hold what `splitlines` would take for their end.
    lines = text.split("\n")
    begun = 0
    for count in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(document, key):
            return begun + 1
        begun = count
    return 1


def _holds(document: Any, key: KeyPath) -> bool:
    for name in key:
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True


def _fault(
    found: ErrorDetails, given: Mapping[str, Any], origins: Mapping[KeyPath, str], place: str, text: str
) -> ConfigurationFault:
    """A fault that pydantic found, with its place and, where it can't be a secret, the value."""
    key = tuple(str(part) for part in found["loc"] if part != "[key]")
    origin = origins.get(key)
    if origin == FILE:
        origin = f"{place} line {_line_of(text, key)}"
    elif origin is None:
        # A table, or a key that is missing: the nearest place that was given.
        while key and not _holds(given, key):
            key = key[:-1]
        below = [where for path, where in origins.items() if path[: len(key)] == key and where != BUNDLED]
        origin = f"{place} line {_line_of(text, key)}" if text and below else next(iter(below), place)
    shown_key = ".".join(str(part) for part in found["loc"] if part != "[key]")
    reason = found["msg"].removeprefix("Value error, ")
    nearest = None
    if found["type"] == "extra_forbidden":
        reason = "there is no such key"
        nearest = _nearest_key(key)
    elif isinstance(found["input"], str | int | float) and not {"auth", "base_url"} & set(key):
        reason += f", got {str(found['input'])[:_SHOWN]!r}"
    return ConfigurationFault(origin, shown_key, reason, nearest)


def _nearest_key(key: KeyPath) -> str | None:
    """The key most like one that there isn't, among those of the same table; None where none is like it."""
    table: type[BaseModel] | None = Settings
    inner = key[:-1]
    if len(key) > 2 and key[0] == "platforms":
        table, inner = Platform, key[2:-1]
    for name in inner:
        table = _inner_table(table, name) if table else None
    return nearest_name(key[-1], table.model_fields) if table else None


def _inner_table(table: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of the table that stands under a key of another."""
    field = table.model_fields.get(name)
    kinds = (field.annotation, *getattr(field.annotation, "__args__", ())) if field else ()
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
