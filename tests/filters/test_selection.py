"""Selections: the filter in front of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine.engine import Engine
from batchlake.errors import InvalidFilter
from batchlake.filters.model import Filter
from batchlake.filters.selection import select
from tests.filters import oracle
from tests.filters.strategies import calls, filters, thorough
from tests.filters.tables import keys, load

COUNTS = """\
-- what: counts of both tables
-- grain: one row
with held as (select count(*) as calls from selected_calls)
select calls, (select count(*) from selected_segments) as segments from held
-- and nothing more"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    load(
        engine,
        [
            {
                "source": source,
                "call_id": f"{batch}-{number}",
                "batch_id": batch,
                "status": "failed" if number else "completed",
                "segments": [
                    {"speaker": "ai", "text": "Hello"},
                    {"speaker": "human", "text": f"I am {number}"},
                ],
            }
            for source in ("svalync", "other")
            for batch in ("b1", "b2", None)
            for number in range(3)
        ],
    )
    yield engine
    engine.close()


def test_no_filter_and_no_batch_is_everything() -> None:
    """The tables stand in front unfiltered, with nothing to bind."""
    selection = select()
    assert selection.where == "true"
    assert selection.params == {}
    assert selection.description == "All calls."
    assert selection.over("select 1") == (
        "with selected_calls as (\n  select * from calls\n),\n"
        "selected_segments as (\n  select * from segments\n)\n"
        "select * from (\nselect 1\n)"
    )


def test_a_batch_and_a_filter_narrow_both_tables() -> None:
    """Calls by all conditions, segments by those calls and by the columns that they carry themselves."""
    selection = select({"status": "failed", "text": "hello"}, batch=("svalync", "b1"))
    said = "source = $s1 and batch_id = $s2 and contains(text_key, $s4)"
    assert selection.where == (
        "source = $s1 and batch_id = $s2 and status = $s3"
        f" and (source, call_id) in (select source, call_id from segments where {said})"
    )
    assert selection.params == {"s1": "svalync", "s2": "b1", "s3": "failed", "s4": "hello"}
    assert selection.description == (
        'Calls of batch b1 from svalync whose status is failed and in which someone said "hello".'
    )
    assert (
        "select * from segments where source = $s1 and batch_id = $s2"
        " and (source, call_id) in (select source, call_id from selected_calls)"
    ) in selection.over("select 1")


def test_what_both_tables_tell_needs_no_join() -> None:
    """Conditions on columns of both tables narrow each alone, others narrow segments through the calls."""
    join = "(source, call_id) in (select source, call_id from selected_calls)"
    for told in (select(batch=("svalync", "b1")), select({"batch_id": ["b1", "b2"], "call_id": "c1"})):
        assert f"select * from segments where {told.where}\n" in told.over("select 1")
    for chosen in (
        {"status": "failed"},
        {"any": [{"batch_id": "b1"}, {"call_id": "c1"}]},
        {"not": {"batch_id": "b1"}},
    ):
        assert f"select * from segments where {join}\n" in select(chosen).over("select 1")


def test_a_batch_alone_reads_well() -> None:
    """Without a filter the sentence is about the batch; with only a `not` it says what is left out."""
    whole = select(batch=("svalync", "batch 1"))
    assert whole.description == 'All calls of batch "batch 1" from svalync.'
    left = select({"not": {"status": "failed"}}, batch=("s", "b"))
    assert left.description == "All calls of batch b from s except those whose status is failed."


@pytest.mark.parametrize(
    ("chosen", "batch", "calls"),
    [
        (None, None, 18),
        ({"status": "failed"}, None, 12),
        (None, ("svalync", "b1"), 3),
        ({"status": "failed"}, ("svalync", "b1"), 2),
        ({"batch_id": "b1"}, None, 6),
        ({"batch_id": "b1"}, ("svalync", "b2"), 0),
        ({"text": "i am 2"}, ("other", "b2"), 1),
        ({"not": {"text": "i am 2"}}, ("other", "b2"), 2),
        ({"not": {"batch_id": ["b1", "b2"]}}, None, 6),
    ],
)
def test_both_tables_hold_the_selected_calls(
    engine: Engine, chosen: Any, batch: tuple[str, str] | None, calls: int
) -> None:
    """A query with comments and a `with` of its own sees the calls that match, and their segments."""
    selection = select(chosen, batch=batch)
    assert engine.row(selection.over(COUNTS), selection.params) == {"calls": calls, "segments": 2 * calls}


@pytest.mark.parametrize(
    "query", ["select 1 as one", "select count(*) from selected_calls", "from selected_segments"]
)
def test_parameters_are_used_whatever_the_query_reads(engine: Engine, query: str) -> None:
    """DuckDB refuses parameters that are not used; those of a table that isn't read count as used."""
    selection = select({"status": "failed", "text": "i am"}, batch=("svalync", "b1"))
    assert engine.rows(selection.over(query), selection.params)


def test_order_is_kept(engine: Engine) -> None:
    """The order of the query is the order of the answer, though the engine needn't keep that of files."""
    query = "select call_id from selected_calls order by call_id desc, source"
    found = [row["call_id"] for row in engine.rows(select().over(query))]
    assert found == sorted(found, reverse=True)


def test_a_bad_filter_is_no_selection() -> None:
    """Faults come from the same door."""
    with pytest.raises(InvalidFilter, match="did you mean `status`"):
        select({"sttaus": "failed"})
    assert select(Filter(status="failed")) == select({"status": ["failed"]})


@thorough
@given(filters(), calls(), st.none() | st.sampled_from(["svalync", "other"]), st.integers(0, 5))
def test_a_selection_is_the_calls_that_match(
    chosen: dict[str, Any], calls: list[dict[str, Any]], source: str | None, place: int
) -> None:
    """For every filter and batch: the selected calls are the oracle's, the segments are theirs."""
    with Engine() as engine:
        load(engine, calls)
        batch_id = calls[place % len(calls)]["batch_id"] if calls else None
        batch = (source, batch_id) if source and batch_id else None
        wanted = {
            (call["source"], call["call_id"]): len(call["segments"])
            for call in calls
            if oracle.matches(chosen, call) and (not batch or (call["source"], call["batch_id"]) == batch)
        }
        selection = select(chosen, batch=batch)
        assert keys(engine, selection.where, selection.params) == set(wanted)
        per_call = (
            "select source, call_id, count(position) as said from selected_calls"
            " left join selected_segments using (source, call_id) group by all"
        )
        rows = engine.rows(selection.over(per_call), selection.params)
        assert {(row["source"], row["call_id"]): row["said"] for row in rows} == wanted
        total = engine.row(selection.over("select count(*) as said from selected_segments"), selection.params)
        assert total["said"] == sum(wanted.values())
