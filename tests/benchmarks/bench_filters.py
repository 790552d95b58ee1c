"""What filters cost: compiling one, and a filtered query against the same SQL written by hand.

    pytest tests/benchmarks/bench_filters.py --benchmark-group-by=group

Each group holds our way and its rival, over the same files in the same run. `BATCHLAKE_BENCH_CALLS` sets the
number of calls (default 1,000,000). Nothing is asserted about time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal, view_of
from batchlake.filters.compile import compile_filter
from batchlake.filters.model import Filter
from batchlake.filters.parse import parse_filter
from batchlake.filters.render import render
from batchlake.filters.selection import select
from batchlake.schema import CALLS, SEGMENTS

COUNT = int(os.environ.get("BATCHLAKE_BENCH_CALLS", "1_000_000"))
TYPICAL = """{"status": ["completed", "failed"], "duration": {"min": 30, "max": 300},
              "cost": {"min": "0.10", "max": "1.00"}, "sentiment": {"min_positive": 0.7},
              "date_range": {"start": "2024-01-01T00:00:00Z", "end": "2024-06-01T00:00:00Z"}}"""
BY_HAND = """
    status in ('completed', 'failed') and duration_seconds between 30 and 300 and cost between 0.10 and 1.00
    and sentiment_positive >= 0.7
    and call_time >= timestamptz '2024-01-01T00:00:00Z' and call_time < timestamptz '2024-06-01T00:00:00Z'"""
FIGURES = "select count(*), avg(duration_seconds), sum(cost), round(avg(sentiment_positive), 9)"

MADE = {
    "source": "'svalync'",
    "call_id": "'call_' || lpad(i::varchar, 9, '0')",
    "batch_id": "'batch_' || lpad((i // 1000)::varchar, 6, '0')",
    "status": "['completed', 'failed', 'no_answer', 'busy'][(1 + hash(i) % 4)::bigint]",
    "outcome": "case when hash(i) % 4 = 0 then 'completed' else 'failed' end",
    "duration_seconds": "hash(i + 1) % 400",
    "cost": "(hash(i + 2) % 200)::decimal(18,6) / 100",
    "call_time": "timestamptz '2024-01-01T00:00:00Z' + to_seconds(i * 20)",
    "sentiment_positive": "(hash(i + 3) % 101) / 100.0",
    "agent_id": "'agent_' || (hash(i + 4) % 50)",
    "segment_count": "1",
    "position": "1",
    "speaker": "'human'",
    "text": "case when hash(i + 5) % 100 = 0 then 'I want a refund' else 'Yes, that is fine with me' end",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Both tables in Parquet files, sorted by batch, row groups of about 120 batches."""
    folder: Path = tmp_path_factory.mktemp("lake")
    with Engine() as engine:
        for table in (CALLS, SEGMENTS):
            columns = ", ".join(f"({MADE.get(c.name, 'null')})::{c.type} as {c.name}" for c in table.columns)
            path = str(folder / f"{table.name}.parquet")
            engine.run(f"copy (select {columns} from range({COUNT}) r(i) order by i) to {literal(path)}")
            engine.run(view_of(table, [path]))
        yield engine


@pytest.mark.benchmark(group="a typical filter")
def test_read_from_json(benchmark: BenchmarkFixture) -> None:
    """From JSON text to the checked model."""
    benchmark(parse_filter, TYPICAL)


@pytest.mark.benchmark(group="a typical filter")
def test_compile(benchmark: BenchmarkFixture) -> None:
    """From the model to SQL, parameters and sentence: to be under 1 ms."""
    benchmark(compile_filter, parse_filter(TYPICAL))


@pytest.mark.benchmark(group="a typical filter")
def test_render_for_spark(benchmark: BenchmarkFixture) -> None:
    """From the model to a query in another dialect, sqlglot being imported already."""
    benchmark(render, parse_filter(TYPICAL), "spark")


@pytest.mark.benchmark(group="the largest filters")
@pytest.mark.parametrize("kind", ["1,000 conditions", "10,000 values"])
def test_compile_large(benchmark: BenchmarkFixture, kind: str) -> None:
    """What the limits allow."""
    many = {"any": [{"agent_id": str(n)} for n in range(1_000)]}
    long = {"call_id": [str(n) for n in range(10_000)]}
    benchmark(compile_filter, Filter(**(many if kind == "1,000 conditions" else long)))


@pytest.mark.benchmark(group="figures of filtered calls")
@pytest.mark.parametrize("way", ["by hand", "batchlake, compiling included"])
def test_filtered_figures(benchmark: BenchmarkFixture, engine: Engine, way: str) -> None:
    """To be within 1.1 of the rival."""

    def ours() -> Any:
        compiled = compile_filter(parse_filter(TYPICAL))
        return engine.rows(f"{FIGURES} from calls where {compiled.sql}", compiled.params)

    def rival() -> Any:
        return engine.rows(f"{FIGURES} from calls where {BY_HAND}")

    assert ours() == rival()
    benchmark.pedantic(rival if way == "by hand" else ours, rounds=15, warmup_rounds=2)


BATCH = f"batch_{COUNT // 2_000:06}"


@pytest.mark.benchmark(group="figures of one batch")
@pytest.mark.parametrize("way", ["by hand", "batchlake, compiling included"])
def test_one_batch(benchmark: BenchmarkFixture, engine: Engine, way: str) -> None:
    """One batch of 1,000 calls with a text in it, out of all."""
    question = f"{FIGURES}, (select count(*) from selected_segments) as said from selected_calls"

    def ours() -> Any:
        selection = select({"text": "refund"}, batch=("svalync", BATCH))
        return engine.rows(selection.over(question), selection.params)

    def rival() -> Any:
        within = f"source = 'svalync' and batch_id = '{BATCH}'"
        return engine.rows(
            f"with found as (select distinct call_id from segments where {within} and text ilike '%refund%') "
            f"{FIGURES}, (select count(*) from segments where {within} and call_id in (from found)) as said "
            f"from calls where {within} and call_id in (from found)"
        )

    assert ours() == rival()
    benchmark.pedantic(rival if way == "by hand" else ours, rounds=15, warmup_rounds=2)
