"""SQL text cut into statements by its tokens alone: where each begins, its words, how deep it nests.

Input: what a person typed. Output: `Statement`s. This happens before DuckDB sees the text, for two reasons:
statements run one at a time, and deep nesting crashes DuckDB instead of raising an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from batchlake.errors import QueryError
from batchlake.text.escaping import printable
from batchlake.text.terminal import cut, display_width

MAX_DEPTH: Final = 200
"""Brackets within brackets. DuckDB 2.0 needs seconds for 2,000 that are never closed, and dies of 20,000."""

MAX_WORDS: Final = 10_000
"""Words and operators of one statement, values and commas not counted. DuckDB dies of 20,000 unions."""

_AROUND: Final = 36
"""Columns of a terminal that a line takes on each side of a fault; what is beyond is left out."""

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<string> [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | '[^']*(?:''[^']*)*(?:'|\Z)
                | \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? (?:\$(?P=tag)\$|\Z) )
    | (?P<name> "[^"]*(?:""[^"]*)*(?:"|\Z) )
    | (?P<word> [^\W\d]\w* )
    | (?P<value> [$?]\w* | \d[\w.]* )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<end> ; )
    | (?P<comma> , )
    | (?P<operator> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_FIRST: Final = frozenset(
    "( abort alter analyze attach begin call checkpoint comment commit copy create deallocate delete desc "
    "describe detach drop end execute explain export force from import insert install load merge pivot "
    "pivot_longer pivot_wider pragma prepare reset rollback select set show start summarize table truncate "
    "unpivot update use vacuum values with".split()
)
"""What DuckDB's statements begin with."""

_BLOCK_EDGE: Final = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a statement: its kind, its text, and where it begins in the whole text, from 0."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it was typed, without its semicolon.

    Attributes:
        text: from its first token to its last, comments before and after it left out.
        start: where it begins in the whole text, in characters.
        tokens: its tokens without comments.
    """

    text: str
    start: int
    tokens: tuple[Token, ...]

    def words(self) -> list[str]:
        """Its words and names in lower case, names without their quotes."""
        return [
            token.text.strip('"').replace('""', '"').lower()
            for token in self.tokens
            if token.kind in ("word", "name")
        ]

    def parameters(self) -> set[str]:
        """The names of its parameters, without the dollar sign."""
        return {
            token.text[1:] for token in self.tokens if token.kind == "value" and token.text.startswith("$")
        }

    def after(self, count: int) -> Statement:
        """The statement without its first tokens."""
        tokens = self.tokens[count:]
        start = tokens[0].start if tokens else self.start + len(self.text)
        return Statement(self.text[start - self.start :], start, tokens)


def split(text: str) -> list[Statement]:
    """The statements of a text in order; empty ones are left out."""
    statements: list[Statement] = []
    tokens: list[Token] = []
    for token in tokenize(text):
        if token.kind == "end":
            statements += _statement(text, tokens)
            tokens = []
        elif token.kind != "comment":
            tokens.append(token)
    return statements + _statement(text, tokens)


def is_complete(text: str) -> bool:
    """Whether a text typed so far is done: its last statement has its semicolon, or there is none."""
    last = ""
    for token in tokenize(text):
        if token.kind != "comment":
            last = token.kind
    return last in ("", "end")


def is_begun(text: str) -> bool:
    """Whether the last statement of a text typed so far begins as DuckDB's do; also where there is none yet.

    >>> is_begun("-- mine\\nselect"), is_begun("(from calls)"), is_begun("ls -l"), is_begun("select 1; ls")
    (True, True, False, False)
    """
    first: Token | None = None
    for token in tokenize(text):
        if token.kind == "end":
            first = None
        elif token.kind != "comment":
            first = first or token
    return first is None or first.kind == "unclosed" or first.text.lower() in _FIRST


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of a text with its comments; what is never closed reaches to the end of the text."""
    place = 0
    while match := _TOKEN.search(text, place):
        kind = match.lastgroup or ""
        place = match.end()
        if kind == "block":
            end = _end_of_block(text, place)
            kind, place = ("comment", end) if end else ("unclosed", len(text))
        yield Token(kind, text[match.start() : place], match.start())


def check_parameters(found: Iterable[Statement], given: Iterable[str]) -> None:
    """Check that every value that is given has a parameter of its name.

    Raises:
        QueryError: one has none; without this it would be ignored.
    """
    named = {name for statement in found for name in statement.parameters()}
    if unknown := sorted(set(given) - named):
        raise QueryError(
            f"no statement has a parameter ${unknown[0]}. Name it there, or don't give it.", position=None
        )


def check_size(statement: Statement) -> None:
    """Check that the statement is small enough for DuckDB.

    Raises:
        QueryError: it nests too deep or is too long; says where.
    """
    depth = words = 0
    for token in statement.tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        words += token.kind in ("word", "name", "operator")
        if depth > MAX_DEPTH:
            raise QueryError(
                f"the statement nests more than {MAX_DEPTH} brackets deep, which DuckDB may not survive. "
                "Make steps of it with `with` or `create temp view`.",
                position=token.start,
            )
        if words > MAX_WORDS:
            raise QueryError(
                f"the statement has more than {MAX_WORDS:,} words, which DuckDB may not survive. "
                "Long lists of values don't count inside `in (...)`.",
                position=token.start,
            )


def _statement(text: str, tokens: list[Token]) -> list[Statement]:
    if not tokens:
        return []
    start, last = tokens[0].start, tokens[-1]
    return [Statement(text[start : last.start + len(last.text)], start, tuple(tokens))]


def _end_of_block(text: str, place: int) -> int | None:
    """Where a comment ends that began before `place`, None where it doesn't; comments nest."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, place):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


def pointed(text: str, position: int) -> str:
    """The line of a text that a position is in, with a caret under it; a long line is shown in part."""
    before = text[:position]
    number = before.count("\n") + 1
    start = before.rfind("\n") + 1
    line = text[start:].partition("\n")[0].rstrip("\r")
    column = position - start
    before, after = printable(line[:column]), printable(line[column:])
    if display_width(before + after) > 2 * _AROUND:
        first = len(before)
        while first and display_width(before[first - 1 :]) < _AROUND:
            first -= 1
        before = f"…{before[first:]}" if first else before
        after = cut(after, 2 * _AROUND - display_width(before))
    caret = " " * display_width(before)
    return f"line {number}, column {column + 1}:\n  {before}{after}\n  {caret}^"
