"""Families of metrics: only what is asked for is computed, and it is what it is among all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlake.analytics.metrics import analyse, families
from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.filters.selection import select
from batchlake.models.analytics import Analytics
from batchlake.models.blocks import FAMILIES
from tests.analytics.tables import Row, call, fill, segment
from tests.analytics.test_metrics import calls_and_segments
from tests.effort import examples

FIELDS = {name for names in FAMILIES.values() for name in names}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lake=calls_and_segments().filter(lambda lake: lake[0]),
    by=st.sampled_from([(), ("agent_id",), ("batch_id", "source"), ("status", "day")]),
    asked=st.lists(st.sampled_from(list(FAMILIES)), min_size=1, max_size=4),
)
def test_a_family_is_the_same_alone_and_together(
    engine: Engine, lake: tuple[list[Row], list[Row]], by: tuple[str, ...], asked: list[str]
) -> None:
    """Of the whole and of each group, in JSON and in Python; what wasn't asked for isn't there."""
    fill(engine, calls=lake[0], segments=lake[1])
    everything = analyse(engine, select(), by=by, timezone="Asia/Kolkata")
    some = analyse(engine, select(), by=by, metrics=asked, timezone="Asia/Kolkata")
    assert everything.families == list(FAMILIES)
    assert some.families == [name for name in FAMILIES if name in asked]
    wanted = {field for name in asked for field in FAMILIES[name]}
    for found, whole in [(some, everything), *zip(some.groups, everything.groups, strict=True)]:
        for field in FIELDS:
            assert getattr(found, field) == (getattr(whole, field) if field in wanted else None)
        written, whole_written = (json.loads(one.model_dump_json()) for one in (found, whole))
        assert FIELDS & written.keys() == wanted
        assert {name: whole_written[name] for name in wanted} == {name: written[name] for name in wanted}
    if by:
        assert [group.keys for group in some.groups] == [group.keys for group in everything.groups]
    assert Analytics.model_validate_json(some.model_dump_json()).model_dump_json() == some.model_dump_json()


def test_over_no_call_there_are_the_families_asked_for(engine: Engine) -> None:
    """With zero counts and nulls, as among all."""
    fill(engine, calls=[call("c1")])
    nobody = select({"call_id": "nobody"})
    everything = analyse(engine, nobody)
    for name, fields in FAMILIES.items():
        found = json.loads(analyse(engine, nobody, metrics=name).model_dump_json())
        assert FIELDS & found.keys() == set(fields)
        for field in fields:
            assert found[field] == json.loads(everything.model_dump_json())[field]


@pytest.mark.parametrize("name", FAMILIES)
def test_only_what_is_asked_for_is_computed(name: str) -> None:
    """A question reads no column that its family has no use for, and utterances only for what was said."""
    needed = {
        "calls": {"cost", "currency", "duration_seconds"},
        "success": set(),
        "duration": {"duration_seconds"},
        "cost": {"cost", "currency", "duration_seconds"},
        "sentiment": {"sentiment_positive"},
        "engagement": {"engagement", "turns", "measured_response_seconds"},
        "responses": set(),
        "patterns": set(),
        "timeline": {"cost", "currency", "call_time"},
    }[name]
    with Engine() as engine:
        fill(engine, calls=[call("c1", cost="1")], segments=[segment("c1", 1, "human", "Yes", "yes")])
        counts = {"cost", "currency", "duration_seconds"}
        for column in {"sentiment_positive", "engagement", "turns", "call_time"} - needed - counts:
            engine.run(f"alter table calls drop column {column}")
        if name not in ("responses", "patterns"):
            engine.run("drop table segments")
        assert analyse(engine, select(), metrics=name).families == [name]


@pytest.mark.parametrize(
    ("given_names", "message"),
    [
        ("engagment", "no family of metrics 'engagment'. Did you mean `engagement`?"),
        (["calls", "success_rate"], "no family of metrics 'success_rate'."),
        (["phase of the moon"], "The families are calls, success, duration, cost, sentiment, engagement"),
        ([], "no metrics were named"),
    ],
)
def test_an_unknown_family_is_named_with_the_choices(engine: Engine, given_names: Any, message: str) -> None:
    """`InvalidRequest` names the nearest and all."""
    with pytest.raises(InvalidRequest, match=message.replace("?", r"\?")):
        analyse(fill(engine, calls=[call("c1")]), select(), metrics=given_names)


def test_all_covers_no_mistake() -> None:
    """`all` beside others is every family; a name that is none is refused there, too."""
    assert families(["cost", "all"]) == tuple(FAMILIES)
    with pytest.raises(InvalidRequest, match="no family of metrics 'costs'"):
        families(["all", "costs"])
