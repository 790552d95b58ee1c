"""Columns are looked through by expressions first: what is redacted is what reading every text redacts."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.privacy.digits import EVERY_LANGUAGE, runs
from batchlake.privacy.redaction import names
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.sieves import places_of
from batchlake.privacy.speech import is_part

_REDACTOR = Redactor(Rules.of(["all"], region="US", languages=["en", "de"]))

pieces = st.sampled_from(
    [
        "4155550199", "+14155550199", "415-555-0199", "four one five", "double five", "triple nine", "oh",
        "eins zwei drei", "0199", "471", "12", "ok", "bye", "Mr", "ann@example.com", "ann at example dot com",
        "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "2024-08-02", "$49.99", "9f86d081884c7d65",
        "78255d6807923986", "deadbeef", "https://r.example/", "%2B14155550199", "/", ".mp3", "٤١٥", "４１５",
    ]
)  # fmt: skip
texts = st.lists(st.lists(pieces, max_size=6).map(" ".join) | st.lists(pieces, max_size=6).map("".join),
                 min_size=1, max_size=20)  # fmt: skip


@given(texts)
def test_what_an_expression_leaves_out_holds_nothing(given_texts: list[str]) -> None:
    """No text that a column's sieves leave out is redacted, is a part of a number, or is a link with one."""
    column = pa.chunked_array([pa.array(given_texts)])
    found, parts = _REDACTOR.said(column)
    links = _REDACTOR.links(column)

    for at, text in enumerate(given_texts):
        is_redacted = _REDACTOR.text(text) != text
        assert at in found or not is_redacted
        assert at in links or not is_redacted
        assert at in parts or not is_part(text, _REDACTOR.spoken)


tokens = st.sampled_from(
    [
        "four", "Fünf", "fuenf", "o", "zero", "triple", "double", "sei", "quatre", "पाँच", "SIX", "ſix",
        "fıve", "7", "42", "٤", "_", "-", " ", "", "x", "é", "ok", "+",
    ]
)  # fmt: skip
spoken_texts = st.lists(tokens, max_size=12).map("".join)


@given(st.lists(spoken_texts, min_size=1, max_size=20))
@example(["four_one_five_five_five_five_oh_one", "four one five12", "one twoſix", "9one"])
def test_no_digit_hides_in_what_touches_it(given_texts: list[str]) -> None:
    """Words beside digits, `_` and letters that only look like theirs: the sieves pass every run there is."""
    column, spoken = pa.chunked_array([pa.array(given_texts)]), EVERY_LANGUAGE
    whole, parts, turns, unusual = (
        set(places_of(column, pattern).tolist())
        for pattern in (spoken.sieve, spoken.parts_sieve, spoken.turns_sieve, spoken.unusual)
    )
    for at, text in enumerate(given_texts):
        assert at in whole or not list(runs(text))
        assert at in parts or not list(runs(text, 2))
        assert at in turns or not list(runs(text, 3))
        written = [
            run
            for run in runs(text, 1)
            if re.sub("[^0-9]", "", text[run.starts[0] : run.ends[-1]]) != run.digits
        ]
        assert at in unusual or not written


@pytest.mark.parametrize(
    ("link", "stays"),
    [
        ("https://recordings.example.com/9f86d081884c7d65.mp3", True),
        ("https://r.example/0cc175b9c0f1b6a831c399e269772661/a.wav?sig=92eb5ffee6ae2fec3ad7", True),
        ("https://r.example/2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d", True),
        ("https://r.example/+14155550199.mp3", False),
        ("https://r.example/415-555-0199.mp3", False),
        ("https://r.example/call_4155550199.mp3", False),
        ("https://r.example/abc4155550199def", False),
        ("https://r.example/?to=%2B14155550199&id=9f86d081884c7d65", False),
        ("https://r.example/ann@example.com.mp3", False),
    ],
)  # fmt: skip
def test_keys_of_links_are_nobodys_number(link: str, stays: bool) -> None:
    """A link stays whose digits are those of a key in hexadecimal; a number in it is found."""
    assert (_REDACTOR.text(link) == link) is stays
    assert stays or _REDACTOR.links(pa.chunked_array([[link]])).tolist() == [0]


@given(st.lists(st.sampled_from(["customer", "lead", "first", "last", "full", "NAME", "name", "nombre", "ap",
                                 "ellido", "holder", "account", "card", "pre", "nom", "crm", "agent"]),
                min_size=1, max_size=3), st.sampled_from(["", "_", "-", " ", "."]))  # fmt: skip
def test_fields_of_names_are_found_by_their_keys(words: list[str], between: str) -> None:
    """No field that holds a name is left out by the expression over keys, also where JSON escapes them."""
    key = between.join(words)
    documents = DocumentRedactor(Redactor(Rules.of(["name"])))
    spelled = "".join("\\u" + f"{ord(one):04x}" for one in key)
    plain, escaped = json.dumps({key: "Ann"}), f'{{"{spelled}": "Ann"}}'
    places = documents.may_name(pa.chunked_array([[plain, escaped, None]])).tolist()

    assert 1 in places
    if names.is_name_field(tuple(key.split("."))):
        assert 0 in places


def test_own_paths_of_names_are_read_in_every_record() -> None:
    """Where rules name a path for names, no key tells which records have one."""
    documents = DocumentRedactor(Redactor(Rules.of(["name"], fields={"crm.nick": "name"})))

    assert documents.may_name(pa.chunked_array([['{"crm": {"nick": "Ann"}}']])).tolist() == [0]
