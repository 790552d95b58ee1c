"""Runs of digits in text, however they are written: digits of any script, and spoken ones.

Input: a text. Output: `Run`s, each the digits in ASCII with the place of every one. Up to three characters
that are no digit may stand between two of them (`(415) 555-0199`, `four one five, double five five`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase
from typing import Final

FEWEST_DIGITS: Final = 7
"""Shorter runs are nobody's number in running text."""

WIDEST_GAP: Final = 3

_WORDS: Final[Mapping[str, str]] = {
    "en": "zero|oh|o one two three four five six seven eight nine",
    "de": "null eins|ein zwei|zwo drei vier fünf|fuenf sechs sieben acht neun",
    "fr": "zéro un|une deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "pt": "zero um|uma dois|duas três quatro cinco seis|meia sete oito nove",
    "hi": "शून्य एक दो तीन चार|चार पांच|पाँच छह|छः सात आठ नौ",
}
"""The words of the ten digits by language, in order, with other spellings after `|`."""

LANGUAGES: Final = tuple(_WORDS)
"""The languages whose spoken digits are known, as ISO 639 names them."""

_REPEATS: Final[Mapping[str, Mapping[str, int]]] = {
    "en": {"double": 2, "triple": 3, "treble": 3},
    "de": {"doppel": 2},
    "es": {"doble": 2},
    "it": {"doppio": 2},
    "pt": {"dupla": 2},
}
"""The words that repeat the next digit, by language."""

_ASCII: Final = frozenset("0123456789")
_NO_DIGIT: Final = re.compile("[^0-9]+")
_ASCII_WORD: Final = re.compile("[a-z]+")
_ASCII_DIGIT: Final = re.compile("[0-9]")
_PLUS: Final = re.compile("[+＋]")
OTHER_SCRIPT: Final = r"[^\P{Nd}0-9]|＋"
"""What a text matches with a digit, or a plus, that isn't ASCII's, as RE2 reads it."""

_GAP: Final = rf"[^\p{{Nd}}]{{0,{WIDEST_GAP}}}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The digits that are known as words, of some languages.

    Attributes:
        digits: the digit of each word.
        repeats: how often each repeating word says the next digit.
        token: a digit, written or spoken.
        sieve: what a text matches that may hold a run, as RE2 reads it: fast over a whole column.
        parts_sieve: what a text matches that may be a part of a number: two digits in a row at least.
        turns_sieve: what an utterance matches that may be a part: three digits in a row at least.
        wordy: what an utterance matches that holds three words which are surely no digits: it is no part.
        unusual: what a text matches that may hold a digit in words or of another script, or a number led by
            a `＋`; of any other, ASCII is enough.
        words: all words of digits, and those that repeat one, in lower case.
    """

    digits: Mapping[str, str]
    repeats: Mapping[str, int]
    token: re.Pattern[str]
    sieve: str
    parts_sieve: str
    turns_sieve: str
    wordy: str
    unusual: str
    words: frozenset[str]

    @classmethod
    def of(cls, languages: Iterable[str]) -> Spoken:
        """The words of these languages (some of `LANGUAGES`)."""
        named = list(languages)
        digits = {
            word: str(digit)
            for language in named
            for digit, spellings in enumerate(_WORDS[language].split(" "))
            for word in spellings.split("|")
        }
        repeats = {word: n for language in named for word, n in _REPEATS.get(language, {}).items()}
        words = sorted((*digits, *repeats), key=len, reverse=True)
        # RE2's `\b` knows the letters of ASCII: it parts words that begin and end with these.
        latin = "|".join(word for word in words if word[0].isascii() and word[-1].isascii())
        other = "|".join(word for word in words if not (word[0].isascii() and word[-1].isascii()))
        spoken = [rf"\b(?:{latin})\b"] * bool(latin) + [other] * bool(other)
        # To RE2 a digit and a `_` are letters: `five12` and `four_one` are looked at whatever they hold.
        touched = [rf"(?:\b|[0-9_])(?:{latin})[0-9_]", rf"[0-9_](?:{latin})\b"] if latin else []
        one = "(?:" + "|".join([r"\p{Nd}", *spoken]) + ")"
        thrice = [word for word, count in repeats.items() if count > 2]
        # Letter by letter: Python folds letters that no digit's word has, such as a dotless i.
        within = rf"|(?<![^\W\d_])(?:{'|'.join(map(_in_any_case, words))})(?![^\W\d_])" if words else ""
        return cls(
            digits,
            repeats,
            re.compile(rf"\d{within}"),
            # Words and digits in a row: every run that `runs` finds passes, and little else. A repeated digit
            # is two tokens of at least two digits, so five tokens may hold seven.
            "(?i)" + "|".join([f"{one}(?:{_GAP}{one}){{4,}}", *touched]),
            "(?i)" + "|".join([f"{one}{_GAP}{one}", *touched]),
            # A word such as `triple` makes three of the next digit.
            "(?i)"
            + "|".join(
                [f"{one}{_GAP}{one}{_GAP}{one}", *(f"{word}{_GAP}{one}" for word in thrice), *touched]
            ),
            _three_words_besides(words),
            "(?i)" + "|".join([*spoken, *touched, OTHER_SCRIPT]),
            frozenset(words),
        )

    def is_digit_word(self, word: str) -> bool:
        """Whether a word is a digit's, or repeats the next one."""
        return word.lower() in self.words

    def is_plain(self, text: str) -> bool:
        """Whether a text's digits are those of ASCII alone, none of them spoken: most texts' are."""
        return text.isascii() and self.words.isdisjoint(_ASCII_WORD.findall(text.lower()))


def _three_words_besides(words: Iterable[str]) -> str:
    """What a text matches with three words of four letters or more that begin like none of these.

    Four letters don't fit between two digits of a number. RE2 knows no look-around, so the words are known by
    the two letters that they begin with, and by what no letter is on either side of them.
    """
    seconds = {first: set(ascii_lowercase) for first in ascii_lowercase}
    for word in words:
        seconds.get(word[0], set()).discard(word[1:2])
    # A word of one letter is shorter than four, whatever it begins with.
    begun = "|".join(
        f"[{first}{first.upper()}][{''.join(sorted(found))}{''.join(sorted(found)).upper()}]"
        for first, found in seconds.items()
    )
    word, other = f"(?:{begun})[a-zA-Z]{{2,}}", r"[\x00-/:-@\[-^`{-\x7f]"
    return rf"(?s)(?:^|{other}){word}{other}(?:.*{other})?{word}{other}(?:.*{other})?{word}(?:{other}|$)"


def _in_any_case(word: str) -> str:
    return "".join(letter if letter.upper() == letter else f"[{letter}{letter.upper()}]" for letter in word)


@cache
def spoken_in(languages: tuple[str, ...]) -> Spoken:
    """The digit words of some languages, made once."""
    return Spoken.of(languages)


EVERY_LANGUAGE: Final = spoken_in(LANGUAGES)
"""Who is erased is looked for in every language."""


@dataclass(frozen=True, slots=True)
class Run:
    """Digits in a row.

    Attributes:
        digits: in ASCII.
        starts: where in the text each begins; those of one spoken `double five` begin at the same place.
        ends: where each ends.
        is_led_by_plus: whether a `+` stands before the first.
    """

    digits: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    is_led_by_plus: bool = False

    def begins_at(self, place: int) -> bool:
        """Whether no digit touches this one from the left."""
        return place == 0 or self.starts[place] > self.ends[place - 1]

    def ends_at(self, place: int) -> bool:
        """Whether no digit touches this one from the right."""
        return place + 1 == len(self.digits) or self.starts[place + 1] > self.ends[place]


def runs(text: str, fewest: int = FEWEST_DIGITS, spoken: Spoken = EVERY_LANGUAGE) -> Iterator[Run]:
    """The runs of at least so many digits.

    >>> [run.digits for run in runs("call (415) 555-0199 or four one five, double five five 0 1 double nine")]
    ['4155550199', '4155550199']
    """
    if spoken.is_plain(text):
        yield from _plain_runs(text, fewest)
        return
    digits: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    repeat: re.Match[str] | None = None
    end = 0
    for token in spoken.token.finditer(text):
        between = text[end : token.start()]
        if (digits or repeat) and (len(between) > WIDEST_GAP or _PLUS.search(between)):
            if len(digits) >= fewest:
                yield _run(text, digits, starts, ends)
            digits, starts, ends, repeat = [], [], [], None
        end = token.end()
        word = token[0].lower()
        if word in spoken.repeats:
            repeat = token
            continue
        count = spoken.repeats[repeat[0].lower()] if repeat else 1
        digit = spoken.digits.get(word) or (word if word in _ASCII else str(unicodedata.decimal(word)))
        digits += [digit] * count
        starts += [repeat.start() if repeat else token.start()] * count
        ends += [end] * count
        repeat = None
    if len(digits) >= fewest:
        yield _run(text, digits, starts, ends)


def _plain_runs(text: str, fewest: int) -> Iterator[Run]:
    """The same of a text with plain digits: one expression finds a whole run."""
    for found in _plain_run(fewest).finditer(text):
        starts = [digit.start() for digit in _ASCII_DIGIT.finditer(text, found.start(), found.end())]
        ends = [start + 1 for start in starts]
        yield _run(text, [text[start] for start in starts], starts, ends)


def bounds_of_runs(
    text: str, fewest: int = FEWEST_DIGITS, spoken: Spoken = EVERY_LANGUAGE
) -> list[tuple[int, int]]:
    """Where each run begins and ends: what `runs` finds, in a third of the time in a plain text."""
    if spoken.is_plain(text):
        return [found.span() for found in _plain_run(fewest).finditer(text)]
    return [(run.starts[0], run.ends[-1]) for run in runs(text, fewest, spoken)]


def digits_of_runs(text: str, fewest: int = FEWEST_DIGITS, spoken: Spoken = EVERY_LANGUAGE) -> list[str]:
    """The digits of each run, in the same way."""
    if spoken.is_plain(text):
        return [_NO_DIGIT.sub("", found) for found in _plain_run(fewest).findall(text)]
    return [run.digits for run in runs(text, fewest, spoken)]


@cache
def _plain_run(fewest: int) -> re.Pattern[str]:
    return re.compile(f"[0-9](?:[^0-9+]{{0,{WIDEST_GAP}}}[0-9]){{{fewest - 1},}}")


def folded(text: str) -> str:
    """A text of written digits alone in ASCII, everything else left out.

    >>> folded("＋４９ (0)30")
    '49030'
    """
    if text.isascii():
        return _NO_DIGIT.sub("", text)
    return "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())


def _run(text: str, digits: list[str], starts: list[int], ends: list[int]) -> Run:
    before = text[max(0, starts[0] - 2) : starts[0]].strip(" (")
    # What follows is a number, and no time zone such as `+02:00`, behind which another number may stand.
    is_number = digits[0] != "0" and text[starts[0] + 2 : starts[0] + 3] != ":"
    return Run("".join(digits), tuple(starts), tuple(ends), is_number and before[-1:] in ("+", "＋"))
