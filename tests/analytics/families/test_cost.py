"""Percentiles of many prices: most buckets hold no place that is sought, and the figures are exact."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.filters.selection import select
from tests.analytics import oracle
from tests.analytics.tables import Row, call, fill
from tests.effort import examples


@pytest.fixture(scope="module")
def engine() -> Engine:
    """An empty one."""
    return Engine()


def priced_calls(seed: int) -> list[Row]:
    """Hundreds of calls of three agents: each of its own range of prices, from millionths to thousands."""
    chance = random.Random(seed)
    scale = {name: 10 ** chance.randint(0, 9) for name in ("a", "b", None)}
    rows = []
    for number in range(chance.randint(1, 400)):
        agent_id = chance.choice(list(scale))
        millionths = int(chance.lognormvariate(3, 2) * scale[agent_id])
        # Some are credits, some are alike, some unknown.
        amount = chance.choice([millionths, millionths, millionths, -millionths, scale[agent_id], None])
        rows.append(
            call(
                f"c{number}",
                chance.choice(["completed", "failed"]),
                agent_id=agent_id,
                currency=chance.choice(["EUR", "EUR", None]),
                cost=None if amount is None else Decimal(min(amount, 10**17)).scaleb(-6),
                duration_seconds=chance.choice([None, 0.0, 30.0, chance.randint(1, 10**6) / 1000]),
            )
        )
    return rows


@settings(max_examples=examples(20))
@given(seed=st.integers(0, 2**32))
def test_figures_of_many_prices_equal_plain_python(engine: Engine, seed: int) -> None:
    """Of all calls and of each agent's, in each currency, whichever buckets their percentiles lie in."""
    calls = priced_calls(seed)
    fill(engine, calls=calls)
    answer = analyse(engine, select(), by="agent_id", metrics="cost")
    assert oracle.differences(oracle.cost_of(calls), answer.cost.model_dump()) == []
    assert sum(group.cost.calls for group in answer.groups) == answer.cost.calls
    for group in answer.groups:
        rows = [row for row in calls if row["agent_id"] == group.keys["agent_id"]]
        assert oracle.differences(oracle.cost_of(rows), group.cost.model_dump()) == []
