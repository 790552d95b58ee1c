"""The race on Spark survives what goes wrong, and knows another answer from the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.data.large_lake import make
from tests.benchmarks.spark.__main__ import _compared
from tests.benchmarks.spark.answering import QUESTIONS
from tests.benchmarks.spark.sides import Answer, AnsweringSide
from tests.effort import at_length
from tests.spark.cluster import missing

CALLS = 4_000
EVERY = list(QUESTIONS)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "lake"
    make(folder, CALLS)
    return folder


@pytest.fixture
def side(tmp_path: Path) -> Iterator[AnsweringSide]:
    one = AnsweringSide(["duckdb"], {}, tmp_path / "log")
    yield one
    one.close()


@at_length
def test_a_question_that_fails_or_takes_too_long_is_one_cell(
    side: AnsweringSide, lake: Path, tmp_path: Path
) -> None:
    """The next is answered: by the same process after an error, by a new one after a silence."""
    failed = side.ask(EVERY[0], tmp_path / "nowhere", CALLS, 60)
    assert failed.seconds is None
    assert failed.note.startswith("failed: LakeNotFound")
    first = side.ask(EVERY[0], lake, CALLS, 60)
    assert first.seconds is not None, first.note
    assert side.ask(EVERY[3], lake, CALLS, 0.001).note == "over 0 s"
    assert side.ask(EVERY[0], lake, CALLS, 60).digest == first.digest
    assert side.ask(EVERY[0], lake, CALLS, 0).note == "not asked: no time was left"
    assert side.peak_mb > 50
    assert [side.ask(question, lake, CALLS, 60).note for question in QUESTIONS] == [""] * len(QUESTIONS)


def test_a_side_that_does_not_begin_says_so(tmp_path: Path, lake: Path) -> None:
    """With the last line that it wrote."""
    side = AnsweringSide(["duckdb"], {"PYTHONPATH": "", "PYTHONHOME": str(tmp_path)}, tmp_path / "log")
    assert side.ask(EVERY[0], lake, CALLS, 60).note.startswith("didn't begin: ")


def test_cells_hold_a_time_and_a_ratio() -> None:
    """Another answer has no ratio, nor has a question without one."""
    here = Answer(0.5, "a")
    assert _compared(here, Answer(2.0, "a")) == ("2.0 s", "4.0x")
    assert _compared(here, Answer(2.0, "b")) == ("another answer, in 2.0 s", "")
    assert _compared(here, Answer(note="over 9 s")) == ("over 9 s", "")
    assert _compared(Answer(note="over 9 s"), Answer(2.0, "a")) == ("2.0 s", "")


@at_length
def test_spark_gives_the_same_answers(side: AnsweringSide, lake: Path, tmp_path: Path) -> None:
    """To every question of the race, byte for byte."""
    if why := missing():
        pytest.skip(why)
    there = AnsweringSide(["local[2]", str(tmp_path)], {}, tmp_path / "spark.log")
    try:
        for question in QUESTIONS:
            here = side.ask(question, lake, CALLS, 120)
            assert here.seconds is not None, here.note
            found = there.ask(question, lake, CALLS, 300)
            assert (found.note, found.digest) == ("", here.digest), question
    finally:
        there.close()
