"""Other platforms' exports on their way into a lake: orders, mixtures, sources, faults, own platforms."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from typing import Any, Final

import pytest

import batchlake
from batchlake.errors import InvalidConfiguration
from tests.effort import at_length, some
from tests.ingest.platforms.test_published import FOLDER
from tests.lakes import contents, ingested, write_export
from tests.paths import ROOT

ENDED: Final[dict[str, Any]] = {
    "call_id": "r1",
    "call_type": "phone_call",
    "call_status": "ended",
    "disconnection_reason": "voicemail_reached",
    "start_timestamp": 1761297670000,
    "end_timestamp": 1761297706000,
    "duration_ms": 36000,
    "call_cost": {"combined_cost": 4.56},
}
STARTED: Final = {
    "call_id": "r1",
    "call_type": "phone_call",
    "call_status": "ongoing",
    "start_timestamp": 1761297670000,
    "call_cost": {"combined_cost": 0},
}
ANALYSED: Final = ENDED | {
    "call_analysis": {"user_sentiment": "Positive", "call_successful": True, "custom_analysis_data": []}
}
WEBHOOKS: Final = [
    {"event": "call_started", "call": STARTED, "event_timestamp": 1761297670500},
    {"event": "call_ended", "call": ENDED, "event_timestamp": 1761297706500},
    {"event": "call_analyzed", "call": ANALYSED, "event_timestamp": 1761297709500},
]
REPORT: Final = {
    "message": {
        "type": "end-of-call-report",
        "timestamp": 1763642128338,
        "endedReason": "customer-busy",
        "call": {"id": "v1", "orgId": "o", "type": "outboundPhoneCall", "status": "ringing"},
    }
}
UPDATE: Final = {
    "message": {"type": "status-update", "status": "in-progress", "call": {"id": "v1", "orgId": "o"}}
}


def calls(lake: batchlake.Lake) -> list[dict[str, Any]]:
    """All calls of a lake."""
    return lake.sql("select * from calls order by source, call_id").to_dicts()


@pytest.mark.parametrize("order", some(list(itertools.permutations(range(3)))[::-1], 1))
def test_webhooks_of_a_call_end_in_one_row(order: tuple[int, ...], tmp_path: Path) -> None:
    """In whichever order and file they come, the newest says how it ended; all of its facts are there."""
    lake = batchlake.open(tmp_path / "lake")
    for place, number in enumerate(order):
        lake.ingest(write_export(tmp_path / "in", f"{place}.json", WEBHOOKS[number]))
    (row,) = calls(lake)
    assert (row["source"], row["status"], row["status_reported"]) == ("retell", "voicemail", "ended")
    assert (row["success"], row["sentiment_label"], str(row["cost"])) == (True, "positive", "0.045600")
    assert (row["duration_seconds"], row["outcome"]) == (36, "failed")


@pytest.mark.parametrize("documents", [[REPORT, UPDATE], [UPDATE, REPORT]])
def test_a_message_of_a_running_call_overwrites_no_ended_one(documents: list[Any], tmp_path: Path) -> None:
    """It is not read; the report of the ingest names it."""
    lake = batchlake.open(tmp_path / "lake")
    text = "\n".join(map(json.dumps, documents))
    report = lake.ingest(write_export(tmp_path / "in", "hooks.ndjson", text))
    (row,) = calls(lake)
    assert (row["status"], row["ended_by"]) == ("busy", "customer-busy")
    assert report.unkept_fields == {"message of type status-update": 1}
    assert report.problems == 0


def documents() -> list[Any]:
    """Every published payload of these platforms, each once."""
    files = sorted(FOLDER.rglob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def home_call() -> dict[str, Any]:
    """One of the home platform's calls."""
    return {
        "call_id": "h1",
        "status": "completed",
        "duration": 5,
        "cost": "0.10",
        "start_time": "2024-01-01T00:00:00Z",
    }


def test_a_mixture_of_nine_is_the_same_in_any_form(tmp_path: Path) -> None:
    """In a folder, a list and shuffled lines, each call is where it belongs, and none is there twice."""
    mixture = [*documents(), home_call()]
    lake = batchlake.open(tmp_path / "folder")
    when = 1_800_000_000.0
    for number, document in enumerate(mixture):
        write_export(tmp_path / "in", f"{number}.json", document, observed_at=when)
    lake.ingest(tmp_path / "in")
    expected = contents(tmp_path / "folder", ("calls", "segments", "batches"))
    assert {row["source"] for row in calls(lake)} == {
        "bland",
        "bolna",
        "elevenlabs",
        "retell",
        "smallest_atoms",
        "svalync",
        "synthflow",
        "twilio",
        "vapi",
    }
    shuffled = list(mixture)
    random.Random(7).shuffle(shuffled)
    forms = {
        "list": json.dumps(mixture),
        "lines": "\n".join(json.dumps(one) for one in shuffled),
        "documents": " ".join(json.dumps(one) for one in shuffled),
    }
    for name, text in some(list(forms.items())[::-1], 1):
        export = write_export(tmp_path / name, f"{name}.ndjson", text, observed_at=when)
        batchlake.open(tmp_path / f"{name}.lake").ingest(export)
        assert contents(tmp_path / f"{name}.lake", ("calls", "segments", "batches")) == expected


@at_length
def test_a_mixed_file_read_again_by_force_changes_nothing(tmp_path: Path) -> None:
    """What it gave of several platforms is replaced, not doubled; without force it is known."""
    lake = batchlake.open(tmp_path / "lake")
    text = "\n".join(map(json.dumps, [*documents(), home_call()]))
    export = write_export(tmp_path / "in", "all.ndjson", text, observed_at=1_800_000_000.0)
    lake.ingest(export)
    before = contents(tmp_path / "lake")
    assert lake.ingest(export, read_all=True).exports_skipped == 1
    lake.ingest(export, force=True)
    assert contents(tmp_path / "lake") == before


def test_source_and_batch_can_be_named(tmp_path: Path) -> None:
    """`--source` names an account, also of a foreign record; `--batch` the batch of calls that name none."""
    lake = batchlake.open(tmp_path / "lake")
    named = {"call_id": "b1", "call_length": 1, "batch_id": "own"}
    export = write_export(tmp_path / "in", "calls.ndjson", "\n".join(map(json.dumps, [ENDED, named])))
    lake.ingest(export, source="account", batch="spring")
    assert [(row["source"], row["call_id"], row["batch_id"]) for row in calls(lake)] == [
        ("account", "b1", "own"),
        ("account", "r1", "spring"),
    ]
    assert {row["batch_id"] for row in lake.sql("from batches").to_dicts()} == {"own", "spring"}
    faulty = [ENDED | {"call_id": "r2", "duration_ms": "36 s"}, named | {"call_length": "x"}, {"call_id": ""}]
    lake.ingest(write_export(tmp_path / "in", "faulty.json", faulty), source="account", batch="spring")
    problems = lake.sql("select code, batch_id from problems order by all").to_dicts()
    assert [tuple(row.values()) for row in problems] == [
        ("no_identity", "spring"),
        ("not_a_duration", "own"),
        ("not_a_duration", "spring"),
    ]
    with pytest.raises(batchlake.InvalidRequest, match="batch's id"):
        lake.ingest(export, batch="")


FAULTS: Final = [
    (ENDED | {"duration_ms": "36 s"}, "duration_seconds", ["`duration_ms` of retell", "milliseconds"]),
    (
        ENDED | {"call_cost": {"combined_cost": "4,56"}},
        "cost",
        ["`call_cost.combined_cost` of retell", "hundredths"],
    ),
    (
        ENDED | {"start_timestamp": 1761297670},
        "started_at",
        ["`start_timestamp` of retell", "Unix time in milliseconds"],
    ),
    ({"sid": "CA1", "price_unit": "USD", "price": "free"}, "cost", ["`price` of twilio", "-0.200"]),
    (
        {"sid": "CA1", "price_unit": "USD", "start_time": "5.11.2025"},
        "started_at",
        ["`startTime` of twilio", "Nov 2025"],
    ),
    ({"call_id": "b", "call_length": "1:30"}, "duration_seconds", ["`call_length` of bland", "seconds"]),
    (
        {"conversation_id": "e", "metadata": {"cost_fiat": [1]}},
        "cost",
        ["`metadata.costFiat` of elevenlabs", "0.50"],
    ),
]


def test_a_field_of_another_type_or_unit_is_a_problem(tmp_path: Path) -> None:
    """It names the platform, its field and what is expected; the call is there without the field."""
    lake = batchlake.open(tmp_path / "lake")
    for number, (record, _, _) in enumerate(FAULTS):
        key = next(key for key in ("call_id", "sid", "conversation_id") if key in record)
        write_export(tmp_path / "in", f"{number}.json", record | {key: f"CA{number}"})
    lake.ingest(tmp_path / "in")
    problems = lake.problems().to_dicts()
    held = {row["call_id"]: row for row in calls(lake)}
    assert len(problems) == len(held) == len(FAULTS)
    for number, (_, field, words) in enumerate(FAULTS):
        (problem,) = (row for row in problems if row["call_id"] == f"CA{number}")
        assert (problem["field"], problem["level"]) == (field, "field")
        assert all(word in problem["message"] for word in words), problem["message"]
        assert held[f"CA{number}"][field] is None


@at_length
def test_analytics_by_source_puts_platforms_side_by_side(tmp_path: Path) -> None:
    """Each source has its group, and together they are all calls."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(FOLDER)
    found = lake.analytics(by="source")
    groups = {group.keys["source"]: group.statistics.total_calls for group in found.groups}
    assert groups["retell"] == 3
    assert sum(groups.values()) == len(calls(lake))


README: Final = (ROOT / "sql" / "sources" / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one block of a language in the page about a platform of one's own."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README.partition("from nothing")[2], re.DOTALL)
    return str(found)


def test_a_tenth_platform_loads_as_it_is_written_in_the_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's three files, in an empty folder, give the row that the page tells of."""
    from click.testing import CliRunner

    from batchlake.cli.main import cli

    monkeypatch.chdir(tmp_path)
    for name, language in (("calls.json", "json"), ("acme_calls.sql", "sql"), ("batchlake.toml", "toml")):
        Path(name).write_text(block(language), encoding="utf-8")
    done = CliRunner().invoke(cli, ["ingest", "calls.json"])
    assert done.exit_code == 0, done.output
    (row,) = calls(batchlake.open("lake"))
    wanted = {
        "source": "acme",
        "call_id": "A-1",
        "status": "voicemail",
        "duration_seconds": 61.5,
        "currency": "EUR",
        "segment_count": 2,
    }
    assert {key: row[key] for key in wanted} == wanted
    assert str(row["cost"]) == "0.125000"
    assert json.loads(row["extra"]) == {"lines": [{"who": "note", "said": "beep"}]}
    listed = CliRunner().invoke(cli, ["platforms", "--format", "csv"]).output.splitlines()
    assert listed[1].startswith('acme,calls,"ref, and one of talk_ms, result",5,')
    fields = CliRunner().invoke(cli, ["platforms", "calls.json", "--format", "ndjson"]).output.splitlines()
    shown = {row["field"]: row["column"] for row in map(json.loads, fields)}
    assert shown == {
        "ref": "call_id",
        "result": "status",
        "talk_ms": "duration_seconds",
        "fee_cents": "cost",
        "began": "started_at",
        "lines": shown["lines"],
    }


FAULTY: Final = [
    ("--   call_id: ref", "--   call_id ref", 9, "is not a field"),
    ("(milliseconds)", "(millisecond)", 11, "there is no unit 'millisecond'"),
    ("--   started_at: began", "--   start_at: began", 13, "did you mean `started_at`?"),
    ("from fields\n", "from felds\n", 28, "felds"),
    ("--   call_id: ref\n", "", None, "no field gives `call_id`"),
    ("* replace", "call_id, * exclude (record, call_id) replace", None, "leaves out `record`"),
]


@pytest.mark.parametrize(("old", "new", "line", "reason"), FAULTY)
def test_a_faulty_file_is_refused_with_line_and_reason(
    old: str, new: str, line: int | None, reason: str, tmp_path: Path
) -> None:
    """Before anything is read."""
    text = block("sql")
    assert old in text
    file = write_export(tmp_path, "acme_calls.sql", text.replace(old, new))
    lake = batchlake.open(tmp_path / "lake", platforms={"acme": {"calls": str(file)}})
    with pytest.raises(InvalidConfiguration) as caught:
        lake.ingest(write_export(tmp_path, "calls.json", {"ref": 1, "result": "x"}))
    message = str(caught.value)
    assert reason in message
    assert f"{file}{f' line {line}' if line else ''}: platforms.acme.calls:" in message
    assert not (tmp_path / "lake").exists()


def test_a_platform_of_ones_own_comes_before_all(tmp_path: Path) -> None:
    """Also before the home platform's own shapes; a header alone takes fields as they are."""
    header = (
        "-- what: Mine.\n-- grain: one row per record\n-- inputs: given_calls\n-- outputs:\n--   as given\n"
    )
    header += "-- records:\n--   callDuration, mine\n-- fields:\n--   call_id: mine\n--   status: state\n"
    file = write_export(tmp_path, "mine.sql", header)
    lake = batchlake.open(tmp_path / "lake", platforms={"mine": {"calls": str(file)}})
    lake.ingest(
        write_export(tmp_path, "a.json", {"mine": "m1", "callDuration": 3, "state": "busy", "sid": "CA1"})
    )
    (row,) = calls(lake)
    assert (row["source"], row["call_id"], row["status"]) == ("mine", "m1", "busy")
    batchlake.open(tmp_path / "other").ingest(tmp_path / "a.json")
    assert batchlake.open(tmp_path / "other").sql("from calls").to_dicts() == []


@at_length
@pytest.mark.parametrize(
    "name",
    some(
        [
            "bland/v1_batch_details.json",
            "elevenlabs/conversations_list.json",
            "smallest_atoms/conversation_list.json",
            "retell/list_calls_v3.json",
            "synthflow/list_calls_from_schema.json",
            "twilio/calls_list_page1.json",
        ],
        2,
    ),
)
def test_a_page_larger_than_a_window_gives_the_same(name: str, tmp_path: Path) -> None:
    """It is cut into records by its brackets; what is left of it around them is no record."""
    tables = ("calls", "segments", "batches")
    for lake, options in (("whole", {}), ("cut", {"window_bytes": 300})):
        assert ingested(tmp_path / lake, FOLDER / name, **options).problems == 0
    assert contents(tmp_path / "cut", tables) == contents(tmp_path / "whole", tables)


BEYOND: Final = {
    "1e999": "1e999", "-1e999": "-1e999", "1" + "0" * 5_000: "1" + "0" * 5_000, "[[1e999]]": "[[1e999]]",
    "1e-999": None, "0.5": None, "true": "true", '"soon"': "soon", "[1.50]": "[1.50]", "null": None,
    '" "': None,
}  # fmt: skip
"""JSON texts of a first word's start, and what is told of each as unreadable."""


@pytest.mark.parametrize("first", ['{"word": "Hi", "start": %s}', '{"x": {"y": "}"}, "start": %s}'])
def test_a_first_words_start_of_any_kind_costs_itself(tmp_path: Path, first: str) -> None:
    """Also a number that neither a double nor 64 bits hold: the utterance stays, and a problem quotes it."""
    text = '{"role": "user", "content": "Hi", "words": [%s]}'
    call = '{"call_id": "c%02d", "call_type": "phone_call", "call_status": "x", "transcript_object": [%s]}'
    lines = [call % (place, text % (first % start)) for place, start in enumerate(BEYOND)]
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "a.ndjson", "\n".join(lines)))
    held = {row["call_id"]: row for row in lake.sql("from segments").to_dicts()}
    assert [row["text"] for row in held.values()] == ["Hi"] * len(BEYOND)
    read = {"1e-999": 0.0, "0.5": 0.5}
    told = {row["call_id"]: row["raw"] for row in lake.problems().to_dicts()}
    for place, (start, raw) in enumerate(BEYOND.items()):
        name = f"c{place:02}"
        assert (held[name]["offset_seconds"], told.get(name)) == (read.get(start), raw), start[:20]
