"""The compiler against its table of cases and against the oracle."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given

from batchlake.engine.engine import Engine
from batchlake.errors import InvalidFilter
from batchlake.filters.compile import compile_filter
from batchlake.filters.model import Filter, Texts, Utterance
from batchlake.filters.operators.operator import Operator, rows
from batchlake.filters.operators.shapes import MOST_PARAMETERS, Among
from batchlake.filters.parse import parse_filter, read_filter
from batchlake.filters.render import inline
from batchlake.schema import CALLS, SEGMENTS
from tests.filters import oracle
from tests.filters.strategies import calls, filters, thorough
from tests.filters.tables import keys, load
from tests.paths import CASES as FILES

CASES = tomllib.loads((FILES / "filters.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_case_table_holds(case: dict[str, Any]) -> None:
    """A filter compiles to the SQL, parameters and sentence that its case says."""
    compiled = compile_filter(parse_filter(case["filter"]))
    wanted = [Decimal(value["decimal"]) if isinstance(value, dict) else value for value in case["params"]]
    assert compiled.sql == case["sql"]
    assert list(compiled.params.items()) == [(f"f{place}", value) for place, value in enumerate(wanted, 1)]
    assert [type(value) for value in compiled.params.values()] == [type(value) for value in wanted]
    assert compiled.description == case["sentence"]


def test_the_case_table_shows_every_operator() -> None:
    """No operator is without a case."""
    shown = {key for case in CASES for key in _keys(json.loads(case["filter"]))}
    assert shown >= {row.key for row in rows(Filter)}


@thorough
@given(filters(), calls())
def test_sql_matches_what_plain_python_matches(
    engine: Engine, chosen: dict[str, Any], calls: list[dict[str, Any]]
) -> None:
    """Bound, and inlined, the SQL is true of exactly the calls that the oracle says; of the others its
    complement is."""
    load(engine, calls)
    compiled = compile_filter(read_filter(chosen))
    wanted = {(call["source"], call["call_id"]) for call in calls if oracle.matches(chosen, call)}
    everything = {(call["source"], call["call_id"]) for call in calls}
    assert keys(engine, compiled.sql, compiled.params) == wanted
    assert keys(engine, inline(compiled)) == wanted
    assert keys(engine, f"({compiled.sql}) is not true", compiled.params) == everything - wanted


@thorough
@given(filters(), calls())
def test_a_filter_and_its_not_split_the_calls(
    engine: Engine, chosen: dict[str, Any], calls: list[dict[str, Any]]
) -> None:
    """Every call matches a filter or its `not`, and none matches both."""
    load(engine, calls)
    matched, unmatched = (compile_filter(read_filter(one)) for one in (chosen, {"not": chosen}))
    found = keys(engine, matched.sql, matched.params)
    others = keys(engine, unmatched.sql, unmatched.params)
    assert not found & others
    assert found | others == {(call["source"], call["call_id"]) for call in calls}


@thorough
@given(filters(depth=5))
def test_what_is_dumped_compiles_to_the_same(chosen: dict[str, Any]) -> None:
    """A dump, in Python and as JSON, reads as the same filter and compiles to the same SQL."""
    given = read_filter(chosen)
    for again in (read_filter(given.model_dump()), parse_filter(given.model_dump_json())):
        assert again == given
        assert hash(again) == hash(given)
        assert compile_filter(again) == compile_filter(given)


def test_a_new_operator_is_one_row() -> None:
    """A field with its forms and an `Operator` is all that SQL, sentence, dump and schema need."""

    class Wider(Filter):
        user_id: Annotated[
            Texts, Operator(Among(), "the user is one of them", "that {} placed", ("user_id",))
        ] = None

    chosen = Wider(user_id=["u1", "u2"], status="failed")
    compiled = compile_filter(chosen)
    assert compiled.sql == "status = $f1 and user_id in ($f2, $f3)"
    assert compiled.description == "Calls whose status is failed and that u1 or u2 placed."
    assert chosen.model_dump() == {"status": ("failed",), "user_id": ("u1", "u2")}
    assert (
        Wider.model_json_schema()["properties"]["user_id"]["description"]
        == "Calls where the user is one of them"
    )
    with pytest.raises(InvalidFilter, match="user_id: got an empty list"):
        Wider(user_id=[])


def test_compiling_the_same_filter_twice_gives_the_same() -> None:
    """Compiling is pure: neither the filter nor an earlier result changes."""
    chosen = Filter(batch_id=["b1", "b2"], any=[{"text": "x"}, {"not": {"cost": {"min": "0.1"}}}])
    first = compile_filter(chosen)
    first.params["f1"] = "changed"
    assert compile_filter(chosen).params["f1"] == "b1"
    assert compile_filter(chosen).sql == first.sql


@pytest.mark.parametrize("key", ["agent_id", "phone_number"])
@pytest.mark.parametrize("count", [MOST_PARAMETERS, MOST_PARAMETERS + 1, 10_000])
def test_lists_of_any_length_match_the_same(engine: Engine, key: str, count: int) -> None:
    """A list too long for a parameter each matches as a short one does."""
    call = {"source": "svalync", "batch_id": None, "segments": []}
    held = [f"+{number:05}" for number in (0, count - 1, count)] + [None]
    load(
        engine,
        [call | {"call_id": f"c{n}", "agent_id": value, "to_number": value} for n, value in enumerate(held)],
    )
    several = [f"+{number:05}" for number in range(count)]
    compiled = compile_filter(Filter(**{key: several}))
    assert keys(engine, compiled.sql, compiled.params) == {("svalync", "c0"), ("svalync", "c1")}
    assert keys(engine, inline(compiled)) == {("svalync", "c0"), ("svalync", "c1")}
    rest = compile_filter(Filter(not_={key: several}))
    assert keys(engine, rest.sql, rest.params) == {("svalync", "c2"), ("svalync", "c3")}
    beginnings = compile_filter(Filter(phone_number=[f"{value}*" for value in several]))
    if key == "phone_number":
        assert keys(engine, beginnings.sql, beginnings.params) == {("svalync", "c0"), ("svalync", "c1")}


@pytest.mark.parametrize(
    ("bound", "matched"),
    [
        ({"min": "0.1234567"}, {"0.123457", "999999999999.999999"}),
        ({"max": "0.1234567"}, {"-0.25", "0.123456"}),
        ({"min": "0.1234569999", "max": "0.1234570001"}, {"0.123457"}),
        ({"min": "999999999999.9999995"}, set()),
        ({"max": "999999999999.9999995"}, {"-0.25", "0.123456", "0.123457", "999999999999.999999"}),
        ({"max": "9" * 400}, {"-0.25", "0.123456", "0.123457", "999999999999.999999"}),
        ({"min": 10**300}, set()),
        ({"min": 5e-324}, {"0.123456", "0.123457", "999999999999.999999"}),
        ({"min": Decimal("1E+200")}, set()),
        ({"max": 0}, {"-0.25"}),
        ({"min": 0, "max": 1}, {"0.123456", "0.123457"}),
    ],
)
def test_costs_compare_as_exact_decimals(engine: Engine, bound: dict[str, Any], matched: set[str]) -> None:
    """A bound of more digits than a cost can hold neither overflows nor rounds; a credit is below all."""
    amounts = ["-0.25", "0.123456", "0.123457", "999999999999.999999"]
    call = {"source": "svalync", "batch_id": None, "segments": []}
    load(engine, [call | {"call_id": amount, "cost": Decimal(amount)} for amount in amounts])
    compiled = compile_filter(Filter(cost=bound))
    assert {call_id for _, call_id in keys(engine, compiled.sql, compiled.params)} == matched
    assert {call_id for _, call_id in keys(engine, inline(compiled))} == matched


def test_operators_stand_on_columns_of_the_schema() -> None:
    """Every column that an operator names exists, and costs are held as the compiler assumes."""
    types = {column.name: column.type for column in CALLS.columns}
    for row in rows(Filter):
        assert set(row.operator.columns) <= set(types), row.key
    assert {c for row in rows(Utterance) for c in row.operator.columns} <= set(SEGMENTS.column_names())
    assert types["cost"] == "DECIMAL(18,6)"
    assert types["call_time"] == "TIMESTAMPTZ"


def test_segments_are_narrowed_by_what_means_the_same_there() -> None:
    """Of the columns that calls and segments share, only these three have operators of their own."""
    shared = set(CALLS.column_names()) & set(SEGMENTS.column_names())
    alone = {row.operator.columns[0] for row in rows(Filter) if len(row.operator.columns) == 1}
    # `extra` is each table's own, and narrows nothing.
    assert (shared & alone) - {"extra"} == {"source", "batch_id", "call_id"}


def test_limits_hold_for_filters_made_past_the_door() -> None:
    """What pydantic alone validated is checked for depth when it is compiled."""
    chosen: dict[str, Any] = {"is_test": True}
    for _ in range(33):
        chosen = {"not": chosen}
    with pytest.raises(InvalidFilter, match="33 deep"):
        compile_filter(Filter.model_validate(chosen))


def test_times_are_bound_in_utc() -> None:
    """A parameter for a time is aware and in UTC, whatever its offset was."""
    (start,) = compile_filter(Filter(date_range={"start": "2024-01-01T00:00:00-08:00"})).params.values()
    assert start == datetime.fromisoformat("2024-01-01T08:00:00+00:00")
    assert start.utcoffset().total_seconds() == 0


def _keys(chosen: Any) -> Iterator[str]:
    if isinstance(chosen, dict):
        yield from chosen
        for value in chosen.values():
            yield from _keys(value)
    elif isinstance(chosen, list):
        for one in chosen:
            yield from _keys(one)
