"""Any order and any repetition of the same exports gives the same tables, and those an oracle expects."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.lakes import contents, ingested, rows, write_export

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)

STATUSES = ["scheduled", "in-progress", "IN_PROGRESS", "completed", "No Answer", "canceled", "exploded"]
CANONICAL = {
    "scheduled": "scheduled", "in-progress": "in_progress", "IN_PROGRESS": "in_progress",
    "completed": "completed", "No Answer": "no_answer", "canceled": "cancelled", "exploded": "unknown",
}  # fmt: skip
RANKS = {"exploded": -1, "scheduled": 0, "in-progress": 3, "IN_PROGRESS": 3, "completed": 4, "No Answer": 7,
         "canceled": 9}  # fmt: skip

texts = st.sampled_from(["Yes", "no — ‘never’", 'it\'s "fine"', "はい", "a\\b", "x;--", "ok\nthen"])
times = st.sampled_from([NOON + timedelta(minutes=minute) for minute in range(4)])


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


calls = st.fixed_dictionaries(
    {"id": st.sampled_from(["c1", "c2", "c'3", 'c"4', "c/5"])},
    optional={
        "status": st.sampled_from(STATUSES),
        "duration": st.one_of(st.none(), st.sampled_from([0, 1.5, 30, 125])),
        "cost": st.one_of(st.none(), st.sampled_from(["0.00", "0.10", "1.234567"])),
        "start_time": times.map(stamp),
        "summary": texts,
        "analytics": st.fixed_dictionaries(
            {},
            optional={"sentiment": st.sampled_from([{"positive": 0.8}, {"negative": 1}, {"neutral": 0.5}])},
        ),
        "transcript": st.lists(
            st.fixed_dictionaries({"speaker": st.sampled_from(["ai", "human"]), "text": texts}), max_size=2
        ).map(lambda said: {"segments": said}),
        "campaign": texts,
        "other": st.integers(0, 2),
    },
)

exports = st.one_of(
    st.builds(
        lambda batch, when, listed, created, nameless: {
            "exported_at": stamp(when),
            "batch": {
                "id": batch,
                "calls": listed + [{"status": "completed"}] * nameless,
                "statistics": {"total_calls": len(listed) + 1},
            }
            | ({"created_at": stamp(created)} if created else {}),
        },
        st.sampled_from(["b1", "b'2"]),
        times,
        st.lists(calls, max_size=4, unique_by=lambda call: call["id"]),
        st.one_of(st.none(), times),
        st.booleans(),
    ),
    st.builds(
        lambda when, call, batch: {"exported_at": stamp(when), "call": call | batch},
        times,
        calls,
        st.sampled_from([{}, {"batch_id": "b1"}]),
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Any], list[list[int]]]:
    """Some exports, and an order to ingest them in: runs of one or more, some repeated."""
    history = draw(st.lists(exports, min_size=1, max_size=5))
    order = draw(st.permutations(range(len(history))))
    again = draw(st.lists(st.sampled_from(range(len(history))), max_size=2))
    cut = draw(st.integers(0, len(order)))
    return history, [run for run in (order[:cut], order[cut:], again) if run]


def expected_calls(history: list[Any]) -> dict[str, dict[str, Any]]:
    """The merged calls in plain Python: per field the newest value, the greater where times are equal."""
    winners: dict[str, dict[str, tuple[Any, ...]]] = {}
    created: dict[str, tuple[Any, ...]] = {}
    for export in history:
        when = export["exported_at"]
        batch = export.get("batch")
        listed = batch["calls"] if batch else [export["call"]]
        if batch and "created_at" in batch:
            created[batch["id"]] = max(created.get(batch["id"], ("", "")), (when, batch["created_at"]))
        for call in listed:
            if "id" not in call:
                continue
            said = call.get("transcript", {}).get("segments", [])
            seen = winners.setdefault(call["id"], {})
            values = {
                "batch_id": (batch["id"],) if batch else (call.get("batch_id"),),
                "status": (RANKS.get(call.get("status")), call.get("status")),
                "duration": (call.get("duration"),),
                "cost": (call["cost"] and Decimal(call["cost"]),) if "cost" in call else (None,),
                "start_time": (call.get("start_time"),),
                "summary": (call.get("summary"),),
                "campaign": (call.get("campaign"),),
                "other": (call.get("other"),),
                "transcript": (len(said), said or None),
                "sentiment": (scores(call.get("analytics", {}).get("sentiment")),),
            }
            for name, value in values.items():
                if name == "transcript" and name in seen and seen[name][:2] == (when, len(said)):
                    seen[name] = (when, len(said), seen[name][2] if seen[name][2] == said else "either")
                elif value[-1] is not None:
                    seen[name] = (
                        max(seen.get(name, ("",)), (when, *value)) if name in seen else (when, *value)
                    )
            seen["observed_at"] = max(seen.get("observed_at", ("",)), (when, when))
    return {
        call_id: {name: value[-1] for name, value in seen.items()}
        | {"created": created.get(seen.get("batch_id", ("", ""))[-1], (None, None))[-1]}
        for call_id, seen in winners.items()
    }


def scores(sentiment: dict[str, float] | None) -> tuple[float, ...] | None:
    if not sentiment:
        return None
    return tuple(float(sentiment.get(name, 0)) for name in ("positive", "neutral", "negative"))


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@settings(max_examples=examples(2))
@given(histories())
def test_any_order_and_repetition_gives_the_same_tables(case: tuple[list[Any], list[list[int]]]) -> None:
    """Runs in any order, with repetitions, leave the tables that one run over everything leaves."""
    history, runs = case
    with tempfile.TemporaryDirectory() as folder:
        # Equal bytes are one export, so they get one time.
        files = [
            write_export(Path(folder, "in"), f"{number}.json", one, observed_at=NOON.timestamp())
            for number, one in enumerate(history)
        ]
        once, shuffled = Path(folder, "once"), Path(folder, "shuffled")
        ingested(once, *files)
        for run in runs:
            ingested(shuffled, *(files[number] for number in run))
        assert contents(shuffled) == contents(once)

        held = {row["call_id"]: row for row in rows(once, "select * from calls")}
        expected = expected_calls(history)
        assert held.keys() == expected.keys()
        for call_id, call in expected.items():
            row = held[call_id]
            assert row["batch_id"] == call.get("batch_id")
            assert row["status"] == CANONICAL.get(call.get("status"), "unknown")
            assert row["duration_seconds"] == call.get("duration")
            assert row["cost"] == call.get("cost")
            assert row["summary"] == (call["summary"].strip() if "summary" in call else None)
            assert row["started_at"] == moment(call.get("start_time"))
            assert row["call_time"] == moment(call.get("start_time") or call["created"])
            assert row["observed_at"] == moment(call["observed_at"])
            if call.get("transcript", "either") != "either":
                texts_held = rows(
                    once,
                    "select text, speaker from segments where call_id = $id order by position",
                    id=call_id,
                )
                assert texts_held == [
                    {"text": one["text"], "speaker": one["speaker"]} for one in call["transcript"]
                ]
            found = tuple(row[f"sentiment_{name}"] for name in ("positive", "neutral", "negative"))
            assert found == call.get("sentiment", (None, None, None))
        nameless = {
            json.dumps(export)
            for export in history
            if any("id" not in call for call in export.get("batch", {}).get("calls", []))
        }
        for root in (once, shuffled):
            problems = rows(root, "select level, code, raw from problems")
            assert [row["code"] for row in problems] == ["no_identity"] * len(nameless)
            assert all(json.loads(row["raw"]) == {"status": "completed"} for row in problems)
