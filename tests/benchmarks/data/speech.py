"""What is said in generated calls: a script with slots, and how people answer, from `speech.toml`.

Input: a source of chance. Output: texts ready to stand between the quotes of a JSON string. Answers follow
a Zipf-like law: ten phrases make up a quarter of them, and a third are sentences from a small grammar with
millions of outcomes, most of them said once.
"""

from __future__ import annotations

import json
import tomllib
from bisect import bisect
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Final

_SPEECH: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("speech.toml").read_text("utf-8"))
_SENTENCE_SHARE: Final = 0.35
_ZIPF_EXPONENT: Final = 1.1
_TALKS: Final = 400


def _quoted(text: str) -> str:
    """A text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


class People:
    """Answers of people, by the part of the script that they answer."""

    def __init__(self) -> None:
        self._phrases = {topic: list(map(_quoted, texts)) for topic, texts in _SPEECH["answers"].items()}
        self._odds = {topic: _zipf(len(phrases)) for topic, phrases in self._phrases.items()}
        *parts, ends = _SPEECH["sentence"].values()
        self._parts = [list(map(_quoted, texts)) for texts in parts]
        self._ends = list(map(_quoted, ends))

    def answer(self, topic: str, chance: Random) -> str:
        """A short phrase as a rule, a sentence of one's own in a third of the cases."""
        draw = chance.random
        if topic != "closing" and draw() < _SENTENCE_SHARE:
            return self._sentence(chance)
        phrases = self._phrases[topic]
        return phrases[min(bisect(self._odds[topic], draw()), len(phrases) - 1)]

    def _sentence(self, chance: Random) -> str:
        draw = chance.random
        said = " ".join([words[int(draw() * len(words))] for words in self._parts])
        if draw() < 0.5:
            end = self._ends[int(draw() * len(self._ends))]
            said = f"{said}, {end.replace('#', str(int(draw() * 90) + 10))}"
        return said + "." if draw() < 0.7 else said


class Agent:
    """The agent's talks: which lines follow each other, drawn once, and the slots that each call fills."""

    def __init__(self, chance: Random) -> None:
        self.talks = [_talk(chance) for _ in range(_TALKS)]

    def slots(self, chance: Random) -> dict[str, str]:
        """What the blanks of one call's lines are filled with."""
        draw = chance.random
        first, last, product, month = (names[int(draw() * len(names))] for names in _SPEECH["names"].values())
        return {
            "first": first,
            "name": f"{first} {last}",
            "product": product,
            "price": f"${int(draw() * 60) + 9}.{'99' if draw() < 0.6 else '50'}",
            "date": f"{month} {int(draw() * 28) + 1}",
            "hour": f"{int(draw() * 9) + 9} o'clock",
            "years": str(int(draw() * 8) + 2),
            "code": str(int(draw() * 9000) + 1000),
        }


def _talk(chance: Random) -> list[tuple[str, str]]:
    """The lines of one talk, each with the topic of its answer: 15 to 24 utterances with the answers."""
    lines = {topic: chance.sample(texts, len(texts)) for topic, texts in _SPEECH["script"].items()}
    opening, closing = lines.pop("opening")[0], lines.pop("closing")[0]
    drawn = chance.sample([topic for topic, texts in lines.items() for _ in texts], chance.randint(6, 10))
    middle = sorted(drawn, key=list(lines).index)
    talk = [(opening, "opening"), *((lines[topic].pop(), topic) for topic in middle)]
    talk.append((closing, "closing" if chance.random() < 0.5 else ""))
    return [(_quoted(line), topic) for line, topic in talk]


def _zipf(phrases: int) -> list[float]:
    """The cumulative odds of so many phrases, the first being the likeliest."""
    weights = [1 / rank**_ZIPF_EXPONENT for rank in range(1, phrases + 1)]
    return [so_far / sum(weights) for so_far in accumulate(weights)]
