"""A seeded generator of exports at any volume: batches of calls with a few KB of transcript each.

Responses have a long tail, as real ones do: a few are said in half of the calls, most only once. Texts are
put together from blocks made once, so that gigabytes take minutes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

_OPENING: Final = "Hello, this is AI calling from Northwind about your plan. Do you have a minute?"
_COMMON: Final = [
    "Yes, I'm interested",
    "No, thank you.",
    "Call me back tomorrow",
    "Who is this?",
    "How much is it?",
]
_WORDS: Final = (
    "price plan month contract transfer person later today office number question renew cancel offer email "
    "speak slower again please maybe really sorry thanks family work phone bill line network roaming data"
).split()
_START: Final = datetime(2024, 1, 1, 8, tzinfo=UTC)


class Exports:
    """Writes exports; the same seed gives the same bytes.

    Args:
        seed: of everything that is drawn.
        utterances: of each call; each is about 150 bytes of JSON.
    """

    def __init__(self, seed: int = 1, utterances: int = 20) -> None:
        self._random = random.Random(seed)
        self._utterances = utterances
        self._talks = [self._talk() for _ in range(2_000)]

    def call(self, number: int) -> str:
        """One call as JSON text."""
        draw = self._random.random
        duration = int(20 + 400 * draw() ** 2)
        began = _START + timedelta(seconds=number)
        facts = {
            "id": f"call_{number:09}",
            "status": "completed" if draw() < 0.85 else "no-answer",
            "phone_number": f"+1415{number % 10_000_000:07}",
            "direction": "outbound",
            "start_time": began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end_time": (began + timedelta(seconds=duration)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "duration": duration,
            "cost": f"{duration * 0.002:.4f}",
            "analytics": {
                "sentiment": {"positive": round(draw(), 2), "neutral": 0.1},
                "engagement": round(draw(), 2),
            },
        }
        talk = self._talks[int(draw() * len(self._talks))]
        rare = json.dumps(" ".join(self._random.choices(_WORDS, k=6)) + f" {number}")
        said = f'{talk},{{"speaker":"human","text":{rare}}}'
        return json.dumps(facts)[:-1] + f',"transcript":{{"segments":[{said}]}}}}'

    def batch(self, number: int, first: int, calls: int) -> Iterator[str]:
        """One batch export as pieces of JSON text."""
        yield (
            f'{{"exported_at":"2024-06-01T00:00:00Z","batch":{{"id":"batch_{number:06}","status":"completed",'
            f'"created_at":"2024-01-01T00:00:00Z","statistics":{{"total_calls":{calls}}},"calls":['
        )
        for offset in range(calls):
            yield ("," if offset else "") + self.call(first + offset)
        yield "]}}"

    def write_small(self, folder: Path, files: int, calls: int) -> int:
        """Many files of one batch each; returns the bytes written."""
        folder.mkdir(parents=True, exist_ok=True)
        return sum(
            self._write(folder / f"{number:06}.json", number, number * calls, calls)
            for number in range(files)
        )

    def write_large(self, path: Path, calls: int) -> int:
        """One document with all calls; returns the bytes written."""
        return self._write(path, 0, 0, calls)

    def _write(self, path: Path, number: int, first: int, calls: int) -> int:
        with path.open("w", encoding="utf-8") as file:
            return sum(file.write(piece) for piece in self.batch(number, first, calls))

    def _talk(self) -> str:
        said: list[dict[str, Any]] = []
        for place in range(self._utterances - 1):
            human = place % 2 == 1
            text = " ".join(self._random.choices(_WORDS, k=14))
            if place == 0:
                text = _OPENING
            elif place == 1 and self._random.random() < 0.7:
                text = self._random.choice(_COMMON)
            said.append(
                {
                    "speaker": "human" if human else "ai",
                    "text": text,
                    "timestamp": (_START + timedelta(seconds=place * 5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "confidence": 0.95,
                }
            )
        return ",".join(json.dumps(one) for one in said)
