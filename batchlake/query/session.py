"""A session: SQL that a person typed, run read-only and contained.

Input: a text of one or several statements. Output: the rows of each. Two walls stand around it. The engine
reads the lake's pinned files and no other, and accepts almost no settings (`Engine.sandbox`). And only
statements that read are let through, by DuckDB's own account of what a statement is, also inside `explain
analyze`; besides them a person's own temporary tables, views and macros, which live in the session and die
with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from batchlake.engine import forking
from batchlake.engine.cursor import Rows
from batchlake.engine.engine import Engine, close, statement_kinds
from batchlake.engine.errors import DatabaseError
from batchlake.engine.interrupts import InterruptGuard
from batchlake.errors import BatchlakeError, InvalidRequest, QueryError
from batchlake.query import statements, views
from batchlake.query.result import values_by_name
from batchlake.query.statements import Statement

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection

T = TypeVar("T")
Params = Mapping[str, Any]

_READING: Final = frozenset({"SELECT", "MULTI"})
"""DuckDB parses `pivot` as MULTI."""

_OWN: Final = frozenset({"CREATE", "DROP", "SET"})
_OWN_KINDS: Final = r"(?:recursive )?(?:table|view|macro|function|type)"
_OWN_FORMS: Final = re.compile(
    rf"create (?:or replace )?(?:temp|temporary) {_OWN_KINDS}\b|drop {_OWN_KINDS}\b|(?:re)?set variable\b"
)
_CATALOGUE: Final = re.compile(r"duckdb_|information_schema|pg_", re.IGNORECASE)

_REFUSED: Final = (
    "is refused: SQL here reads the lake and changes nothing. It takes queries, `explain`, "
    "`create temp table|view|macro`, `drop` of those, and `set variable`"
)
_INSTEAD: Final = {
    "alter": "Make your own with `create temp view`",
    "copy": "Write rows to a file with -o FILE, or \\o FILE in the console",
    "create": "Say `create temp`: it lives until you leave",
    "delete": "Make your own rows with `create temp table ... as select ...`",
    "export": "Write rows to a file with -o FILE, or \\o FILE in the console",
    "insert": "Make your own rows with `create temp table ... as select ...`",
    "pragma": "`describe calls` and `show tables` tell what there is",
    "set": "The options of the command line set memory and threads",
    "use": "There is one database, the lake; \\d in the console lists its tables",
    "update": "Make your own rows with `create temp table ... as select ...`",
}


class Session:
    """One person's connection to the lake of an engine that is contained.

    Args:
        engine: with the lake's tables registered.
        selection: what `selected_calls` and `selected_segments` show; None is all.
        timeout_seconds: for each text that is run.
    """

    def __init__(
        self, engine: Engine, selection: Selection | None = None, *, timeout_seconds: float | None = None
    ) -> None:
        self._engine = engine
        self._timeout_seconds = timeout_seconds
        views.create_views(engine)
        self._cursor = engine.user_cursor()
        self._turn: list[Rows] = []
        if selection:
            self.select(selection)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def select(self, selection: Selection) -> None:
        """Let `selected_calls` and `selected_segments` show this selection from now on."""
        from batchlake.filters.compile import CompiledFilter
        from batchlake.filters.render import inline

        forking.check()
        for name in views.SELECTED:
            query = selection.over(f"select * from {name}")
            # A view holds no parameters.
            query = inline(CompiledFilter(query, selection.params, selection.description))
            self._cursor.execute(f"create or replace temp view {name} as {query}")

    def run(self, text: str, params: Params | None = None) -> Iterator[Rows]:
        """Run statements in order, and hand out the rows of each that has an answer.

        A query runs when its rows are read, which is before the next statement is asked for.

        Args:
            text: statements, with semicolons between them.
            params: values of named parameters, each for the statements that name it.

        Raises:
            QueryError: a statement is wrong or refused; those before it have been run.
            QueryTimeout: all of them together took too long.
            InvalidRequest: `text` is not text, or `params` not a mapping from names to values.
        """
        given = values_by_name(params)
        found = _split(text)
        statements.check_parameters(found, given)
        watch = InterruptGuard(self._cursor.interrupt, self._timeout_seconds)
        for statement in found:
            rows = self._prepare(text, statement, given, watch)
            if _own(statement):
                rows.run()
            else:
                yield rows

    def query(self, text: str, params: Params | None = None, *, close: bool = False) -> Rows:
        """The rows of one query, which runs when they are read.

        Args:
            close: end the session with the last row.

        Raises:
            QueryError: it is wrong, refused, no query, or more than one.
            InvalidRequest: `text` is not text, or `params` not a mapping from names to values.
        """
        given = values_by_name(params)
        found = _split(text)
        if len(found) != 1 or _own(found[0]):
            raise QueryError(
                f"expected one query, not {len(found)} statements."
                if len(found) != 1
                else "expected a query. Temporary tables, views and macros live in `batchlake sql` "
                "and in `lake.connect()`.",
                position=None,
            )
        statements.check_parameters(found, given)
        watch = InterruptGuard(self._cursor.interrupt, self._timeout_seconds)
        rows = self._prepare(text, found[0], given, watch, self.close if close else None)
        try:
            rows.bind()
        except QueryError as error:
            if error.position is None:
                # DuckDB doesn't say where a statement can't be bound; running it fails there and says so.
                rows.run()
            raise
        return rows

    def interrupt(self) -> None:
        """Stop the statement that is running, from another thread."""
        self._cursor.interrupt()

    def close(self) -> None:
        """End the session; its temporary tables, views and macros are gone."""
        close(self._cursor)

    def _prepare(
        self,
        text: str,
        statement: Statement,
        params: dict[str, Any],
        watch: InterruptGuard,
        close: Callable[[], None] | None = None,
    ) -> Rows:
        def guard(call: Callable[[], T], /) -> T:
            try:
                return watch(call)
            except DatabaseError as error:
                raise _located(
                    self._engine.user_query_error(error, statement.text), text, statement
                ) from error

        self._check(text, statement, guard)
        if _CATALOGUE.search(statement.text):
            self._engine.once("comments", views.comment_statements)
        values = {name: params[name] for name in statement.parameters() if name in params}
        return Rows(self._cursor, statement.text, values, guard, close or (lambda: None), self._turn)

    def _check(self, text: str, statement: Statement, guard: Callable[..., Any]) -> None:
        """Check that the statement may run.

        Raises:
            QueryError: it may not; says what instead.
        """
        try:
            statements.check_size(statement)
        except QueryError as error:
            raise _fault(error.message, text, error.position) from None
        if statement.text.startswith("\\"):
            message = "commands with a backslash are the console's, at a terminal. "
            raise _fault(message + "Here options do the same: --filter, --at, -o.", text, statement.start)
        body = _explained(statement)
        kinds = guard(lambda: statement_kinds(self._cursor, body.text))
        words = body.words()
        first = words[0] if words else ""
        if first in ("create", "drop", "set", "reset", "deallocate"):
            allowed = kinds <= _OWN and _OWN_FORMS.match(" ".join(words[:5]))
        else:
            allowed = kinds <= _READING
        if not allowed:
            raise _refusal(f"`{first}`", first, text, body.start)
        held = {relation.name for relation in views.relations()}.intersection(words)
        if first == "drop" and held:
            message = f"{held.pop()} is part of the lake and stays. Drop what you made yourself."
            raise _fault(message, text, body.start)


class Contained:
    """Runs each query in a session of its own: results can be read side by side, and more than once.

    Args:
        engine: with the lake's tables registered.
        selection: what `selected_calls` and `selected_segments` show; None is all.
    """

    def __init__(self, engine: Engine, selection: Selection | None = None) -> None:
        self._engine = engine
        self._selection = selection

    def query(self, sql: str, params: Params | None = None) -> Rows:
        """The rows of one query; see `Session.query`."""
        session = Session(self._engine, self._selection)
        try:
            return session.query(sql, params, close=True)
        except BatchlakeError:
            session.close()
            raise


def count_answers(text: str) -> int:
    """How many statements of a text return rows, if none of them is refused.

    >>> count_answers("create temp table a as select 1 as n; from a; select 2")
    2
    """
    return sum(not _own(statement) for statement in _split(text))


def _split(text: object) -> list[Statement]:
    """The statements of a text that DuckDB can be handed."""
    if not isinstance(text, str):
        raise InvalidRequest(f"SQL is text, not {text!r:.80}.", sql=repr(text))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _fault("half a character (a lone surrogate) stands here.", text, error.start) from None
    return statements.split(text)


def _own(statement: Statement) -> bool:
    """Whether the statement makes or drops something of the person's own, and so returns no rows."""
    return statement.words()[:1] in (["create"], ["drop"], ["set"], ["reset"])


def _explained(statement: Statement) -> Statement:
    """The statement inside an `explain`, which DuckDB runs under `explain analyze`; else the statement."""
    words = [token.text.lower() for token in statement.tokens]
    if words[0] != "explain":
        return statement
    skipped = 2 if words[1:2] == ["analyze"] else 1
    if " ".join(words[skipped : skipped + 2]) in ("( analyze", "( format") and ")" in words:
        skipped = words.index(")") + 1
    return statement.after(skipped)


def _refusal(what: str, key: str, text: str, position: int) -> QueryError:
    instead = f" {_INSTEAD[key]}." if key in _INSTEAD else ""
    return _fault(f"{what} {_REFUSED}.{instead}", text, position)


def _located(error: BatchlakeError, text: str, statement: Statement) -> BatchlakeError:
    """The error with its position in the whole text."""
    if not isinstance(error, QueryError) or error.position is None:
        return error
    return _fault(error.message, text, statement.start + error.position)


def _fault(message: str, text: str, position: int | None) -> QueryError:
    if position is None:
        return QueryError(message, position=None)
    return QueryError(f"{message}\n{statements.pointed(text, position)}", position=position)
