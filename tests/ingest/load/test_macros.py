"""Macros are made as queries use them, each with those that it uses itself."""

from __future__ import annotations

import re

import pytest

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.ingest.load.macros import make_macros

TEXT = sql_files.load("ingest/macros").text
OTHERS = {
    "extra_object": "null::struct(path varchar, value varchar)[]",
    "extra_with": "null::varchar, 'a', 'b'",
    "number_between": "null::varchar, 0, 1",
}
"""What macros are given that take no texts."""

HEADS = dict(re.findall(r"create or replace macro (\w+)\(([^)]*)\)", TEXT))


@pytest.mark.parametrize("name", HEADS)
def test_a_macro_comes_with_those_that_it_uses(name: str) -> None:
    """In an engine that holds nothing else, a call of it in any case is planned."""
    given = OTHERS.get(name) or ", ".join("null::varchar" for _ in HEADS[name].split(","))
    query = f"select {name.upper()}({given}) as made"
    with Engine() as engine:
        make_macros(engine, query)
        make_macros(engine, query)
        assert len(engine.rows(query)) == 1


def test_only_what_is_used_is_made() -> None:
    """To make all of them takes a tenth of a small ingest."""
    with Engine() as engine:
        make_macros(engine, "select money_of(a) from b", "select lower(a)")
        made = engine.rows("select function_name from duckdb_functions() where not internal order by all")
    assert [row["function_name"] for row in made] == ["money_of", "number_of"]
