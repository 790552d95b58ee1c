"""How a call or a batch of the home platform is to be understood, in plain Python: an oracle that imports
nothing of the package.

It reads the lists of fields from the headers of `sql/sources/svalync_*.sql`, as a person would, and applies
the rules of the README ("How a record is understood") to one decoded JSON object.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.paths import ROOT

SOURCES = ROOT / "sql" / "sources"
CALL_FIELDS = (SOURCES / "svalync_calls.sql").read_text(encoding="utf-8")
BATCH_FIELDS = (SOURCES / "svalync_batches.sql").read_text(encoding="utf-8")

NUMBERS = {"duration_seconds": 1e9, "response_time_seconds": 1e9, "reported_average_duration_seconds": 1e9}
SHARES = {
    "sentiment_positive", "sentiment_neutral", "sentiment_negative", "engagement", "talk_ratio_ai",
    "talk_ratio_human", "reported_success_rate", "reported_sentiment_positive", "reported_sentiment_neutral",
    "reported_sentiment_negative",
}  # fmt: skip
PLAIN_NUMBERS = {"voice_pace", "voice_volume", "voice_clarity"}
COUNTS = {
    "interruptions", "tokens_consumed", "reported_total_calls", "reported_completed", "reported_failed",
    "reported_in_progress",
}  # fmt: skip
AMOUNTS = {"cost", "reported_total_cost"}
LISTS = {"reported_common_responses"}
FLAGS = {"success", "is_test"}
TIMES = {"created_at", "updated_at", "started_at", "ended_at", "completed_at", "exported_at"}
CODES = (
    dict.fromkeys(NUMBERS, "not_a_duration") | dict.fromkeys(SHARES, "not_a_share")
    | dict.fromkeys(PLAIN_NUMBERS, "not_a_number") | dict.fromkeys(COUNTS, "not_a_count")
    | dict.fromkeys(FLAGS, "not_a_flag") | dict.fromkeys(TIMES, "not_a_time")
    | dict.fromkeys(AMOUNTS, "not_an_amount") | dict.fromkeys(LISTS, "not_a_list")
    | {"currency": "not_a_currency", "direction": "not_a_direction"}
)  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


Alternatives = list[tuple[tuple[str, ...], list[tuple[str, ...]]]]


def fields(header: str) -> Alternatives:
    """Columns that are read together, with the paths of each alternative."""
    block = re.search(r"-- fields:\n((?:--   .*\n)+)", header)
    assert block
    text = re.sub(r"\n--\s+", " ", re.sub(r"\n--   (?=\S+(?: \S+)*?:)", "\n", "\n" + block[1].strip()))
    found = []
    for line in re.sub(r"^--   ", "", text.strip(), flags=re.M).splitlines():
        name, _, given = line.partition(": ")
        paths = [path.strip().partition(" (")[0] for path in given.split(",")]
        if members := re.search(r"\{(.*)\}", name):
            parts = [part.strip() for part in members[1].split(",")]
            columns = tuple(name.replace(members[0], part) for part in parts)
            found.append((columns, [tuple(path.replace("{}", part) for part in parts) for path in paths]))
        else:
            found.append(((name,), [(path,) for path in paths]))
    return found


class Rules:
    """What is known of one kind of record."""

    def __init__(self, header: str) -> None:
        self.fields = fields(header)
        self.thousandths = set(re.findall(r"(\S+) \(milliseconds\)", header))
        self.paths = [path for _, listed in self.fields for alternative in listed for path in alternative]
        self.objects = {
            ".".join(path.split(".")[:depth])
            for path in self.paths
            for depth in range(1, path.count(".") + 1)
        }


CALLS, BATCHES = Rules(CALL_FIELDS), Rules(BATCH_FIELDS)
TRANSCRIPTS = ("transcripts", "transcript")


@dataclass
class Understood:
    """What a call says: its columns, what no column has, and what can't be read (field, code)."""

    columns: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


def understood_batch(batch: dict[str, Any]) -> Understood:
    """One batch as the rules have it; its calls are records of their own."""
    found = _read({key: value for key, value in batch.items() if key != "calls"}, BATCHES)
    start, end = found.columns["created_at"], found.columns["completed_at"]
    if start and end and end < start:
        found.columns["completed_at"] = None
        found.problems.append(("completed_at", "end_before_start"))
    return found


def understood(call: dict[str, Any]) -> Understood:
    """One call as the rules have it."""
    found = _read({key: value for key, value in call.items() if key not in TRANSCRIPTS}, CALLS)
    start, end = found.columns["started_at"], found.columns["ended_at"]
    if start and end and end < start:
        found.columns["ended_at"] = None
        found.problems.append(("ended_at", "end_before_start"))
    scores = [f"sentiment_{name}" for name in ("positive", "neutral", "negative")]
    if any(found.columns[name] is not None for name in scores):
        unread = {name for name in scores if (name, "not_a_share") in found.problems}
        for name in scores:
            # Beside one that can be read, a score that is left out is 0; one that can't be read is none.
            if found.columns[name] is None and name not in unread:
                found.columns[name] = 0.0
    phone, direction = found.columns.pop("phone_number", None), found.columns.get("direction")
    side = "from_number" if direction == "inbound" else "to_number"
    if found.columns.get(side) is None:
        found.columns[side] = phone
    elif phone is not None and phone != found.columns[side]:
        found.extra["phone_number"] = phone
    return found


def _read(record: dict[str, Any], rules: Rules) -> Understood:
    found = Understood()
    _unknown(record, "", rules, found)
    for columns, alternatives in rules.fields:
        _choose(record, columns, alternatives, rules, found)
    return found


def _unknown(value: dict[str, Any], prefix: str, rules: Rules, found: Understood) -> None:
    for key, inner in value.items():
        path = prefix + key
        if path in rules.objects and "." not in key:
            if isinstance(inner, dict):
                _unknown(inner, f"{path}.", rules, found)
            elif says(inner) and (path not in rules.paths):
                found.problems.append((path, "not_an_object"))
        elif (path not in rules.paths or "." in key) and says(inner):
            quoted = json.dumps(key, ensure_ascii=False) if "." in key or key.startswith('"') else key
            found.extra[prefix + quoted] = inner


def says(value: Any) -> bool:
    """Whether a value says anything."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def at(call: Any, path: str) -> Any:
    for key in path.split("."):
        call = call.get(key) if isinstance(call, dict) else None
    return call


def text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _choose(
    call: dict[str, Any],
    columns: tuple[str, ...],
    alternatives: list[tuple[str, ...]],
    rules: Rules,
    found: Understood,
) -> None:
    chosen: dict[str, str | None] = dict.fromkeys(columns)
    containers: list[tuple[str, str]] = []
    for paths in alternatives:
        texts: dict[str, str | None] = {}
        for column, path in zip(columns, paths, strict=True):
            value = at(call, path)
            if isinstance(value, dict) and path in rules.objects:
                value = None
            if isinstance(value, dict | list) and column not in CODES:
                containers.append((column, path))
                value = None
            texts[column] = text(value)
            if path in rules.thousandths and texts[column] is not None:
                texts[column] = _seconds(texts[column])
                if texts[column] is None:
                    found.problems.append((column, CODES[column]))
        is_open = all(one is None for one in chosen.values())
        if is_open:
            chosen = texts
            continue
        for column, path in zip(columns, paths, strict=True):
            if texts[column] is not None and texts[column] != chosen[column]:
                found.extra[path] = at(call, path)
    for column, path in containers:
        if chosen[column] is None:
            found.problems.append((column, "not_a_text"))
        else:
            found.extra[path] = at(call, path)
    for column, given in chosen.items():
        value, is_read = typed(column, given)
        found.columns[column] = value
        if not is_read:
            found.problems.append((column, CODES.get(column, "not_an_id")))


def _seconds(given: str) -> str | None:
    """Milliseconds as seconds."""
    if not NUMBER.fullmatch(given):
        return None
    seconds = Decimal(given) / 1000
    return format(seconds.normalize(), "f") if seconds else "0"


def typed(column: str, given: str | None) -> tuple[Any, bool]:
    """A text as the column's type, and whether it could be read."""
    if given is None:
        return None, True
    value = _typed(column, given)
    return value, value is not None


def _typed(column: str, given: str) -> Any:
    number = float(given) if NUMBER.fullmatch(given) else None
    if column in NUMBERS:
        return number if number is not None and 0 <= number <= NUMBERS[column] else None
    if column in SHARES:
        return number if number is not None and 0 <= number <= 1 else None
    if column in PLAIN_NUMBERS:
        return number
    if column in COUNTS:
        is_count = number is not None and 0 <= number <= 9e15 and number == int(number)
        return int(number) if number is not None and is_count else None
    if column in FLAGS:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            given.lower()
        )
    if column in LISTS:
        return json.loads(given) if given.startswith("[") else None
    if column in AMOUNTS:
        try:
            return round(Decimal(given), 6) if NUMBER.fullmatch(given) else None
        except InvalidOperation:
            return None
    if column == "currency":
        return given.upper() if re.fullmatch("[A-Za-z]{3}", given) else None
    if column == "direction":
        return given.lower() if given.lower() in ("inbound", "outbound", "web") else None
    if column in TIMES:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", given):
            return None
        return datetime.fromisoformat(given.replace("Z", "+00:00")).astimezone(UTC)
    if column == "batch_id":
        return given if len(given) <= 256 and not re.search(r"[\x00-\x1f\x7f-\x9f]", given) else None
    return given.lower() if column == "sentiment_label" else given
