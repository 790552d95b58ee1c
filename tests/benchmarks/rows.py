"""The rows of the table: a question, how much there is of it, both sides, and what is to be reached.

`rows` are what batchlake must be fast at; `further_rows` show more, and are printed where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from tests.benchmarks.data.workloads import Course, big_batch_calls, megabytes
from tests.benchmarks.runner import Figures, Side, module, race

Kind = Literal["speed", "time", "memory", "size"]
"""What a ratio is of: the rival's time by ours, or ours by the rival's."""

_SIDES: Final = "tests.benchmarks.contenders"
_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "batches": (),
    "batch": ("batch_000001",),
    "call": ("call_000000001",),
    "calls": ("--filter", '{"duration": {"min": 200}}'),
    "analytics": (),
    "audit": ("batch_000001",),
    "sql": ("-c", "select count(*) from calls"),
    "status": (),
    "metrics": (),
    "filter": ("compile", '{"status": "completed"}'),
}
_WITHOUT_LAKE: Final = ("metrics", "filter")
_COLD_CALLS: Final = 1_000
BY_AGENT: Final = """
    select agent_id, count(*), avg((outcome = 'completed')::int), avg(duration_seconds), sum(cost)
    from calls group by agent_id
    """
"""Figures by agent, as one asks for them in SQL."""

PERCENTILES_BY_AGENT: Final = """
    select
      agent_id, count(*), avg((outcome = 'completed')::int), sum(duration_seconds), avg(duration_seconds),
      quantile_cont(duration_seconds, [0.5, 0.9, 0.95]), min(duration_seconds), max(duration_seconds),
      stddev(duration_seconds), sum(cost), avg(cost), quantile_cont(cost, [0.5, 0.95]), min(cost), max(cost)
    from calls group by agent_id
    """
"""The same with the figures of the families `duration` and `cost`."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How much there is of everything, and how often each side runs.

    Attributes:
        lake_calls: the calls of the large lake.
        export_calls: how many are exported as JSON.
        rounds: how often each side runs; what takes a second or less runs three times as often.
        runs: those of the lake with a long history, which has a hundred times as many exports.
    """

    lake_calls: int
    export_calls: int
    rounds: int
    runs: int = 10_000

    @property
    def dlt_calls(self) -> int:
        """The calls of the exports that dlt merges: a quarter of the others', 100 MB at the most."""
        return min(self.export_calls // 4, 40_000)


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: a ratio of what `kind` says, seconds, memory; None asks nothing."""

    kind: Kind = "speed"
    ratio: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None
    memory_ratio: float | None = None

    def __str__(self) -> str:
        bound = "at least" if self.kind == "speed" else "at most"
        parts = [f"{bound} {self.ratio:g}x its {self.kind}"] if self.ratio else []
        parts += [f"under {in_words(self.seconds)}"] if self.seconds else []
        parts += [f"under {self.peak_mb:,.0f} MB"] if self.peak_mb else []
        parts += [f"at most {self.memory_ratio:.2g}x its memory"] if self.memory_ratio else []
        return "; ".join(parts) or "none"

    def missed(self, ratio: float, ours: Figures | None, theirs: Figures | None = None) -> list[str]:
        """What of it wasn't reached, in a word each."""
        faults = []
        if self.ratio and (ratio < self.ratio if self.kind == "speed" else ratio > self.ratio):
            faults.append("ratio")
        if self.seconds and ours and ours.seconds >= self.seconds:
            faults.append("time")
        too_much = self.peak_mb and ours and ours.peak_mb >= self.peak_mb
        if self.memory_ratio and ours and theirs:
            too_much = too_much or ours.peak_mb > self.memory_ratio * theirs.peak_mb
        if too_much:
            faults.append("memory")
        return faults


@dataclass(frozen=True, slots=True)
class Result:
    """One row measured: our figure and the rival's as text, the ratio, peaks (None where no process ran)."""

    ours: str
    theirs: str
    ratio: float
    figures: tuple[Figures, Figures] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the table.

    Attributes:
        key: what `--only` calls it.
        question, volume, rival: what was asked of how much, and who else.
        target: what is to be reached.
        measure: makes what it needs and runs the race.
        tool: the program that takes part, if there may be none: `dlt`, or one of `raw_json`.
    """

    key: str
    question: str
    volume: str
    rival: str
    target: Target
    measure: Callable[[], Result]
    tool: str = ""


def rows(course: Course, volume: Volume) -> Iterator[Row]:
    """What batchlake must be fast at, in the table's order. Nothing is made before a row is measured."""
    yield from _reading(course, volume)
    yield from _asking(course, volume)
    yield from _cold(course, volume)


def in_words(seconds: float) -> str:
    """Seconds with the unit that suits them."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def reading(course: Course, exports: Path) -> Side:
    """The ingest of exports into a new lake, as a process."""
    lake = course.scratch("lake")
    return Side(module(_SIDES, "ingest", exports, lake), makes=lake)


def asking(work: str, lake: Path, calls: int) -> Side:
    """A question to an open lake that was made with so many calls."""
    return Side(module(_SIDES, work, lake, "--calls", calls), prints_seconds=True)


def timed(kind: Kind, ours: Figures, theirs: Figures) -> Result:
    """A race whose sides took so long."""
    first, second = (ours, theirs) if kind != "speed" else (theirs, ours)
    ratio = first.seconds / second.seconds
    return Result(in_words(ours.seconds), in_words(theirs.seconds), ratio, (ours, theirs))


def _reading(course: Course, volume: Volume) -> Iterator[Row]:
    calls, rounds = volume.export_calls, volume.rounds

    def ingest(
        make: Callable[[int], Path], rival: str, makes: str, calls: int = calls
    ) -> Callable[[], Result]:
        def measure() -> Result:
            exports, target = make(calls), course.scratch(makes)
            theirs = Side(module(_SIDES, rival, exports, target), makes=target)
            return _in_mb(megabytes(exports), race(reading(course, exports), theirs, rounds))

        return measure

    def disk() -> Result:
        lake, exports = megabytes(course.small_lake(calls)), megabytes(course.small(calls))
        return Result(f"{lake:,.1f} MB", f"{exports:,.1f} MB", lake / exports, None)

    hand = "DuckDB by hand, the same job"
    copy = "DuckDB: `COPY (read_json ... unnest)`, which copies alone"
    small, document = "ingest, many small files", "ingest, one document"
    of, of_dlt = f"{calls:,} calls", f"{volume.dlt_calls:,} calls"
    fast = Target(ratio=1.2, memory_ratio=1 / 3)
    yield Row("ingest-small", small, of, hand, fast, ingest(course.small, "by-hand", "by-hand"))
    yield Row(
        "ingest-dlt", small, of_dlt, "dlt, merging into Delta", Target(ratio=6.0),
        ingest(course.small, "dlt", "dlt", volume.dlt_calls), "dlt",
    )  # fmt: skip
    yield Row("ingest-copy", small, of, copy, Target(), ingest(course.small, "copy", "copy.parquet"))
    yield Row(
        "ingest-document", document, of, hand, Target(ratio=3.0, peak_mb=1_000),
        ingest(course.document, "by-hand", "by-hand"),
    )  # fmt: skip
    yield Row("disk", "the lake on disk", of, "the raw JSON", Target("size", 0.1), disk)


def _in_mb(size: float, figures: tuple[Figures, Figures]) -> Result:
    """A race of those who read so many megabytes."""
    ours, theirs = (f"{in_words(one.seconds)} ({size / one.seconds:,.0f} MB/s)" for one in figures)
    return Result(ours, theirs, figures[1].seconds / figures[0].seconds, figures)


def _asking(course: Course, volume: Volume) -> Iterator[Row]:
    calls, tenth = volume.lake_calls, volume.lake_calls // 10
    big, often = big_batch_calls(calls), 3 * volume.rounds
    of, hand = f"{calls:,} calls", "DuckDB by hand, the same files"

    def questions(
        ours: str,
        theirs: str,
        other_calls: int = calls,
        *,
        rounds: int = volume.rounds,
        of_memory: bool = False,
    ) -> Callable[[], Result]:
        def measure() -> Result:
            lake, other = course.large_lake(calls), course.large_lake(other_calls)
            first, second = race(asking(ours, lake, calls), asking(theirs, other, other_calls), rounds)
            if of_memory:
                peaks = (f"{first.peak_mb:,.0f} MB", f"{second.peak_mb:,.0f} MB")
                return Result(*peaks, first.peak_mb / second.peak_mb, (first, second))
            return timed("time", first, second)

        return measure

    def new_files() -> Result:
        old, empty = course.many_runs(100 * volume.runs, volume.runs), course.scratch("empty")
        ours = asking("new-files", old, 0)
        return timed("time", *race(ours, replace(asking("new-files", empty, 0), makes=empty), often))

    yield Row(
        "re-export", "a batch of 1,000 calls exported again", f"into {of}",
        f"the same into {tenth:,} calls", Target("time", 1.5, 0.5),
        questions("re-export", "re-export", tenth, rounds=often),
    )  # fmt: skip
    yield Row(
        "new-files", "ingest of 100 new files", f"into {100 * volume.runs:,} exports, {volume.runs:,} runs",
        "the same into an empty lake", Target("time", 2.0), new_files,
    )  # fmt: skip
    yield Row(
        "by-agent", "calls, success, duration and cost by agent", of, "the one SQL statement",
        Target("time", 1.5), questions("by-agent", "by-agent-in-sql", rounds=often),
    )  # fmt: skip
    yield Row(
        "percentiles", "the same with percentiles of duration and cost", of, "one SQL statement",
        Target("time", 1.5), questions("percentiles", "percentiles-in-sql", rounds=often),
    )  # fmt: skip
    yield Row(
        "analytics", "every metric over all calls", of, hand, Target("time", 0.25, memory_ratio=0.25),
        questions("analytics", "analytics-by-hand"),
    )  # fmt: skip
    yield Row(
        "all-by-agent", "every metric by agent", of, "the same ungrouped", Target("time", 2.0),
        questions("all-by-agent", "analytics"),
    )  # fmt: skip
    yield Row(
        "details", "filtered details of a batch with analytics", f"1,000 of {of}", hand,
        Target("time", 0.5, 0.05), questions("details", "details-by-hand", rounds=often),
    )  # fmt: skip
    yield Row(
        "documents", "calls with transcripts as JSON", f"{big:,} of {of}", "DuckDB: `COPY ... (FORMAT json)`",
        Target("time", 1.5), questions("documents", "documents-by-hand"),
    )  # fmt: skip
    yield Row(
        "documents-memory", "their peak memory", f"{big:,} of {of}", f"the same of {big // 10:,}",
        Target("memory", 1.25), questions("documents", "few-documents", of_memory=True),
    )  # fmt: skip


def _cold(course: Course, volume: Volume) -> Iterator[Row]:
    imports = "import duckdb, deltalake, pydantic"

    def cold(verb: str, arguments: tuple[str, ...]) -> Callable[[], Result]:
        def measure() -> Result:
            where = () if verb in _WITHOUT_LAKE else ("--lake", course.small_lake(_COLD_CALLS))
            ours = Side(module("batchlake", verb, *arguments, *where))
            theirs = Side([module("")[0], "-c", imports])
            return timed("time", *race(ours, theirs, 3 * volume.rounds))

        return measure

    for verb, arguments in _VERBS.items():
        yield Row(
            f"cold-{verb}",
            f"`batchlake {verb}`, cold",
            f"{_COLD_CALLS:,} calls",
            f"`{imports}`",
            Target("time", 2.0),
            cold(verb, arguments),
        )


def make(course: Course, volume: Volume, *, more: bool = False) -> None:
    """Make all that the rows need, so that to measure them makes nothing."""
    calls = volume.export_calls
    course.small(volume.dlt_calls)
    course.document(calls)
    course.small_lake(calls)
    course.small_lake(_COLD_CALLS)
    for lake_calls in (volume.lake_calls // 10, volume.lake_calls):
        course.large_lake(lake_calls)
    course.many_runs(100 * volume.runs, volume.runs)
    if more:
        course.unknown(calls)
        course.line(calls)
