"""Texts of ASCII without spoken digits are read a shorter way: it finds what the long way finds.

A text goes the long way with a letter of another script behind it, too far off to be a part of anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.privacy.digits import EVERY_LANGUAGE, Spoken, bounds_of_runs, digits_of_runs, runs, spoken_in
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import international, keys_of, spans
from batchlake.privacy.plain_texts import PlainTexts
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.sieves import places_of
from batchlake.privacy.speech import is_part
from batchlake.privacy.tombstones import Tombstones, tombstones_of
from tests.erasure.people import NUMBER, SPELLINGS

FAR: Final = "    é"

KEY = PrivacyKey(b"k" * 32)

_PARTS = [
    "415 555 0199", "+1 (415) 555-0199", "+", "0", "7", "12", "0199", " ", "  ", "   ", "-", ".", ",", ":",
    "/", "_", "(", ")", "one", "double", "Oh", "five12", "a1b2c3d4e5f6a7", "2024-01-02",
    "2024-08-02T10:11:12Z", "10:30", "1.2.2024", "$", "$ 1,250,000", "1250000 dollars", "1250000USD",
    "1.250.000 eur", "rupee", "123e4567-e89b-12d3-a456-426614174000", "tel_0123456789012345",
    "erased_0123456789abcdefghij", "4111 1111", "call ", "x", "@", "a@b.com", " at host dot com",
    "https://host/", "%2B1", "DE89 3704 0044 0532 0130 00", "\n", "\t",
]  # fmt: skip

texts = st.lists(st.sampled_from(_PARTS) | st.text("0123456789+-_:.ae $", max_size=6), max_size=9).map(
    "".join
)


@given(texts, st.sampled_from([1, 3, 7]), st.sampled_from([EVERY_LANGUAGE, spoken_in(("en",))]))
@example("+(415) 555 0199+1 415", 7, EVERY_LANGUAGE)
def test_runs_of_plain_digits_are_those_that_are_read_digit_by_digit(
    text: str, fewest: int, spoken: Spoken
) -> None:
    """Digits, places and a `+` before them are the same, and so is a run's end at a gap or a `+`."""
    found = list(runs(text, fewest, spoken))
    assert found == list(runs(text + FAR, fewest, spoken))
    assert digits_of_runs(text, fewest, spoken) == [run.digits for run in found]
    assert bounds_of_runs(text, fewest, spoken) == [(run.starts[0], run.ends[-1]) for run in found]


@given(texts)
@example("ends 10:30-12:45 on 123e4567-e89b-12d3-a456-426614174000")
@example("it is 1250000USD or 1250000 Dollars, tel_0123456789012345")
def test_what_is_kept_of_plain_texts_is_what_is_kept_of_all(text: str) -> None:
    """Dates, times, amounts, ids and pseudonyms stay in a text of ASCII, and nothing else does."""
    redactor = Redactor(Rules.of(["all"], region="US"), KEY)
    assert redactor.text(text) + FAR == redactor.text(text + FAR)


@given(st.text(), st.text())
@example("svalync", 'a"\\\n\x00é\u2028')
def test_digests_are_keyed_and_of_the_whole_value(source: str, value: str) -> None:
    """They are BLAKE2b's with the key and a person per use: those that lakes hold."""

    def digest(data: bytes, person: bytes) -> str:
        return hashlib.blake2b(data, key=KEY.secret, digest_size=16, person=person).hexdigest()

    assert KEY.of_number(value) == digest(value.encode(), b"batchlake-number")
    both = json.dumps([source, value], ensure_ascii=False)
    assert KEY.of_call(source, value) == digest(both.encode("utf-8", "surrogatepass"), b"batchlake-call")


# What stands between two digits, touches a number, or leads it, and isn't ASCII's.
accented = st.lists(
    st.sampled_from(_PARTS)
    | st.sampled_from(
        ["é", "Søren ", "—", "“", "”", "\u00a0", "＋", "٤", "５", "ü", "चार", "fünf ", "ﬁ", "\u0301"]
    ),
    max_size=9,
).map("".join)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
ERASURE = {"mode": "remove", "erased_at": NOON, "for_good": True, "erasure_id": "e"}
ERASED = Tombstones.of_table(
    KEY, tombstones_of(KEY, [("svalync", "call_abc1")], ["call_abc1"], keys_of(NUMBER), ERASURE)
)
"""With the fingerprints of what was erased, and as it was erased before there were any."""
WITHOUT_PRINTS = replace(ERASED, prints=None)
SPELLED = [
    *SPELLINGS, "call_abc1", "call-call_abc1-20240101T000000", "x%2B14155550199", "a4b155550c199",
    # What JSON texts hold, and what follows the zone of a time.
    r'{"n":"a\ncall_abc1"}', r'{"n":"415\u00a0555\u00a00199"}', r'{"n":"\\u0664\\u066155550199"}',
    "https://x/?t=is+415+555+0199+ok", "at 10:00:00+00:00 4155550199", "at 10:00:00+02:00 4155550199",
]  # fmt: skip


spelled_out = st.sampled_from(SPELLED)
within = st.tuples(accented, spelled_out, accented).map("".join)


@given(st.lists(texts | accented | within | spelled_out, max_size=40), st.integers(0, 40), spelled_out)
@example(["1415 55", "50199", "nothing", *["+1 415", "555 0199"] * 4], 3, "(415) 555-0199")
@example(["call_abc1é", "one call_abc1", "écall_abc1", *["call_abc12"] * 9], 3, "call_abc1")
@example(
    ["415é555—0199", "Søren, 415 555 0199", "“call_abc1”", "é call_abc1", *["＋é4155550199"] * 9],
    3,
    "+1 415 555 0199",
)
@example(["415 —— 555 0199", "415—555—0199 é", "+é 415 555 0199", *["415 é 555 é 0199"] * 9], 3, "call_abc1")
def test_an_erased_number_is_found_among_any_texts(given_texts: list[str], place: int, spelled: str) -> None:
    """Of many texts the same are found that hold it by themselves, and none over two of them."""
    given_texts.insert(place, spelled)
    for tombstones in (ERASED, WITHOUT_PRINTS):
        finder = tombstones.finder()
        found = finder.hits(pa.chunked_array([columns.texts(given_texts), columns.texts([None, spelled])]))
        wanted = [at for at, text in enumerate([*given_texts, "", spelled]) if finder.finds(text)]
        assert found == wanted
        assert found[-1] == len(given_texts) + 1


@given(st.lists(texts | st.sampled_from(SPELLED), max_size=30), st.sampled_from(SPELLED))
@example(["00", "011", "+", "tel:+1 (415) 555-0199", "sip:14155550199@host"], "01114155550199")
@example(["0", "4155550199.0", "415.555.0199", '="4155550199"', "whatsapp:+14155550199"], "415-555-0199")
def test_a_whole_number_is_among_those_that_may_be_one(given_texts: list[str], spelled: str) -> None:
    """No spelling is left out by its fingerprint; one that is another number's nearly always is."""
    finder = ERASED.finder()
    others = columns.texts(["+4930123456"] * 9)
    column = pa.chunked_array([columns.texts([*given_texts, None, spelled]), others])
    likely = finder.whole_candidates(column).tolist()
    all_texts = column.to_pylist()
    wanted = {at for at, text in enumerate(all_texts) if text is not None and finder.is_whole(text)}
    assert wanted <= set(likely)
    assert max(likely, default=0) < len(given_texts) + 2


def plain_keys(text: str) -> Iterator[str]:
    """The keys of all numbers that may stand in a plain text, read text by text."""
    for run in re.findall(r"(?:\+[ (]?)?[0-9](?:[^0-9+]{0,3}[0-9]){6,}", text):
        # A time zone is no country.
        plus = run[0] == "+" and re.match(r"\+[ (]?(?:0|\d\d:)", run) is None
        parts = re.findall("[0-9]+", run)
        before = 0
        for place, first in enumerate(parts):
            # What follows `+49` is a number of that country, and another one elsewhere.
            if not (plus and 0 < before <= 7):
                digits = ""
                for part in parts[place:]:
                    digits += part
                    if 7 <= len(digits) <= 20:
                        yield international(digits, plus=plus and not place)
            before += len(first)


@given(texts, st.sampled_from(sorted(keys_of(NUMBER))))
@example("+1 415+1 415 555 0199", "4155550199")
@example("call (+1) 415 555 0199", "14155550199")
def test_numbers_of_plain_texts_are_those_of_all(text: str, key: str) -> None:
    """Whatever stands around a number, a text has a known one among its keys where `spans` finds one."""
    known = {key, "+15550199", "0155501", "4155550"}
    if EVERY_LANGUAGE.is_plain(text):
        assert any(map(known.__contains__, plain_keys(text))) == any(spans(text, known.__contains__))


@given(st.lists(texts.filter(EVERY_LANGUAGE.is_plain), max_size=8), st.integers(0, 8))
@example(["12345678", "12345678+1", "+", " 1234567", "(+1234567"], 2)
@example(["+49 030 1234567 8", "011 4155550199", "00415555 0199", "0011 415 55501"], 0)
@example(["001234567", "0111234567", "0012345678", "01112345678"], 0)
def test_many_plain_texts_hold_what_each_of_them_holds(several: list[str], since: int) -> None:
    """Numbers are those that a text holds by itself, in every form in which they may be meant, none over two
    texts; words those with a digit."""
    together = PlainTexts.of(columns.texts(["1234567", *several])[1:][since:])
    keys, places = together.numbers()
    said = several[since:]
    wanted = [(place, key) for place, text in enumerate(said) for key in plain_keys(text)]
    assert sorted(zip(places.tolist(), keys, strict=True)) == sorted(wanted)
    words, of_words = together.words(4, 9)
    word = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{4,9}(?![\w-])")
    wanted = [(place, one) for place, text in enumerate(said) for one in word.findall(text)]
    assert list(zip(of_words.tolist(), words, strict=True)) == wanted


_SAID = st.sampled_from(
    ["call", "back", "later", "1415", "555 01", "one", "Double", "four", "elevenish", "nine", "five12",
     "abcd", "a_bc", "über", "éabcd", "three", "oh", "und", "kǌng", "ſeven", "ab12cd"]
)  # fmt: skip


@given(st.lists(st.tuples(_SAID, st.sampled_from([" ", ", ", "-", "_", "", "é", "\n", "  "])), max_size=9))
@example([("call", " "), ("back", "é"), ("abcd", " "), ("1415", "")])
@example([("1415", " "), ("back", "-"), ("call", "-"), ("later", " ")])
def test_what_is_left_out_for_its_words_is_no_part_of_a_number(said: list[tuple[str, str]]) -> None:
    """Three words that are no digits show in an expression over a column only where they are three."""
    text = "".join(word + between for word, between in said)
    if len(places_of(columns.texts([text]), EVERY_LANGUAGE.wordy)):
        assert not is_part(text)


def test_whole_sentences_are_left_out_for_their_words() -> None:
    """What is read one by one after the expression is short, in any case and language."""
    sentences = ["Call us again later at 1415", "RUFEN SIE MICH BITTE AN: 1415", "one more plan, please"]
    parts = ["it's 1415", "yes, four one five", "Call back: 1415 555", "null eins sieben"]
    found = places_of(columns.texts([*sentences, *parts]), EVERY_LANGUAGE.wordy).tolist()
    assert found == [0, 1, 2]
