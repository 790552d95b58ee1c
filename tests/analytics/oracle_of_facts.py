"""What a transcript tells of its call and of its utterances, once more in plain Python.

Nothing of `batchlake` is imported here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

Row = dict[str, Any]

FACTS = ("turns", "human_turns", "human_words", "words", "measured_response_seconds")
FLAGS = ("is_first_human", "is_first_with_key")


def gap(before: Row, row: Row) -> int | None:
    """Microseconds from one utterance to the next; None where the two have no times, nor offsets."""
    if before.get("spoken_at") is not None and row.get("spoken_at") is not None:
        return (row["spoken_at"] - before["spoken_at"]) // timedelta(microseconds=1)
    if before.get("offset_seconds") is not None and row.get("offset_seconds") is not None:
        return round((row["offset_seconds"] - before["offset_seconds"]) * 1e6)
    return None


def facts_of(transcript: Iterable[Row]) -> Row:
    """The facts of a call whose transcript this is; None each where it is empty."""
    said = sorted(transcript, key=lambda row: row["position"])
    if not said:
        return dict.fromkeys(FACTS)
    turns = [speaker for speaker, _ in groupby(said, key=lambda row: row["speaker"])]
    words = {
        speaker: sum(
            len(row["text_key"].split(" ")) for row in said if row["speaker"] == speaker and row["text_key"]
        )
        for speaker in ("ai", "human")
    }
    replies = [
        micros
        for before, row in pairwise(said)
        if (before["speaker"], row["speaker"]) == ("ai", "human")
        and (micros := gap(before, row)) is not None
        and micros >= 0
    ]
    return {
        "turns": len(turns),
        "human_turns": turns.count("human"),
        "human_words": words["human"],
        "words": words["ai"] + words["human"],
        "measured_response_seconds": round(Fraction(sum(replies), len(replies))) / 1e6 if replies else None,
    }


def flags_of(transcript: Iterable[Row]) -> dict[int, Row]:
    """The facts of each utterance of a transcript, by its position."""
    seen: set[tuple[str, str]] = set()
    is_human_heard = False
    found = {}
    for row in sorted(transcript, key=lambda row: row["position"]):
        saying = (row["speaker"], row["text_key"])
        is_human = row["speaker"] == "human"
        found[row["position"]] = {
            "is_first_human": is_human and not is_human_heard,
            "is_first_with_key": saying not in seen,
        }
        seen.add(saying)
        is_human_heard |= is_human
    return found


def with_facts(calls: Iterable[Row], segments: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of `calls` and of `segments` with the facts that these utterances tell."""
    transcripts: dict[tuple[str, str], list[Row]] = defaultdict(list)
    segments = list(segments)
    for row in segments:
        transcripts[row["source"], row["call_id"]].append(row)
    flags = {key: flags_of(said) for key, said in transcripts.items()}
    return (
        [row | facts_of(transcripts.get((row["source"], row["call_id"]), ())) for row in calls],
        [row | flags[row["source"], row["call_id"]][row["position"]] for row in segments],
    )
