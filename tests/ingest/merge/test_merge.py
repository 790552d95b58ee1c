"""Merging: however a lake's rows are looked for, and however many records a run has, the lake is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batchlake.ingest.load import staging
from batchlake.ingest.merge import merge
from tests.effort import EVERYTHING, some
from tests.lakes import contents, damages, ingested, rows, write_export

SAID = {"segments": [{"speaker": "ai", "text": "Hello"}, {"speaker": "human", "text": "Yes"}]}
HISTORY: tuple[Any, ...] = (
    {"batch": {"id": "b1", "status": "running", "calls": [{"id": "a", "transcript": SAID}, {"id": "b"}]}},
    {"id": "c", "duration": 3, "transcript": SAID},
    # A batch that gives its calls their time; a call that only names a batch that the lake holds.
    {"batch": {"id": "b1", "created_at": "2024-01-01T00:00:00Z", "calls": []}},
    {"id": "d", "batch_id": "b1", "status": "completed"},
    # A call that is updated where it lies, one that moves to a batch, and one that isn't where it is said.
    {"id": "a", "batch_id": "b1", "status": "failed", "end_time": "2024-01-02T00:00:00Z"},
    {"id": "c", "batch_id": "b2", "cost": "0.5"},
    [{"id": "b", "batch_id": "b2", "duration": 7}, {"id": "b", "batch_id": "b2", "duration": 8}, {"id": "e"}],
    # An end before the start that another export gave, and something that can't be read.
    {"id": "a", "start_time": "2024-01-03T00:00:00Z"},
    {"id": "e", "duration": "long"},
    {"batch": {"id": "b2", "total_calls": 2, "calls": [{"id": "f", "transcript": SAID}, 5]}},
)


RUN = 1 if EVERYTHING else 2
"""How many exports a run takes: none of two says of a call or a batch what the other says of it."""


def lake_of(root: Path, exports: list[Path]) -> dict[str, Any]:
    """What a lake holds after these exports, few by few."""
    for first in range(0, len(exports), RUN):
        ingested(root, *exports[first : first + RUN])
    assert damages(root) == []
    return contents(root)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The history as files, each a day later than the one before."""
    folder = tmp_path_factory.mktemp("exports")
    return [
        write_export(folder, f"{number}.json", document, observed_at=1.7e9 + 86_400 * number)
        for number, document in enumerate(HISTORY)
    ]


@pytest.fixture(scope="module")
def usual(exports: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a lake holds after the history in a single run, which finds nothing to search."""
    root = tmp_path_factory.mktemp("usual") / "lake"
    ingested(root, *exports)
    return contents(root)


@pytest.mark.parametrize(("files", "calls"), some([(0, 0), (0, 10_000), (8, 0)], 1))
def test_a_lake_is_the_same_however_it_is_searched(
    files: int,
    calls: int,
    exports: list[Path],
    usual: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By batch or as a whole; observations of a run as a table or as a view."""
    monkeypatch.setattr(merge, "_FEW_FILES", files)
    monkeypatch.setattr(staging, "_FEW_CALLS", calls)
    assert lake_of(tmp_path / "other", exports) == usual
    found = rows(tmp_path / "other", "select call_id, batch_id, duration_seconds from calls order by all")
    assert [tuple(row.values()) for row in found] == [
        ("a", "b1", None), ("b", "b2", 8.0), ("c", "b2", 3.0), ("d", "b1", None), ("e", None, None),
        ("f", "b2", None),
    ]  # fmt: skip
