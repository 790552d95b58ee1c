"""A field of another type or unit, on every platform: one problem that names platform, field and what is
expected, and the rest of the record as it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

import batchlake
from tests.ingest.platforms.traps import ATOMS, BLAND, BOLNA, ELEVEN, RETELL, SYNTH, TWILIO, VAPI
from tests.lakes import write_export

_SECONDS: Final = ("half a minute", "duration_seconds")
_MONEY: Final = ("4,56", "cost")

FAULTS: Final[dict[str, tuple[dict[str, Any], dict[str, tuple[Any, str]]]]] = {
    "bland": (BLAND, {
        "corrected_duration": _SECONDS, "call_length": _SECONDS, "price": _MONEY,
        "created_at": ("5.11.2025", "created_at"), "started_at": ("noon", "started_at"),
        "end_at": ("2025-02-30T00:00:00Z", "ended_at"),
    }),
    "retell": (RETELL, {
        "duration_ms": _SECONDS, "call_cost.combined_cost": _MONEY,
        # Seconds where there should be milliseconds.
        "start_timestamp": (1739537297, "started_at"), "end_timestamp": ("noon", "ended_at"),
        "call_analysis.call_successful": ("rather", "success"),
    }),
    "vapi": (VAPI, {
        "cost": _MONEY, "createdAt": ("noon", "created_at"), "startedAt": ("24:00", "started_at"),
        "endedAt": ("noon", "ended_at"), "durationSeconds": _SECONDS,
    }),
    "elevenlabs": (ELEVEN, {
        "metadata.call_duration_secs": _SECONDS, "metadata.cost_fiat": _MONEY,
        # Milliseconds where there should be seconds.
        "metadata.start_time_unix_secs": (1739537297000, "started_at"),
    }),
    "bolna": (BOLNA, {
        "conversation_duration": _SECONDS, "total_cost": _MONEY, "created_at": ("noon", "created_at"),
    }),
    "twilio": (TWILIO, {
        "duration": _SECONDS, "price": ("free", "cost"), "date_created": ("5.11.2025", "created_at"),
        "start_time": ("Wed, 35 Nov 2025 10:15:00 +0000", "started_at"), "end_time": ("noon", "ended_at"),
    }),
    "smallest_atoms": (ATOMS, {
        "duration": _SECONDS, "createdAt": ("noon", "created_at"), "isTest": ("perhaps", "is_test"),
    }),
    "synthflow": (SYNTH, {
        "duration": _SECONDS, "telephony_start": ("noon", "started_at"),
        "start_time": ("1739537297", "started_at"), "telephony_end": ("noon", "ended_at"),
    }),
}  # fmt: skip
"""Of each platform a sound record, and by path a value that is none, with the column that stays empty."""

CASES: Final = [(platform, path) for platform, (_, fields) in FAULTS.items() for path in fields]
IDS: Final = {case: f"f{number:03}" for number, case in enumerate(CASES)}


def with_value(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A record with a value under a path."""
    key, _, rest = path.partition(".")
    return record | {key: with_value(record.get(key, {}), rest, value) if rest else value}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """All of them in one export, a record a line."""
    folder: Path = tmp_path_factory.mktemp("faults")
    lines = []
    for (platform, path), name in IDS.items():
        record, fields = FAULTS[platform]
        lines.append(json.dumps(with_value(record, path, fields[path][0])).replace("ID", name))
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export(folder, "faults.ndjson", "\n".join(lines)))
    return lake


Held = tuple[list[dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def held(lake: batchlake.Lake) -> Held:
    """Its problems and its calls."""
    return lake.problems().to_dicts(), lake.sql("select * from calls").to_dicts()


@pytest.mark.parametrize(("platform", "path"), CASES)
def test_a_value_of_another_type_or_unit_is_told(platform: str, path: str, held: Held) -> None:
    """The problem names the platform, its field as it spells it, and the value; the call keeps the rest."""
    value, column = FAULTS[platform][1][path]
    line = CASES.index((platform, path)) + 1
    problems, calls = held
    (problem,) = [row for row in problems if row["line"] == line]
    assert (problem["level"], problem["field"], problem["raw"]) == ("field", column, str(value))
    assert f"`{path}`" in problem["message"]
    assert f"of {platform}," in problem["message"]
    assert "expected" in problem["message"]
    (row,) = [row for row in calls if row["call_id"].endswith(IDS[platform, path])]
    assert (row["source"], row[column]) == (platform, None)


def test_no_other_record_has_a_problem(lake: batchlake.Lake) -> None:
    """One problem a record, and one record a line."""
    assert len(lake.problems().to_dicts()) == len(CASES)
    assert len(lake.sql("select call_id from calls").to_dicts()) == len(CASES)
