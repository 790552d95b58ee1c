"""The relations that a lake can be queried by: its tables, the views of `sql/views`, the selected calls.

Input: the Parquet files of each table. Output: the SQL that makes views of them in any DuckDB, with a
comment on each and on every column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Connection as DuckDBConnection
from batchlake.engine.engine import Engine, connect
from batchlake.engine.protocols import QueryEngine
from batchlake.engine.quoting import literal, quoted, view_of
from batchlake.schema import CALLS, SEGMENTS, TABLES

Files = Mapping[str, Sequence[str]]
"""The Parquet files of each table, by the table's name."""

SELECTED: Final = {"selected_calls": CALLS, "selected_segments": SEGMENTS}
"""The views of the selection, and the tables that they are of."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view: its name, what it holds, and what each column means, with the unit."""

    name: str
    kind: str
    comment: str
    columns: Mapping[str, str]


@cache
def relations() -> tuple[Relation, ...]:
    """All tables and views, tables first."""
    found = [
        Relation(table.name, "table", table.grain, {column.name: column.comment for column in table.columns})
        for table in TABLES.values()
    ]
    for name, table in SELECTED.items():
        comment = f"The rows of {table.name} that the filter selects; all without one"
        found.append(Relation(name, "view", comment, found[list(TABLES).index(table.name)].columns))
    for name in sql_files.names("views"):
        file = sql_files.load(name)
        found.append(Relation(PurePath(name).name, "view", _comment(file), dict(map(_column, file.outputs))))
    return tuple(found)


def register_tables(engine: Engine, files: Files) -> None:
    """Make views of the tables in an engine, and from then on let it read these files only."""
    engine.sandbox(path for several in files.values() for path in several)
    engine.register_tables(files)


def create_views(engine: QueryEngine) -> None:
    """Make the views of `sql/views` too, over registered tables; most questions need none of them."""
    engine.once("views", _other_views)


def create_view(engine: QueryEngine, name: str) -> None:
    """Make one view of `sql/views`, over registered tables: to plan one takes 1 to 8 ms, all of them 30."""
    engine.once(f"view {name}", lambda: [_view(name)])


def connection(files: Files) -> DuckDBConnection:
    """A DuckDB connection with all views and their comments, and nothing forbidden."""
    return connect([*view_statements(files), *comment_statements()])


def view_statements(files: Files) -> Iterator[str]:
    """The statements that make all views, tables first."""
    for table in TABLES.values():
        yield view_of(table, files.get(table.name, ()))
    yield from _other_views()


def _other_views() -> Iterator[str]:
    for name, table in SELECTED.items():
        yield f"create or replace view {name} as select * from {table.name}"
    for name in sql_files.names("views"):
        yield _view(PurePath(name).name)


def _view(name: str) -> str:
    return f"create or replace view {name} as\n{_body(sql_files.load(f'views/{name}'))}"


def comment_statements() -> Iterator[str]:
    """The statements that say what each view and column means."""
    for relation in relations():
        yield f"comment on view {relation.name} is {_text(relation.comment)}"
        for column, meaning in relation.columns.items():
            yield f"comment on column {relation.name}.{quoted(column)} is {_text(meaning)}"


def script(files: Files, title: str) -> str:
    """SQL for any DuckDB that makes the same views over the same files, with their comments.

    Args:
        title: one line for the head of the script.
    """
    head = (
        f"-- {title}\n"
        "-- The views read these Parquet files where they are. After an ingest, make this script again.\n"
    )
    statements = [*view_statements(files), *comment_statements()]
    return head + "".join(f"{statement};\n" for statement in statements)


def _body(file: sql_files.SqlFile) -> str:
    """The query without its header."""
    return re.sub(r"\A(?:--.*\n)+", "", file.text)


def _text(comment: str) -> str:
    """A literal without semicolons: tools such as Harlequin cut a script at each of them."""
    return literal(comment.replace(";", ","))


def _comment(file: sql_files.SqlFile) -> str:
    return f"{file.header['what'].rstrip('.')}; {file.header['grain']}"


def _column(output: str) -> tuple[str, str]:
    """`total (calls): calls of the batch` as the column and its comment, the unit behind it."""
    match = re.fullmatch(r"(\w+)(?: \(([^)]+)\))?: (.+)", output)
    if not match:
        raise ValueError(f"an output line of sql/views reads {output!r}, not `name (unit): meaning`")
    name, unit, meaning = match.groups()
    return name, f"{meaning[0].upper()}{meaning[1:]}" + (f" ({unit})" if unit else "")
