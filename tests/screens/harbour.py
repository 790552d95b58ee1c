"""Made-up exports of an outbound campaign: nine batches of November 2026, two currencies, three agents.

They hold what the screens are about: a bill that is too high, a wrong rate, a call that the report didn't
list, a batch that is running, numbers tried again, a campaign of the exporter's own, broken files. Each
export is the same wherever and whenever it is written.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

NOW: Final = datetime(2026, 11, 27, 15, 2, tzinfo=UTC)
"""When the screens are looked at."""

_AGENTS: Final = (("agent_ava", "Ava"), ("agent_ben", "Ben"), ("agent_cleo", "Cléo 林"))
_BATCHES: Final = (
    (14, 0, 173, "EUR"), (14, 12, 55, "USD"), (17, 14, 198, "EUR"), (18, 0, 132, "USD"), (19, 14, 77, "EUR"),
    (21, 0, 170, "USD"), (22, 12, 169, "USD"), (25, 0, 130, "EUR"), (26, 14, 158, "USD"),
)  # fmt: skip
_STATUSES: Final = (
    ("completed", 62), ("no_answer", 11), ("failed", 9), ("voicemail", 9), ("busy", 8), ("cancelled", 1)
)  # fmt: skip
_SAYS: Final = (
    "Bye", "Okay.", "Call me back on Monday", "Sure, go ahead", "I'll think about it", "Yes, I’m interested",
    "yes, i'm interested", "Not interested, please take me off the list", "Thanks", "どちら様ですか？",
)  # fmt: skip
_CENT: Final = Decimal("0.0001")


def write_exports(folder: Path) -> None:
    """Write the exports: two observations of each batch, the second complete but for the last batch's."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (day, hour, size, currency) in enumerate(_BATCHES, 1):
        begun = datetime(2026, 11, day, hour, tzinfo=UTC)
        calls = list(_calls(number, begun, size, currency))
        for part in (1, 2):
            observed = begun + timedelta(hours=part)
            seen = [call if _is_over(call, observed) else _waiting(call) for call in calls]
            document = {"exported_at": _stamp(observed), "batch": _batch(number, begun, seen, observed)}
            if number == 1:
                # The report lists one call less than it exports.
                document["batch"]["statistics"]["total_calls"] -= 1
            _write(folder / f"harbour_{number:02}_{part}.json", json.dumps(document, ensure_ascii=False))
    text = json.dumps({"call": {"id": "odd_1", "status": "completed", "start_time": _stamp(NOW),
                                "cost": "1,20", "duration": "abc", "currency": "EUR"}})  # fmt: skip
    _write(folder / "odd.json", text)
    _write(folder / "broken.json", '{"batch": {"id": "harbour_10", "calls": [{"id": "harbour_10_')


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _is_over(call: dict[str, Any], observed: datetime) -> bool:
    return bool(datetime.fromisoformat(call["start_time"]) + timedelta(minutes=8) <= observed)


def _waiting(call: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "phone_number", "direction", "agent_id", "agent_name", "currency", "campaign")
    return {"status": "queued"} | {name: call[name] for name in kept}


def _calls(number: int, begun: datetime, size: int, currency: str) -> Iterator[dict[str, Any]]:
    some = random.Random(number)
    for place in range(size):
        # The last batch takes longer than its two observations.
        spread = 150 if number == len(_BATCHES) else 50
        start = begun + timedelta(minutes=spread * place / size, seconds=some.randrange(30))
        status = some.choices([name for name, _ in _STATUSES], [share for _, share in _STATUSES])[0]
        agent, name = some.choices(_AGENTS, (2, 1, 1))[0]
        call: dict[str, Any] = {
            "id": f"harbour_{number:02}_c{place + 1:03}",
            "status": status,
            "phone_number": f"+4930{7_800_000 + some.randrange(480)}",
            "direction": "outbound",
            "agent_id": agent,
            "agent_name": name,
            "currency": currency,
            "campaign": some.choice(("autumn", "harbour sale")),
            "start_time": _stamp(start),
        }
        if status == "completed" or (status == "voicemail" and place % 3):
            seconds = round(some.lognormvariate(4.7, 0.6), 1)
            call["duration"] = min(seconds, 460.0)
            call["cost"] = str((Decimal(str(call["duration"])) * Decimal("0.0021")).quantize(_CENT))
        if status == "completed":
            call |= _talk(some, start, call["duration"])
        yield call


def _talk(some: random.Random, start: datetime, seconds: float) -> dict[str, Any]:
    said = [("ai", "Hello, this is the harbour office."), ("human", "Hello?"),
            ("ai", "May I tell you about the autumn offer?")]  # fmt: skip
    said += [("human", some.choice(_SAYS)), ("ai", "Of course."), ("human", some.choice(_SAYS))]
    positive = some.randrange(10, 91)
    neutral = some.randrange(0, 101 - positive)
    step = seconds / (len(said) + 1)
    return {
        "transcript": {
            "segments": [
                {"speaker": who, "text": text, "timestamp": _stamp(start + timedelta(seconds=step * at))}
                for at, (who, text) in enumerate(said, 1)
            ]
        },
        "analytics": {
            "sentiment": {
                "positive": positive / 100, "neutral": neutral / 100,
                "negative": (100 - positive - neutral) / 100,
            },
            "engagement": some.randrange(20, 96) / 100,
        },
    }  # fmt: skip


def _batch(number: int, begun: datetime, calls: list[dict[str, Any]], observed: datetime) -> dict[str, Any]:
    over = [call for call in calls if call["status"] != "queued"]
    completed = [call for call in over if call["status"] == "completed"]
    cost = sum((Decimal(call["cost"]) for call in over if "cost" in call), Decimal(0))
    rate = len(completed) / len(calls)
    statistics = {
        "total_calls": len(calls),
        "completed": len(completed),
        "failed": len(over) - len(completed),
        "in_progress": len(calls) - len(over),
        # The fourth batch is billed too high, the fifth's rate is a wrong one.
        "total_cost": str(cost + (Decimal("7.25") if number == 3 else 0)),
    }
    is_done = len(over) == len(calls)
    return {
        "id": f"harbour_{number:02}",
        "status": "completed" if is_done else "in_progress",
        "created_at": _stamp(begun),
        **({"completed_at": _stamp(observed)} if is_done else {}),
        "statistics": statistics,
        "analytics": {"success_rate": round(rate + (0.052 if number == 5 else 0), 4)},
        "calls": calls,
    }
