"""What a filter means, in plain Python and without the compiler: the independent check of its SQL.

A filter is the raw JSON object, a call a dictionary of columns with `segments` (a list of speaker and text).
Amounts and times are compared as exact fractions. `date_range` is given as text.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.analytics.oracle_of_speech import fold

Call = dict[str, Any]


def matches(chosen: dict[str, Any], call: Call) -> bool:
    """Whether the call matches every key. A value that is None matches no condition on it."""
    return all(_holds(key, given, call) for key, given in chosen.items())


def _holds(key: str, given: Any, call: Call) -> bool:
    match key:
        case "any":
            return any(matches(one, call) for one in given)
        case "all":
            return all(matches(one, call) for one in given)
        case "not":
            return not matches(given, call)
        case "status":
            return call["status"] in [_canonical(status) for status in _listed(given)]
        case "currency":
            return call[key] in [one.upper() for one in _listed(given)]
        case "source" | "batch_id" | "call_id" | "agent_id" | "agent_name":
            return call[key] in _listed(given)
        case "outcome" | "direction":
            return call[key] in [_name(one) for one in _listed(given)]
        case "duration":
            return _between(call["duration_seconds"], given)
        case "engagement":
            return _between(call["engagement"], given)
        case "cost":
            return _between(_exact(call["cost"]), {bound: _exact(amount) for bound, amount in given.items()})
        case "sentiment":
            return all(_sentiment_holds(name, bound, call) for name, bound in given.items())
        case "date_range":
            when = instant(call["call_time"])
            if when is None:
                return False
            after = "start" not in given or instant(given["start"]) <= when
            return after and ("end" not in given or when < instant(given["end"]))
        case "phone_number":
            held = [number for number in (call["from_number"], call["to_number"]) if number is not None]
            return any(_is_number(one, wanted) for one in held for wanted in _listed(given))
        case "text":
            wanted = {"contains": given} if isinstance(given, str) else given
            return any(
                contains(said["text"], wanted["contains"])
                and _name(wanted.get("speaker", said["speaker"])) == said["speaker"]
                for said in call["segments"]
            )
        case "extra":
            return all(_extra_holds(call["extra"], name, wanted) for name, wanted in given.items())
        case "success" | "is_test":
            return call[key] is given
        case "has_transcript":
            return (call["segment_count"] not in (None, 0)) is given
        case "has_recording":
            return (call["recording_url"] not in (None, "")) is given
    raise AssertionError(f"the oracle doesn't know {key}")


def _sentiment_holds(name: str, bound: Any, call: Call) -> bool:
    if name == "mainly":
        scores = {score: call[f"sentiment_{score}"] for score in ("positive", "neutral", "negative")}
        if None in scores.values():
            # A lead over one that isn't known is no lead.
            return False
        return any(
            all(scores[_name(one)] > other for score, other in scores.items() if score != _name(one))
            for one in _listed(bound)
        )
    if name == "label":
        return call["sentiment_label"] in [label.lower() for label in _listed(bound)]
    edge, _, score = name.partition("_")
    return _between(call[f"sentiment_{score}"], {edge: bound})


def _extra_holds(extra: dict[str, Any] | None, name: str, wanted: Any) -> bool:
    held = (extra or {}).get(name)
    if not isinstance(wanted, dict):
        said = held if isinstance(held, str) else json.dumps(held)
        texts = [one if isinstance(one, str) else json.dumps(one) for one in _listed(wanted)]
        return held is not None and said in texts
    if "exists" in wanted and (held is not None) != wanted["exists"]:
        return False
    bounds = {bound: wanted[bound] for bound in ("min", "max") if bound in wanted}
    if not bounds:
        return True
    try:
        return math.isfinite(float(held)) and _between(float(held), bounds)
    except (TypeError, ValueError):
        return False


def _between(value: Any, bounds: dict[str, Any]) -> bool:
    if value is None:
        return False
    return value >= bounds.get("min", value) and value <= bounds.get("max", value)


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _canonical(status: str) -> str:
    others = {"canceled": "cancelled", "complete": "completed"}
    return others.get(_name(status), _name(status))


def _name(given: str) -> str:
    """One of batchlake's own words, however it is spelled."""
    key = re.sub(r"[-_\s]", "", given).lower()
    return {"inprogress": "in_progress", "noanswer": "no_answer"}.get(key, key)


def _exact(amount: Any) -> Fraction | None:
    if amount is None:
        return None
    return Fraction(Decimal(repr(amount) if isinstance(amount, float) else amount))


def instant(when: Any) -> Fraction | None:
    """Seconds since 1970, exactly."""
    if when is None:
        return None
    if isinstance(when, datetime):
        text = when.astimezone(UTC).isoformat()
    else:
        text = when.upper().replace(" ", "T").replace("Z", "+00:00")
    if "T" not in text:
        text += "T00:00:00+00:00"
    whole, digits, offset = re.fullmatch(r"(.{19})(\.\d+)?(.{6})", text).groups()
    seconds = (datetime.fromisoformat(whole + offset) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return Fraction(int(seconds)) + Fraction(digits or "0")


def _is_number(held: str, wanted: str) -> bool:
    return held.startswith(wanted[:-1]) if wanted.endswith("*") else held == wanted


def contains(text: str, sought: str) -> bool:
    """Whether the text holds what is sought, both folded; what folds to nothing is sought as it stands."""
    return fold(sought) in fold(text) if fold(sought) else sought in text
