"""How long Spark takes beside DuckDB for the same questions to the same lake, as a table in Markdown.

    python -m tests.benchmarks.spark --folder /somewhere/large --calls 2000000,10000000
    python -m tests.benchmarks.spark --folder /somewhere/large --calls 50000 --seconds 60
    python -m tests.benchmarks.spark --folder /somewhere/large --calls 2000000,10000000 --make

Each question is put to DuckDB and to each Spark in turns, over lakes that DuckDB wrote and that stay in
--folder; an answer that isn't DuckDB's, byte for byte, is said to be another. A side that fails, or takes
longer than --most, is ended, and asked the next question; when --seconds are over the rest isn't asked.
--make makes the lakes alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.benchmarks.data.workloads import Course, megabytes
from tests.benchmarks.rows import in_words
from tests.benchmarks.spark.answering import QUESTIONS
from tests.benchmarks.spark.sides import Answer, AnsweringSide
from tests.spark.workers import environment

_LEAST_CALLS: Final = 4_000


def main() -> None:
    """Print the table."""
    given = _arguments()
    given.folder = given.folder.resolve()
    given.folder.mkdir(parents=True, exist_ok=True)
    course = Course(given.folder)
    lakes = {calls: course.large_lake(calls) for calls in given.calls}
    if given.make:
        return
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=given.folder) as scratch:
        sides = _sides(given, Path(scratch))
        try:
            _measure(sides, lakes, given)
        finally:
            for side in sides.values():
                side.close()
    for calls, lake in lakes.items():
        print(f"The lake of {calls:,} calls is {megabytes(lake):,.0f} MB on disk.")


def _measure(sides: dict[str, AnsweringSide], lakes: dict[int, Path], given: argparse.Namespace) -> None:
    end = time.monotonic() + given.seconds
    print(f"{_machine()}\n")
    first, *others = sides
    _print_line("calls", "question", first, *(cell for name in others for cell in (name, "ratio")))
    _print_line(*["---"] * (2 * len(sides) + 1))
    warm: set[str] = set()
    for calls, lake in lakes.items():
        for question in QUESTIONS:
            answers = {}
            for name, side in sides.items():
                if name not in warm:
                    # The first answer is under a dozen seconds of Java's compiler, which no later one is.
                    side.ask(question, lake, calls, min(given.most, end - time.monotonic()))
                    warm.add(name)
                answers[name] = side.ask(question, lake, calls, min(given.most, end - time.monotonic()))
            here = answers.pop(first)
            cells = [cell for there in answers.values() for cell in _compared(here, there)]
            _print_line(f"{calls:,}", question, _shown(here), *cells)
    peaks = ", ".join(f"{name} {side.peak_mb:,.0f} MB" for name, side in sides.items())
    print(f"\nPeak memory of each side's processes together: {peaks}.")


def _shown(answer: Answer) -> str:
    return answer.note if answer.seconds is None else in_words(answer.seconds)


def _compared(here: Answer, there: Answer) -> tuple[str, str]:
    """The cell of a side, and the ratio of its time to DuckDB's."""
    if here.seconds is None or there.seconds is None:
        return _shown(there), ""
    if there.digest != here.digest:
        return f"another answer, in {_shown(there)}", ""
    return _shown(there), f"{there.seconds / here.seconds:.1f}x"


def _sides(given: argparse.Namespace, scratch: Path) -> dict[str, AnsweringSide]:
    """DuckDB first, then each master."""
    sides = {"duckdb": AnsweringSide(["duckdb"], {}, scratch / "duckdb.log")}
    for number, master in enumerate(given.master):
        folder = scratch / f"spark-{number}"
        folder.mkdir()
        memory = f"spark.driver.memory={given.memory}m"
        options = [master, str(folder), memory]
        if master.startswith("local-cluster"):
            # As much as the workers have, which the master's name tells last.
            options[2:] = [
                "spark.driver.memory=2g",
                f"spark.executor.memory={master.rstrip(']').split(',')[-1]}m",
            ]
        sides[master] = AnsweringSide(options, environment(folder), scratch / f"spark-{number}.log")
    return sides


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.spark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, required=True, help="where lakes are, or are made")
    parser.add_argument("--calls", type=_numbers, default=[2_000_000], metavar="N,...", help="a lake each")
    parser.add_argument(
        "--master", action="append", default=[],
        help="as Spark names it; local[2] and local-cluster[2,1,2048] by default",
    )  # fmt: skip
    parser.add_argument("--memory", type=int, default=4_096, metavar="MB", help="of a local master's Java")
    parser.add_argument("--most", type=float, default=150, metavar="SECONDS", help="for one question")
    parser.add_argument("--seconds", type=float, default=600, help="for all questions")
    parser.add_argument("--make", action="store_true", help="make the lakes, and measure nothing")
    given = parser.parse_args()
    given.master = given.master or ["local[2]", "local-cluster[2,1,2048]"]
    if min(given.calls) < _LEAST_CALLS:
        parser.error(f"--calls {min(given.calls)} is too few: at least {_LEAST_CALLS}.")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        parser.error("Spark needs Java 17 or later: install openjdk-17-jre-headless, or set JAVA_HOME.")
    return given


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _print_line(*cells: str) -> None:
    print(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |", flush=True)


def _machine() -> str:
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory_gb:.0f} GB of memory, "
        f"{platform.system()} {platform.machine()}, DuckDB {version('duckdb')}, Spark {version('pyspark')}"
    )


if __name__ == "__main__":
    main()
