"""What people's data may cost: each question against a rival, as a ratio with its target.

    python -m tests.benchmarks.privacy forget --folder FOLDER --calls 1000000
    python -m tests.benchmarks.privacy redact --folder FOLDER --calls 40000
    python -m tests.benchmarks.privacy tombstones --folder FOLDER --calls 40000

`forget` erases one number from a lake, verified, beside one SQL count over all of its strings with the
expression by which numbers are found. `redact` ingests exports with every kind redacted beside the same
without; `tombstones` into a lake from which 10,000 people were erased beside an empty one. What is generated
stays in --folder for the next run; both sides run in turn, each in a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.data.workloads import Course
from tests.benchmarks.runner import Side, module, race

_SIDES: Final = "tests.benchmarks.privacy_sides"


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, how many calls are enough, and how many times the rival's time it may take."""

    ours: str
    rival: str
    calls: int
    most: float


QUESTIONS: Final = {
    "forget": Question("erase one number, verified", "one SQL count over all strings", 1_000_000, 4.0),
    "redact": Question("ingest, every kind redacted", "the same without", 40_000, 1.35),
    "tombstones": Question("ingest with 10,000 tombstones", "the same with none", 40_000, 1.05),
}


def sides(name: str, course: Course, calls: int) -> tuple[Side, Side]:
    """Both sides of a question, with what they need made."""

    def side(*arguments: object) -> Side:
        return Side(module(_SIDES, *arguments), prints_seconds=True)

    scratch = course.scratch("privacy")
    if name == "forget":
        lake = course.large_lake(calls)
        return side("forget", lake, scratch), side("count", lake)
    exports = course.small(calls)
    without = side("ingest", exports, scratch)
    if name == "redact":
        return side("ingest", exports, scratch, "all"), without
    seed = course.folder / "lake-of-tombstones"
    if not seed.exists():
        part = seed.with_name(f"part-{seed.name}")
        Side(module(_SIDES, "tombstones", part), makes=part).run()
        part.rename(seed)
    return side("ingest", exports, scratch, "", seed), without


def main() -> None:
    """Print a line for a question."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("question", choices=QUESTIONS)
    parser.add_argument("--calls", type=int, help="1,000,000 in a lake, 40,000 exported")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    asked = QUESTIONS[given.question]
    with tempfile.TemporaryDirectory(prefix="batchlake-benchmarks-") as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        course = Course(folder.resolve())
        calls = given.calls or asked.calls
        try:
            ours, theirs = race(*sides(given.question, course, calls), given.rounds)
        finally:
            course.clear_scratch()
    ratio = ours.seconds / theirs.seconds
    print(
        f"{given.question}: {asked.ours} {ours.seconds:.2f} s ({ours.peak_mb:,.0f} MB), {asked.rival} "
        f"{theirs.seconds:.2f} s ({theirs.peak_mb:,.0f} MB), {calls:,} calls: {ratio:.2f}x its time, "
        f"at most {asked.most:g}x is wanted"
    )


if __name__ == "__main__":
    main()
