"""Every figure on a screen is the one that JSON tells, rounded as its place says: whatever the calls are."""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from tests.command import run
from tests.effort import examples, some
from tests.lakes import write_export
from tests.screens.harbour import write_exports
from tests.screens.reading import says, says_money, table

_AMOUNTS = st.sampled_from(["0", "0.0004", "0.000001", "0.005", "1.235", "-0.25", "12.50", "98765.4321"])
_CALL = st.fixed_dictionaries(
    {"status": st.sampled_from(["completed", "completed", "failed", "busy", "no_answer", "in_progress"])},
    optional={
        "duration": st.sampled_from([0, 0.04, 9.96, 59.94, 59.97, 60, 89.5, 3599.6, 3600, 36000.5]),
        "cost": _AMOUNTS,
        "currency": st.sampled_from(["EUR", "USD", "JPY"]),
        "agent_id": st.sampled_from(["ann", "bea", "日本 語"]),
        "batch_id": st.sampled_from(["b1", "b2", "b3"]),
        "phone_number": st.sampled_from(["+1", "+2", "+3"]),
        "direction": st.just("outbound"),
        "start_time": st.sampled_from(["2026-11-01T10:00:00Z", "2026-11-09T23:30:00Z", "2025-02-01"]),
        "analytics": st.fixed_dictionaries(
            {"engagement": st.sampled_from([0, 0.005, 0.994, 1]),
             "sentiment": st.just({"positive": 0.335, "neutral": 0.34, "negative": 0.325})}
        ),
    },
)  # fmt: skip


def document(lake: Path, *words: str) -> Any:
    done = run(*words, "--json", lake=lake)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_float=str)


def screen(lake: Path, *words: str) -> list[str]:
    done = run(*words, lake=lake)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def costs(of: Any, name: str) -> list[tuple[Any, str | None]]:
    return [(one[name], one["currency"]) for one in of["cost"]["currencies"]]


def check_groups(lake: Path, dimension: str) -> None:
    """`analytics --by`: every cell of every group, and of all."""
    found = document(lake, "analytics", "--by", dimension)
    rows = table(screen(lake, "analytics", "--by", dimension, "--wide"))
    groups = found["groups"]
    if dimension == "week":
        # In order; others stand as in JSON, the largest first.
        groups = sorted(groups, key=lambda group: (group["keys"]["week"] is None, group["keys"]["week"]))
    for row, of in zip(rows, [*groups, found], strict=True):
        one = {head: lines[0] for head, lines in row.items()}
        assert says(one["calls"], of["statistics"]["total_calls"])
        assert says(one["completed"], of["statistics"]["completed"])
        assert says(one["failed"], of["statistics"]["failed"])
        assert says(one["success"], of["success_rate"], unit="%")
        for head, name in (("avg call", "mean"), ("median", "median"), ("p95", "p95")):
            assert says(one[head], of["duration"][name], unit="s"), (one[head], of["duration"][name])
        for head, name in (
            ("cost", "total"), ("per completed", "per_completed_call"), ("per minute", "per_minute")
        ):  # fmt: skip
            assert says_money(row[head], costs(of, name)), (row[head], costs(of, name))


def check_overview(lake: Path) -> None:
    """`analytics`: the lines of figures, of statuses, of what was said."""
    found = document(lake, "analytics")
    lines = screen(lake, "analytics")
    text = "\n".join(lines)
    total = found["statistics"]["total_calls"]
    assert says(re.match(r"All calls: ([\d,]+) in", text)[1], total)  # type: ignore[index]
    rate, completed = re.search(r"^Success +(\S+ %)  ([\d,]+) of", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert says(rate, found["success_rate"], unit="%")
    assert says(completed, found["statistics"]["completed"])
    length = r"(−?[\d,.]+ (?:s|min \d\d s|h \d\d min))"
    if found["duration"]["mean"] is not None:
        shown = re.search(
            rf"^Duration +{length} on average\s+median {length}\s+p95 {length}(?:\s+([\d,]+) without)?",
            text, re.MULTILINE,
        )  # fmt: skip
        assert shown
        assert all(
            says(shown[at], found["duration"][name], unit="s")
            for at, name in enumerate(("mean", "median", "p95"), 1)
        )
        assert says(shown[4] or "0", found["duration"]["missing"])
    else:
        assert "Duration" not in text
    amount = r"(−?[\d,]+\.\d+(?: [A-Z]{3})?)"
    shown_costs = re.findall(
        rf"^(?:Cost)? +{amount}(?= +{amount} +(?:per completed|a minute)| +[\d,]+ without| *$)",
        text,
        re.MULTILINE,
    )
    told = costs(found, "total")
    assert says_money([one[0] for one in shown_costs], told), (shown_costs, told, text)
    counts = dict(re.findall(r"^([a-z ]+?)  +([\d,]+) +[\d.]+ %", text, re.MULTILINE))
    by_status = sorted(found["statistics"]["by_status"].items(), key=lambda item: (-item[1], item[0]))
    assert {name.replace("_", " "): str(count) for name, count in by_status[:5]} == {
        name: count.replace(",", "") for name, count in counts.items()
    }


def check_batches(lake: Path) -> None:
    """`batches`: every cell beside its row as programs read it; costs beside those of the calls."""
    plain = {row["batch_id"]: row for row in document(lake, "batches")}
    by_batch: dict[str, dict[str | None, Decimal]] = defaultdict(dict)
    for call in document(lake, "calls"):
        if call["cost"] is not None and call["batch_id"] is not None:
            of = by_batch[call["batch_id"]]
            of[call["currency"]] = of.get(call["currency"], Decimal(0)) + Decimal(call["cost"])
    if not plain:
        return
    rows = table(screen(lake, "batches", "--wide"))
    assert {row["batch"][0] for row in rows} == set(plain)
    for row in rows:
        of = plain[row["batch"][0]]
        for head, name, unit in (
            ("calls", "total", ""), ("done", "progress", "%"), ("completed", "completed", ""),
            ("failed", "failed", ""), ("in progress", "in_progress", ""),
            ("avg call", "average_duration_seconds", "s"),
        ):  # fmt: skip
            assert says(row[head][0], of[name], unit=unit), (head, row[head], of[name])
        held = [(amount, currency) for currency, amount in by_batch[row["batch"][0]].items()]
        assert says_money(row["cost"], held), (row["cost"], held)


def check_calls(lake: Path) -> None:
    """`calls`: duration and cost of each."""
    plain = document(lake, "calls")
    for row, of in zip(table(screen(lake, "calls", "--wide")), plain, strict=True):
        assert row["call"] == [of["call_id"]]
        assert says(row["duration"][0], of["duration_seconds"], unit="s")
        assert says_money(row["cost"], [(of["cost"], of["currency"])])
        assert says(row["engagement"][0], of["engagement"])


def check_contacts(lake: Path) -> None:
    """`contacts`: the sentence at its head, and every number's row."""
    plain = document(lake, "contacts")
    if not plain:
        return
    lines = screen(lake, "contacts", "--wide")
    head = re.match(r"([\d,]+) contacts?, ([\d,]+) reached \((.+? %)\), (\S+) attempts each", lines[0])
    assert head
    reached = [row for row in plain if row["reached_on"] is not None]
    attempts = sum(row["attempts"] for row in plain)
    assert says(head[1], len(plain))
    assert says(head[2], len(reached))
    assert says(head[3], len(reached) / len(plain), unit="%")
    assert says(head[4], attempts / len(plain))
    for row, of in zip(table(lines), plain, strict=True):
        assert row["number"] == [of["number"]]
        assert says(row["attempts"][0], of["attempts"])
        assert says(row["completed"][0], of["completed"])
        assert says(row["talk time"][0], of["talk_time"], unit="s")


def check_audit(lake: Path) -> None:
    """`audit`: the bill of each currency, and how many figures agree."""
    found = document(lake, "audit")
    lines = screen(lake, "audit", "--all")
    bills = {}
    for line in lines[1 : 1 + len(found["totals"])]:
        name, reported, held, verdict = re.match(r"(\(.*?\)|\S+) +(\S+) +(\S+)  (.*)", line).groups()  # type: ignore[union-attr]
        bills[None if name.startswith("(") else name] = (reported, held, verdict)
    for one in found["totals"]:
        reported, held, verdict = bills[one["currency"]]
        assert Decimal(reported.replace(",", "").replace("−", "-")) == Decimal(one["reported"])
        assert Decimal(held.replace(",", "").replace("−", "-")) == Decimal(one["recomputed"])
        difference = Decimal(one["difference"])
        way = "right" if not difference else "too high" if difference < 0 else "too low"
        assert way in verdict
    figures = re.search(r"([\d,]+) figures?: ([\d,]+) agree", " ".join(lines[-2:]))
    if figures:
        assert says(figures[1], found["compared"] + found["not_compared"])
        assert says(figures[2], found["compared"] - found["differences"])


CHECKS = (check_overview, check_batches, check_calls, check_contacts, check_audit)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("harbour")
    write_exports(folder / "exports")
    batchlake.open(folder / "lake").ingest(folder / "exports")
    return folder / "lake"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_screens_of_a_campaign_say_what_json_says(check: Any, harbour: Path) -> None:
    """Nine batches in two currencies."""
    check(harbour)


@pytest.mark.parametrize("dimension", some(["week", "agent_id", "status", "currency", "batch"], 3))
def test_groups_of_a_campaign_say_what_json_says(dimension: str, harbour: Path) -> None:
    """Each group's cells, and those of all."""
    check_groups(harbour, dimension)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_screens_of_the_sample_say_what_json_says(check: Any, sample_lake: batchlake.Lake) -> None:
    """Platforms beside one another, costs without a currency, a batch without calls."""
    check(Path(str(sample_lake.root)))


@given(st.lists(_CALL, min_size=1, max_size=9))
@settings(max_examples=examples(1))
def test_screens_of_any_calls_say_what_json_says(calls: list[dict[str, Any]]) -> None:
    """Several currencies or none, no value at all, lengths and amounts at the edges of rounding, credits."""
    with tempfile.TemporaryDirectory() as folder:
        named = [{"id": f"c{number}", **call} for number, call in enumerate(calls)]
        lake = Path(folder) / "lake"
        batchlake.open(lake).ingest(write_export(Path(folder), "calls.json", {"calls": named}))
        for check in CHECKS:
            check(lake)
        for dimension in ("agent_id", "currency"):
            check_groups(lake, dimension)


def test_screens_of_no_call_say_so(tmp_path: Path) -> None:
    """Zero calls: no figure stands there, and none is made up."""
    lake = tmp_path / "lake"
    empty = {"batch": {"id": "b1", "status": "scheduled", "calls": []}}
    batchlake.open(lake).ingest(write_export(tmp_path, "empty.json", empty))
    assert run("analytics", lake=lake).stdout == ""
    assert "no call" in run("analytics", lake=lake).stderr
    (row,) = table(screen(lake, "batches", "--wide"))
    assert (row["calls"], row["success"], row["cost"], row["avg call"]) == (["0"], ["–"], ["–"], ["–"])
