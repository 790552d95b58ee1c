"""Rows that `--more` prints: what other exports cost an ingest, and what others do with raw JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.data.workloads import Course, megabytes
from tests.benchmarks.rows import BY_AGENT, Result, Row, Target, Volume, reading, timed
from tests.benchmarks.runner import Side, module, race

_TOOLS: Final = {
    "duckdb": "DuckDB's `read_json`",
    "polars": "Polars' `scan_ndjson`",
    "pandas": "pandas' `json_normalize`",
    "jq": "`jq`",
    "sqlite": "SQLite's JSON functions",
}


_PLATFORMS: Final = ("bland", "retell", "vapi")
"""Of `tests.benchmarks.data.platforms`, which isn't imported here: it isn't light."""


def further_rows(course: Course, volume: Volume) -> Iterator[Row]:
    """All of them, in the table's order."""
    yield from _other_exports(course, volume)
    yield from _raw(course, volume)


def _other_exports(course: Course, volume: Volume) -> Iterator[Row]:
    calls, rounds = volume.export_calls, volume.rounds

    def beside_document(make: Callable[[int], Path], *, of_memory: bool = False) -> Callable[[], Result]:
        def measure() -> Result:
            exports, document = make(calls), course.document(calls)
            first, second = race(reading(course, exports), reading(course, document), rounds)
            if of_memory:
                peaks = (f"{first.peak_mb:,.0f} MB", f"{second.peak_mb:,.0f} MB")
                return Result(*peaks, first.peak_mb / second.peak_mb, (first, second))
            ours, theirs = megabytes(exports) / first.seconds, megabytes(document) / second.seconds
            return Result(f"{ours:,.0f} MB/s", f"{theirs:,.0f} MB/s", ours / theirs, (first, second))

        return measure

    def beside_home(name: str) -> Callable[[], Result]:
        def measure() -> Result:
            exports, home = course.platform(name, calls), course.small(calls)
            first, second = race(reading(course, exports), reading(course, home), rounds)
            ours, theirs = megabytes(exports) / first.seconds, megabytes(home) / second.seconds
            return Result(f"{ours:,.0f} MB/s", f"{theirs:,.0f} MB/s", ours / theirs, (first, second))

        return measure

    of, without = f"{calls:,} calls", "the same without"
    yield Row(
        "ingest-unknown", "ingest, a key of its own in every record and utterance", of, without,
        Target(ratio=0.7), beside_document(course.unknown),
    )  # fmt: skip
    yield Row(
        "ingest-unknown-memory", "its peak memory", of, without, Target("memory", 1.2),
        beside_document(course.unknown, of_memory=True),
    )  # fmt: skip
    yield Row(
        "ingest-line-memory", "ingest, one JSON line: peak memory", of, "one document",
        Target("memory", 1.05),
        beside_document(course.line, of_memory=True),
    )  # fmt: skip
    for name in _PLATFORMS:
        yield Row(
            f"ingest-{name}", f"ingest, pages of {name.title()}'s", of, "the home platform's, by bytes",
            Target(ratio=0.7), beside_home(name),
        )  # fmt: skip


def _raw(course: Course, volume: Volume) -> Iterator[Row]:
    calls = volume.export_calls

    def raw(tool: str, *verb: str) -> Callable[[], Result]:
        def measure() -> Result:
            ours = Side(module("batchlake", *verb, "--lake", course.small_lake(calls)))
            theirs = Side(module("tests.benchmarks.raw_json", tool, course.small(calls)))
            return timed("speed", *race(ours, theirs, volume.rounds))

        return measure

    of = f"{calls:,} calls"
    for tool, title in _TOOLS.items():
        question = "figures by agent, among all metrics (`analytics --by`)"
        measure = raw(tool, "analytics", "--by", "agent_id")
        yield Row(f"raw-{tool}", question, of, f"{title}, raw JSON", Target(), measure, tool)
    for tool, title in _TOOLS.items():
        question = "figures by agent alone (`sql`)"
        yield Row(
            f"sql-{tool}",
            question,
            of,
            f"{title}, raw JSON",
            Target(),
            raw(tool, "sql", "-c", BY_AGENT),
            tool,
        )
