"""Finds the files of `sql/`, checks their headers and hands out their text.

A file begins with a header of comment lines, `-- what:`, `-- grain:`, `-- inputs:` (names of relations,
separated by commas) and `-- outputs:` followed by one indented line a column. `-- key: value` lines beyond
those are kept in `header`, and the lines below such a key, with their numbers, in `lists`. Input: a name
such as `analytics/counts`. Output: a `SqlFile`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from batchlake.errors import InvalidRequest
from batchlake.schema import TABLES
from batchlake.text.suggest import nearest_name

_PARAMETER: Final = re.compile(r"\$\w")
_PACKAGE: Final = Path(__file__).parents[1]


def bundled(folder: str) -> Path:
    """The path of a top-level folder (`sql`, `sample_data`), in a checkout or in an installed wheel."""
    installed = _PACKAGE / "_bundled" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A line below a key of a header: its number in the file, from 1, and its text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One query: its name, its text without a closing semicolon, and its header."""

    name: str
    text: str
    inputs: tuple[str, ...]
    header: dict[str, str] = field(hash=False)
    lists: dict[str, tuple[HeaderLine, ...]] = field(hash=False, default_factory=dict)
    path: str = ""

    @property
    def place(self) -> str:
        """The file's path, for errors."""
        return self.path or f"sql/{self.name}.sql"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The lines below `outputs`: one a column."""
        return tuple(line.text for line in self.lists.get("outputs", ()))


@functools.cache
def load(name: str) -> SqlFile:
    """The file `sql/<name>.sql`.

    Raises:
        FileNotFoundError: the installation lacks it.
        ValueError: its header lacks `what`, `grain` or `inputs`.
    """
    return read(name, (bundled("sql") / f"{name}.sql").read_text(encoding="utf-8"))


def over_tables(name: str) -> SqlFile:
    """The file that a caller named, of those over a lake's tables that take no parameter.

    Raises:
        InvalidRequest: there is none of that name; suggests the nearest.
    """
    folder = bundled("sql")
    is_there = re.fullmatch(r"\w+(/\w+)*", name) and (folder / f"{name}.sql").is_file()
    if is_there:
        found = load(name)
        if TABLES.keys() >= set(found.inputs) and not _PARAMETER.search(found.text):
            return found
    files = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.sql")}
    nearest = None if is_there else nearest_name(name, files)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    raise InvalidRequest(
        f"sql/ has no query {name!r} over the tables alone, without parameters.{hint}", query=name
    )


def read(name: str, text: str, path: str = "") -> SqlFile:
    """A file from its text.

    Args:
        name: what to call it.
        text: all of it.
        path: where it is, if it is none of `sql/`.

    Raises:
        ValueError: its header lacks `what`, `grain` or `inputs`.
    """
    text = text.strip().removesuffix(";")
    header, lists = _read_header(text)
    if missing := {"what", "grain", "inputs"} - header.keys():
        raise ValueError(f"{path or f'sql/{name}.sql'}: the header lacks {', '.join(sorted(missing))}")
    inputs = tuple(part.strip() for part in header["inputs"].split(",") if part.strip())
    return SqlFile(name, text, inputs, header, lists, path)


def names(folder: str) -> list[str]:
    """The names of the files in one folder of `sql/`, sorted."""
    return sorted(f"{folder}/{path.stem}" for path in (bundled("sql") / folder).glob("*.sql"))


def _read_header(text: str) -> tuple[dict[str, str], dict[str, tuple[HeaderLine, ...]]]:
    header: dict[str, str] = {}
    lists: dict[str, tuple[HeaderLine, ...]] = {}
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("--"):
            break
        content = line[2:].removeprefix(" ")
        if match := re.match(r"([a-z_]+):(?:\s+(.*))?$", content):
            key = match.group(1)
            header[key] = (match.group(2) or "").strip()
        elif key and content.strip():
            lists[key] = (*lists.get(key, ()), HeaderLine(number, content.strip()))
            if key != "outputs":
                header[key] += " " + content.strip()
    return header, lists
