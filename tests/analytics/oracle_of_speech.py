"""What was said, once more in plain Python: folded texts, responses, patterns, turns, words, replies.

The part of the oracle that reads transcripts. Nothing of `batchlake` is imported here.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tests.paths import ROOT

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


def known(rows: Iterable[Row], column: str) -> list[Any]:
    return [row[column] for row in rows if row.get(column) is not None]


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


def default_rules() -> list[Row]:
    """The project's own word patterns, as the file has them."""
    file = ROOT / "batchlake" / "analytics" / "patterns.toml"
    rules: list[Row] = tomllib.loads(file.read_text(encoding="utf-8"))["rule"]
    return rules
