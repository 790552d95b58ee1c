"""The whole table: what batchlake must be fast at, each question against a rival, as Markdown.

    python -m tests.benchmarks.table --calls 10000000 --folder /somewhere/large
    python -m tests.benchmarks.table --calls 2000000 --runs 2000 --folder /somewhere/large
    python -m tests.benchmarks.table --make --calls 2000000 --runs 2000 --folder /somewhere/large
    python -m tests.benchmarks.table --quick
    python -m tests.benchmarks.table --memory-curve 100,1000,4000 --folder /somewhere/large
    python -m tests.benchmarks.table --scaling 1,3,10 --folder /somewhere/large

What is generated stays in --folder and is used again by the next run with the same seed and volume; --make
generates it and measures nothing.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.benchmarks.data.workloads import BYTES_A_CALL, Course, megabytes
from tests.benchmarks.further_rows import further_rows
from tests.benchmarks.ingest_rivals import missing_dlt
from tests.benchmarks.raw_json import missing
from tests.benchmarks.rows import Row, Volume, asking, in_words, make, reading, rows
from tests.benchmarks.runner import CHECKOUT, SideFailed, summary

_MOST_EXPORT_CALLS: Final = 400_000
_LEAST_LAKE_CALLS: Final = 50_000
_QUICK: Final = Volume(lake_calls=_LEAST_LAKE_CALLS, export_calls=4_000, rounds=1, runs=20)

LEGEND: Final = """\
Each side runs in a process of its own, both in turn, {rounds}x each, and three times as often what takes
about a second: figures are medians, memory is the greatest peak. A ratio of speed is the rival's time by
ours, of anything else ours by the rival's. The exports are generated, a batch a file or all in one:
{export_calls:,} calls are about {export_mb:,.0f} MB. An ingest, a cold verb and a tool over raw JSON are
timed as whole processes, with bytecode in place as pip leaves it. The lake of {lake_calls:,} calls was
written by DuckDB straight into its tables, six utterances a call, since as JSON it would be about
{lake_gb:,.1f} GB; questions to it are timed with the lake open, after a try that doesn't count, and an
ingest into it from the call of `ingest` on. Figures by agent are calls, success rate, mean duration and
total cost."""
MORE: Final = """\
The tools over raw JSON merge nothing and answer this question alone, every call having been exported once."""


def main() -> None:
    """Print what was asked for."""
    given = _arguments()
    # As pip leaves the packages that a cold verb is compared with, also where Python may write no bytecode.
    compileall.compile_dir(CHECKOUT / "batchlake", quiet=1)
    with tempfile.TemporaryDirectory(prefix="batchlake-benchmarks-") as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        course = Course(folder.resolve(), given.seed)
        try:
            if given.memory_curve:
                _memory_curve(course, given.memory_curve)
            elif given.scaling:
                _scaling(course, given.scaling, given.rounds)
            else:
                _table(course, given)
        except SideFailed as error:
            sys.exit(f"table: {error}")
        finally:
            course.clear_scratch()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.table",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=1_000_000, help="in the large lake, at least 50,000")
    parser.add_argument("--exports", type=int, help="calls exported as JSON: as many, 400,000 at the most")
    parser.add_argument("--runs", type=int, help="of the lake with a long history: 1 for 1,000 calls")
    parser.add_argument(
        "--make", action="store_true", help="generate what the rows need, and measure nothing"
    )
    parser.add_argument("--more", action="store_true", help="further rows: other exports, tools on raw JSON")
    parser.add_argument("--only", metavar="ROW", action="append", default=[], help="rows whose key begins so")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    parser.add_argument("--folder", type=Path, help="where to work, and to keep exports and lakes")
    parser.add_argument("--seed", type=int, default=1, help="of the exports")
    parser.add_argument("--quick", action="store_true", help="small volumes, one round, nothing judged")
    parser.add_argument("--memory-curve", type=_numbers, metavar="MB,...", help="ingest of one document each")
    parser.add_argument("--scaling", type=_numbers, metavar="MILLIONS,...", help="lakes of so many calls")
    given = parser.parse_args()
    if given.calls < _LEAST_LAKE_CALLS:
        parser.error(f"--calls {given.calls} is too few: at least {_LEAST_LAKE_CALLS} (or --quick).")
    for name in ("rounds", "exports", "runs"):
        if getattr(given, name) is not None and getattr(given, name) < 1:
            parser.error(f"--{name} {getattr(given, name)}: at least 1.")
    return given


def _table(course: Course, given: argparse.Namespace) -> None:
    exports = given.exports or min(given.calls, _MOST_EXPORT_CALLS)
    volume = Volume(given.calls, exports, given.rounds, given.runs or max(given.calls // 1_000, 1))
    if given.quick:
        volume = _QUICK
    if given.make:
        make(course, volume, more=given.more)
        return
    every = list(rows(course, volume))
    # One that is named is printed.
    every += further_rows(course, volume) if given.more or given.only else []
    wanted = [row for row in every if not given.only or row.key.startswith(tuple(given.only))]
    if not wanted:
        keys = ", ".join(row.key for row in every)
        sys.exit(f"table: no row's key begins with {' or '.join(given.only)}. Rows: {keys}.")
    print(f"{_machine()}\n")
    _print_line(
        "row", "question", "volume", "batchlake", "rival", "its figure", "ratio", "peak MB", "target", "met"
    )
    _print_line(*["---"] * 10)
    notes = []
    for row in wanted:
        if reason := missing_dlt() if row.tool == "dlt" else missing(row.tool):
            notes.append(f"`{row.key}`: {reason}")
            continue
        _print_row(row, judged=not given.quick)
    print()
    print(
        LEGEND.format(
            rounds=volume.rounds,
            export_calls=volume.export_calls,
            export_mb=volume.export_calls * BYTES_A_CALL / 1e6,
            lake_calls=volume.lake_calls,
            lake_gb=volume.lake_calls * BYTES_A_CALL / 1e9,
        )
    )
    if any(row.key.startswith(("raw", "sql")) for row in wanted):
        print(MORE)
    print("\n".join(notes))


def _print_row(row: Row, *, judged: bool) -> None:
    result = row.measure()
    peaks = " / ".join(f"{one.peak_mb:,.0f}" for one in result.figures) if result.figures else ""
    met = "not judged"
    if judged:
        faults = row.target.missed(result.ratio, *(result.figures or (None, None)))
        met = f"no: {', '.join(faults)}" if faults else "yes" if str(row.target) != "none" else ""
    ratio = f"{result.ratio:.2f}x {row.target.kind}"
    _print_line(
        row.key,
        row.question,
        row.volume,
        result.ours,
        row.rival,
        result.theirs,
        ratio,
        peaks,
        str(row.target),
        met,
    )


def _memory_curve(course: Course, sizes: list[float]) -> None:
    print(f"{_machine()}\n")
    _print_line("one document", "ingest", "MB/s", "peak MB")
    _print_line(*["---"] * 4)
    for size in sizes:
        document = course.document_of(int(size))
        figures = reading(course, document).run()
        actual = megabytes(document)
        _print_line(
            f"{actual:,.0f} MB",
            in_words(figures.seconds),
            f"{actual / figures.seconds:,.0f}",
            f"{figures.peak_mb:,.0f}",
        )


def _scaling(course: Course, millions: list[float], rounds: int) -> None:
    questions = {
        "re-export": "ingest of a batch of 1,000 calls exported again",
        "details": "filtered details of a batch with analytics",
        "analytics": "analytics over everything",
    }
    print(f"{_machine()}\n")
    _print_line("calls", *questions.values())
    _print_line(*["---"] * (len(questions) + 1))
    for million in millions:
        calls = int(million * 1_000_000)
        lake = course.large_lake(calls)
        figures = [summary([asking(work, lake, calls).run() for _ in range(rounds)]) for work in questions]
        _print_line(f"{calls:,}", *(f"{in_words(one.seconds)} ({one.peak_mb:,.0f} MB)" for one in figures))


def _print_line(*cells: str) -> None:
    print(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |", flush=True)


def _numbers(text: str) -> list[float]:
    found = [float(part) for part in text.split(",")]
    if min(found) <= 0:
        raise argparse.ArgumentTypeError(f"{text}: every number must be above 0.")
    return found


def _machine() -> str:
    """The machine and the day, for the table's head."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory_gb:.0f} GB of memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
