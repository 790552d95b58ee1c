"""A small lake with awkward contents, for tests of SQL, of rows and of the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import batchlake
from batchlake.lake import Lake
from tests.lakes import write_export


def utterances(*texts: str) -> dict[str, Any]:
    """A transcript, the agent speaking first."""
    speakers = ("ai", "human")
    return {"segments": [{"speaker": speakers[place % 2], "text": text} for place, text in enumerate(texts)]}


EXPORTS: dict[str, Any] = {
    "running.json": {
        "batch": {
            "id": "b1",
            "status": "in_progress",
            "created_at": "2024-01-01T12:00:00Z",
            "statistics": {"total_calls": 10, "completed": 5, "failed": 2, "in_progress": 3},
            "calls": [
                {"id": "c1", "status": "completed", "duration": 60, "cost": "1.50", "agent_id": "ann",
                 "transcript": utterances("Hello!", "Yes, “please” | it's me 😀", "Bye.", "Bye")},
                {"id": "c2", "status": "No-Answer", "agent_id": "ann"},
                {"id": "c3", "status": "exploded", "duration": 0.5, "cost": "0"},
                {"id": "c4", "status": "queued", "transcript": utterances("Only the agent speaks.")},
            ],
        }
    },
    "empty.json": {
        "batch": {"id": "b2", "status": "queued", "created_at": "2024-01-02T00:00:00Z", "calls": []}
    },
    "mixed.json": {
        "batch": {
            "id": 'b\'3"',
            "status": "completed",
            "created_at": "2024-01-01T23:30:00Z",
            "completed_at": "2024-01-02T01:00:00Z",
            "calls": [
                {"id": "c5", "status": "completed", "cost": "2.25", "currency": "USD", "duration": 30},
                {"id": "c6", "status": "failed", "cost": "1.00", "currency": "EUR", "duration": 90},
            ],
        }
    },
    "orphans.ndjson": (
        '{"call": {"id": "c7", "status": "completed", "cost": "0.10", '
        '"start_time": "2024-01-03T10:00:00Z"}}\n'
        '{"call": {"id": "c8", "status": "failed", "batch_id": "b4", "cost": "nonsense"}}\n'
        "{not json}\n"
    ),
}  # fmt: skip


def make_lake(folder: Path) -> Lake:
    """The lake, ingested from files in `folder`."""
    for number, (name, document) in enumerate(EXPORTS.items()):
        write_export(folder / "exports", name, document, observed_at=1_704_200_000 + number)
    lake = batchlake.open(folder / "lake")
    lake.ingest(folder / "exports")
    return lake
