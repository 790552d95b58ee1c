"""Utterances are folded alike, whether they are ASCII or not, and as Python folds them."""

from __future__ import annotations

import re
import sys
import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.engine.text_keys import folded_label, folded_labels, text_key, text_keys

PIECES = "a|B| |  |\t|\n|.|!|$|^|'|\u2019|\u201c|é|É|\ufb01|\u00a0|\u2003|_|😀|Σ|ς|ο|İ|ß|①|…|«".split("|")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)

STRAIGHT = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
)


def folded(text: str) -> str:
    """The definition of the specification, in plain Python."""
    text = unicodedata.normalize("NFKC", text).translate(STRAIGHT)
    text = re.sub(r"\s+", " ", text.lower())
    begin, end = 0, len(text)
    while begin < end and is_outside(text[begin]):
        begin += 1
    while begin < end and is_outside(text[end - 1]):
        end -= 1
    return text[begin:end]


def is_outside(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")


@given(st.lists(TEXTS, max_size=6), st.integers(0, 3))
def test_text_keys_are_as_defined(texts: list[str], skipped: int) -> None:
    """Also of a slice, whose buffers hold more than it does."""
    column = columns.texts(texts)
    assert text_keys(column).to_pylist() == [folded(text) for text in texts]
    assert text_keys(column.slice(skipped)).to_pylist() == [folded(text) for text in texts[skipped:]]


@given(TEXTS)
def test_one_text_is_folded_as_a_column_is(text: str) -> None:
    """A plain ASCII text takes a short way to the same key; a label too."""
    assert text_key(text) == folded(text)
    assert folded_label(text) == text.lower()


def test_one_text_of_every_character_is_folded_as_a_column_is() -> None:
    """ASCII and what follows it, where the short way ends."""
    texts = [f"{chr(code)}A{chr(code)}{chr(code)}B{chr(code)}" for code in range(0x180)]
    assert [text_key(text) for text in texts] == text_keys(columns.texts(texts)).to_pylist()


def test_blanks_that_meet_between_two_texts_are_in_none() -> None:
    """Texts lie one after another in memory: blanks at the seam are cut from both."""
    texts = pa.array(["a ", " b", "c  d", ""])
    assert text_keys(texts).to_pylist() == ["a", "b", "c d", ""]


def test_a_label_is_lower_case_as_in_python() -> None:
    """Every character that Python knows, first and last in a word; what is absent stays so."""
    known = [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs")
    ]
    labels = [text for character in known for text in (f"{character}A", f"A{character}")]
    assert folded_labels(columns.texts(labels)).to_pylist() == [label.lower() for label in labels]
    assert folded_labels(columns.texts([None, "Very Positive"])).to_pylist() == [None, "very positive"]
    assert text_keys(columns.texts([None, "Yes!"])).to_pylist() == [None, "yes"]


def test_every_character_is_folded_as_in_python() -> None:
    """All of an old Unicode, within a word and after one; of newer ones not all know the same."""
    known = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        # The four separators of files are white space to Python alone.
        if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs") and not 0x1C <= code <= 0x1F
    ]
    texts = [text for character in known for text in (f"A{character}b", f"Ab{character}")]
    assert text_keys(columns.texts(texts)).to_pylist() == [folded(text) for text in texts]
