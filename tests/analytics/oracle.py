"""Every figure once more, in plain Python over rows as dictionaries: what the analytics have to be equal to.

Nothing of `batchlake` is imported here. Floating-point sums are `math.fsum`, money is `Fraction` until it is
rounded, text is folded character by character.
"""

from __future__ import annotations

import math
import re
import statistics
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

STRAIGHT = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"'}


def fold(text: str) -> str:
    """The text_key of SPEC section 6."""
    normal = unicodedata.normalize("NFKC", text)
    lower = "".join(STRAIGHT.get(character, character) for character in normal).lower()
    characters = list(" ".join(lower.split()))
    while characters and (characters[0] == " " or unicodedata.category(characters[0])[0] == "P"):
        characters.pop(0)
    while characters and (characters[-1] == " " or unicodedata.category(characters[-1])[0] == "P"):
        characters.pop()
    return "".join(characters)


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def percentile(values: Sequence[Any], numerator: int, denominator: int) -> Any:
    """Linear interpolation between the two neighbours of place (n - 1) * numerator / denominator."""
    if not values:
        return None
    ordered = sorted(values)
    place, beyond = divmod((len(ordered) - 1) * numerator, denominator)
    low = ordered[place]
    high = ordered[min(place + 1, len(ordered) - 1)]
    return low + (high - low) * (
        Fraction(beyond, denominator) if isinstance(low, Fraction) else beyond / denominator
    )


def money(amount: Fraction | None) -> Decimal | None:
    """Rounded half to even at six decimals."""
    if amount is None:
        return None
    with localcontext() as context:
        context.prec = 80
        exact = Decimal(amount.numerator) / Decimal(amount.denominator)
        return exact.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def ratio(numerator: int, denominator: int, total: int) -> Row:
    return {
        "rate": numerator / denominator if denominator else None,
        "numerator": numerator,
        "denominator": denominator,
        "missing": total - denominator,
    }


def known(rows: Iterable[Row], column: str) -> list[Any]:
    return [row[column] for row in rows if row.get(column) is not None]


def cost_of(calls: list[Row]) -> Row:
    priced: dict[str | None, list[Row]] = defaultdict(list)
    for row in calls:
        if row.get("cost") is not None:
            priced[row.get("currency")].append(row)
    blocks = []
    for currency in sorted(priced, key=lambda name: (name is None, name or "")):
        rows = priced[currency]
        costs = [Fraction(row["cost"]) for row in rows]
        timed = [row for row in rows if row.get("duration_seconds") is not None]
        minutes = sum((Fraction(str(row["duration_seconds"])) for row in timed), Fraction(0)) / 60
        spent_on_timed = sum((Fraction(row["cost"]) for row in timed), Fraction(0))
        completed = sum(row["outcome"] == "completed" for row in rows)
        blocks.append(
            {
                "currency": currency,
                "calls": len(rows),
                "total": money(sum(costs)),
                "mean": money(sum(costs) / len(costs)),
                "median": money(percentile(costs, 1, 2)),
                "p95": money(percentile(costs, 19, 20)),
                "min": money(min(costs)),
                "max": money(max(costs)),
                "completed_calls": completed,
                "per_completed_call": money(sum(costs) / completed) if completed else None,
                "timed_calls": len(timed),
                "timed_minutes": float(minutes) if timed else None,
                "per_minute": money(spent_on_timed / minutes) if minutes else None,
            }
        )
    calls_with_cost = sum(block["calls"] for block in blocks)
    return {
        "total": blocks[0]["total"] if len(blocks) == 1 else None,
        "calls": calls_with_cost,
        "missing": len(calls) - calls_with_cost,
        "currencies": blocks,
    }


def duration_of(calls: list[Row]) -> Row:
    lengths = known(calls, "duration_seconds")
    long = [value for value in lengths if value > 0]
    completed = known([row for row in calls if row["outcome"] == "completed"], "duration_seconds")
    return {
        "calls": len(lengths),
        "missing": len(calls) - len(lengths),
        "total": math.fsum(lengths) if lengths else None,
        "mean": mean(lengths),
        "mean_of_non_zero": mean(long),
        "non_zero_calls": len(long),
        "mean_of_completed": mean(completed),
        "completed_calls": len(completed),
        "median": statistics.median(lengths) if lengths else None,
        "p90": percentile(lengths, 9, 10),
        "p95": percentile(lengths, 19, 20),
        "min": min(lengths, default=None),
        "max": max(lengths, default=None),
        "standard_deviation": statistics.stdev(lengths) if len(lengths) > 1 else None,
    }


def sentiment_of(calls: list[Row]) -> Row:
    names = ("positive", "neutral", "negative")
    scores = []
    for row in calls:
        given = [row.get(f"sentiment_{name}") for name in names]
        if any(score is not None for score in given):
            scores.append([score or 0.0 for score in given])
    mainly: Counter[str] = Counter()
    for score in scores:
        best = max(score)
        mainly[names[score.index(best)] if score.count(best) == 1 else "undecided"] += 1
    labels = Counter(known(calls, "sentiment_label"))
    return {
        **{name: mean([score[place] for score in scores]) for place, name in enumerate(names)},
        "calls": len(scores),
        "missing": len(calls) - len(scores),
        "mainly": {name: ratio(mainly[name], len(scores), len(calls)) for name in (*names, "undecided")},
        "labels": dict(labels),
        "unlabelled": len(calls) - labels.total(),
    }


def human_utterances(calls: list[Row], segments: list[Row]) -> list[Row]:
    ids = {(row["source"], row["call_id"]) for row in calls}
    return [row for row in segments if (row["source"], row["call_id"]) in ids and row["speaker"] == "human"]


def responses_of(calls: list[Row], segments: list[Row], top: int) -> list[Row]:
    said = human_utterances(calls, segments)
    by_key: dict[str, list[Row]] = defaultdict(list)
    for row in said:
        if row["text_key"]:
            by_key[row["text_key"]].append(row)
    found = []
    for rows in by_key.values():
        spellings = Counter(row["text"] for row in rows)
        most = max(spellings.values())
        found.append(
            {
                "text": min(text for text, count in spellings.items() if count == most),
                "count": len(rows),
                "calls": len({(row["source"], row["call_id"]) for row in rows}),
                "share": len(rows) / len(said),
            }
        )
    return sorted(found, key=lambda one: (-one["count"], -one["calls"], one["text"]))[:top]


def words_of(text_key: str) -> str:
    """Letters, marks, digits, `_` and `'` parted by single blanks."""
    kept = [
        character if unicodedata.category(character)[0] in "LMN" or character in "_'" else " "
        for character in text_key
    ]
    return " ".join("".join(kept).split(" ")).strip()


def pattern_of(text_key: str, rules: list[Row]) -> str:
    words = re.sub(" +", " ", words_of(text_key))
    for rule in rules:
        if any(re.search(f"(?:^| )(?:{word})(?:$| )", words, re.IGNORECASE) for word in rule["words"]):
            return str(rule["pattern"])
    return "other"


def patterns_of(calls: list[Row], segments: list[Row], rules: list[Row]) -> Row:
    said = human_utterances(calls, segments)
    first: dict[tuple[str, str], Row] = {}
    for row in said:
        key = (row["source"], row["call_id"])
        if key not in first or row["position"] < first[key]["position"]:
            first[key] = row
    names = [*dict.fromkeys(rule["pattern"] for rule in rules), "other"]

    def counted(rows: Iterable[Row]) -> Row:
        counts = Counter(pattern_of(row["text_key"], rules) for row in rows)
        total = counts.total()
        return {
            "total": total,
            "patterns": {
                name: {"count": counts[name], "share": counts[name] / total if total else None}
                for name in names
            },
        }

    return {
        "utterances": counted(said),
        "first_utterances": counted(first.values()),
        "missing": len(calls) - len(first),
    }


def conversation(segments: list[Row]) -> Row:
    """Turns, words and mean reply time of one call's transcript."""
    ordered = sorted(segments, key=lambda row: row["position"])
    turns: list[list[Row]] = []
    replies = []
    for before, row in zip([None, *ordered], ordered, strict=False):
        if before is None or before["speaker"] != row["speaker"]:
            turns.append([])
        turns[-1].append(row)
        if before and before["speaker"] == "ai" and row["speaker"] == "human":
            gap = None
            if before.get("spoken_at") and row.get("spoken_at"):
                gap = (row["spoken_at"] - before["spoken_at"]).total_seconds()
            elif before.get("offset_seconds") is not None and row.get("offset_seconds") is not None:
                gap = row["offset_seconds"] - before["offset_seconds"]
            if gap is not None and gap >= 0:
                replies.append(gap)

    def words(speaker: str) -> int:
        return sum(
            len(row["text_key"].split(" "))
            for row in ordered
            if row["speaker"] == speaker and row["text_key"]
        )

    both = words("ai") + words("human")
    return {
        "turns": len(turns),
        "human_turns": sum(turn[0]["speaker"] == "human" for turn in turns),
        "human_words": words("human"),
        "talk_ratio_human": words("human") / both if both else None,
        "talk_ratio_ai": 1 - words("human") / both if both else None,
        "response_time": round(math.fsum(replies) / len(replies), 6) if replies else None,
    }


def engagement_of(calls: list[Row], segments: list[Row]) -> Row:
    by_call: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in segments:
        by_call[row["source"], row["call_id"]].append(row)
    held = {
        (row["source"], row["call_id"]): conversation(by_call[row["source"], row["call_id"]])
        for row in calls
        if (row["source"], row["call_id"]) in by_call
    }

    def either(given: list[tuple[bool, Any, Any]]) -> Row:
        """Of (reported?, reported value, measured value)."""
        values = [(reported, one if reported else other) for reported, one, other in given]
        present = [value for _, value in values if value is not None]
        reported = sum(flag for flag, _ in values)
        return {"values": present, "reported": reported}

    def figure(found: Row, calls_with: int) -> Row:
        return {
            "mean": mean(found["values"]),
            "calls": calls_with,
            "reported": found["reported"],
            "measured": calls_with - found["reported"],
            "missing": len(calls) - calls_with,
        }

    ratios = {"ai": [], "human": []}
    times = []
    for row in calls:
        measured = held.get((row["source"], row["call_id"]), {})
        given = row.get("talk_ratio_ai") is not None or row.get("talk_ratio_human") is not None
        for who, found in ratios.items():
            found.append((given, row.get(f"talk_ratio_{who}"), measured.get(f"talk_ratio_{who}")))
        reported = row.get("response_time_seconds")
        times.append((reported is not None, reported, measured.get("response_time")))
    with_ratio = sum(flag or other is not None for flag, _, other in ratios["ai"])
    scores = known(calls, "engagement")
    bands = Counter(min(int(score * 5), 4) for score in scores)
    interruptions = {"values": known(calls, "interruptions"), "reported": len(known(calls, "interruptions"))}
    turns = {"values": [one["turns"] for one in held.values()], "reported": 0}
    human_turns = sum(one["human_turns"] for one in held.values())
    human_words = sum(one["human_words"] for one in held.values())
    speaking = sum(one["human_turns"] > 0 for one in held.values())
    time = either(times)
    return {
        "score": {
            "mean": mean(scores),
            "calls": len(scores),
            "missing": len(calls) - len(scores),
            "distribution": [
                {"lower": band / 5, "upper": (band + 1) / 5, "calls": bands[band]} for band in range(5)
            ],
        },
        "talk_ratio_ai": figure(either(ratios["ai"]), with_ratio),
        "talk_ratio_human": figure(either(ratios["human"]), with_ratio),
        "response_time": figure(time, len(time["values"])),
        "interruptions": figure(interruptions, len(interruptions["values"])),
        "turns": figure(turns, len(held)),
        "human_words_per_turn": {
            "mean": human_words / human_turns if human_turns else None,
            "words": human_words,
            "turns": human_turns,
            "calls": speaking,
            "missing": len(calls) - speaking,
        },
    }


def timeline_of(calls: list[Row], every: str, timezone: str) -> Row:
    moments: dict[datetime, list[Row]] = defaultdict(list)
    for row in calls:
        if row.get("call_time") is not None:
            local = row["call_time"].astimezone(ZoneInfo(timezone))
            start = local.replace(minute=0, second=0, microsecond=0)
            moments[
                (start if every == "hour" else start.replace(hour=0, fold=0)).astimezone(ZoneInfo("UTC"))
            ].append(row)
    found = []
    for start in sorted(moments):
        rows = moments[start]
        outcomes = Counter(row["outcome"] for row in rows)
        costs = [
            {"currency": block["currency"], "total": block["total"]} for block in cost_of(rows)["currencies"]
        ]
        found.append(
            {
                "start": start,
                "total_calls": len(rows),
                **{name: outcomes[name] for name in ("completed", "failed", "in_progress", "unknown")},
                "completion_rate": outcomes["completed"] / len(rows),
                "total_cost": costs[0]["total"] if len(costs) == 1 else None,
                "costs": costs,
            }
        )
    timed = sum(one["total_calls"] for one in found)
    return {"every": every, "timezone": timezone, "moments": found, "missing": len(calls) - timed}


def blocks(
    calls: list[Row], segments: list[Row], rules: list[Row], top: int, every: str, timezone: str
) -> Row:
    """Every block of figures over some calls."""
    outcomes = Counter(row["outcome"] for row in calls)
    total = len(calls)
    cost = cost_of(calls)
    duration = duration_of(calls)
    flags = known(calls, "success")
    finished = outcomes["completed"] + outcomes["failed"]
    return {
        "statistics": {
            "total_calls": total,
            **{name: outcomes[name] for name in ("completed", "failed", "in_progress", "unknown")},
            "average_duration": duration["mean"],
            "total_cost": cost["total"],
            "by_status": dict(Counter(row["status"] for row in calls)),
            "calls_without_duration": duration["missing"],
            "calls_without_cost": cost["missing"],
        },
        "success_rate": outcomes["completed"] / total if total else None,
        "average_sentiment": sentiment_of(calls),
        "common_responses": responses_of(calls, segments, top),
        "rates": {
            "completed_of_total": ratio(outcomes["completed"], total, total),
            "completed_of_finished": ratio(outcomes["completed"], finished, total),
            "success_of_known": ratio(sum(flags), len(flags), total),
        },
        "duration": duration,
        "cost": cost,
        "response_patterns": patterns_of(calls, segments, rules),
        "engagement": engagement_of(calls, segments),
        "timeline": timeline_of(calls, every, timezone),
    }


def grouped(calls: list[Row], by: Sequence[str], timezone: str) -> dict[tuple[Any, ...], list[Row]]:
    """The calls by the values of dimensions."""

    def value(row: Row, name: str) -> Any:
        if name in row or name not in ("day", "month", "weekday", "hour_of_day"):
            return row.get(name)
        if row.get("call_time") is None:
            return None
        local = row["call_time"].astimezone(ZoneInfo(timezone))
        return {
            "day": local.date(),
            "month": local.strftime("%Y-%m"),
            "weekday": local.strftime("%A"),
            "hour_of_day": local.hour,
        }[name]

    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in calls:
        groups[tuple(value(row, name) for name in by)].append(row)
    return groups


def default_rules() -> list[Row]:
    """The project's own word patterns, as the file has them."""
    file = Path(__file__).parents[2] / "batchlake" / "patterns.toml"
    rules: list[Row] = tomllib.loads(file.read_text(encoding="utf-8"))["rule"]
    return rules


def differences(expected: Any, got: Any, path: str = "") -> list[str]:
    """Where two nested answers differ; floats may by 1e-12 of their size, or 1e-12."""
    if isinstance(expected, dict) and isinstance(got, dict):
        keys = (
            [f"{path}: keys {sorted(map(str, expected.keys() ^ got.keys()))}"]
            if expected.keys() != got.keys()
            else []
        )
        return keys + [
            fault
            for key in expected.keys() & got.keys()
            for fault in differences(expected[key], got[key], f"{path}.{key}")
        ]
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return [f"{path}: {len(expected)} entries expected, got {len(got)}: {expected} / {got}"]
        return [
            fault
            for place, (one, other) in enumerate(zip(expected, got, strict=True))
            for fault in differences(one, other, f"{path}[{place}]")
        ]
    if isinstance(expected, float) and isinstance(got, float):
        same = math.isclose(expected, got, rel_tol=1e-12, abs_tol=1e-12)
    else:
        same = expected == got and isinstance(expected, Decimal) == isinstance(got, Decimal)
    return [] if same else [f"{path}: expected {expected!r}, got {got!r}"]
