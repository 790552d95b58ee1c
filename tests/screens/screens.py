"""What the golden screens show: each verb as it is asked, of which lake, and how a screen is written down.

`python -m tests.screens.screens` draws all of them anew, into `tests/screens/golden`; with names, those. Look
at what changed (`git diff`) before it is committed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from unittest.mock import patch

import time_machine

import batchlake
from tests.paths import SAMPLE
from tests.screens.drawing import Drawn, drawn
from tests.screens.harbour import NOW, write_exports

GOLDEN: Final = Path(__file__).parent / "golden"
WIDTHS: Final = (80, 120, 200)
_ANY_WIDTH: Final = frozenset(
    "analytics_of_none batch call calls_of_none check config demo erasures fault_of_column fault_of_period "
    "filter status sql_plan calls_masked calls_by_column calls_vertical calls_in_berlin sample_said".split()
)
"""Screens that are no wider in a wider terminal: they are drawn in the narrowest."""

_NARROW: Final = frozenset({"analytics_compare_by", "analytics_compare_previous", "audit", "said"})
"""Screens that are drawn in a narrow terminal, too."""

_SAMPLE_SEEN: Final = datetime(2024, 4, 1, 9, tzinfo=UTC)
"""The age of the sample's files, which a checkout makes as old as it is."""

SCREENS: Final = {
    "analytics": "analytics",
    "analytics_by_agent": "analytics --by agent_id",
    "analytics_by_two": "analytics --by agent,status --limit 8",
    "analytics_by_week": "analytics --by week --last 8w",
    "analytics_compare_batches": "analytics --batch harbour_01 --compare harbour_02",
    "analytics_compare_by": "analytics --by agent --last 7d --compare previous",
    "analytics_compare_previous": "analytics --last 7d --compare previous",
    "analytics_of_none": "analytics --agent nobody",
    "audit": "audit",
    "audit_of_one": "audit harbour_05",
    "batch": "batch harbour_02 --status failed",
    "batch_as_table": "batch harbour_02 --format table --status failed",
    "batches": "batches",
    "call": "call harbour_01_c001",
    "call_as_table": "call harbour_01_c001 --format table",
    "calls": "calls --last 2d --sort -duration --limit 12",
    "calls_by_column": "calls --columns time,number,extra.campaign,summary --limit 3",
    "calls_in_berlin": "calls --batch harbour_09 --timezone Europe/Berlin --limit 3",
    "calls_masked": "calls --mask-numbers --limit 3",
    "calls_of_none": "calls --agent nobody",
    "calls_vertical": "calls -x --limit 2",
    "calls_wide": "calls --wide --batch harbour_02 --limit 2",
    "check": "check",
    "config": "config show",
    "contacts": "contacts --limit 6",
    "erasures": "erasures",
    "exports": "exports --limit 5",
    "fault_of_column": "calls --columns durration",
    "fault_of_period": "analytics --compare previous",
    "fields": "fields",
    "filter": "filter compile --last 7d --agent agent_ava",
    "metrics": "metrics --limit 12",
    "platforms": "platforms",
    "problems": "problems",
    "progress": "progress harbour_09",
    "runs": "runs",
    "said": 'said "call me back" --limit 2',
    "sql": 'sql -c "from calls limit 2" '
    '-c "select currency, sum(cost), avg(cost) from calls group by 1 order by 1"',
    "sql_plan": 'sql -c "explain select count(*) from (values (1)) numbers"',
    "status": "status",
}
"""Of the lake of `harbour`, looked at on 27 November 2026."""

MACHINE_FORMATS: Final = {
    "machine_analytics": "analytics --by agent_id,status --limit 2 --csv",
    "machine_audit": "audit harbour_05 --csv",
    "machine_batches": "batches --limit 2 --csv",
    "machine_calls": "calls --limit 2 --csv",
    "machine_contacts": "contacts --limit 2 --csv",
    "machine_exports": "exports --limit 1 --json",
    "machine_fields": "fields --json",
    "machine_problems": "problems --json",
    "machine_progress": "progress harbour_09 --csv",
    "machine_runs": "runs --json",
    "machine_said": "said 'call me back' --limit 1 --json",
}
"""Of the same lake, for programs: whole, exact, and the same in every terminal."""

SAMPLE_SCREENS: Final = {
    "demo": "demo",
    "sample_analytics": "analytics",
    "sample_analytics_by_batch": "analytics --by batch --columns calls,success,avg_call --limit 2",
    "sample_analytics_compare": "analytics --batch batch_xyz789 --compare batch_spring",
    "sample_audit": "audit --all",
    "sample_batches": "batches",
    "sample_calls": "calls",
    "sample_problems": "problems",
    "sample_said": 'said "call me back" --limit 1',
}
"""Of the bundled sample, those of the front page among them."""

NAMES: Final = SCREENS | MACHINE_FORMATS | SAMPLE_SCREENS

_LEGEND: Final = "the same in colour: B bold, D dim, R red, Y yellow, C cyan"


def make_lakes(folder: Path) -> None:
    """The two lakes, `harbour` and `sample`, filled at the time at which the first is looked at."""
    write_exports(folder / "exports")
    shutil.copytree(SAMPLE, folder / "sample_data")
    for path in (folder / "sample_data").iterdir():
        os.utime(path, (_SAMPLE_SEEN.timestamp(),) * 2)
    for name, exports in (("harbour", "exports"), ("sample", "sample_data")):
        with time_machine.travel(NOW, tick=False), patch("platform.node", return_value="here"):
            batchlake.open(folder / name).ingest(folder / exports)


def widths_of(name: str) -> tuple[int, ...]:
    """The widths at which a screen is drawn."""
    if name in _ANY_WIDTH or name in MACHINE_FORMATS:
        return WIDTHS[:1]
    return (40, *WIDTHS) if name in _NARROW else WIDTHS


def words_of(name: str) -> tuple[list[str], str]:
    """What is typed for a screen, and at which lake."""
    return shlex.split(NAMES[name]), "sample" if name in SAMPLE_SCREENS else "harbour"


def draw(name: str, folder: Path, width: int, *, colour: bool = True) -> Drawn:
    """One screen."""
    words, lake = words_of(name)
    with contextlib.chdir(folder):
        return drawn(*words, lake=Path(lake), width=width, now=NOW, colour=colour)


def written(name: str, folder: Path, widths: Iterable[int]) -> str:
    """A golden file: the screen at each of these widths, and below each the letters of its colours."""
    parts = [f"$ batchlake {NAMES[name]}\n"]
    for width in widths:
        screen = draw(name, folder, width)
        ends = "" if not screen.status else f", exit status {screen.status}"
        parts.append(_part(f"{width} columns{ends}", settled(screen.lines, folder)))
        parts.append(_part(_LEGEND, screen.styles))
    return "\n".join(parts)


def golden(name: str, widths: Collection[int]) -> str:
    """What a golden file has of these widths."""
    head, *screens = re.split(
        r"(?m)^(?=── \d+ columns)", (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    )
    kept = [one for one in screens if int(one.split()[1]) in widths]
    return (head + "".join(kept)).rstrip("\n") + "\n"


def settled(lines: tuple[str, ...], folder: Path) -> list[str]:
    """The lines without what differs from run to run or machine to machine: each is as wide as before."""
    found = []
    for line in lines:
        for number, run in enumerate(_runs(folder)):
            line = line.replace(run, f"{run[:-6]}{number:06x}").replace(run[-6:], f"{number:06x}")
        line = line.replace(str(folder), "/data")
        found.append(re.sub(r"read in \d+\.\d s", "read in 0.8 s", line))
    return found


@cache
def _runs(folder: Path) -> list[str]:
    """The ids of the two lakes' runs."""
    return [run["run_id"] for name in ("harbour", "sample") for run in batchlake.open(folder / name).runs()]


def _part(title: str, lines: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    return "\n".join([f"── {title}", *lines]).rstrip() + "\n"


def main() -> None:
    """Draw the screens that are named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        make_lakes(Path(folder))
        GOLDEN.mkdir(exist_ok=True)
        for name in sys.argv[1:] or NAMES:
            (GOLDEN / f"{name}.txt").write_text(
                written(name, Path(folder), widths_of(name)), encoding="utf-8"
            )


if __name__ == "__main__":
    main()
