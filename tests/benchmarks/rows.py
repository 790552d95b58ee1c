"""The rows of the table: a question, how much there is of it, both sides, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.benchmarks.data.workloads import Course, big_batch_calls, megabytes
from tests.benchmarks.runner import Figures, Side, module, race

Kind = Literal["speed", "time", "memory", "size"]
"""What a ratio is of: the rival's time by ours, or ours by the rival's."""

_SIDES: Final = "tests.benchmarks.contenders"
_TOOLS: Final = {
    "duckdb": "DuckDB's `read_json`",
    "polars": "Polars' `scan_ndjson`",
    "pandas": "pandas' `json_normalize`",
    "jq": "`jq`",
    "sqlite": "SQLite's JSON functions",
}
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
_PLATFORMS: Final = ("bland", "retell", "vapi")
"""Of `tests.benchmarks.data.platforms`, which isn't imported here: it isn't light."""

_WITHOUT_LAKE: Final = ("metrics", "filter")
_COLD_CALLS: Final = 1_000
_BY_AGENT: Final = """
    select agent_id, count(*), avg((outcome = 'completed')::int), avg(duration_seconds), sum(cost)
    from calls group by agent_id
    """


@dataclass(frozen=True, slots=True)
class Volume:
    """How many calls the large lake holds, how many are exported as JSON, and how often each side runs."""

    lake_calls: int
    export_calls: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: a ratio of what `kind` says, seconds, megabytes; None asks nothing."""

    kind: Kind = "speed"
    ratio: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None

    def __str__(self) -> str:
        bound = "at least" if self.kind == "speed" else "at most"
        parts = [f"{bound} {self.ratio:g}x its {self.kind}"] if self.ratio else []
        parts += [f"under {in_words(self.seconds)}"] if self.seconds else []
        parts += [f"under {self.peak_mb:,.0f} MB"] if self.peak_mb else []
        return "; ".join(parts) or "none"

    def missed(self, ratio: float, ours: Figures | None) -> list[str]:
        """What of it wasn't reached, in a word each."""
        faults = []
        if self.ratio and (ratio < self.ratio if self.kind == "speed" else ratio > self.ratio):
            faults.append("ratio")
        if self.seconds and ours and ours.seconds >= self.seconds:
            faults.append("time")
        if self.peak_mb and ours and ours.peak_mb >= self.peak_mb:
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
        tool: the program from `raw_json` that takes part.
    """

    key: str
    question: str
    volume: str
    rival: str
    target: Target
    measure: Callable[[], Result]
    tool: str = ""


def rows(course: Course, volume: Volume) -> Iterator[Row]:
    """All rows in the table's order. Nothing is made before a row is measured."""
    yield from _reading(course, volume)
    yield from _asking(course, volume)
    yield from _cold(course, volume)
    yield from _raw(course, volume)


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


def _reading(course: Course, volume: Volume) -> Iterator[Row]:
    calls, rounds = volume.export_calls, volume.rounds

    def ingest(make: Callable[[int], Path]) -> Callable[[], Result]:
        def measure() -> Result:
            exports = make(calls)
            target = course.scratch("copy.parquet")
            rival = Side(module(_SIDES, "copy", exports, target), makes=target)
            figures = race(reading(course, exports), rival, rounds)
            size = megabytes(exports)
            ours, theirs = (f"{in_words(one.seconds)} ({size / one.seconds:,.0f} MB/s)" for one in figures)
            return Result(ours, theirs, figures[1].seconds / figures[0].seconds, figures)

        return measure

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

    def disk() -> Result:
        lake, exports = megabytes(course.small_lake(calls)), megabytes(course.small(calls))
        return Result(f"{lake:,.1f} MB", f"{exports:,.1f} MB", lake / exports, None)

    copy = "DuckDB: `COPY (read_json ... unnest)`"
    of = f"{calls:,} calls"
    yield Row("ingest-small", "ingest, many small files", of, copy, Target(ratio=1.0), ingest(course.small))
    yield Row(
        "ingest-document",
        "ingest, one document",
        of,
        copy,
        Target(ratio=4.0, peak_mb=1_000),
        ingest(course.document),
    )
    yield Row(
        "ingest-unknown",
        "ingest, a key of its own in every record and utterance",
        of,
        "the same without",
        Target(ratio=0.7),
        beside_document(course.unknown),
    )
    yield Row(
        "ingest-unknown-memory",
        "its peak memory",
        of,
        "the same without",
        Target("memory", 1.2),
        beside_document(course.unknown, of_memory=True),
    )
    yield Row(
        "ingest-line-memory",
        "ingest, one JSON line: peak memory",
        of,
        "one document",
        Target("memory", 1.05),
        beside_document(course.line, of_memory=True),
    )
    for name in _PLATFORMS:
        yield Row(
            f"ingest-{name}",
            f"ingest, pages of {name.title()}'s",
            of,
            "the home platform's, by bytes",
            Target(ratio=0.7),
            beside_home(name),
        )
    yield Row("disk", "the lake on disk", of, "the raw JSON", Target("size", 0.1), disk)


def _asking(course: Course, volume: Volume) -> Iterator[Row]:
    calls, tenth = volume.lake_calls, volume.lake_calls // 10
    big = big_batch_calls(calls)

    def questions(
        ours: str, theirs: str, other_calls: int = calls, *, of_memory: bool = False
    ) -> Callable[[], Result]:
        def measure() -> Result:
            lake, other = course.large_lake(calls), course.large_lake(other_calls)
            first, second = race(asking(ours, lake, calls), asking(theirs, other, other_calls), volume.rounds)
            if of_memory:
                peaks = (f"{first.peak_mb:,.0f} MB", f"{second.peak_mb:,.0f} MB")
                return Result(*peaks, first.peak_mb / second.peak_mb, (first, second))
            return _timed("time", first, second)

        return measure

    of = f"{calls:,} calls"
    yield Row(
        "re-export",
        "a batch of 1,000 calls exported again",
        f"into {of}",
        f"the same into {tenth:,} calls",
        Target("time", 1.5, 0.5),
        questions("re-export", "re-export", tenth),
    )
    yield Row(
        "details",
        "filtered details of a batch with analytics",
        f"1,000 of {of}",
        "DuckDB by hand, the same files",
        Target("time", 1.3, 0.05),
        questions("details", "details-by-hand"),
    )
    yield Row(
        "analytics",
        "analytics over everything",
        of,
        "DuckDB by hand, the same files",
        Target("time", 1.3),
        questions("analytics", "analytics-by-hand"),
    )
    yield Row(
        "documents",
        "calls with transcripts as JSON",
        f"{big:,} of {of}",
        "DuckDB: `COPY ... (FORMAT json)`",
        Target("time", 2.0),
        questions("documents", "documents-by-hand"),
    )
    yield Row(
        "documents-memory",
        "their peak memory",
        f"{big:,} of {of}",
        f"the same of {big // 10:,}",
        Target("memory", 1.25),
        questions("documents", "few-documents", of_memory=True),
    )


def _cold(course: Course, volume: Volume) -> Iterator[Row]:
    imports = "import duckdb, deltalake, pydantic"

    def cold(verb: str, arguments: tuple[str, ...]) -> Callable[[], Result]:
        def measure() -> Result:
            where = () if verb in _WITHOUT_LAKE else ("--lake", course.small_lake(_COLD_CALLS))
            ours = Side(module("batchlake", verb, *arguments, *where))
            theirs = Side([module("")[0], "-c", imports])
            return _timed("time", *race(ours, theirs, volume.rounds))

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


def _raw(course: Course, volume: Volume) -> Iterator[Row]:
    calls = volume.export_calls

    def raw(tool: str, *verb: str) -> Callable[[], Result]:
        def measure() -> Result:
            ours = Side(module("batchlake", *verb, "--lake", course.small_lake(calls)))
            theirs = Side(module("tests.benchmarks.raw_json", tool, course.small(calls)))
            return _timed("speed", *race(ours, theirs, volume.rounds))

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
            raw(tool, "sql", "-c", _BY_AGENT),
            tool,
        )


def _timed(kind: Kind, ours: Figures, theirs: Figures) -> Result:
    first, second = (ours, theirs) if kind != "speed" else (theirs, ours)
    ratio = first.seconds / second.seconds
    return Result(in_words(ours.seconds), in_words(theirs.seconds), ratio, (ours, theirs))
