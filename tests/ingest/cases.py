"""Lakes of exports that were once misunderstood (`tests/cases/exports`)."""

from __future__ import annotations

from pathlib import Path

from tests.lakes import ingested, rows
from tests.paths import EXPORT_CASES

LARGE = {"calls": [{"id": f"filler_{number}", "summary": "x" * 100} for number in range(40)]}
"""More than a window of `SMALL`, so that what it is put into is read by the bracket scan."""

SMALL = {"window_bytes": 3_000}


def lake_of(folder: Path, *names: str) -> Path:
    """A lake into which these cases were ingested, one run each."""
    for name in names:
        ingested(folder / "lake", EXPORT_CASES / name)
    return folder / "lake"


def problems_of(lake: Path, name: str = "") -> list[tuple[str, str | None]]:
    """The code and the field of each problem, or of those of one case."""
    found = rows(
        lake, "select code, field from problems where location like '%' || $name order by all", name=name
    )
    return [(row["code"], row["field"]) for row in found]
