"""The audit of generated histories: every figure and reason is that of plain Python over the exports."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from tests.analytics.tables import Row
from tests.effort import examples
from tests.lakes import write_export

COUNTS = ("completed", "failed", "in_progress")
FACTS = st.fixed_dictionaries(
    {"status": st.sampled_from(COUNTS)},
    optional={
        "cost": st.sampled_from(["0.10", "0.25", "0.30", "1"]),
        "duration": st.sampled_from([10, 20, 30.5]),
        "currency": st.sampled_from(["USD", "USD", "USD", "EUR"]),
    },
)
LATER = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(COUNTS),
        "cost": st.sampled_from(["0.10", "0.25"]),
        "duration": st.sampled_from([10, 20]),
        "agent_id": st.just("a1"),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> Row:
    """What was exported of one batch: calls at ten, a report at eleven that lists some, details at twelve.

    The report counts the calls of the platform, and may be wrong by one in a figure.
    """
    calls = draw(st.lists(FACTS, min_size=1, max_size=4))
    numbers = list(range(len(calls)))
    listed = draw(st.lists(st.sampled_from(numbers), unique=True) | st.just(numbers))
    reported: Row = {"total_calls": len(calls)}
    for name in draw(st.sets(st.sampled_from(COUNTS))):
        reported[name] = sum(call["status"] == name for call in calls)
    if draw(st.booleans()):
        total = sum(Decimal(call.get("cost", 0)) for call in calls)
        reported["total_cost"] = str(total)
    wrong = draw(st.none() | st.sampled_from(sorted(reported)))
    if wrong == "total_cost":
        reported[wrong] = str(Decimal(reported[wrong]) + 1)
    elif wrong:
        reported[wrong] += 1
    return {
        "calls": calls,
        "earlier": draw(st.lists(st.sampled_from(numbers), unique=True) | st.just(numbers)),
        "listed": listed,
        "reported": reported,
        "later": draw(st.dictionaries(st.integers(0, len(calls)), LATER, max_size=3)),
    }


def exported(history: Row) -> list[Any]:
    """The exports, oldest first."""

    def batch(hour: int, numbers: list[int], **more: Any) -> Row:
        calls = [{"id": f"c{number}", **history["calls"][number]} for number in numbers]
        return {"exported_at": f"2024-01-01T{hour}:00:00Z", "batch": {"id": "b1", "calls": calls, **more}}

    details = [
        {"exported_at": "2024-01-01T12:00:00Z", "call": {"id": f"c{number}", "batch_id": "b1", **facts}}
        for number, facts in history["later"].items()
    ]
    return [
        *([batch(10, history["earlier"])] if history["earlier"] else []),
        batch(11, history["listed"], statistics=history["reported"]),
        *details,
    ]


def expected(history: Row) -> dict[str, tuple[Any, bool | None, str | None]]:
    """Of each figure what is recomputed, whether it agrees, and why not."""
    held: dict[int, Row] = {}
    for number in (*history["earlier"], *history["listed"]):
        held[number] = dict(history["calls"][number])
    for number, facts in history["later"].items():
        held.setdefault(number, {}).update(facts)
    costs: dict[str | None, Decimal] = {}
    for facts in held.values():
        if "cost" in facts:
            currency = facts.get("currency")
            costs[currency] = costs.get(currency, Decimal(0)) + Decimal(facts["cost"])
    recomputed: Row = {"total_calls": len(held)}
    recomputed |= {name: sum(facts.get("status") == name for facts in held.values()) for name in COUNTS}
    recomputed["total_cost"] = next(iter(costs.values())) if len(costs) == 1 else None
    found = {}
    for name, value in history["reported"].items():
        said, counted = Decimal(value), recomputed[name]
        if name == "total_cost" and len(costs) > 1:
            found[name] = (None, None, "several currencies")
        elif counted is not None and counted == said:
            found[name] = (counted, True, None)
        else:
            is_more = counted is not None and counted > said
            found[name] = (counted, False, reason(history, name, said, len(held), is_more=is_more))
    return found


def reason(history: Row, name: str, said: Decimal, held: int, *, is_more: bool) -> str:
    total, listed = history["reported"]["total_calls"], history["listed"]
    is_complete = len(listed) >= total
    as_listed = sum(name == "total_calls" or history["calls"][number]["status"] == name for number in listed)
    key = {"total_calls": None, "total_cost": "cost"}.get(name, "status")
    is_later = any(key in facts for facts in history["later"].values())
    if held < total and is_more and not is_complete:
        return "states changed since" if is_later else "unexplained"
    if held < total:
        return "unexplained" if is_complete else "export lists fewer calls than it counts"
    if is_complete and name != "total_cost" and as_listed != said:
        return "unexplained"
    if held > (len(listed) if is_complete else total):
        return "calls are held that the report did not list"
    if is_later:
        return "states changed since"
    return "unexplained" if is_complete or is_more else "export lists fewer calls than it counts"


@settings(max_examples=examples(4))
@given(histories(), st.randoms(use_true_random=False))
def test_every_reason_is_that_of_the_history(history: Row, random: Any) -> None:
    """In any order of the exports, in one run."""
    exports = exported(history)
    names = [f"{number}.json" for number in range(len(exports))]
    random.shuffle(names)
    with tempfile.TemporaryDirectory() as folder:
        for name, export in zip(names, exports, strict=True):
            write_export(Path(folder) / "exports", name, export)
        lake = batchlake.open(Path(folder) / "lake")
        lake.ingest(Path(folder) / "exports")
        (batch,) = lake.audit("b1").batches
    found = {one.figure: (one.recomputed, one.agrees, one.explanation) for one in batch.figures}
    assert found == expected(history)
