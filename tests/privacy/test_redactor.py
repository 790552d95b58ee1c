"""Values in text are redacted in every spelling, and what looks alike is left."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.errors import InvalidRequest
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.redaction import names
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from tests.erasure.people import SPELLINGS

KEY = PrivacyKey(bytes(range(32)))
ALL = Rules.of(["all"])


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_number_in_any_spelling_leaves_its_class_alone(spelled: str) -> None:
    """Written, spoken, mixed, of another script: one class, no digit, no word of it."""
    assert Redactor(ALL).text(f"on {spelled} please") in ("on <phone> please", "on tel:<phone> please")


@pytest.mark.parametrize(
    "text",
    ["Press one", "2024-08-02 at 12:30", "order 471133", "1,250,000 dollars", "$1,250,000",
     "12 500 000 euros", "€12345678.50", "1250000 $", "one or two, maybe three", "2024-01-01T12:00:00Z",
     "02/08/2024", "one hundred"],
)  # fmt: skip
def test_what_looks_alike_is_left(text: str) -> None:
    """Dates, clock times, amounts, short numbers, words."""
    assert Redactor(ALL).text(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("card 4111 1111 1111 1111 12/26 123", "card <card>"),
        ("one 4111 1111 1111 1111", "<card>"),
        ("it's 4111 1111 1111 1112 ok", "it's <digits> ok"),
        ("DE89 3704 0044 0532 0130 00 is it", "<iban> is it"),
        ("ann dot smith at example dot com", "<email>"),
        ("ann at example dot ca", "<email>"),
        ("mail ann.smith+x@example.co.uk!", "mail <email>!"),
        ("(415) 555-0199", "<phone>"),
        ("card 4111111111111111 $50", "card <card> $50"),
        ("4111 1111 1111 1111 usd 50", "<card> usd 50"),
        ("it's 415-555-0199 $20 please", "it's <phone> $20 please"),
        ("415 555 0199 dollars", "<phone> dollars"),
        ("$4155550199", "$<phone>"),
        ("DE89 \u017f704 ABCD EFGH IJKL ok", "DE89 \u017f704 ABCD EFGH IJKL ok"),
        ("DE89 \u212a704 ABCD EFGH IJKL ok", "DE89 \u212a704 ABCD EFGH IJKL ok"),
    ],
)
def test_each_kind_has_its_label(text: str, wanted: str) -> None:
    """The check digit chooses the label and never lets a run pass."""
    assert Redactor(ALL).text(text) == wanted


@given(
    digits=st.lists(st.sampled_from("0123456789"), min_size=7, max_size=19).map("".join),
    between=st.lists(st.sampled_from(["", " ", "-", ".", " - "]), min_size=18, max_size=18),
)
def test_no_long_run_of_digits_passes(digits: str, between: list[str]) -> None:
    """Whatever stands between them, at most what a date or a clock time is made of stays."""
    text = "".join(digit + gap for digit, gap in zip(digits, between, strict=False))
    again = Redactor(ALL).text(f"x {text} y")
    assert sum(character.isdecimal() for character in again) < 9


def test_a_pseudonym_is_the_same_in_every_form_and_another_for_another_key() -> None:
    """Attempts per contact still count; a number stays no number."""
    redactor = Redactor(Rules.of(["phone"], "US", own_lines=["+18005550000"]), KEY)
    forms = {
        redactor.number(form)
        for form in ("+14155550199", "(415) 555-0199", "0014155550199", "1 415 555 0199")
    }
    assert len(forms) == 1
    assert redactor.number(next(iter(forms))) == next(iter(forms))
    assert redactor.number("+1 800 555 0000") == "+1 800 555 0000"
    assert Redactor(Rules.of(["phone"], "US"), PrivacyKey(bytes(32))).number("+14155550199") not in forms


def test_json_is_redacted_in_values_keys_and_bare_numbers() -> None:
    """Other numbers stay as they were written."""
    given = '{"n":14155550199,"price":1.50,"+14155550199":["ann@example.com",12]}'
    assert (
        DocumentRedactor(Redactor(ALL)).json_text(given)
        == '{"n":"<phone>","price":1.50,"<phone>":["<email>",12]}'
    )


@pytest.mark.parametrize(
    ("countries", "text", "wanted"),
    [
        ("US", "my social is 536-90-4399 ok", "my social is <id> ok"),
        ("DE", "Steuer-ID 86095742719", "Steuer-ID <id>"),
        ("DE", "Steuer-ID 86095742718", "Steuer-ID <digits>"),
        ("IT", "RSSMRA80A01H501U grazie", "<id> grazie"),
        ("ES", "DNI 54362315K", "DNI <id>"),
        ("GB", "AB123456C and AB123456", "<id> and AB123456"),
        ("US", "born 2024-01-02, order 471133", "born 2024-01-02, order 471133"),
    ],
)
def test_national_ids_are_known_by_form_and_check_digits(countries: str, text: str, wanted: str) -> None:
    """Of the countries named alone; a wrong check digit leaves other digits."""
    rules = Rules.of(["national_id", "digits", "phone", "card"], countries=[countries])
    again = Redactor(rules).text(text).replace("<phone>", "<digits>")
    assert again == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            '{"customer":{"name":"Ann-Marie Smith"},"note":"ANN-MARIE, then Mrs. smith\'s son"}',
            '{"customer":{"name":"NAME"},"note":"<name>, then Mrs. <name> son"}',
        ),
        (
            '{"lead_first_name":"Will","a":"Will you call?","b":"I am Will.","c":"will do"}',
            '{"lead_first_name":"NAME","a":"Will you call?","b":"I am <name>.","c":"will do"}',
        ),
        ('{"agent":{"name":"Robo"},"note":"Robo said"}', '{"agent":{"name":"Robo"},"note":"Robo said"}'),
        ('{"crm":{"nick":"Zed"},"note":"zed"}', '{"crm":{"nick":"NAME"},"note":"<name>"}'),
        ('{"lead":{"name": "Zed Quux"},"note":"ze', '{"lead":{"name": "<name>"},"note":"ze'),
    ],
)
def test_names_are_what_the_records_own_fields_name(given: str, wanted: str) -> None:
    """Whole words in the texts of the record, also of a cut one; everyday words only as names within a
    sentence. Among others, every such document is looked at."""
    redactor = Redactor(Rules.of(["name"], fields={"crm.nick": "name"}), KEY)
    documents = DocumentRedactor(redactor)
    again = documents.json_text(given)
    assert documents.candidates(columns.texts([given])) == {0}
    assert re.sub("name_[0-9a-f]{16}", "NAME", again) == wanted


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"550e8400-e29b-41d4-a716-446655440000","start_timestamp":1714608475945,"cost":0.123456789}',
        '{"call_id":"4711330012345","next_page_uri":"/x?PageToken=PA0123456789012"}',
        '{"created_at":"2024-01-01T12:00:00.123+00:00","n":[1,2,3]}',
    ],
)
def test_ids_cursors_times_and_amounts_of_documents_stay(text: str) -> None:
    """A landed page can still be followed and read."""
    assert DocumentRedactor(Redactor(ALL, KEY)).json_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"words":[{"word":"four"},{"word":"one"},{"word":"five"},{"word":"five"},{"word":"oh"},'
        '{"word":"one"},{"word":"nine"}]}',
        '{"dtmf":["4","1","5","5","5","5","0","1","9","9"]}',
        '{"card_id":"4111","id":"call-for-ann@example.com"}',
        '{"segments":[{"role":"user","content":"four one five"},{"role":"agent","content":"mhm"},'
        '{"role":"user","content":"555 0199"}]}',
        '{"to":"+1 (415) 555-0199","customer":{"email":"ann@example.com"}}',
        '{"last_message":"it is 4155550199","last_number":"4155550199","callerId":"4155550199"}',
        '{"candidate_phone":"2125550199","candidate":"4155550199","best_time":"4155550199"}',
        '{"phone":4155550199.0,"n":[14155550199.0]}',
        '{"4155550199":1,"4155560199":2}',
    ],
)
def test_documents_hold_no_value_in_lists_ids_and_turns(text: str) -> None:
    """Words one by one, pressed keys, a number over turns, an id with an address in it; what only looks like
    a cursor, an id, a time or an amount. No key is lost for another."""
    again = DocumentRedactor(Redactor(ALL, KEY)).json_text(text)
    assert len(json.loads(again)) == len(json.loads(text))
    for left in ("nine", '"9"', "ann@", "0199", "four"):
        assert left not in re.sub("(tel|email|id)_[0-9a-f]{16}", "", again)
    assert DocumentRedactor(Redactor(ALL, KEY)).json_text(again) == again, "redacted twice is redacted once"


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"kinds": ["emial"]}, "Did you mean email"),
        ({"kinds": ["national_id"]}, "countries"),
        ({"kinds": ["phone"], "countries": ["XX"]}, "'XX'"),
        ({"kinds": ["phone"], "region": "Nowhere"}, "Nowhere"),
        ({"kinds": ["phone"], "min_digits": 3}, "min_digits"),
        ({"kinds": ["phone"], "fields": {"a": "nome"}}, "nome"),
    ],
)
def test_rules_that_mean_nothing_are_refused(asked: dict[str, Any], fault: str) -> None:
    """With the valid choices."""
    with pytest.raises(InvalidRequest, match=fault):
        Rules.of(**asked)


@pytest.mark.parametrize("name", ["Νίκος ΠΑΠΑΣ", "Jörg Groß", "İpek Şahin", "Ann O'Hara"])
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_names_of_other_scripts_are_found_in_any_case(name: str, change: Any) -> None:
    """Also where lower case depends on what stands around a letter."""
    for text in (f"here is {name} now", f"{name}", f"({name})\u0301x", f"ask {name}, {name}"):
        given = change(text)
        words = names.words_of([name])
        found = {word.group().lower() for word in re.finditer(r"[^\W\d_]{3,}", given)} & words
        redacted = Redactor(Rules.of(["name"])).text(given, words)
        assert not {word.group().lower() for word in re.finditer(r"[^\W\d_]{3,}", redacted)} & words, given
        assert ("<name>" in redacted) == bool(found), given
