"""A labelled corpus in five languages: no value is left in any text, and other texts stay as they are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from batchlake.engine import columns
from batchlake.errors import InvalidRequest
from batchlake.privacy.digits import LANGUAGES
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from tests.command import run

WORDS = {
    "en": "zero one two three four five six seven eight nine".split(),
    "de": "null eins zwei drei vier fünf sechs sieben acht neun".split(),
    "fr": "zéro un deux trois quatre cinq six sept huit neuf".split(),
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve".split(),
    "it": "zero uno due tre quattro cinque sei sette otto nove".split(),
}
AROUND = {
    "en": ("call me on", "please"), "de": ("meine Nummer ist", "danke"), "fr": ("rappelez au", "merci"),
    "es": ("llámeme al", "gracias"), "it": ("il mio numero è", "grazie"),
}  # fmt: skip
OTHERS = (
    "I have two kids and one dog, maybe three.", "It's 12:30 on 2024-08-02, order 471133.",
    "That was 1,250,000 dollars or $99.90.", "Press one. Press two. One moment please.",
    "One of the five of us will be there at nine.", "Room 12, floor 3, seat 14A.",
    "Ich habe zwei Kinder und einen Hund, um acht Uhr.", "Das kostet 19,90 € am 02.08.2024.",
    "Eins nach dem anderen, bitte.", "J'ai un chien, deux chats, à sept heures.",
    "Un moment, s'il vous plaît.",
    "C'est le 14/07/2024, à 18:45.", "Tengo dos perros y un gato.", "Un momento, son las ocho y media.",
    "Uno de los tres viene el 02/08/2024.", "Ho due figli, alle sei in punto.", "Un attimo, per favore.",
    "Version 2.13.1 of 10.0.0.1", "20 percent, 3 or 4 times, 100 people", "It is 20 to 9, no?",
)  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_no_value_is_left(language: str) -> None:
    """Numbers, cards and accounts, written, spoken and mixed: the words around them are all that stays."""
    chance = random.Random(language)
    kinds = ["phone", "email", "card", "iban", "digits"]
    redactor = Redactor(Rules.of(kinds, "US", languages=[language]))
    before, after = AROUND[language]
    for _ in range(150):
        digits = [chance.randrange(10) for _ in range(chance.choice([7, 9, 10, 11, 12, 16]))]
        spoken = chance.random()
        said = [WORDS[language][one] if chance.random() < spoken else str(one) for one in digits]
        text = f"{before} {chance.choice([' ', ', ', ' - ']).join(said)} {after}"
        kept = redactor.text(text)
        assert kept.startswith(f"{before} <"), text
        assert kept.endswith(f"> {after}"), text
        assert kept.count("<") == 1, (text, kept)


def test_other_texts_stay() -> None:
    """Small counts, times, dates, amounts, versions and ordinals, whatever languages are read."""
    redactor = Redactor(Rules.of(["all"], "US", languages=LANGUAGES))
    assert [redactor.text(text) for text in OTHERS] == list(OTHERS)
    assert not redactor.counts


def test_digit_words_are_read_in_the_languages_named() -> None:
    """English alone by default; a rule of before there was a choice reads every one, and is kept as such."""
    german, english = "auf vier eins fünf fünf fünf fünf null", "on four one five double five five oh"
    read = {
        languages: [Redactor(Rules.of(["phone"], languages=languages)).text(one) for one in (german, english)]
        for languages in (None, ("de",), ("de", "en"))
    }
    assert read == {
        None: [german, "on <phone>"],
        ("de",): ["auf <phone>", english],
        ("de", "en"): ["auf <phone>", "on <phone>"],
    }
    policy = Rules.of(["phone"], languages=["de", " EN "]).to_policy()
    assert Rules.of_policy(policy) == Rules.of(["phone"], languages=["en", "de"])
    earlier = Rules.of_policy({name: value for name, value in policy.items() if name != "languages"})
    assert earlier == Rules.of(["phone"], languages=LANGUAGES)
    with pytest.raises(InvalidRequest, match=r"in 'xx'\. Known are en, de, fr, es, it, pt, hi"):
        Rules.of(["phone"], languages=["en", "xx"])


def test_without_a_language_digits_are_still_read() -> None:
    """`languages = []` reads no word, and digits of any script as ever."""
    redactor = Redactor(Rules.of(["phone"], languages=[]))
    assert redactor.text("on ４１５５５５０１９９") == "on <phone>"
    assert redactor.text("four one five five five oh one") == "four one five five five oh one"
    texts = ["four one five five five oh one", "４１５５５５０１９９", "415 555 0199"]
    assert redactor.candidates(columns.texts(texts)).tolist() == [1, 2]


def test_the_settings_name_the_languages(tmp_path: Path) -> None:
    """`[privacy] languages` counts, in the file and in the environment."""
    text = "auf vier eins fünf fünf fünf fünf null"
    ask = ["redact", "--config", str(tmp_path / "batchlake.toml"), "--redact", "phone", "--try", text]
    (tmp_path / "batchlake.toml").write_text("[privacy]\n")
    assert run(*ask).stdout.splitlines()[0] == text
    (tmp_path / "batchlake.toml").write_text('[privacy]\nlanguages = ["en", "de"]\n')
    assert run(*ask).stdout.splitlines()[0] == "auf <phone>"
    assert run(*ask, BATCHLAKE_PRIVACY__LANGUAGES="en,fr").stdout.splitlines()[0] == text
