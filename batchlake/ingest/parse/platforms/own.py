"""A platform of the user's own: a file in the form of `sql/sources`, read, checked and made known.

Input: for each platform its files by the kind of their records, as `batchlake.toml` names them. Output: the
names under which `fields.field_list` knows them. The form is that of the bundled files; a file that is a
header alone takes its fields as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.sql_files import SqlFile
from batchlake.engine.whole_files import read_text
from batchlake.errors import ConfigurationFault, InvalidConfiguration
from batchlake.ingest.parse.fields import BATCHES, CALLS, FieldList, add_own, field_list, typed_fields
from batchlake.ingest.parse.platforms.recognition import rules
from batchlake.text.suggest import nearest_name

OwnPlatforms = Mapping[str, Mapping[str, str]]
"""The user's platforms: for each name its files, under `calls` and `batches`."""

KINDS: Final = (BATCHES, CALLS)
"""In the order in which a platform's own records are tried: a batch may hold what looks like a call's."""

_PLACED: Final = ("export_no", "document", "record", "line", "envelope_batch_id", "envelope_exported_at")
_MADE: Final = ("platform", "extra", "transcript", "transcript_digest")
_LINE: Final = re.compile(r"LINE (\d+):")
_AS_IT_IS: Final = (
    "with\nfields as (select * from given_{kind}),\n\nfinal as (select * from fields)\n\nselect * from final"
)


def own_formats(platforms: OwnPlatforms) -> tuple[str, ...]:
    """Read and check the files of the user's platforms; the names of their formats.

    Raises:
        InvalidConfiguration: with every fault: the file, its line where there is one, and the reason.
    """
    names: list[str] = []
    faults: list[ConfigurationFault] = []
    for platform, files in platforms.items():
        for kind in KINDS:
            if kind not in files:
                continue
            found = _read(platform, kind, Path(files[kind]))
            if isinstance(found, str):
                names.append(found)
            else:
                faults += found
    if faults:
        raise InvalidConfiguration(faults)
    return tuple(names)


def _read(platform: str, kind: str, path: Path) -> str | list[ConfigurationFault]:
    """The name of a file's format, or what is wrong with it."""
    key = f"platforms.{platform}.{kind}"
    try:
        text = read_text(path)
    except OSError as error:
        return [ConfigurationFault(str(path), key, f"cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError as error:
        return [ConfigurationFault(str(path), key, f"is not UTF-8 (byte {error.start})")]
    code = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("--"))
    if not code.strip():
        text = f"{text.rstrip()}\n{_AS_IT_IS.format(kind=kind)}\n"
    name = f"{platform}@{hashlib.sha256(text.encode()).hexdigest()[:12]}_{kind}"
    try:
        file = sql_files.read(name, text, str(path))
        add_own(name, file)
        known = field_list(name)
        rules(name)
    except ValueError as error:
        place, reason = _placed(str(path), str(error))
        return [ConfigurationFault(place, key, reason)]
    faults = [
        ConfigurationFault(place, key, reason, nearest) for place, reason, nearest in _faults(file, known)
    ]
    return faults or name


def _placed(path: str, message: str) -> tuple[str, str]:
    """A message's place (the file, with the line where it names one) and the rest of it."""
    found = re.match(rf"{re.escape(path)}(?:, line (\d+))?: (.*)", message, re.DOTALL)
    if not found:
        return path, message
    return (f"{path} line {found[1]}" if found[1] else path), found[2]


def _faults(file: SqlFile, known: FieldList) -> Iterator[tuple[str, str, str | None]]:
    """What is wrong with a file whose header can be read: the place, the reason, the nearest valid name."""
    path = file.path
    identity = "call_id" if known.kind == CALLS else "batch_id"
    if not known.choices:
        yield path, f"the header lists no fields: write `-- fields:`, then `--   {identity}: KEY`", None
        return
    if identity not in known.columns:
        yield path, f"no field gives `{identity}`, without which a record is none", None
        return
    if not known.records:
        yield path, "the header doesn't say how its records are recognised: write `-- records:`", None
    needed = typed_fields(known.kind)
    code = file.text[_header_end(file.text) :]
    lines = {
        line.text.partition(":")[0].strip(): line.number
        for line in file.lists.get("fields", ())
        if ":" in line.text
    }
    for column in known.columns:
        if column not in needed and not re.search(rf"\b{re.escape(column)}\b", code):
            at = f"{path} line {lines[column]}" if column in lines else path
            reason = f"there is no column `{column}`, and the query doesn't use it"
            yield at, reason, nearest_name(column, needed)
    yield from _query_faults(file, known, needed)


def _query_faults(
    file: SqlFile, known: FieldList, needed: tuple[str, ...]
) -> Iterator[tuple[str, str, str | None]]:
    """What is wrong with the query, which is tried over no records."""
    given = dict.fromkeys((*needed, *known.columns, *_PLACED, *_MADE))
    nothing = columns.table({name: columns.texts([]) for name in given})
    with Engine() as engine:
        engine.run(sql_files.load("ingest/macros").text)
        engine.name_statuses()
        found, error = engine.tried(file.text, **{f"given_{known.kind}": nothing})
    if error is not None:
        line = _LINE.search(error)
        place = f"{file.path} line {line[1]}" if line else file.path
        yield place, error.split("\n", 1)[0], None
        return
    missing = [name for name in (*needed, *_PLACED, *_MADE) if name not in found]
    if missing:
        yield file.path, f"the query leaves out {', '.join(f'`{name}`' for name in missing[:5])}", None


def _header_end(text: str) -> int:
    """Where the header's lines end."""
    position = 0
    for line in text.split("\n"):
        if not line.startswith("--"):
            break
        position += len(line) + 1
    return position
