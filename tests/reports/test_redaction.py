"""Phone numbers don't survive being masked, and other text does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.reports.contents.redaction import masked_number, masked_text

SEPARATORS = (" ", "-", ".", "/", ") ", " (", "\u00a0", "\u200b", "\u202e", " – ", "")

digits = st.text("0123456789", min_size=7, max_size=18)
plain_words = st.text(
    st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="+＋"), min_size=4, max_size=30
)


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number's digits, and the number as people may write it."""
    number = draw(digits)
    between = draw(st.lists(st.sampled_from(SEPARATORS), min_size=len(number), max_size=len(number)))
    written = "".join(digit + gap for digit, gap in zip(number, between, strict=True))
    return number, draw(st.sampled_from(["", "+", "00"])) + written.rstrip("".join(SEPARATORS))


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+14155550134", "+1 *** 34"),
        ("+1 (415) 555-0134", "+1 *** 34"),
        ("tel:+44 20 7946 0958", "+44 *** 58"),
        ("＋353 1 234 5678", "+353 *** 78"),
        ("+79261234567", "+7 *** 67"),
        ("0041 44 668 18 00", "+41 *** 00"),
        ("020 7946 0958", "*** 58"),
        ("+٩٦٦٥٠١٢٣٤٥٦٧", "+966 *** ٦٧"),
        ("+3531234", "*** 34"),
        ("911", "***"),
        ("+1415", "***"),
        ("", "***"),
        ("anonymous", "***"),
        ("sip:alice.4155550134@example.com", "***"),
        ("=cmd|'/c calc'!A1", "***"),
    ],
)
def test_a_number_keeps_its_country_and_two_digits(number: str, masked: str) -> None:
    """Short numbers and what is no number are masked whole."""
    assert masked_number(number) == masked
    assert masked_number(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Call me on +1 415 555 0134 please.", "Call me on +1 *** 34 please."),
        ("415.555.0134 or 555-0199", "*** 34 or *** 99"),
        ("4 1 5 5 5 5 0 1 3 4", "*** 34"),
        ("4, 1, 5, 5, 5, 5, 0, 1, 3, 4", "*** 34"),
        ("ring 5551234, 5 people wait", "ring *** 34, 5 people wait"),
        ("on 2024-01-31 at 12:30", "on 2024-01-31 at 12:30"),
        ("on 2024-01-31 415 555 0134", "on 2024-01-31 *** 34"),
        ("paid 1,000,000 of 12.50, order 4711", "paid 1,000,000 of 12.50, order 4711"),
        ("card 4111 1111 1111 1111", "card *** 11"),
        ("", ""),
    ],
)
def test_numbers_in_text_are_masked(text: str, masked: str) -> None:
    """As people write and read them out; dates, amounts and short numbers stay."""
    assert masked_text(text) == masked


@given(written_numbers())
def test_at_most_half_of_the_digits_survive(written: tuple[str, str]) -> None:
    """No more than three of them side by side, in a column and in a text."""
    number, text = written
    for masked in (masked_number(text), masked_text(f"call {text} now")):
        survivors = re.findall(r"\d+", masked)
        assert max((len(run) for run in survivors), default=0) <= 3
        assert 2 * sum(map(len, survivors)) <= len(number) + 2 * text.startswith("00")


@given(st.text(st.sampled_from("0123456789+-*., ()ab\n\u200b٣"), max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    """What is masked holds nothing more to mask."""
    assert masked_text(masked_text(text)) == masked_text(text)
    assert masked_number(masked_number(text)) == masked_number(text)


@given(plain_words, written_numbers(), plain_words)
def test_other_text_stays(before: str, written: tuple[str, str], after: str) -> None:
    """The words around a number are as they were, and a text without numbers is itself."""
    masked = masked_text(f"{before}: x{written[1]}x :{after}")
    assert masked.startswith(f"{before}: x")
    assert masked.endswith(f"x :{after}")
    assert masked_text(before + after) == before + after


def test_a_long_text_is_read_once() -> None:
    """A hundred thousand characters of what almost is a number take no time worth telling."""
    text = "1 2 3 4 5 6 a" * 8_000
    assert masked_text(text) == text
    assert masked_text("12" * 50_000) == "*** 12"
