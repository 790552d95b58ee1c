"""Metrics counted by hand, case by case (`tests/cases/metrics.toml`)."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.filters.selection import select
from tests.analytics.oracle_of_speech import fold
from tests.analytics.tables import call, fill, segment
from tests.paths import CASES as FILES

CASES = tomllib.loads((FILES / "metrics.toml").read_text(encoding="utf-8"))["case"]


def lake_of(case: dict[str, Any]) -> Engine:
    calls = []
    for given in case["calls"]:
        values = dict(given)
        if "call_time" in values:
            values["call_time"] = datetime.fromisoformat(values["call_time"])
        calls.append(call(values.pop("id"), **values))
    positions: Counter[str] = Counter()
    segments = []
    for call_id, speaker, text, *offset in case.get("segments", []):
        positions[call_id] += 1
        at = {"offset_seconds": offset[0]} if offset else {}
        segments.append(segment(call_id, positions[call_id], speaker, text, fold(text), **at))
    return fill(Engine(), calls=calls, segments=segments)


def at_path(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


def without_null(expected: Any) -> Any:
    """TOML has no null: the word stands for it."""
    return None if expected == "null" else expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_figures_are_those_counted_by_hand(case: dict[str, Any]) -> None:
    """Every figure that a case names is what was counted by hand."""
    engine = lake_of(case)
    answer = analyse(engine, select(), **case.get("options", {})).model_dump(mode="json")
    engine.close()
    for path, expected in case["expect"].items():
        got = at_path(answer, path)
        wanted = without_null(expected)
        numbers = wanted.values() if isinstance(wanted, dict) else [wanted]
        if all(isinstance(number, int | float) for number in numbers):
            assert got == pytest.approx(wanted, rel=1e-12), path
        else:
            assert got == wanted, path
