"""Values in text are redacted in every spelling, and what looks alike is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.redactor import KINDS, Redactor
from tests.erasure.people import SPELLINGS

KEY = PrivacyKey(bytes(range(32)))


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_number_in_any_spelling_leaves_its_class_alone(spelled: str) -> None:
    """Written, spoken, mixed, of another script: one class, no digit, no word of it."""
    assert Redactor(KINDS).text(f"on {spelled} please") in ("on <phone> please", "on tel:<phone> please")


@pytest.mark.parametrize(
    "text",
    ["Press one", "2024-08-02 at 12:30", "order 471133", "1,250,000 dollars", "$1,250,000",
     "one or two, maybe three", "2024-01-01T12:00:00Z", "02/08/2024", "one hundred"],
)  # fmt: skip
def test_what_looks_alike_is_left(text: str) -> None:
    """Dates, clock times, amounts, short numbers, words."""
    assert Redactor(KINDS).text(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("card 4111 1111 1111 1111 12/26 123", "card <card>"),
        ("one 4111 1111 1111 1111", "<card>"),
        ("it's 4111 1111 1111 1112 ok", "it's <digits> ok"),
        ("DE89 3704 0044 0532 0130 00 is it", "<iban> is it"),
        ("ann dot smith at example dot com", "<email>"),
        ("mail ann.smith+x@example.co.uk!", "mail <email>!"),
        ("(415) 555-0199", "<phone>"),
    ],
)
def test_each_kind_has_its_label(text: str, wanted: str) -> None:
    """The check digit chooses the label and never lets a run pass."""
    assert Redactor(KINDS).text(text) == wanted


@given(
    digits=st.lists(st.sampled_from("0123456789"), min_size=7, max_size=19).map("".join),
    between=st.lists(st.sampled_from(["", " ", "-", ".", " - "]), min_size=18, max_size=18),
)
def test_no_long_run_of_digits_passes(digits: str, between: list[str]) -> None:
    """Whatever stands between them, at most what a date or a clock time is made of stays."""
    text = "".join(digit + gap for digit, gap in zip(digits, between, strict=False))
    again = Redactor(KINDS).text(f"x {text} y")
    assert sum(character.isdecimal() for character in again) < 9


def test_a_pseudonym_is_the_same_in_every_form_and_another_for_another_key() -> None:
    """Attempts per contact still count; a number stays no number."""
    redactor = Redactor(("phone",), KEY, "US", frozenset({"+18005550000"}))
    forms = {
        redactor.number(form)
        for form in ("+14155550199", "(415) 555-0199", "0014155550199", "1 415 555 0199")
    }
    assert len(forms) == 1
    assert redactor.number(next(iter(forms))) == next(iter(forms))
    assert redactor.number("+1 800 555 0000") == "+1 800 555 0000"
    assert Redactor(("phone",), PrivacyKey(bytes(32)), "US").number("+14155550199") not in forms


def test_json_is_redacted_in_values_keys_and_bare_numbers() -> None:
    """Other numbers stay as they were written."""
    given = '{"n":14155550199,"price":1.50,"+14155550199":["ann@example.com",12]}'
    assert Redactor(KINDS).json_text(given) == '{"n":"<phone>","price":1.50,"<phone>":["<email>",12]}'
