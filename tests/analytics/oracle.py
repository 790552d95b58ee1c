"""Every figure once more, in plain Python over rows as dictionaries: what the analytics have to be equal to.

Nothing of `batchlake` is imported here. Floating-point sums are `math.fsum`, money is `Fraction` until it is
rounded, text is folded character by character.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.analytics.oracle_of_speech import engagement_of, known, mean, patterns_of, responses_of

Row = dict[str, Any]


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
        if all(score is not None for score in given):
            scores.append(given)
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
            "currencies": [block["currency"] for block in cost["currencies"]],
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
    if isinstance(expected, datetime) and isinstance(got, datetime):
        # Python calls times of two zones unequal, always, in the hour that comes twice.
        same = got.tzinfo is not None and expected.astimezone(UTC) == got.astimezone(UTC)
    elif isinstance(expected, float) and isinstance(got, float):
        same = math.isclose(expected, got, rel_tol=1e-12, abs_tol=1e-12)
    else:
        same = expected == got and isinstance(expected, Decimal) == isinstance(got, Decimal)
    return [] if same else [f"{path}: expected {expected!r}, got {got!r}"]
