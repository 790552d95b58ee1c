"""Makes those macros of `sql/ingest/macros.sql` that a query uses: all take a tenth of a small ingest.

Input: an engine and queries. Output: macros in the engine, each made once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine

_DEFINITION: Final = re.compile(r"^create or replace macro (\w+)\(", re.MULTILINE)
_CALLED: Final = re.compile(r"\b([a-z_]+)\(", re.IGNORECASE)


def make_macros(engine: Engine, *queries: str) -> None:
    """Make the macros that these queries use, and those that these use."""
    text = sql_files.load("ingest/macros").text
    for query in queries:
        for name in _used(text, query):
            engine.once(f"macro {name}", partial(_statement, text, name))


def _statement(text: str, name: str) -> tuple[str]:
    return (_definitions(text)[name],)


@lru_cache(maxsize=4)
def _definitions(text: str) -> Mapping[str, str]:
    """The statement that makes each macro of the file."""
    found = list(_DEFINITION.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {match[1]: text[match.start() : end] for match, end in zip(found, ends, strict=True)}


@lru_cache(maxsize=256)
def _used(text: str, query: str) -> tuple[str, ...]:
    """The macros that a query uses, each behind those that it uses itself."""
    definitions = _definitions(text)
    used: dict[str, None] = {}
    for name in map(str.lower, _CALLED.findall(query)):
        if name in definitions and name not in used:
            body = definitions[name].partition("(")[2]
            used |= dict.fromkeys((*(one for one in _used(text, body) if one != name), name))
    return tuple(used)
