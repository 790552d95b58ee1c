"""Word patterns: found as whole words only, in order; a user's file replaces them, its faults are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchlake.analytics.definitions import pattern_definitions
from batchlake.analytics.metrics import analyse
from batchlake.analytics.patterns import DEFAULT_FILE, default_patterns, read_patterns
from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.filters.selection import select
from tests.analytics.oracle_of_speech import fold
from tests.analytics.tables import call, fill, segment
from tests.paths import ROOT
from tests.tables import patterns_table


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def patterns_of(engine: Engine, texts: list[str], file: Path | None = None) -> list[str]:
    """The pattern of each text, by asking for it as the only utterance of a group."""
    calls = [call(f"c{number}", agent_id=f"{number:03}") for number in range(len(texts))]
    said = [segment(f"c{number}", 1, "human", text, fold(text)) for number, text in enumerate(texts)]
    fill(engine, calls=calls, segments=said)
    groups = analyse(engine, select(), by="agent_id", patterns=file).groups
    return [
        next(name for name, count in group.response_patterns.utterances.patterns.items() if count.count)
        for group in groups
    ]


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("positive", ["Yes.", "Yeah, sure", "Sounds good!", "I’m interested", "No problem", "That’s right…"]),
        ("positive", ["OK, yes", "Okay let's do it", "Great, thanks", "thank you, sign me up", "Ok sure"]),
        ("negative", ["No.", "Nope", "not interested", "I don't want that", "Stop calling me", "no thanks"]),
        ("callback", ["Call me back later", "I'm driving", "This is not a good time", "call again tomorrow"]),
        ("transfer", ["Can I speak to a real person?", "transfer me", "talk to your manager"]),
        ("question", ["Who is this?", "How much is it", "what’s that?", "And can you tell me", "Ok, why"]),
        ("other", ["OK", "Okay.", "ok ok", "Thanks", "Thank you!", "Okay, thank you very much.", "Right…"]),
        ("other", ["Alright", "All right then", "Okay, bye", "right now", "Hello"]),
        ("other", ["I know", "Noël", "nowhere", "a_no", "…", "", "👍", "نعم", "Nothing", "note"]),
    ],
)  # fmt: skip
def test_the_patterns_of_the_project(engine: Engine, pattern: str, texts: list[str]) -> None:
    """Each of these utterances is of this pattern; a word inside a longer one is not found."""
    assert dict(zip(texts, patterns_of(engine, texts), strict=True)) == dict.fromkeys(texts, pattern)


def test_the_file_on_the_page_sorts_by_its_words(engine: Engine, tmp_path: Path) -> None:
    """The example of a file of one's own is one, and finds what it says."""
    (example,) = re.findall(
        r"<<END\n(.*?)^END$", (ROOT / "sql" / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    file = tmp_path / "words.toml"
    file.write_text(example, encoding="utf-8")
    texts = ["How much is it?", "That is too expensive", "Bye", "Goodbye, have a nice day", "Okay."]
    assert patterns_of(engine, texts, file) == ["price", "price", "goodbye", "goodbye", "other"]


def test_a_file_replaces_the_patterns(engine: Engine, tmp_path: Path) -> None:
    """Any names, in the file's order, in any script, each word a regular expression; `other` is the rest."""
    file = tmp_path / "words.toml"
    file.write_text(
        """
        [[rule]]
        pattern = "machine"
        words = ["^please leave a message", "(beep|tone)$"]
        [[rule]]
        pattern = "assent"
        words = ["нет проблем", "نعم", "C'EST BON", "o+k"]
        [[rule]]
        pattern = "refusal"
        words = ["нет"]
        """,
        encoding="utf-8",
    )
    texts = ["Please leave a message.", "after the beep!", "Нет проблем", "نعم، شكرا", "C’est bon"]
    texts += ["oook", "нет", "интернет", "a beep now", "yes"]
    wanted = [
        "machine",
        "machine",
        "assent",
        "assent",
        "assent",
        "assent",
        "refusal",
        "other",
        "other",
        "other",
    ]
    assert patterns_of(engine, texts, file) == wanted
    answer = analyse(engine, select(), patterns=file)
    assert list(answer.response_patterns.utterances.patterns) == ["machine", "assent", "refusal", "other"]
    file.write_text('[[rule]]\npattern = "later"\nwords = ["yes"]\n', encoding="utf-8")
    assert patterns_of(engine, ["yes"], file) == ["later"]


def test_words_are_found_in_any_case(engine: Engine, tmp_path: Path) -> None:
    """However the rule or the person writes them, and in letters of several small forms."""
    file = tmp_path / "words.toml"
    rules = ["yes", "No", "Ναι", "οδος", "straße", r"\\Aok(?-i:k)"]
    file.write_text(
        "".join(
            f'[[rule]]\npattern = "p{number}"\nwords = ["{rule}"]\n' for number, rule in enumerate(rules)
        ),
        encoding="utf-8",
    )
    texts = [
        "YES",
        "yes",
        "yeſ",
        "no",
        "NO",
        "ναι",
        "ΝΑΙ",
        "οδος",
        "ΟΔΟΣ",
        "οδοσ",
        "Straße",
        "OKK",
        "\u212akk",
    ]
    found = ["p0", "p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3", "p3", "p4", "p5", "other"]
    assert patterns_of(engine, texts, file) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one \\[\\[rule\\]\\] is needed"),
        ("[[rule]\n", "can't read word patterns"),
        ('[[rule]]\npattern = "a"\nwords = ["(no"]\n', "rule 1: words: '\\(no' is not a regular expression"),
        ('[[rule]]\npattern = "a"\nwords = ["(?=no)"]\n', "is not a regular expression"),
        ('[[rule]]\npattern = "a"\nwords = ["no)|(yes"]\n', "is not a regular expression"),
        ('[[rule]]\npattern = "a"\nwords = ["x*"]\n', "found in every text"),
        ('[[rule]]\npattern = "a"\nwords = []\n', "a list of at least one"),
        ('[[rule]]\npattern = "a"\nwords = ["a", 3, ""]\n', "got 3, allowed: a regular expression"),
        ('[[rule]]\npattern = "other"\nwords = ["no"]\n', "and not `other`"),
        ('[[rule]]\npattern = "Some Name"\nwords = ["no"]\n', "got 'Some Name', allowed: lower-case letters"),
        ('[[rule]]\npattern = "a"\nword = ["no"]\n', "word: not known"),
        ('[[rule]]\npattern = "a"\nwords = ["no"]\nmeaning = 3\n', "meaning: got 3, allowed: a text"),
        ('rules = 3\n[[rule]]\npattern = "a"\nwords = ["no"]\n', "rules: not known"),
        ("rule = 3\n", "at least one"),
        ("rule = [3]\n", "rule 1: not a table"),
    ],
)
def test_faults_in_a_file_are_named(tmp_path: Path, text: str, message: str) -> None:
    """A file that isn't what it should be says where and what is wrong, and how a rule looks."""
    file = tmp_path / "words.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest, match=message):
        read_patterns(file)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Faults of several rules are in one answer; a file that isn't there is named too."""
    file = tmp_path / "words.toml"
    file.write_text('[[rule]]\npattern = "A"\nwords = []\n[[rule]]\nwords = ["("]\n', encoding="utf-8")
    with pytest.raises(InvalidRequest) as raised:
        read_patterns(file)
    assert len(raised.value.details()["faults"]) == 4
    with pytest.raises(InvalidRequest, match=r"nowhere\.toml"):
        read_patterns(tmp_path / "nowhere.toml")


def test_patterns_are_defined() -> None:
    """Each pattern once, with what it means and the places of its rules; the table has the rules' words."""
    found = pattern_definitions()
    assert [one.name for one in found] == [f"response_patterns.{name}" for name in default_patterns().names]
    assert {(one.unit, one.numerator, one.denominator, one.file) for one in found} == {
        ("utterances", "utterances of the pattern", "human utterances", "batchlake/analytics/patterns.toml")
    }
    positive = next(one for one in found if one.name.endswith("positive"))
    assert positive.definition == (
        "the person agrees or is interested: rules 3 and 6 of 6; the first that finds its words decides"
    )
    assert found[-1].definition.startswith(
        "what no rule finds, among them words that only acknowledge or thank"
    )
    assert len(patterns_table().splitlines()) == 2 + len(default_patterns().rules) + 1
    for line in patterns_table().splitlines():
        assert len(line.replace("\\|", "").split("|")) == 6, line


def test_the_projects_own_names_are_those_of_the_specification() -> None:
    """positive, negative, callback, transfer, question and other, and no more; the file has no fault."""
    assert read_patterns(DEFAULT_FILE) == default_patterns()
    assert set(default_patterns().names) == {
        "positive",
        "negative",
        "callback",
        "transfer",
        "question",
        "other",
    }
    assert default_patterns().names[-1] == "other"
