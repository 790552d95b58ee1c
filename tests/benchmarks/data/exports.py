"""A seeded generator of export histories at any volume; the same seed gives the same bytes.

    python -m tests.benchmarks.data.exports small FOLDER --calls 100000

Writes batch exports as many small files, as one huge document (also with a key of its own in every record and
every utterance), as JSON lines (also with all but one batch in one line), or as a history in which each batch
is exported again while it runs: states advance, and some transcripts come late. A batch's calls are drawn
from the seed and the batch's number alone, so that every export of it tells of the same calls.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from tests.benchmarks.data.speech import Agent, People

CALLS_A_BATCH: Final = 200
SHAPES: Final = ("small", "document", "unknown", "ndjson", "line", "history")
HISTORY_SHARES: Final = (0.4, 0.8, 1.0)
"""How much of a batch is over at each of its exports in a history."""

_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_BATCHES_A_DAY: Final = 50
_FIRST_SECOND: Final = 8 * 3600
_AGENTS: Final = 40
_STATUSES: Final = ("completed",) * 15 + ("no-answer", "no-answer", "voicemail", "busy", "failed")
_PIECE_CALLS: Final = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """What an export shows of a batch: the share of its calls that are over, and when it was made (UTC)."""

    share: float = 1.0
    exported_at: datetime = datetime(2025, 1, 1, tzinfo=UTC)


ALL_SEEN: Final = Seen()


class Exports:
    """Writes exports; each method that writes returns the bytes written."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._people = People()
        self._agent = Agent(Random(seed))

    def batch(self, number: int, first: int, calls: int, seen: Seen = ALL_SEEN) -> Iterator[str]:
        """The export of one batch, its calls numbered from `first` on, in pieces of JSON text."""
        done = "completed" if seen.share >= 1 else "in_progress"
        yield (
            f'{{"exported_at":"{_stamp(seen.exported_at)}","batch":{{"id":"{batch_id(number)}","status":"{done}",'
            f'"created_at":"{_stamp(_created_at(number))}","statistics":{{"total_calls":{calls}}},"calls":['
        )
        gathered: list[str] = []
        for place, call in enumerate(self._calls(number, first, calls, seen)):
            gathered.append(call if place == 0 else "," + call)
            if len(gathered) == _PIECE_CALLS:
                yield "".join(gathered)
                gathered.clear()
        yield "".join(gathered) + "]}}\n"

    def write_small(self, folder: Path, calls: int) -> int:
        """Many files of one batch each."""
        return sum(
            self._write(folder / f"{batch_id(number)}.json", self.batch(number, first, size))
            for number, first, size in _batches(calls)
        )

    def write_document(self, path: Path, calls: int) -> int:
        """One batch with all the calls, in one document on one line."""
        return self._write(path, self.batch(0, 0, calls))

    def write_unknown(self, path: Path, calls: int) -> int:
        """The same document, every call and every utterance with a key that no column is for."""
        pieces = self.batch(0, 0, calls)
        own = (
            piece.replace('{"id":"call_', '{"campaign":"SPRING-24","id":"call_').replace(
                '{"speaker":', '{"channel":"left","speaker":'
            )
            for piece in pieces
        )
        return self._write(path, own)

    def write_line(self, path: Path, calls: int) -> int:
        """Two lines: a small batch, and all other calls in the second."""
        first = min(CALLS_A_BATCH, calls)
        return self._write(
            path, itertools.chain(self.batch(0, 0, first), self.batch(1, first, calls - first))
        )

    def write_ndjson(self, path: Path, calls: int) -> int:
        """A line for each call, in the shape of call details."""
        exported_at = _stamp(ALL_SEEN.exported_at)

        def lines() -> Iterator[str]:
            for number, first, size in _batches(calls):
                named = f'{{"exported_at":"{exported_at}","call":{{"batch_id":"{batch_id(number)}",'
                for call in self._calls(number, first, size, ALL_SEEN):
                    yield f"{named}{call[1:]}}}\n"

        return self._write(path, lines())

    def write_history(self, folder: Path, calls: int) -> int:
        """Each batch in a file for each of `HISTORY_SHARES`, an hour apart."""
        return sum(
            self._write(
                folder / f"{batch_id(number)}-{turn}.json",
                self.batch(number, first, size, Seen(share, _created_at(number) + timedelta(hours=1 + turn))),
            )
            for number, first, size in _batches(calls)
            for turn, share in enumerate(HISTORY_SHARES)
        )

    def _calls(self, number: int, first: int, calls: int, seen: Seen) -> Iterator[str]:
        """The calls of a batch as JSON objects. What is drawn doesn't depend on what of it is seen."""
        chance = Random(f"{self._seed} {number}")
        day = _created_at(number).date()
        for place in range(calls):
            over_at, late, status = chance.random(), chance.random(), chance.choice(_STATUSES)
            began = _FIRST_SECOND + number % _BATCHES_A_DAY * 600 + (place * 7) % 20_000
            facts = (
                f'{{"id":"call_{first + place:09}"'
                f',"phone_number":"+1415{chance.randrange(10**7):07}"'
                f',"direction":"outbound","agent_id":"agent_{int(chance.random() ** 2 * _AGENTS):02}"'
            )
            results = self._results(chance, status, f"{day}T", began)
            if over_at >= seen.share:
                yield facts + (',"status":"queued"}' if late < 0.8 else ',"status":"in-progress"}')
                continue
            transcript_is_here = late >= 0.15 or seen.share >= 1
            yield f'{facts},"status":"{status}"{results[0]}{results[1] if transcript_is_here else ""}}}'

    def _results(self, chance: Random, status: str, day: str, began: int) -> tuple[str, str]:
        """What is known of a call once it is over: its figures, and its transcript."""
        clock = self._clock
        if status != "completed":
            return f',"start_time":"{day}{clock[began]}"', ""
        transcript, ended = self._transcript(chance, day, began)
        draw = chance.random
        facts = (
            f',"start_time":"{day}{clock[began]}","end_time":"{day}{clock[ended]}","duration":{ended - began}'
            f',"recording_url":"https://recordings.example.com/{chance.getrandbits(64):016x}.mp3"'
        )
        if draw() < 0.97:
            facts += f',"cost":"{(ended - began) * 0.0021:.4f}"'
        if draw() < 0.92:
            positive = int(draw() * 101)
            neutral = int((101 - positive) * draw())
            ratio = 30 + int(draw() * 41)
            facts += (
                f',"analytics":{{"sentiment":{{"positive":{positive / 100},"neutral":{neutral / 100},'
                f'"negative":{(100 - positive - neutral) / 100}}},"engagement":{int(draw() * 101) / 100},'
                f'"talk_ratio":{{"ai":{ratio / 100},"human":{(100 - ratio) / 100}}}}}'
            )
        if draw() < 0.8:
            facts += f',"success":{"true" if draw() < 0.3 else "false"}'
        return facts, transcript

    def _transcript(self, chance: Random, day: str, second: int) -> tuple[str, int]:
        """The transcript from that second of the day on, and the second in which it ends."""
        clock, answer = self._clock, self._people.answer
        draw = chance.random
        slots = self._agent.slots(chance)
        talks = self._agent.talks
        said: list[str] = []
        for line, topic in talks[int(draw() * len(talks))]:
            text = line % slots
            said.append(
                f'{{"speaker":"ai","text":"{text}","timestamp":"{day}{clock[second]}","confidence":0.99}}'
            )
            second += 2 + len(text) // 15
            if topic:
                text = answer(topic, chance)
                said.append(
                    f'{{"speaker":"human","text":"{text}","timestamp":"{day}{clock[second]}",'
                    f'"confidence":0.{70 + int(draw() * 29)}}}'
                )
                second += 1 + len(text) // 12
        return f',"transcript":{{"segments":[{",".join(said)}]}}', second

    @cached_property
    def _clock(self) -> list[str]:
        """Every second of a day as the end of a timestamp: looking up is faster than formatting."""
        return [f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z" for at in range(86_400)]

    def _write(self, path: Path, pieces: Iterator[str]) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            return sum(file.write(piece.encode()) for piece in pieces)


def batch_id(number: int) -> str:
    """The id of a batch by its number."""
    return f"batch_{number:06}"


def _batches(calls: int) -> Iterator[tuple[int, int, int]]:
    """Numbers, first calls and sizes of batches that hold so many calls; the last may be smaller."""
    for number, first in enumerate(range(0, calls, CALLS_A_BATCH)):
        yield number, first, min(CALLS_A_BATCH, calls - first)


def _created_at(number: int) -> datetime:
    return _START + timedelta(days=number // _BATCHES_A_DAY, minutes=10 * (number % _BATCHES_A_DAY))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """Write exports of one shape, and say how many bytes they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("path", type=Path, help="a folder (small, history) or a file")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write: Callable[[Path, int], int] = getattr(Exports(given.seed), f"write_{given.shape}")
    print(write(given.path, given.calls))


if __name__ == "__main__":
    main()
