"""Reports for tests of their formats: over real lakes, one of them with hostile text wherever text can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import batchlake
from batchlake.lake import Lake
from batchlake.reports.build import ReportOptions, build
from batchlake.reports.contents.call_rows import call_rows
from batchlake.reports.contents.subject import subject_of
from batchlake.reports.model import Report
from tests.lakes import write_export

NUMBER: Final = "+14155550134"

HOSTILE: Final = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "\u202egnp.exe \u2066x\u2069",
    "one | two || three",
    "`code` *bold* _under_ ~~struck~~ $x^2$",
    "[link](javascript:alert(1)) ![image](http://evil.example/i.png)",
    "see https://evil.example/?q=1 www.evil.example me@evil.example",
    "# heading\n\n- item\n\n    code",
    "\x07\x1b[31mred\x1b[0m\u2028line",
    "&lt;b&gt; &amp; ]]> <!-- x -->",
    "'quoted' \"twice\" \\ and ,; 日本語 😀",
    "x" * 100_000,
    f"my number is {NUMBER[1:]}, call (415) 555-0134",
)


def hostile_lake(folder: Path) -> Lake:
    """A lake of one batch: for each hostile text a call that has it in every field that takes text."""
    calls: list[dict[str, Any]] = []
    for place, text in enumerate(HOSTILE):
        calls.append(
            {
                # With control characters in its id a call is no record; ids aren't masked.
                "id": f"{place} {text[:200]}" if text.isprintable() and "555" not in text else f"{place}",
                "status": text[:300] if place % 3 == 0 else "completed",
                "duration": 10 + place,
                "cost": "0.10",
                "currency": text[:20] if place % 4 == 0 else "USD",
                "start_time": f"2024-01-{place + 1:02}T12:00:00Z",
                "phone_number": NUMBER if place % 2 else text[:100],
                "direction": "outbound",
                "agent_id": f"agent {text[:100]}" if "555" not in text else "=agent",
                "agent_name": text,
                "summary": text,
                "ended_by": text[:100],
                "outcome": text[:100],
                "analytics": {"sentiment": {"overall": text[:100], "positive": 0.2, "negative": 0.8}},
                "transcript": {
                    "segments": [{"speaker": "human", "text": text}, {"speaker": "ai", "text": text}]
                },
            }
        )
    batch = {
        "id": "<b>=1+1</b>",
        "status": "completed",
        "created_at": "2024-01-01T00:00:00Z",
        "statistics": {"total_calls": 99, "completed": 1, "failed": 2},
        "calls": calls,
    }
    name = "=evil <i>&.json"
    write_export(folder / "exports", name, {"batch": batch}, observed_at=1_704_200_000)
    write_export(folder / "exports", "cut [x](y).json", '{"batch": ', observed_at=1_704_200_000)
    lake = batchlake.open(folder / "lake")
    lake.ingest(folder / "exports")
    return lake


def report_of(lake: Lake, *batch_ids: str, filter: Any = None, **options: Any) -> Report:
    """The report of some batches or a filter."""
    engine, wanted = lake._state.engine(), ReportOptions(**options)
    subject = subject_of(engine, batch_ids, filter, show_numbers=wanted.show_numbers)
    return build(engine, "lake", lake._state.version(), subject, wanted)


def calls_of(lake: Lake, *batch_ids: str, filter: Any = None, **how: Any) -> Iterator[dict[str, Any]]:
    """The calls of the same selection."""
    engine = lake._state.engine()
    return call_rows(engine, subject_of(engine, batch_ids, filter).selection, **how)
