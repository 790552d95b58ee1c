"""One text for two engines: what is sent to Spark, checked without Spark and without Java."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from sqlglot import exp

from batchlake.analytics.details.call_json import PARTS, documents_sql
from batchlake.analytics.grouped_query import DIMENSIONS, GroupedQuery, file_text
from batchlake.analytics.patterns import default_patterns
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.filters.limits import MAX_CONDITIONS, MAX_DEPTH
from batchlake.filters.model import Filter
from batchlake.filters.parse import read_filter
from batchlake.filters.selection import select
from batchlake.spark.java_patterns import java_pattern
from batchlake.spark.rendering import parse, render
from batchlake.spark.subset import faults
from batchlake.spark.tables import cluster_address
from tests.effort import some
from tests.filters.strategies import filters, thorough

ANALYTICS = sql_files.names("analytics")
BEYOND = {"views/own_fields": "it takes JSON apart by a table function of DuckDB's"}
VIEWS = [name for name in sql_files.names("views") if name not in BEYOND]
NEVER = (
    exp.IntDiv, exp.AtTimeZone, exp.GroupConcat, exp.JSONExtractScalar, exp.Dayname, exp.Lower
)  # fmt: skip
"""What no rendering holds as DuckDB has it: each is Spark's own, or written around."""


def sent(sql: str, **params: Any) -> str:
    """The text on one line."""
    return re.sub(r"\s+", " ", render(sql, params).text).replace("( ", "(").replace(" )", ")")


def values_for(sql: str) -> dict[str, Any]:
    return {name: ["yes", "no"] if name == "keys" else "x" for name in re.findall(r"\$(\w+)", sql)}


@pytest.mark.parametrize("name", [*ANALYTICS, *VIEWS])
def test_every_file_is_within_the_subset(name: str) -> None:
    """What the two engines take differently stands in none of them; nor in what is rendered."""
    text = sql_files.load(name).text
    assert faults(parse(text)) == []
    statement = render(text, values_for(text))
    (query,) = sqlglot.parse(statement.text, dialect="spark")
    assert query is not None
    assert not re.search(
        r"\b(INT128|MATERIALIZED|BY NAME|HUGEINT|EPOCH_US|ROUND_EVEN)\b", statement.text, re.I
    )
    # What a file reads is what it doesn't define itself: names didn't clash, nothing was lifted out.
    assert statement.tables == set(sql_files.load(name).inputs) - _views() | _read_by_views(name)


def _views() -> set[str]:
    return {PurePath(name).name for name in VIEWS} | {"selected_calls", "selected_segments"}


def _read_by_views(name: str) -> set[str]:
    """What the views among its inputs read, in whose place they stand."""
    found = set()
    for one in sql_files.load(name).inputs:
        if one.startswith("selected_"):
            found.add(one.removeprefix("selected_"))
        elif one in _views():
            found |= set(sql_files.load(f"views/{one}").inputs)
    return found


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_the_subset_is_known(name: str) -> None:
    """A file that is DuckDB's alone is refused on Spark, and listed here with its reason."""
    assert faults(parse(sql_files.load(name).text))


CONSTRUCTS = {
    "select try_cast(duration_seconds * 1e6 as bigint) from calls": "Cast round_even",
    "select duration_seconds::bigint from calls": "Cast round_even",
    "select avg(interruptions) from calls": "`avg`",
    "select sum(duration_seconds) from calls": "a sum of doubles",
    "select quantile_cont(cost, 0.5) from calls": "a quantile",
    "select median(cost) from calls": "a quantile",
    "select stddev_samp(duration_seconds) from calls": "a deviation",
    "select histogram(status) from calls": "`histogram`",
    "select call_time at time zone 'Europe/Berlin' from calls": "`at time zone`",
    "select call_time - interval 1 hour from calls": "arithmetic of intervals",
    "select call_time - to_minutes(5) from calls": "arithmetic of intervals",
    "select time_bucket(interval '1 hour', call_time) from calls": "arithmetic of intervals",
    "select * replace (1 as cost) from calls": "`* replace`",
    "select * exclude (cost) from calls": "`* exclude`",
    "select status, count(*) from calls group by all": "`group by all`",
    "select 1 as a union all by name select 2 as a": "`union all by name`",
    "select trunc(duration_seconds) from calls": "`trunc`",
    "select timestamptz 'infinity'": "at infinity",
    "select lower(unnest(['a'])) as a": "`unnest` within",
    "select unnest([1]) as a, unnest([2]) as b": "two `unnest`s",
    "select e.key from calls, json_each(extra) as e": "a table function",
    "select list_zip([1], [2])": "`list_zip`: no rule",
}


@pytest.mark.parametrize("sql", CONSTRUCTS)
def test_a_construct_beyond_the_subset_is_refused(sql: str) -> None:
    """By name, with what to write instead, before anything is sent."""
    with pytest.raises(InvalidRequest, match=re.escape(CONSTRUCTS[sql])):
        render(sql)


RULES = {
    "select a / b / c as x": "CAST(CAST(a AS DOUBLE) / CAST(b AS DOUBLE) AS DOUBLE) / CAST(c AS DOUBLE)",
    "select n::hugeint as x": "CAST(n AS DECIMAL(38, 0))",
    "select a::hugeint // b as x": "CAST(((CAST(a AS DECIMAL(38, 0))) - (CAST(a AS DECIMAL(38, 0))) % b) "
    "/ b AS DECIMAL(38, 0))",
    "select a // b as x": "a DIV b",
    "select epoch_us(t) as x": "UNIX_MICROS(t)",
    "select make_timestamptz(n) as x": "TIMESTAMP_MICROS(n)",
    "select round_even(d, 0) as x": "RINT(d)",
    "select dayname(t) as x": "DATE_FORMAT(t, 'EEEE')",
    "select to_json(a) as x": "NULLIF(SUBSTRING(TO_JSON(ARRAY(a)), 2, LENGTH(TO_JSON(ARRAY(a))) - 2), "
    "'null')",
    "select string_agg(a, ',' order by p) as x": "ARRAY_JOIN(TRANSFORM(ARRAY_SORT(COLLECT_LIST(STRUCT("
    "p AS place, a AS part))), entry -> entry.part), ',')",
    "select lower(a) as x": "LOWER(TRANSLATE(a, 'İΣ', 'iσ'))",
    "select extra->>'a.b' as x": "TRY_ELEMENT_AT(FROM_JSON(extra, 'map<string, string>'), 'a.b')",
    "select extra->>'$.\"$x\"' as x": "TRY_ELEMENT_AT(FROM_JSON(extra, 'map<string, string>'), '$x')",
    'select extra->>\'$."/\\"x"\' as x': "TRY_ELEMENT_AT(FROM_JSON(extra, 'map<string, string>'), '/\"x')",
    "select a[1] as x": "a[0]",
    "select arg_min(a, {b: b}) as x": "MIN_BY(a, STRUCT(b AS b))",
    "select extract('microseconds' from t) as x": "CAST(EXTRACT(second FROM t) * 1000000 AS BIGINT)",
    "select list_transform(l, lambda one: one.a) as x": "TRANSFORM(l, one -> one.a)",
    "select array_length(l) as x": "SIZE(l)",
}


@pytest.mark.parametrize("sql", RULES)
def test_a_rule_writes_what_spark_has(sql: str) -> None:
    """Each on its own, character by character."""
    assert sent(sql) == f"SELECT {RULES[sql]} AS x"


def test_the_word_materialized_is_lost() -> None:
    """Spark has none."""
    assert sent("with a as materialized (select 1 as x) select * from a") == (
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a"
    )


def test_a_group_key_is_added_where_there_is_none() -> None:
    """`union all by name` is Spark's by position alone: the one column is added, or is there."""
    file = (
        "with g as (select * from selected_calls union all by name select null as group_key where false) "
        "from g"
    )
    bare = sent(f"with selected_calls as (select * from calls) select * from ({file})")
    assert "SELECT *, CAST(NULL AS STRING) AS group_key FROM selected_calls" in bare
    keyed = "with selected_calls as (select *, {'a': a} as group_key from calls) "
    assert "group_key FROM selected_calls" not in sent(f"{keyed} select * from ({file})")
    within = "with selected_calls as (select * from calls) select * from (" + keyed.replace(
        "calls)", "selected_calls)"
    )
    assert "CAST(NULL" not in sent(f"{within} select * from ({file}))")


def test_values_are_bound_and_lists_are_literals() -> None:
    """A time is whole microseconds, which PySpark carries exactly; only values of lists are in the text."""
    long = [f"it's {number}" for number in range(60)]
    statement = render(
        "select 1 from calls where a = $a and cost >= $b and call_time < $c and d in (select unnest($d))",
        {"a": "x'y", "b": Decimal("0.100000"), "c": datetime(1, 1, 1, tzinfo=UTC), "d": long, "unused": 1},
    )
    assert statement.args == {"a": "x'y", "b": Decimal("0.100000"), "c": -62135596800000000}
    assert "call_time < TIMESTAMP_MICROS(:c)" in statement.text
    assert "'it\\'s 59'" in statement.text
    assert "x'y" not in statement.text


def test_a_parameter_without_a_value_is_named() -> None:
    """Rather than by Spark, in its words."""
    with pytest.raises(InvalidRequest, match=r"parameter \$b"):
        render("select $a, $b", {"a": 1})


def test_a_dollar_in_a_text_is_no_parameter() -> None:
    """Nor one in a name or a comment."""
    assert render("select '$a' as \"$b\" -- $c\n").args == {}


@pytest.mark.parametrize("by", some(list(DIMENSIONS), 9))
def test_every_dimension_is_within_the_subset(by: str) -> None:
    """Grouped by it, each file still renders."""
    question = GroupedQuery(Engine(), select({"status": "failed", "text": "yes"}), (by, "extra.campaign"))
    for name in ("counts", "spellings", "timeline"):
        sql = question.selection.over(question._grouped(file_text(name)))
        statement = render(sql, question.selection.params)
        assert statement.tables == {"calls", "segments"}
        assert "BY NAME" not in statement.text


def test_documents_and_patterns_are_within_the_subset() -> None:
    """The JSON of calls and what people mean, as the analytics put their queries together."""
    assert render(select().over(documents_sql(PARTS))).tables == {"calls", "segments"}
    patterns = default_patterns()
    assert render(patterns.sql("spellings"), patterns.params).args == {
        name: java_pattern(pattern) for name, pattern in patterns.params.items()
    }


@pytest.mark.parametrize(
    "pattern", ["[[:alpha:]]", "(?P<name>x)", "[a&&b]", "a{,3}", r"\Qa\E", r"a\z", "(?U:a+)"]
)
def test_what_java_reads_otherwise_is_refused(pattern: str) -> None:
    """A word pattern that would silently mean another thing is named."""
    with pytest.raises(InvalidRequest, match=re.escape(repr(pattern))):
        java_pattern(f"(?:^| )(?i:(?:yes)|(?:{pattern})|(?:no))(?:$| )")
    assert java_pattern(r"(?i:[\p{L}]+)") == r"(?iu:[\p{L}]+)"


@pytest.mark.parametrize(
    ("pattern", "as_java"),
    [("(?i)é", "(?iu)é"), ("(?si:é.)", "(?siu:é.)"), ("(?i-s:é)", "(?iu-s:é)"), (r"\(?i:", r"\(?i:"),
     ("(?s:i)", "(?s:i)"), ("(?s-i:é)", "(?s-i:é)")],
)  # fmt: skip
def test_case_is_folded_beyond_ascii_wherever_it_is_folded(pattern: str, as_java: str) -> None:
    """Also where the flag stands among others; a bracket that is looked for is none of a flag's."""
    assert java_pattern(pattern) == as_java


def test_an_address_of_azure_names_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the account there is no address to read, which is told instead of sent."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acme")
    assert cluster_address("az://box/lake/calls") == "abfss://box@acme.dfs.core.windows.net/lake/calls"
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
    with pytest.raises(InvalidRequest, match="AZURE_STORAGE_ACCOUNT_NAME"):
        cluster_address("az://box/lake/calls")


@thorough
@given(filters(depth=4))
def test_every_filter_renders(chosen: dict[str, Any]) -> None:
    """With its values bound, or as literals of a list; it parses as one query."""
    selection = select(read_filter(chosen))
    statement = render(selection.over("select count(*) as n from selected_calls"), selection.params)
    (query,) = sqlglot.parse(statement.text, dialect="spark")
    assert isinstance(query, exp.Select)
    assert "calls" in statement.tables <= {"calls", "segments"}
    assert {one.name for one in query.find_all(exp.Placeholder)} == set(statement.args)


@pytest.mark.parametrize("shape", ["not", "any", "mixed"])
def test_the_deepest_and_the_widest_filters_render(shape: str) -> None:
    """32 levels, and 1,000 conditions."""
    chosen: dict[str, Any] = {"is_test": True}
    for level in range(MAX_DEPTH):
        is_not = shape == "not" or (shape == "mixed" and level % 2)
        chosen = {"not": chosen} if is_not else {"any": [chosen, {"success": True, "agent_id": "x"}]}
    for deep in (chosen, Filter(any=[{"agent_id": str(number)} for number in range(MAX_CONDITIONS)])):
        selection = select(read_filter(deep))
        assert render(selection.over("select 1 as n from selected_calls"), selection.params).text
