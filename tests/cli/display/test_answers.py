"""Answers from the shell that depend on what exports said: the audit's exit status, own fields, freshness."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.models.blocks import FAMILIES
from tests.command import Done, run
from tests.lakes import write_export


def lake_of(folder: Path, *exports: Any) -> Path:
    lake = batchlake.open(folder / "lake")
    for number, export in enumerate(exports):
        lake.ingest(write_export(folder, f"{number}.json", export))
    return folder / "lake"


def answer(lake: Path, *arguments: str, status: int = 0) -> Done:
    done = run(*arguments, "--lake", lake)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize(("currency", "status"), [("EUR", 0), ("USD", 1)])
def test_only_a_difference_fails_an_audit(tmp_path: Path, currency: str, status: int) -> None:
    """Costs in two currencies can't be compared with one total; in one, 3.00 against 3.50 differs."""
    calls = [
        {"id": "c1", "status": "completed", "cost": "1.50", "currency": "USD"},
        {"id": "c2", "status": "completed", "cost": "2.00", "currency": currency},
    ]
    lake = lake_of(
        tmp_path,
        {"batch": {"id": "b1", "statistics": {"total_calls": 2, "total_cost": "3.00"}, "calls": calls}},
    )
    found = json.loads(answer(lake, "audit", "b1", "--fail-on-difference", "--json", status=status).stdout)
    cost = found["batches"][0]["figures"][1]
    if currency == "EUR":
        assert (cost["recomputed"], cost["agrees"], cost["explanation"]) == (None, None, "several currencies")
        assert (found["not_compared"], found["totals"], found["batches_without_total"]) == (1, [], 1)
    else:
        assert (cost["difference"], cost["agrees"], cost["explanation"]) == ("0.50", False, "unexplained")
        assert found["totals"] == [
            {"currency": "USD", "batches": 1, "reported": "3.00", "recomputed": "3.50", "difference": "0.50"}
        ]


def test_metrics_names_the_families_that_are_wanted(tmp_path: Path) -> None:
    """Once for each, or with commas between; JSON and table have these alone, help names all."""
    lake = lake_of(tmp_path, {"call": {"id": "c1", "status": "completed", "duration": 5, "agent_id": "a"}})
    wanted = ("--metrics", "calls,success", "--metrics", "duration", "--by", "agent_id")
    found = json.loads(answer(lake, "analytics", *wanted, "--format", "json").stdout)
    assert found["families"] == ["calls", "success", "duration"]
    fields = {"statistics", "success_rate", "rates", "duration"}
    assert found.keys() == fields | {"selection", "families", "by", "groups"}
    assert found["groups"][0].keys() == fields | {"keys"}
    table = answer(lake, "analytics", *wanted, "--format", "table").stdout
    assert "success" in table.splitlines()[0]
    for other in ("cost", "per completed", "per minute"):
        assert other not in table.splitlines()[0], other
    assert "engagement" not in table
    error = json.loads(
        answer(lake, "analytics", "--metrics", "durations", "--format", "json", status=2).stdout
    )["error"]
    assert "Did you mean `duration`?" in error["message"]
    assert "no metrics were named" in answer(lake, "analytics", "--metrics", " ,", status=2).stderr
    help_text = " ".join(run("analytics", "--help").stdout.split())
    assert ", ".join(FAMILIES) in help_text


def test_an_audit_names_calls_that_the_report_did_not_list(tmp_path: Path) -> None:
    """A call that came after the report is the reason, not a change of states."""
    listed = [{"id": f"c{number}", "status": "completed"} for number in range(3)]
    lake = lake_of(
        tmp_path,
        {"exported_at": "2024-01-01T12:00:00Z",
         "batch": {"id": "b1", "statistics": {"total_calls": 3, "completed": 3}, "calls": listed}},
        {"exported_at": "2024-01-01T13:00:00Z",
         "call": {"id": "c9", "batch_id": "b1", "status": "completed", "duration": 9}},
    )  # fmt: skip
    for figure in json.loads(answer(lake, "audit", "b1", "--json").stdout)["batches"][0]["figures"]:
        assert (figure["reported"], figure["recomputed"]) == (3, 4)
        assert figure["explanation"] == "calls are held that the report did not list"
        assert figure["detail"] == "1 call is held that the report did not list"


def test_a_lake_fed_with_nothing_is_stale(tmp_path: Path) -> None:
    """A page instead of an export keeps no lake fresh, and the answer says what the last run brought."""
    lake = lake_of(tmp_path, {"call": {"id": "c1", "status": "completed"}})
    assert json.loads(answer(lake, "status", "--max-age", "1h").stdout)["last_run_was_usable"] is True
    time.sleep(1.1)
    batchlake.open(lake).ingest(write_export(tmp_path, "page.json", "<html>401</html>"))
    found = json.loads(answer(lake, "status", "--max-age", "1s", status=1).stdout)
    assert (found["is_stale"], found["last_run_was_usable"]) == (True, False)
    assert "brought nothing that could be used" in found["reasons"][-1]


@pytest.fixture(scope="module")
def own_fields(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two calls of one platform and one of another, whose fields are mostly its own."""
    calls = [
        {"id": "c1", "status": "completed", "crm": {"deal": "D-1", "tags": ["a"]}, "campaign": "=SPRING"},
        {"id": "c2", "status": "failed", "campaign": "WINTER", "notes": "AUTUMN " * 20,
         "transcript": {"segments": [{"speaker": "human", "text": "hi", "mood": "good"},
                                     {"speaker": "ai", "text": "hello"}]}},
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("own")
    lake = lake_of(folder, {"batch": {"id": "b1", "owner": "ann", "calls": calls}})
    foreign = {"call_id": "r1", "length_of_call": 4.5, "fee": 0.2}
    batchlake.open(lake).ingest(write_export(folder, "foreign.json", [foreign]), source="bland")
    return lake


def test_the_exports_own_fields_are_counted(own_fields: Path) -> None:
    """By hand: each with its table, rows, share and an example, the most frequent first; a note of calls
    that were not understood."""
    done = answer(own_fields, "fields", "--format", "json")
    assert [tuple(row.values()) for row in json.loads(done.stdout)] == [
        ("svalync", "calls", "campaign", 2, 1.0, "=SPRING"),
        ("svalync", "calls", "crm", 1, 0.5, '{"deal":"D-1","tags":["a"]}'),
        ("bland", "calls", "fee", 1, 1.0, "0.2"),
        ("bland", "calls", "length_of_call", 1, 1.0, "4.5"),
        ("svalync", "segments", "mood", 1, 0.5, "good"),
        ("svalync", "calls", "notes", 1, 0.5, ("AUTUMN " * 20)[:79] + "…"),
        ("svalync", "batches", "owner", 1, 1.0, "ann"),
    ]
    assert done.stderr == "bland: of 1 of 1 calls neither state, time, duration nor cost was understood.\n"
    assert answer(own_fields, "fields", "-q").stderr == ""
    assert batchlake.open(own_fields).fields().to_dicts() == json.loads(done.stdout)


@pytest.mark.parametrize("name", ["table", "json", "ndjson", "csv", "markdown", "parquet", "xlsx"])
def test_own_fields_come_in_every_format_of_rows(own_fields: Path, tmp_path: Path, name: str) -> None:
    """To a file; in CSV a value that a spreadsheet would run can be disarmed."""
    target = tmp_path / f"out.{name}"
    safe = ["--excel-safe"] if name == "csv" else []
    answer(own_fields, "fields", "--format", name, "-o", str(target), *safe)
    assert target.stat().st_size > 100
    if name == "csv":
        assert ",'=SPRING" in target.read_text(encoding="utf-8")


def test_own_fields_of_a_lake_without_any(tmp_path: Path) -> None:
    """No row, and no note."""
    done = answer(
        lake_of(tmp_path, {"call": {"id": "c1", "status": "completed"}}), "fields", "--format", "json"
    )
    assert (json.loads(done.stdout), done.stderr) == ([], "")


def test_a_comparison_is_rows_where_rows_are_asked_for(tmp_path: Path) -> None:
    """A row a figure, or a group with its changes; of the families that were asked for alone."""
    calls = [
        {"id": f"c{number}", "batch_id": f"b{number % 2}", "status": "completed", "duration": number,
         "agent_id": "a"}
        for number in range(1, 6)
    ]  # fmt: skip
    lake = lake_of(tmp_path, {"calls": calls})
    asked = ("analytics", "--batch", "b1", "--compare", "b0")
    rows = list(
        csv.DictReader(answer(lake, *asked, "--metrics", "calls,duration", "--csv").stdout.splitlines())
    )
    found = {row["figure"]: (row["this"], row["other"], row["difference"]) for row in rows}
    assert found["statistics.total_calls"] == ("3", "2", "1")
    assert found["duration.mean"] == ("3.0", "3.0", "0.0")
    assert not any(name.startswith(("cost", "engagement")) for name in found)
    groups = list(csv.DictReader(answer(lake, *asked, "--by", "agent_id", "--csv").stdout.splitlines()))
    calls = [row for row in groups if row["figure"] == "statistics.total_calls"]
    assert [(row["agent_id"], row["this"], row["difference"]) for row in calls] == [("a", "3", "1")]
    table = answer(lake, *asked, "--by", "agent_id").stdout.splitlines()
    assert [line.split()[:3] for line in table[2:]] == [["a", "3", "+1"], ["all", "3", "+1"]]


def test_costs_of_groups_stand_beside_their_changes(tmp_path: Path) -> None:
    """Each in its currency, never across two; without a cost before there is no change."""
    costs = [
        ("b0", "a", "1.00", "EUR"),
        ("b1", "a", "0.75", "EUR"),
        ("b1", "a", "2", "USD"),
        ("b1", "z", "3", "EUR"),
    ]
    calls = [
        {"id": f"c{number}", "batch_id": batch, "agent_id": agent, "status": "completed", "duration": 60,
         "cost": cost, "currency": currency}
        for number, (batch, agent, cost, currency) in enumerate(costs)
    ]  # fmt: skip
    lake = lake_of(tmp_path, {"calls": calls})
    asked = ("analytics", "--batch", "b1", "--compare", "b0", "--by", "agent_id", "--metrics", "cost")
    lines = answer(lake, *asked).stdout.splitlines()
    assert lines[0].split()[:3] == ["agent", "cost", "change"]
    assert lines[2].split()[:5] == ["a", "0.75", "EUR", "−0.25", "EUR"]
    assert lines[3].split()[:2] == ["2.00", "USD"]
    assert lines[4].split()[:4] == ["z", "3.00", "EUR", "–"]
    assert lines[5].split()[:5] == ["all", "3.75", "EUR", "+2.75", "EUR"]


def test_groups_on_a_screen_take_the_four_families_that_it_shows(tmp_path: Path) -> None:
    """Others only by name, however wide the table is, and in JSON, too."""
    call = {"id": "c1", "agent_id": "a", "status": "completed", "duration": 5,
            "sentiment": {"positive": 0.5, "neutral": 0.3, "negative": 0.2}}  # fmt: skip
    lake = lake_of(tmp_path, {"calls": [call]})
    asked = ("analytics", "--by", "agent_id")
    assert "positive" not in answer(lake, *asked, "--wide").stdout
    assert "positive" in answer(lake, *asked, "--wide", "--metrics", "all").stdout
    few, every = (
        json.loads(answer(lake, *asked, "--json", *more).stdout)["groups"][0].keys()
        for more in ((), ("--metrics", "all"))
    )
    assert "engagement" not in few
    assert few < every
    assert "engagement" in every
