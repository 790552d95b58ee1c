"""Every family of metrics over generated filters and generated calls: Spark's figures are DuckDB's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from batchlake.analytics.families.statistics import statistics
from batchlake.analytics.families.timeline import STEPS
from batchlake.analytics.grouped_query import DIMENSIONS
from batchlake.analytics.metrics import analyse
from batchlake.engine.text_keys import text_key
from batchlake.filters.parse import read_filter
from batchlake.filters.selection import select
from batchlake.models.blocks import FAMILIES
from tests.analytics.tables import Row, segment
from tests.effort import at_length, examples
from tests.filters.strategies import calls as some_calls
from tests.filters.strategies import filters
from tests.spark.cluster import both
from tests.spark.test_figures import TIMES, ZONES, bits, hard_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ASKED = st.fixed_dictionaries(
    {
        "by": st.lists(
            st.sampled_from([*sorted(DIMENSIONS), "extra.a.b"]), max_size=2, unique=True, min_size=1
        ).map(tuple),
        "timezone": st.sampled_from(ZONES),
        "every": st.sampled_from(sorted(STEPS)),
        "top": st.sampled_from([0, 1, 3, 10]),
    }
)


def tables_of(generated: list[list[dict[str, Any]]]) -> dict[str, list[Row]]:
    """The generated calls beside the hard ones, so that filters meet some, at times an ingest takes."""
    every: dict[tuple[str, str], dict[str, Any]] = {}
    for number, one in enumerate(one for several in generated for one in several):
        call_id = one["call_id"] if number < 8 else f"c{number}"
        # Of years 1 and 9999 an ingest leaves the time empty: in some zone they are of another year.
        when = (
            one["call_time"]
            if one["call_time"] and one["call_time"].year == 2024
            else TIMES[number % len(TIMES)]
        )
        every.setdefault((one["source"], call_id), {**one, "call_id": call_id, "call_time": when})
    tables = hard_rows()
    for name in ("calls", "segments"):
        tables[name] = [{**row, "source": "hard"} for row in tables[name]]
    for one in every.values():
        tables["calls"].append({**one, "extra": None if one["extra"] is None else json.dumps(one["extra"])})
        tables["segments"] += [
            segment(one["call_id"], place, said["speaker"], said["text"], text_key(said["text"]),
                    source=one["source"], batch_id=one["batch_id"])
            for place, said in enumerate(one["segments"], 1)
        ]  # fmt: skip
    return tables


@settings(
    max_examples=examples(1), phases=[Phase.generate], database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(
    generated=st.lists(some_calls(), min_size=8, max_size=12),
    chosen=st.lists(filters(), min_size=6, max_size=6),
    asked=ASKED,
)
@at_length
def test_every_family_of_a_generated_filter_is_the_same(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    generated: list[list[dict[str, Any]]],
    chosen: list[dict[str, Any]],
    asked: dict[str, Any],
) -> None:
    """All families of what a filter selects, and of its groups: digits of money, bits of doubles, order."""
    duck, cluster = both(spark, tmp_path_factory.mktemp("generated"), **tables_of(generated))
    selections = [select(read_filter(one)) for one in chosen]
    # Every other one matches no call, and on Spark nothing costs as much as something.
    selection = next((one for one in selections if statistics(duck, one).total_calls), selections[0])
    here, there = (analyse(engine, selection, **asked) for engine in (duck, cluster))
    assert set(here.families) == set(FAMILIES)
    event(f"{len(here.groups)} groups, {here.statistics.total_calls // 20 * 20} calls and more")
    assert bits(there.model_dump()) == bits(here.model_dump()), (selection.description, asked)
