"""The fields of a platform's records: which columns they fill, under which names, in which order of
preference.

Input: the header of a file in `sql/sources`, which is the only place that names a platform's fields. Output:
a `FieldList`, from which records are decoded, recognised and documented.

A line there is `column: path, path, ...`. A path is an object's keys joined by dots. The first path that has
a value gives the column; another value under a later path, if it differs, is kept in `extra`. The columns of
`name_{a, b}: path.{}, ...` are read of one object together: of the first that has any of them. Behind a path
may stand in parentheses how it is read: `(JSON)` keeps its value as JSON text, `(kept)` keeps it in `extra`
as well, and a unit of `platforms/units.py` says what is converted. `sql/sources/README.md` has the whole
form.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from batchlake.engine import sql_files
from batchlake.engine.sql_files import HeaderLine, SqlFile
from batchlake.ingest.parse.platforms.units import UNITS

_BRACES: Final = re.compile(r"\{([^}]*)\}")
_MARKED: Final = re.compile(r"(\S+)((?: \([^()]+\))*)")
_MARKS: Final = re.compile(r"\(([^()]+)\)")
_JSON: Final = "JSON"
_KEPT: Final = "kept"

_READ_AS: Final = {
    "status_reported": "status",
    "ended_at_reported": "ended_at",
    "completed_at_reported": "completed_at",
    "spoken_at": "time",
    "offset_seconds": "time",
}
"""Columns that are read from a field of another name."""

CALLS: Final = "calls"
BATCHES: Final = "batches"


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns that are read together, and where: each alternative names a path for each of them.

    Attributes:
        columns: the columns.
        alternatives: their paths, in order of preference.
        is_json: whether the value is kept as JSON text.
        units: the unit of each path that has to be converted.
        kept: the paths whose values are kept in `extra` as well.
    """

    columns: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...]
    is_json: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    @property
    def paths(self) -> Iterator[str]:
        """Every path, in order of preference."""
        return (path for alternative in self.alternatives for path in alternative)


@dataclass(slots=True)
class Node:
    """A known key: whether it holds a value of a column itself, or a transcript, and the known keys of the
    object in it.
    """

    is_value: bool = False
    is_json: bool = False
    is_transcript: bool = False
    children: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldList:
    """The fields of one platform's calls, or of its batches.

    Attributes:
        name: names the file of `sql/sources`, as `svalync_calls`.
        kind: `calls` or `batches`.
        choices: the columns and their paths.
        transcripts: the paths of the record that may hold its transcript, in order of preference.
        utterances: the keys of an utterance for `speaker`, `text`, `time` and `confidence`, and under `list`
            the key of the list in a transcript that is an object.
        spoken: the roles whose utterances were spoken; entries of others, and those without text, are none
            and stay in `extra`. Where it is empty, every entry has to be an utterance.
        unspoken: the labels in a transcript of one text whose lines are no utterances.
        records: what makes an object such a record, each line one way.
        calls: the key of a batch under which its calls lie.
        tree: the known keys of a record.
    """

    name: str
    kind: str
    choices: tuple[Choice, ...]
    transcripts: tuple[str, ...]
    utterances: Mapping[str, tuple[str, ...]]
    tree: Node
    spoken: frozenset[str] = frozenset()
    unspoken: tuple[str, ...] = ()
    records: tuple[HeaderLine, ...] = ()
    calls: str = ""

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.name.rpartition("_")[0].partition("@")[0]

    @property
    def place(self) -> str:
        """The file that lists them."""
        return source_file(self.name).place

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the fields fill."""
        return tuple(column for choice in self.choices for column in choice.columns)

    @property
    def identity(self) -> tuple[str, ...]:
        """The keys that hold the record's id, in order of preference."""
        return self.paths_of("call_id" if self.kind == CALLS else "batch_id")

    def paths_of(self, column: str) -> tuple[str, ...]:
        """The paths that may give a column, in order of preference."""
        return next((tuple(choice.paths) for choice in self.choices if column in choice.columns), ())


@functools.cache
def field_list(name: str) -> FieldList:
    """The fields that the header of `sql/sources/<name>.sql` lists.

    Raises:
        ValueError: a line of it can't be read; says which and why.
    """
    file = source_file(name)
    choices = tuple(_choice(file, line) for line in _entries(file.lists.get("fields", ())))
    transcripts = _names(file.header.get("transcript", ""))
    tree = Node()
    for choice in choices:
        for path in choice.paths:
            node = _node(tree, path)
            node.is_value = True
            node.is_json = choice.is_json
    for path in transcripts:
        _node(tree, path).is_transcript = True
    return FieldList(
        name,
        name.rpartition("_")[2],
        choices,
        transcripts,
        {
            line.text.partition(":")[0].strip(): _names(line.text.partition(":")[2])
            for line in file.lists.get("utterances", ())
        },
        tree,
        frozenset(_names(file.header.get("spoken", "").lower())),
        _names(file.header.get("unspoken", "")),
        file.lists.get("records", ()),
        file.header.get("calls", ""),
    )


@functools.cache
def typed_fields(kind: str) -> tuple[str, ...]:
    """The fields that `sql/ingest/load/typed_<kind>.sql` reads."""
    return _names(sql_files.load(f"ingest/load/typed_{kind}").header["fields"])


def source_file(name: str) -> SqlFile:
    """The file that reads records: one of `sql/sources`, or one of the user's that was given to `add_own`."""
    return _own.get(name) or sql_files.load(f"sources/{name}")


def add_own(name: str, file: SqlFile) -> None:
    """Make a file of the user's known under a name, which is to tell its text too."""
    _own[name] = file


_own: Final[dict[str, SqlFile]] = {}


def _node(tree: Node, path: str) -> Node:
    """The node of a path, made if there is none."""
    node = tree
    for key in path.split("."):
        node = node.children.setdefault(key, Node())
    return node


def origins(table: str) -> dict[str, str]:
    """Where each column of `calls`, `batches` or `segments` is read from, on all platforms, as Markdown."""
    found: dict[str, dict[str, None]] = {}
    kind = CALLS if table == "segments" else table
    for name in sql_files.names("sources"):
        if not name.endswith(kind):
            continue
        fields = field_list(name.partition("/")[2])
        named = [
            (column, path)
            for choice in fields.choices
            for alternative in choice.alternatives
            for column, path in zip(choice.columns, alternative, strict=True)
        ]
        if table == "segments":
            named = [(part, key) for part, keys in fields.utterances.items() for key in keys]
        for column, path in named:
            found.setdefault(column, {})[f"`{path}`"] = None
    read = {column: ", ".join(paths) for column, paths in found.items()}
    for column, field_name in _READ_AS.items():
        if field_name in read:
            read[column] = read[field_name]
    return read


def _entries(lines: Iterable[HeaderLine]) -> Iterator[HeaderLine]:
    """The lines that begin with a column, each with those that continue it."""
    entry: HeaderLine | None = None
    for line in lines:
        if ":" not in line.text and entry:
            entry = HeaderLine(entry.number, f"{entry.text} {line.text}")
        else:
            if entry:
                yield entry
            entry = line
    if entry:
        yield entry


def _choice(file: SqlFile, line: HeaderLine) -> Choice:
    name, colon, given = line.text.partition(":")
    marked = [_MARKED.fullmatch(path) for path in _names(given)]
    members = _BRACES.search(name)
    paths = tuple(found[1] for found in marked if found)
    if (
        not (colon and name.strip() and paths and all(marked))
        or any("{}" in path for path in paths) != bool(members)
    ):  # fmt: skip
        raise ValueError(
            f"{file.place}, line {line.number}: {line.text!r} is not a field; write "
            "`column: path, path`, or `name_{a, b}: path.{}` for columns that are read of one object"
        )
    marks = {found[1]: _MARKS.findall(found[2]) for found in marked if found}
    units = {path: mark for path, some in marks.items() for mark in some if mark not in (_JSON, _KEPT)}
    for unit in units.values():
        if unit not in UNITS:
            raise ValueError(
                f"{file.place}, line {line.number}: there is no unit {unit!r}; known are "
                f"{', '.join(UNITS)}, and `(JSON)` and `(kept)`"
            )
    is_json = any(_JSON in some for some in marks.values())
    kept = frozenset(path for path, some in marks.items() if _KEPT in some)
    if not members:
        return Choice((name.strip(),), tuple((path,) for path in paths), is_json, units, kept)
    parts = _names(members[1])
    columns = tuple(_BRACES.sub(part, name).strip() for part in parts)
    return Choice(columns, tuple(tuple(path.replace("{}", part) for part in parts) for path in paths))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
