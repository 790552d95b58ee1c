"""What can be named at the prompt: relations and their columns, functions, keywords, with a few words each.

Input: a session. Output: names. They are read when they are first needed, and again after a statement that
may have made some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batchlake.query import views
from batchlake.query.session import Session

_FROM = re.compile(r"\b(?:from|join)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_OPERATOR_NAME = re.compile(r"^[a-z]\w*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    """A name with its kind (table, function, keyword, a column's type) and a few words about it."""

    text: str
    kind: str
    words: str = ""


@dataclass
class Catalogue:
    """The names that a session knows."""

    session: Session
    _columns: dict[str, list[Name]] | None = field(default=None, init=False)
    _functions: list[Name] | None = field(default=None, init=False)
    _keywords: list[Name] | None = field(default=None, init=False)

    def forget(self) -> None:
        """Read relations and functions again when they are needed: some may have been made."""
        self._columns = self._functions = None

    def relations(self) -> list[Name]:
        """Tables and views, the lake's first."""
        comments = {relation.name: relation for relation in views.relations()}
        temporary = [Name(name, "temporary", "your own") for name in self.columns() if name not in comments]
        return [Name(name, lake.kind, lake.comment) for name, lake in comments.items()] + temporary

    def columns(self) -> dict[str, list[Name]]:
        """The columns of each relation, whose name is in lower case: SQL tells no case apart."""
        if self._columns is None:
            self._columns = {}
            for relation, column, kind, comment in self._ask(
                "select table_name, column_name, data_type, comment from duckdb_columns() "
                "where not internal order by table_name, column_index"
            ):
                self._columns.setdefault(relation.lower(), []).append(
                    Name(column, kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), comment or "")
                )
        return self._columns

    def columns_near(self, text: str) -> list[Name]:
        """The columns of the relations that a statement reads, of all where it names none yet."""
        known = self.columns()
        read = [name.lower() for name, _ in _FROM.findall(text)]
        found = [column for name in dict.fromkeys(read) for column in known.get(name, ())]
        if not found:
            found = [column for columns in known.values() for column in columns]
        return list({column.text: column for column in reversed(found)}.values())[::-1]

    def columns_of(self, name: str, text: str) -> list[Name]:
        """The columns of a relation, or of the one that a name stands for in the statement."""
        aliases = {alias.lower(): relation.lower() for relation, alias in _FROM.findall(text) if alias}
        return self.columns().get(aliases.get(name.lower(), name.lower()), [])

    def functions(self) -> list[Name]:
        """DuckDB's functions and the person's own, each with what it takes and gives."""
        if self._functions is None:
            self._functions = [
                Name(name, "function", f"({', '.join(parameters or [])})" + (f" → {gives}" if gives else ""))
                for name, parameters, gives in self._ask(
                    "select function_name, arg_min(parameters, len(parameters)), any_value(return_type) "
                    "from duckdb_functions() where function_type <> 'pragma' group by all order by all"
                )
                if _OPERATOR_NAME.match(name)
            ]
        return self._functions

    def keywords(self) -> list[Name]:
        """SQL's words."""
        if self._keywords is None:
            self._keywords = [
                Name(word, "keyword")
                for (word,) in self._ask("select keyword_name from duckdb_keywords() order by all")
            ]
        return self._keywords

    def _ask(self, query: str) -> list[tuple[str, ...]]:
        return list(self.session.query(query))
