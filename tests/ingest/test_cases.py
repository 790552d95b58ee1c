"""Exports that were once misunderstood (`tests/cases/exports`): what comes of each, and of its neighbours."""

from __future__ import annotations

import ast
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from batchlake.store.maintenance import check
from tests.effort import at_length, some
from tests.ingest.cases import lake_of, problems_of
from tests.lakes import ingested, rows, write_export
from tests.paths import EXPORT_CASES

TOGETHER = (
    "one-camel-key.json", "call-with-statistics.json", "unreadable-exported-at.json",
    "impossible-offset.json", "sentiment-label-case.json", "colon-word-in-one-line-transcript.json",
    "stamped-transcript.json", "half-an-emoji.json", "success-as-text.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of the cases that have no id in common, each of which has a letter of its own in its ids."""
    root = tmp_path_factory.mktemp("cases") / "lake"
    ingested(root, *(EXPORT_CASES / name for name in TOGETHER))
    return root


def test_one_key_of_another_spelling_changes_nothing_else(lake: Path) -> None:
    """A camel-case key among others is the field it means; all other fields are read as ever."""
    of_case = "from calls where call_id like 'call_k%' order by call_id"
    first, second = rows(lake, f"select * exclude (call_id) {of_case}")
    assert (first.pop("tokens_consumed"), second.pop("tokens_consumed")) == (None, 812)
    assert first == second
    assert first["agent_name"] == "Nora"
    assert first["extra"] is None
    assert first["sentiment_positive"] == 0.6


ODD_KEYS = (
    "agentId callDuration callType createdAt endedAt endedBy from_phone_number isTestMode pathways startedAt "
    "to_phone_number transcripts updatedAt userId"
).split()


def test_no_key_of_another_spelling_changes_what_others_say(tmp_path: Path) -> None:
    """Each of the REST spelling's keys beside the documented ones, null, so that it says nothing itself."""
    given, _ = json.loads((EXPORT_CASES / "one-camel-key.json").read_text())
    odd = [{"call": given["call"] | {"id": f"with {key}", key: None}} for key in ODD_KEYS]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", [given, *odd]))
    held = {row.pop("call_id"): row for row in rows(tmp_path / "lake", "from calls")}
    assert len(held) == 1 + len(ODD_KEYS)
    for key in ODD_KEYS:
        assert held[f"with {key}"] == held[given["call"]["id"]], key


def test_a_call_with_statistics_is_a_call(lake: Path) -> None:
    """What a batch may have too doesn't make it one; the call keeps it in `extra`."""
    of_case = "from calls where call_id like 'call_s%'"
    (call,) = rows(lake, f"select call_id, batch_id, duration_seconds, cost, extra {of_case}")
    assert (call["call_id"], call["batch_id"], call["duration_seconds"]) == ("call_s1", "batch_s", 45)
    assert call["cost"] == Decimal("0.09")
    assert json.loads(call["extra"]) == {"statistics": {"latency_ms": 310, "packets_lost": 2}}


def test_null_and_empty_erase_nothing_in_extra_either(tmp_path: Path) -> None:
    """In one run, in two, and the other way round."""
    lines = (EXPORT_CASES / "null-in-unknown-field.ndjson").read_text().splitlines()
    together = lake_of(tmp_path, "null-in-unknown-field.ndjson")
    apart = tmp_path / "apart"
    for number, line in enumerate(reversed(lines)):
        ingested(apart, write_export(tmp_path, f"{number}.json", line))
    for lake in (together, apart):
        (call,) = rows(lake, "select extra from calls")
        assert json.loads(call["extra"]) == {
            "campaign_code": "SPRING-24", "crm": {"lead": "L-9"},
            "recording_copy": "https://example.invalid/r1",
        }  # fmt: skip


def test_a_fault_in_a_header_costs_neither_its_batch_nor_its_time(tmp_path: Path) -> None:
    """A NaN in a batch's statistics is one problem; calls keep their batch and its time."""
    lake = lake_of(tmp_path, "nan-in-batch-header.newer.json", "nan-in-batch-header.json")
    (call,) = rows(lake, "select batch_id, status, duration_seconds, cost from calls")
    assert tuple(call.values()) == ("batch_h", "completed", 30, Decimal("0.30"))
    alone = lake_of(tmp_path / "alone", "nan-in-batch-header.json")
    (call,) = rows(alone, "select batch_id, observed_at::varchar as seen from calls")
    assert (call["batch_id"], call["seen"][:10]) == ("batch_h", "2024-01-01")
    (batch,) = rows(alone, "select batch_id, reported_total_calls from batches")
    assert tuple(batch.values()) == ("batch_h", 1)
    assert problems_of(alone) == [("not_json", "batch.statistics.average_duration")]


def test_an_unreadable_time_of_an_export_is_a_problem(lake: Path) -> None:
    """It is not passed over in silence when the file's own time is taken instead."""
    assert problems_of(lake, "unreadable-exported-at.json") == [("not_a_time", "exported_at")]


UNREADABLE: list[Any] = [
    "01/02/2024 09:00", "2024-02-30T00:00:00Z", "2024-01-01T10:00:00+25:00", "soon", "BST", {},
]  # fmt: skip


@pytest.mark.parametrize("place", some(["envelope", "batch", "call"], 2))
def test_each_unreadable_observation_time_is_one_problem(tmp_path: Path, place: str) -> None:
    """Wherever it stands, before the calls or behind them; the next time counts."""
    for number, (given, order) in enumerate(itertools.product(UNREADABLE, (1, -1))):
        call: dict[str, Any] = {"id": f"c{number}", "status": "completed"}
        listed = [call, call | {"id": f"d{number}"}]
        batch: dict[str, Any] = {"id": f"b{number}", "status": "running", "calls": listed}
        document = {"batch": batch}
        {"envelope": document, "batch": batch, "call": call}[place]["exported_at"] = given
        ordered = {key: document[key] for key in list(document)[::order]}
        write_export(tmp_path / "in", f"{number}.json", ordered, observed_at=1e9)
    ingested(tmp_path / "lake", tmp_path / "in")
    assert problems_of(tmp_path / "lake") == [("not_a_time", "exported_at")] * 2 * len(UNREADABLE)
    told = rows(tmp_path / "lake", "select count(distinct location) as files from problems")
    assert told == [{"files": 2 * len(UNREADABLE)}]
    seen = rows(tmp_path / "lake", "select epoch(observed_at) as at, count(*) as n from calls group by all")
    assert [tuple(row.values()) for row in seen] == [(1e9, 4 * len(UNREADABLE))]


def test_offsets_are_those_of_the_specification(lake: Path) -> None:
    """One of 25 hours or of 60 minutes can't be read, though DuckDB would read it; +14:00 can."""
    of_case = "from calls where call_id like 'call_o%' order by call_id"
    found = rows(lake, f"select started_at::varchar as at {of_case}")
    assert [row["at"] for row in found] == [None, None, "2023-12-31 20:00:00+00"]
    assert problems_of(lake, "impossible-offset.json") == [("not_a_time", "started_at")] * 2


def test_labels_are_kept_in_lower_case(lake: Path) -> None:
    """One label is one value, in whatever case the platform wrote it."""
    labels = rows(lake, "select sentiment_label from calls where call_id like 'call_l%' order by call_id")
    assert [row["sentiment_label"] for row in labels] == ["positive", "negative"]


def test_a_number_that_gives_way_is_kept(tmp_path: Path) -> None:
    """`phone_number` is one side's number; where that has another of its own, it stays in `extra`."""
    sides = {"inbound": "from_number", "outbound": "to_number", "": "to_number"}
    calls = [
        {"id": f"{way}/{number}/{own}", "direction": way, "phone_number": "+1", sides[way]: number} | own
        for way in sides
        for number in ("", "+1", "+2")
        for own in ({}, {"campaign": {"x": [1, "}"]}})
    ]
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", calls))
    for row in rows(tmp_path / "lake", "select call_id, from_number, to_number, extra from calls"):
        way, number, own = row["call_id"].split("/")
        assert row[sides[way]] == (number or "+1")
        kept = {"phone_number": "+1"} if number == "+2" else {}
        assert json.loads(row["extra"] or "{}") == ast.literal_eval(own) | kept


def test_blanks_around_an_id_are_not_of_it(tmp_path: Path) -> None:
    """One batch with two calls and its figures, wherever its id stands."""
    text = (EXPORT_CASES / "blanks-around-batch-id.json").read_text()
    blanks = [" ", "\t", "\u00a0", "\u2028", "\u3000", "  \n"]
    for number, blank in enumerate(blanks):
        padded = f"batch_w{number}".join([json.dumps(blank)[1:-1]] * 2)
        own = text.replace("batch_w ", padded).replace("call_w", f"call_w{number}-")
        write_export(tmp_path / "in", f"{number}.json", own)
    ingested(tmp_path / "lake", tmp_path / "in")
    found = rows(tmp_path / "lake", "select batch_id, call_id from calls order by all")
    assert [tuple(row.values()) for row in found] == [
        (f"batch_w{number}", f"call_w{number}-{call}") for number in range(len(blanks)) for call in (1, 2)
    ]
    counts = rows(tmp_path / "lake", "select batch_id, reported_total_calls as calls from batches order by 1")
    assert [tuple(row.values()) for row in counts] == [
        (f"batch_w{number}", 2) for number in range(len(blanks))
    ]


def test_ordinary_capitals_with_a_colon_are_text(lake: Path) -> None:
    """Only names of speakers begin an utterance in a transcript of one line."""
    found = rows(lake, "select speaker, text from segments where call_id = 'call_t1' order by position")
    assert [tuple(row.values()) for row in found] == [
        ("ai", "Your code is SAVE: ten percent off"),
        ("human", "Please add NOTE: call me after six"),
        ("ai", "Will do"),
    ]


def test_stamps_before_labels_are_offsets(lake: Path) -> None:
    """A time before a speaker's name is the utterance's offset and no part of its text."""
    of_case = "from segments where call_id = 'call_t3' order by position"
    found = rows(lake, f"select speaker, text, offset_seconds {of_case}")
    assert [tuple(row.values()) for row in found] == [
        ("ai", "Good morning.", 5.0), ("human", "Yes, speaking.", 7.0), ("ai", "Great.", 11.0),
    ]  # fmt: skip


def test_what_is_merged_keeps_a_records_rules(tmp_path: Path) -> None:
    """In any order and any number of runs: no end before its start, and a problem that says so."""
    lines = (EXPORT_CASES / "end-before-a-later-start.ndjson").read_text().splitlines()
    for name, order in some((("back", -1), ("forth", 1)), 1):
        for number, line in enumerate(lines[::order]):
            ingested(tmp_path / name, write_export(tmp_path, f"{name}{number}.json", line))
        (call,) = rows(tmp_path / name, "select started_at, ended_at, ended_at_reported from calls")
        assert (call["started_at"].hour, call["ended_at"], call["ended_at_reported"].hour) == (11, None, 10)
        assert problems_of(tmp_path / name) == [("end_before_start", "ended_at")]
        again = json.dumps({"exported_at": "2024-05-03T00:00:00Z",
                            "call": {"id": "call_y1", "end_time": "2024-05-01T11:30:00Z"}})  # fmt: skip
        ingested(tmp_path / name, write_export(tmp_path, f"{name}-end.json", again))
        (call,) = rows(tmp_path / name, "select ended_at from calls")
        assert (call["ended_at"].hour, call["ended_at"].minute) == (11, 30)
        assert check(tmp_path / name) == []


def test_an_end_that_a_later_start_makes_valid_again_is_not_lost(tmp_path: Path) -> None:
    """Any order of three observations gives the same call."""
    told = [
        ("2024-05-01T00:00:00Z", {"end_time": "2024-05-01T10:05:00Z"}),
        ("2024-05-02T00:00:00Z", {"start_time": "2024-05-01T11:00:00Z"}),
        ("2024-05-03T00:00:00Z", {"start_time": "2024-05-01T10:00:00Z"}),
    ]
    orders = list(itertools.permutations(told))
    for place in range(len(told)):
        for number, order in enumerate(orders):
            exported_at, said = order[place]
            document = {"exported_at": exported_at, "call": {"id": f"c{number}"} | said}
            write_export(tmp_path / str(place), f"{number}.json", document)
        ingested(tmp_path / "lake", tmp_path / str(place))
    found = rows(tmp_path / "lake", "select call_id, started_at, ended_at from calls order by call_id")
    assert [row.pop("call_id") for row in found] == [f"c{number}" for number in range(len(orders))]
    for call in found:
        assert [moment.hour * 60 + moment.minute for moment in call.values()] == [600, 605]


PLANES = ["\U00020bb7", "\U0001f600", "x\u2028", "\U000f0000", "'\"\\", "\U0010fffd", "x\u2029"]


@at_length
def test_ids_of_any_plane_are_found_again(tmp_path: Path) -> None:
    """Their transcripts are replaced, not doubled, whichever way their file came into the lake."""
    names = ("batch-id-beyond-the-first-plane.json", "batch-id-beyond-the-first-plane.newer.json")
    for number, name in enumerate(names):
        for place, characters in enumerate(PLANES):
            document = json.loads((EXPORT_CASES / name).read_text())
            batch = document["batch"]
            batch["id"] = f"{characters}野家_spring"
            batch["calls"] = [call | {"id": f"{call['id']} {place}"} for call in batch["calls"]]
            write_export(tmp_path / str(number), f"{place}.json", document)
        ingested(tmp_path / "lake", tmp_path / str(number))
        said = rows(tmp_path / "lake", "select batch_id, count(*) as said from segments group by all")
        assert {row["batch_id"]: row["said"] for row in said} == {
            f"{characters}野家_spring": 2 + number for characters in PLANES
        }
    assert check(tmp_path / "lake") == []


def test_half_a_surrogate_costs_its_character(lake: Path) -> None:
    """The record is kept, with the replacement character in the text and a problem that names the field."""
    of_case = "from calls where call_id like 'call_u%' order by call_id"
    found = rows(lake, f"select call_id, cost, summary {of_case}")
    assert [tuple(row.values()) for row in found] == [
        ("call_u1", Decimal("0.10"), "Caller was happy \N{REPLACEMENT CHARACTER}"),
        ("call_u2", Decimal("0.20"), "fine"),
    ]
    assert problems_of(lake, "half-an-emoji.json") == [("not_json", "summary")]


def test_success_may_be_told_as_a_field_may(lake: Path, tmp_path: Path) -> None:
    """True as a word is no refusal; false in any spelling makes the answer one."""
    assert len(rows(lake, "from calls where call_id like 'call_x%'")) == 2
    refused = [{"success": said, "data": [{"call_id": "r"}]} for said in (False, "false", 0, "No")]
    ingested(tmp_path / "refused", write_export(tmp_path, "a.json", {"response": refused}))
    assert problems_of(tmp_path / "refused") == [("platform_error", None)] * 4


def test_the_next_time_of_an_export_counts(tmp_path: Path) -> None:
    """Where the nearer can't be read, and where only an answer or a page tells it."""
    calls = [{"call_id": f"c{number}", "status": "completed"} for number in range(4)]
    told = "2024-02-01T00:00:00Z"
    documents: list[Any] = [
        {"exported_at": told, "batch": {"id": "b0", "exported_at": "soon", "calls": calls[:1]}},
        {"response": [{"success": True, "exported_at": told, "data": calls[1:2]}]},
        {"data": {"exported_at": told, "calls": calls[2:3]}},
        {"data": calls[3:], "batch": {"id": "b3", "exported_at": told}},
    ]
    for number, document in enumerate(documents):
        write_export(tmp_path / "in", f"{number}.json", document, observed_at=1e9)
    for window_bytes in (40, 1 << 20):
        lake = tmp_path / f"lake-{window_bytes}"
        ingested(lake, tmp_path / "in", window_bytes=window_bytes)
        seen = rows(lake, "select call_id, epoch(observed_at) as at from calls order by call_id")
        assert [tuple(row.values()) for row in seen] == [(f"c{number}", 1706745600.0) for number in range(4)]


def test_an_unreadable_score_erases_no_other(tmp_path: Path) -> None:
    """Nor does it make the others 0, where none can be read."""
    for name, scores in (
        ("1", {"positive": 0.5, "neutral": 0.3, "negative": 0.2}),
        ("2", {"positive": "abc"}),
    ):
        document = {"exported_at": f"2024-01-0{name}T00:00:00Z", "call": {"id": "c1", "sentiment": scores}}
        ingested(tmp_path / "lake", write_export(tmp_path, f"{name}.json", document))
    columns = "sentiment_positive, sentiment_neutral, sentiment_negative"
    (call,) = rows(tmp_path / "lake", f"select {columns} from calls")
    assert list(call.values()) == [0.5, 0.3, 0.2]
