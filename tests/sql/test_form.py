"""All files of `sql/`: their headers say what the queries are and do, and the queries have one form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb
import pytest

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from tests.analytics.tables import call, fill, segment
from tests.paths import ROOT

FOLDER = ROOT / "sql"
FILES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.sql"))
MACROS = "ingest/macros"
QUERIES = [name for name in FILES if name != MACROS]
SELECTED = {
    "selected_calls": "select * from calls",
    "selected_segments": "select * from segments",
    "selected_problems": "select * from problems",
    "named_batches": "select source, batch_id from batches",
    "spellings": sql_files.load("analytics/spellings").text,
    "call_facts": sql_files.load("maintenance/call_facts").text,
    "utterance_facts": sql_files.load("maintenance/utterance_facts").text,
}
"""Relations that a question makes before it asks, as the simplest question makes them."""

VALUES: dict[str, Any] = {
    "text": "yes",
    "folded": "yes",
    "speaker": "any",
    "context": 1,
    "top": 10,
    "source": "svalync",
    "since_run": "",
    "finished": ["completed"],
    "call_ids": ["c1"],
    "tails": ["5550199"],
    "others": ["sip:ann@host"],
    "keys": ["yes"],
    "name": '$."crm.id"',
    "path": '$."crm"."id"',
    "value": "4711",
}
"""A value for each parameter of the files that can be run over a lake."""

KNOWN = {*TABLES, *SELECTED, "status_names"}
WITHIN_REACH = [name for name in QUERIES if set(sql_files.load(name).inputs) <= KNOWN]
"""Those that read the lake and what is selected of it; the others read what an ingest makes on its way."""


@cache
def parser() -> duckdb.DuckDBPyConnection:
    """A DuckDB that parses them all: to start one takes longer than to parse a file."""
    return duckdb.connect()


@cache
def parsed(name: str) -> dict[str, Any]:
    """The query of a file as DuckDB's parser understands it."""
    text = sql_files.load(name).text
    (found,) = parser().execute("select json_serialize_sql($text)", {"text": text}).fetchall()
    (statement,) = json.loads(found[0])["statements"]
    node: dict[str, Any] = statement["node"]
    return node


def relations(node: Any, own: frozenset[str] = frozenset()) -> Iterator[str]:
    """The relations that a query reads besides its own CTEs; a CTE sees those before it."""
    if isinstance(node, list):
        for one in node:
            yield from relations(one, own)
    elif isinstance(node, dict):
        for entry in node.get("cte_map", {}).get("map", []):
            yield from relations(entry["value"], own)
            own |= {entry["key"]}
        if node.get("type") == "BASE_TABLE" and node["table_name"] not in own:
            yield node["table_name"]
        yield from relations([value for key, value in node.items() if key != "cte_map"], own)


def parameters(node: Any) -> Iterator[str]:
    """The names of a query's parameters."""
    if isinstance(node, list):
        for one in node:
            yield from parameters(one)
    elif isinstance(node, dict):
        if node.get("type") == "VALUE_PARAMETER":
            yield node["identifier"]
        yield from parameters(list(node.values()))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine with a little of everything, where what a question selects are views."""
    with Engine() as engine:
        fill(
            engine,
            calls=[call("c1", cost="0.5", duration_seconds=3.0, currency="USD"), call("c2", "failed")],
            segments=[segment("c1", 1, "human", "Yes", "yes")],
            batches=[{"source": "svalync", "batch_id": "b1", "observed_at": call("c")["observed_at"]}],
        )
        engine.name_statuses()
        for name, query in SELECTED.items():
            engine.run(f"create view {name} as {query}")
        yield engine


@pytest.mark.parametrize("name", QUERIES)
def test_a_header_names_what_goes_in_and_comes_out(name: str) -> None:
    """What, grain and outputs are said; inputs and parameters are exactly those that the query has."""
    file = sql_files.load(name)
    query = parsed(name)
    assert all(file.header.get(key) for key in ("what", "grain"))
    assert file.outputs
    assert set(relations(query)) == set(file.inputs)
    assert len(file.inputs) == len(set(file.inputs)) > 0
    declared = re.findall(r"\$(\w+)", file.header.get("parameters", ""))
    assert sorted(set(parameters(query))) == sorted(declared)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_ends_with_its_last_part(name: str) -> None:
    """Its CTEs lead to one that is called `final`, and from that comes the answer."""
    query = parsed(name)
    assert query["cte_map"]["map"][-1]["key"] == "final"
    assert "final" in set(relations(query["from_table"]))


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_in_lower_case(name: str) -> None:
    """Keywords and names, not texts and comments; and no line is too long to be read."""
    text = sql_files.load(name).text
    tokens = duckdb.tokenize(text)
    ends = [start for start, _ in tokens[1:]] + [len(text.encode())]
    for (start, kind), end in zip(tokens, ends, strict=True):
        if kind in (duckdb.token_type.keyword, duckdb.token_type.identifier):
            word = text.encode()[start:end].decode()
            assert word == word.lower()
    assert max(map(len, text.splitlines())) <= 130


def test_the_file_of_macros_makes_macros() -> None:
    """It reads no relation and has no query."""
    file = sql_files.load(MACROS)
    assert file.inputs == ()
    with duckdb.connect() as connection:
        statements = [one.query.strip() for one in connection.extract_statements(file.text)]
    code = [re.sub(r"^(--[^\n]*\n|\s)*", "", one) for one in statements]
    assert all(one.startswith("create or replace macro ") for one in code)


def test_most_files_are_within_reach() -> None:
    """The next test covers every file but those of an ingest, and one that reads a view of others."""
    beyond = set(QUERIES) - set(WITHIN_REACH) - {"screens/batches"}
    assert {name.split("/")[0] for name in beyond} == {"ingest", "sources"}


@pytest.mark.parametrize("name", WITHIN_REACH)
def test_declared_outputs_are_the_columns_produced(name: str, engine: Engine) -> None:
    """Pasted into a console, a file runs and gives the columns of its header, in their order."""
    file = sql_files.load(name)
    values = {key: VALUES[key] for key in set(parameters(parsed(name)))}
    columns = engine.arrow(file.text, values).column_names
    if whole := re.fullmatch(r"the columns of `(\w+)`", " ".join(file.outputs)):
        assert columns == list(TABLES[whole[1]].column_names())
    else:
        declared = [re.match(r"(\w+)(?: \([^)]+\))?: \S", output) for output in file.outputs]
        assert [match and match[1] for match in declared] == columns


def test_every_file_is_listed() -> None:
    """`sql/README.md` has a line for each file; there are no other files."""
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([^`]+)\.sql`", listed, re.MULTILINE)) == FILES
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} == {".sql", ".md"}
