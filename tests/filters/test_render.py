"""Filters as whole queries with their values in the text, in every dialect."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from sqlglot import exp

from batchlake.engine.quoting import own_field
from batchlake.errors import InvalidRequest
from batchlake.filters.compile import compile_filter
from batchlake.filters.limits import MAX_CONDITIONS, MAX_DEPTH
from batchlake.filters.model import Filter
from batchlake.filters.parse import read_filter
from batchlake.filters.render import DIALECTS, inline, render
from tests.effort import at_length
from tests.filters.strategies import FIELDS, filters, thorough

FILTER = Filter(
    status=["completed", "failed"],
    cost={"min": "0.10"},
    date_range={"start": "2024-01-01T00:00:00.000001Z"},
    phone_number=["+1415*", "+1416*", "+44*"],
    not_={"text": "it's", "success": True},
    has_transcript=False,
)


def test_inlined_values_are_literals_of_their_type() -> None:
    """Each type has its literal; whole numbers and exact decimals print plainly."""
    assert inline(compile_filter(FILTER)) == (
        "status in ('completed', 'failed') and cost >= 0.100000"
        " and call_time >= timestamptz '2024-01-01 00:00:00.000001+00:00'"
        " and (starts_with(from_number, '+44') or left(from_number, 5) in ('+1415', '+1416')"
        " or starts_with(to_number, '+44') or left(to_number, 5) in ('+1415', '+1416'))"
        " and (segment_count > 0) is not true"
        " and ((source, call_id) in (select source, call_id from segments"
        " where contains(text_key, 'it''s')) and success = true) is not true"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30, "30"),
        (0, "0"),
        (0.1, "0.1"),
        (0.30000000000000004, "0.30000000000000004e0"),
        (1e300, "1e+300"),
        (12345678901234567, "1.2345678901234568e+16"),
        (123456789012345.6, "123456789012345.6e0"),
    ],
)
def test_inlined_numbers_are_the_same_doubles(seconds: float, text: str) -> None:
    """Digits that a decimal literal would round are written as a double's."""
    assert inline(compile_filter(Filter(duration={"min": seconds}))) == f"duration_seconds >= {text}"


def test_a_nul_is_written_around() -> None:
    """DuckDB 1.5 ends a literal at a NUL, so it is joined in."""
    assert inline(compile_filter(Filter(agent_id="a\0b"))) == "agent_id = ('a' || chr(0) || 'b')"


def test_duckdb_is_written_as_it_is_compiled() -> None:
    """The query for DuckDB is the inlined condition; an empty filter needs none."""
    assert render(Filter(status="failed")) == "select * from calls where status = 'failed'"
    assert {render(Filter(), dialect) for dialect in DIALECTS} == {"select * from calls"}


PECULIAR = {
    "spark": [
        "CAST('2024-01-01 00:00:00.000001+00:00' AS TIMESTAMP)",
        "AS DECIMAL(19, 6))",
        "LOCATE('it\\'s', text_key) > 0",
    ],
    "trino": [
        "AS TIMESTAMP(6) WITH TIME ZONE)",
        "STRPOS(text_key, 'it''s') > 0",
        "SELECT (source, call_id)",
    ],
    "clickhouse": [
        "toDateTime64('2024-01-01 00:00:00.000001', 6, 'UTC')",
        "POSITION(text_key, 'it''s') > 0",
        "leftUTF8(",
    ],
    "bigquery": ["AS NUMERIC)", "INSTR(text_key, 'it\\'s') > 0", "SELECT (source, call_id)"],
    "snowflake": ["AS TIMESTAMPTZ)", "CHARINDEX('it", "STARTSWITH(from_number, '+44')"],
    "postgres": ["AS TIMESTAMPTZ)", "POSITION('it''s' IN text_key) > 0", "AS DECIMAL(19, 6))"],
}


@pytest.mark.parametrize("dialect", PECULIAR)
def test_what_is_peculiar_to_a_dialect(dialect: str) -> None:
    """Exact amounts, microseconds, letters, rows and unknown values are said in each dialect's own way."""
    query = render(FILTER, dialect)
    for part in PECULIAR[dialect]:
        assert part in query, query
    assert "CASE WHEN segment_count > 0 THEN FALSE ELSE TRUE END" in query
    assert "IS TRUE" not in query


OWN_FIELD = {
    "spark": r"(try_element_at(from_json(extra, 'map<string, string>'), 'it\'s'))",
    "trino": """(coalesce(json_extract_scalar(extra, '$["it''s"]'), """
    """nullif(json_format(json_extract(extra, '$["it''s"]')), 'null')))""",
    "clickhouse": "(if(JSONType(extra, 'it''s') = 'String', JSONExtractString(extra, 'it''s'), "
    "nullif(nullif(JSONExtractRaw(extra, 'it''s'), ''), 'null')))",
    "bigquery": r"""(coalesce(json_value(extra, '$."it\'s"'), json_query(extra, '$."it\'s"')))""",
    "snowflake": r"(cast(get(try_parse_json(extra), 'it\'s') as varchar))",
    "postgres": "((cast(extra as json) ->> 'it''s'))",
}


@pytest.mark.parametrize("dialect", OWN_FIELD)
def test_an_own_field_is_named_as_the_dialect_names_keys(dialect: str) -> None:
    """Not by a path of DuckDB, by which others find nothing; whether there is a value stays a question."""
    query = render(Filter(extra={"it's": "x"}), dialect)
    assert query == f"SELECT * FROM calls WHERE {OWN_FIELD[dialect]} = 'x'"
    assert "CASE" not in render(Filter(extra={"it's": {"exists": True}}), dialect)
    bound = render(Filter(extra={"it's": {"min": 1}}), dialect)
    assert re.search(r"toFloat64OrNull|try_to_double|(TRY|SAFE)_CAST|case when .* ~ '", bound)


def test_a_name_that_bigquery_has_no_path_for_is_refused() -> None:
    """A quote or a backslash can't stand in its paths: better none than a query for another field."""
    with pytest.raises(InvalidRequest, match="no path to the own field"):
        render(Filter(extra={'a"b': 1}), "bigquery")


PATHS = {*FIELDS, *map(own_field, FIELDS)}
WITHOUT_PATH = {own_field(name) for name in FIELDS if "\\" in name}


@thorough
@given(filters(depth=4))
def test_every_filter_parses_in_every_dialect(chosen: dict[str, Any]) -> None:
    """What is rendered parses in its dialect as one query without parameters, and holds its texts."""
    compiled = compile_filter(read_filter(chosen))
    texts = {value for value in compiled.params.values() if isinstance(value, str) and "\0" not in value}
    for dialect in [name for name in DIALECTS if name != "bigquery" or not texts & WITHOUT_PATH]:
        (query,) = sqlglot.parse(render(read_filter(chosen), dialect), dialect=dialect)
        assert isinstance(query, exp.Select)
        assert not list(query.find_all(exp.Placeholder, exp.Parameter))
        literals = {literal.this for literal in query.find_all(exp.Literal)}
        # Each dialect has its own way to name a key within JSON.
        assert texts - PATHS <= literals


@pytest.mark.parametrize(
    ("dialect", "shape"),
    [
        pytest.param(dialect, shape, marks=() if shape == "mixed" or number == 0 else at_length)
        for number, dialect in enumerate(DIALECTS)
        for shape in ("not", "any", "all", "mixed")
    ],
)
def test_the_deepest_and_the_widest_filters_render(dialect: str, shape: str) -> None:
    """32 levels and 1,000 conditions render, and the deepest parses on a stack of its own."""
    chosen: dict[str, Any] = {"is_test": True}
    for level in range(MAX_DEPTH):
        if shape == "not" or (shape == "mixed" and level % 2):
            chosen = {"not": chosen}
        else:
            chosen = {"all" if shape == "all" else "any": [chosen, {"success": True, "agent_id": "x"}]}
    query = render(read_filter(chosen), dialect)
    with ThreadPoolExecutor(max_workers=1) as fresh_stack:
        assert isinstance(fresh_stack.submit(sqlglot.parse_one, query, dialect=dialect).result(), exp.Select)
    wide = Filter(any=[{"agent_id": str(number)} for number in range(MAX_CONDITIONS)])
    assert render(wide, dialect).lower().count(" or ") == MAX_CONDITIONS - 1


def test_an_unknown_dialect_is_an_invalid_request() -> None:
    """The message names the dialects there are, and the nearest."""
    with pytest.raises(InvalidRequest, match="did you mean `postgres`"):
        render(Filter(), "postgre")


def test_sqlglot_stays_out_of_the_start() -> None:
    """Reading, compiling and rendering for DuckDB import no sqlglot."""
    program = (
        "import sys; from batchlake.filters.compile import compile_filter\n"
        "from batchlake.filters.model import Filter; from batchlake.filters.render import inline, render\n"
        "render(Filter(status='failed')); inline(compile_filter(Filter()))\n"
        "assert 'sqlglot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
