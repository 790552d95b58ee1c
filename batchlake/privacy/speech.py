"""A number read out over several turns, or word by word in a list: utterances of one speaker that are little
else than digits, and what platforms keep of each word.

Input: utterances in order, lists of documents. Output: which of them hold a known number together. What the
other speaker says between them doesn't count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.privacy import numbers
from batchlake.privacy.digits import EVERY_LANGUAGE, Spoken, bounds_of_runs, digits_of_runs
from batchlake.privacy.json_numbers import decoded, dumped
from batchlake.privacy.sieves import places_of

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.privacy.finder import Finder

_WORD_KEYS: Final = ("word", "punctuated_word", "text", "content", "token")
_SAID_KEYS: Final = ("content", "text", "message", "utterance", "transcript", "sentence")
_SPEAKER_KEYS: Final = ("speaker", "role", "user", "participant", "channel")
_LONGEST_WORD: Final = 24
_LISTED: Final = r'"word":\s*"'
_FEWEST: Final = 3
_MOST_OTHER_WORDS: Final = 2
_WORD: Final = re.compile(r"\w+")


def is_part(text: str, spoken: Spoken = EVERY_LANGUAGE) -> bool:
    """Whether an utterance may be a part of a number: three digits in a row and at most two other words."""
    # Most utterances with a digit are whole sentences, which is cheaper to see.
    plain = 0
    words = spoken.words
    for word in text.split():
        plain += word.isalpha() and word.lower() not in words
        if plain > _MOST_OTHER_WORDS:
            return False
    inside = bounds_of_runs(text, _FEWEST, spoken)
    if not inside:
        return False
    others = at = 0
    for found in _WORD.finditer(text):
        while at < len(inside) and inside[at][1] <= found.start():
            at += 1
        others += at == len(inside) or found.start() < inside[at][0]
    return others <= _MOST_OTHER_WORDS


def parts_of(values: list[Any], spoken: Spoken = EVERY_LANGUAGE) -> list[list[tuple[int, str, str]]]:
    """The parts of numbers in a list of utterances as a platform sends them: those of each speaker with
    several, with their place, the key of the text and the text."""
    parts: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for at, value in enumerate(values):
        if not isinstance(value, dict):
            return []
        key = next((key for key in _SAID_KEYS if isinstance(value.get(key), str)), None)
        if key and is_part(value[key], spoken):
            speaker = next((str(value[name]) for name in _SPEAKER_KEYS if name in value), "")
            parts[speaker].append((at, key, value[key]))
    return [said for said in parts.values() if len(said) > 1]


def retold(utterance: dict[str, Any], key: str, text: str) -> dict[str, Any]:
    """An utterance with another text, and without the list of its words, which holds the same."""
    kept = {name: [] if isinstance(inner, list) else inner for name, inner in utterance.items()}
    return kept | {key: text}


def words_together(values: list[Any]) -> str:
    """The words of a list of words, or of pressed keys, as one text; none of any other list."""
    first = values[0] if values else None
    key = next((key for key in _WORD_KEYS if key in first), None) if isinstance(first, dict) else None
    said = [value.get(key) if isinstance(value, dict) else value for value in values]
    words = [word.strip() for word in said if isinstance(word, str)]
    is_of_words = len(words) == len(values) and all(len(word) <= _LONGEST_WORD for word in words)
    return " ".join(words) if is_of_words and not any(" " in word for word in words) else ""


def erased_list(finder: Finder, given: list[Any], cleaned: list[Any], erased: str) -> list[Any]:
    """A list, each value of it cleaned, without what several hold together: words, or parts of a number."""
    for parts in parts_of(given) if finder.looks_for_numbers else ():
        for place in over_turns([text for *_, text in parts], finder.is_number, finder.endings):
            at, key, _ = parts[place]
            cleaned[at] = retold(cleaned[at], key, erased)
    return [] if finder.finds(words_together(cleaned)) else cleaned


def without_lists(text: str) -> str:
    """The own fields of an utterance that lost a value, without lists of its words."""
    try:
        document = decoded(text)
    except ValueError:
        return text
    if not isinstance(document, dict):
        return text
    kept = {key: value for key, value in document.items() if not isinstance(value, list)}
    return text if len(kept) == len(document) else dumped(kept)


def hits_in_lists(finder: Finder, texts: pa.Array | pa.ChunkedArray) -> list[int]:
    """The places of JSON texts in which words of a list hold something together."""
    import pyarrow.compute as pc

    places = places_of(texts, _LISTED)
    if not len(places):
        return []
    some = texts.take(columns.from_numpy(places))
    said = pc.replace_substring_regex(some, rf'(?s).*?{_LISTED}([^"]*)"', r"\1 ")
    found: list[int] = places[finder.hits(said)].tolist()
    return found


def over_turns(
    texts: Sequence[str], is_known: Callable[[str], bool], endings: Collection[str] | None = None
) -> Iterator[int]:
    """The places of parts (each `is_part`, of one speaker, in order) that together hold a known number.

    Args:
        texts: of the parts.
        is_known: whether a key is that of a number looked for.
        endings: digits, of which every known number ends in some; None where they aren't known.
    """
    # Only the digits of each, so that two other words don't part them.
    parts = [" ".join(digits_of_runs(text, _FEWEST)) for text in texts]
    if endings is not None:
        together = "".join(parts).replace(" ", "")
        if not any(ending in together for ending in endings):
            return
    bounds, end = [], 0
    for part in parts:
        bounds.append((end, end + len(part)))
        end += len(part) + 1
    for span in numbers.spans(" ".join(parts), is_known):
        touched = [
            place for place, (start, stop) in enumerate(bounds) if start < span.end and span.start < stop
        ]
        if len(touched) > 1:
            yield from touched
