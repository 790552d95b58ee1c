"""What platforms report about batches is told by their own definitions, where these differ from ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.analytics.audits.platform_counts import DEFINITIONS
from batchlake.engine import sql_files
from batchlake.schema import TABLES
from tests.lakes import ingested, write_export

OTHERWISE = "counted by another definition"


def bland_call(number: int, **more: Any) -> dict[str, Any]:
    return {"call_id": f"c{number}", "call_length": 1, "completed": True, "status": "completed"} | more


def bland_batch(completed: int, *calls: dict[str, Any], name: str = "b1") -> dict[str, Any]:
    """Bland's first version of a batch."""
    figures = {"total_calls": len(calls), "completed_calls": completed, "in_progress_calls": 0}
    return {
        "status": "completed", "batch_params": {"id": name}, "call_data": list(calls), "analysis": figures,
    }  # fmt: skip


VOICEMAIL = {"answered_by": "voicemail"}
BUSY = {"status": "busy"}


BATCHES: dict[str, tuple[int, list[dict[str, Any]], tuple[Any, ...]]] = {
    "same": (2, [{}, {}], (2, True, None, None)),
    "ended": (
        3, [{}, VOICEMAIL, BUSY],
        (1, None, OTHERWISE, "bland counts every call that has ended, whatever became of it"),
    ),
    "connected": (
        2, [{}, VOICEMAIL, BUSY],
        (1, None, OTHERWISE, "bland counts every call that was answered, also by a machine"),
    ),
    "no definition gives it": (
        0, [{}, VOICEMAIL, BUSY], (1, False, "unexplained", "the calls that the export lists give 1"),
    ),
}  # fmt: skip
"""How many calls a batch of this name reports as completed, its calls, and what the audit says."""


@pytest.fixture(scope="module")
def of_bland(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """A lake of these batches."""
    folder = tmp_path_factory.mktemp("bland")
    for name, (completed, calls, _) in BATCHES.items():
        listed = [bland_call(0, call_id=f"{name} {at}", **more) for at, more in enumerate(calls)]
        write_export(folder / "in", f"{name}.json", bland_batch(completed, *listed, name=name))
    ingested(folder / "lake", folder / "in")
    return batchlake.open(folder / "lake")


@pytest.mark.parametrize("name", BATCHES)
def test_a_figure_is_right_by_its_platforms_definition(of_bland: batchlake.Lake, name: str) -> None:
    """The definition is named; such a figure is no difference. One that no definition gives is one."""
    _, _, expected = BATCHES[name]
    found = of_bland.audit(name, source="bland")
    (one,) = [figure for figure in found.batches[0].figures if figure.figure == "completed"]
    assert (one.recomputed, one.agrees, one.explanation, one.detail) == expected
    is_otherwise = one.explanation == OTHERWISE
    assert (found.defined_otherwise, found.not_compared) == (is_otherwise, is_otherwise)
    assert found.differs is (one.agrees is False)


def test_an_account_is_read_by_the_definitions_of_all_platforms(tmp_path: Path) -> None:
    """A source that names no platform may be anybody's account; the home platform has no other."""
    export = bland_batch(2, bland_call(1), bland_call(2, **VOICEMAIL))
    path = write_export(tmp_path, "batch.json", export)
    for source, expected in (
        ("acme", "acme, as bland does, counts every call that has ended, whatever became of it"),
        ("svalync", "the calls that the export lists give 1"),
    ):
        lake = batchlake.open(tmp_path / source)
        lake.ingest(path, source=source)
        (one,) = [figure for figure in lake.audit("b1").batches[0].figures if figure.figure == "completed"]
        assert one.detail == expected


def test_planned_calls_are_told_from_calls(tmp_path: Path) -> None:
    """Of five recipients two were called: the rest needn't be missing from the exports."""
    recipients = [{"id": f"r{n}", "phone_number": "+14155550100", "status": "pending"} for n in range(5)]
    for number in range(2):
        recipients[number] |= {"conversation_id": f"conv{number}", "status": "completed"}
    batch = {"id": "b1", "status": "in_progress", "recipients": recipients, "total_calls_scheduled": 5}
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "batch.json", batch))
    (one,) = lake.audit("b1", source="elevenlabs").batches[0].figures
    assert (one.reported, one.recomputed, one.agrees) == (5, 2, False)
    assert one.explanation == "export lists fewer calls than it counts"
    assert one.detail == "the lake holds 2 of the 5 calls planned, dialled or not"


def test_bolnas_count_of_completed_calls_has_its_machines(tmp_path: Path) -> None:
    """`execution_status.completed` counts a call that a machine answered."""
    batch = {"batch_id": "b1", "status": "executed", "execution_status": {"completed": 2}}
    calls = [
        {"id": f"e{number}", "agent_id": "a", "batch_id": "b1", "usage_breakdown": {}, "status": "completed",
         "answered_by_voice_mail": bool(number)}
        for number in range(2)
    ]  # fmt: skip
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "mixed.ndjson", "\n".join(map(json.dumps, [batch, *calls]))))
    (one,) = lake.audit("b1", source="bolna").batches[0].figures
    assert (one.reported, one.recomputed, one.agrees, one.explanation) == (2, 1, None, OTHERWISE)


def test_every_definition_named_by_a_platform_is_known() -> None:
    """A header of `sql/sources` names columns that are there, and definitions that the audit knows."""
    columns = {column.name for column in TABLES["batches"].columns}
    found = set()
    for file in map(sql_files.load, sql_files.names("sources")):
        for line in file.lists.get("counted", ()):
            column, _, names = line.text.partition(":")
            assert column in columns
            found |= {name.strip() for name in names.split(",")}
    assert found == set(DEFINITIONS)


def test_the_summary_tells_definitions_from_differences(tmp_path: Path) -> None:
    """The screen says that the figure is right as the platform counts, and by which definition."""
    from batchlake.screens.audit import audit_screen, summary
    from batchlake.screens.page import Page

    export = bland_batch(3, bland_call(1), bland_call(2, **VOICEMAIL), bland_call(3, **BUSY))
    lake = ingested_lake(tmp_path, export)
    audit = lake.audit()
    assert summary(audit) == "1 batch, 3 figures: 2 agree, 1 right as the platform counts."
    shown = "\n".join(audit_screen(audit, Page(width=80)))
    assert "b1: bland counts every call that has ended, whatever became of it" in shown
    assert "right by that" in shown


def ingested_lake(folder: Path, export: dict[str, Any]) -> batchlake.Lake:
    """A lake of one export."""
    ingested(folder / "lake", write_export(folder, "a.json", export))
    return batchlake.open(folder / "lake")
