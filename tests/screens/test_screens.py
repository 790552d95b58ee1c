"""Every verb's screen at a terminal of 80, 120 and 200 columns, with colours and without, as looked at.

Where a screen is meant to change: `python -m tests.screens.screens NAME`, look at it, and commit it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import batchlake
from batchlake.text.terminal import display_width
from tests.console.terminal import Terminal
from tests.effort import share, some
from tests.screens.screens import (
    GOLDEN,
    MACHINE_FORMATS,
    NAMES,
    draw,
    golden,
    make_lakes,
    settled,
    widths_of,
    written,
)


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the two lakes that the screens are of."""
    folder = tmp_path_factory.mktemp("screens")
    make_lakes(folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_the_golden_one(name: str, lakes: Path) -> None:
    """Every character and its colour, at a width that the screens take in turn, or at every width."""
    widths = share(widths_of(name), list(NAMES).index(name), len(widths_of(name)))
    assert written(name, lakes, widths) == golden(name, widths)


def test_each_golden_screen_is_of_a_verb() -> None:
    """No file is left that no test draws."""
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == sorted(NAMES)


@pytest.mark.parametrize(
    "name", some(["analytics", "audit", "batches", "calls", "problems", "fault_of_column"], 2)
)
def test_without_colour_the_words_are_the_same(name: str, lakes: Path) -> None:
    """NO_COLOR takes colours away, and nothing else: nothing is said by colour alone."""
    (width, *_) = widths_of(name)
    plain, coloured = draw(name, lakes, width, colour=False), draw(name, lakes, width)
    assert plain.lines == coloured.lines
    assert not "".join(plain.styles).strip()
    assert settled(plain.lines, lakes) == settled(coloured.lines, lakes)


def test_no_line_is_wider_than_its_terminal() -> None:
    """But of what is asked for whole, or is JSON."""
    for name in NAMES:
        if name in ("batch", "calls_wide", "filter") or name in MACHINE_FORMATS:
            continue
        width = 0
        for line in (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("── "):
                found = re.match(r"── (\d+) columns", line)
                width = int(found[1]) if found else 0
            elif width:
                assert display_width(line) <= width, (name, line)


NARROW = (
    "analytics", "analytics_compare_batches", "analytics_compare_by", "analytics_compare_previous", "audit",
    "audit_of_one", "progress", "said", "sample_analytics_compare", "sample_audit",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "width"),
    [
        (name, width)
        for number, name in enumerate(NARROW)
        for width in share((40, 47, 56, 66, 72), number, of=5)
    ],
)
def test_a_narrow_terminal_breaks_no_line(name: str, width: int, lakes: Path) -> None:
    """From 40 columns on; what there is no room for stands below, or a note names it."""
    screen = draw(name, lakes, width, colour=False)
    assert [line for line in screen.lines if display_width(line) > width] == []
    told = " ".join(screen.lines)
    if "audit" in name:
        # Nothing is left out.
        wide = draw(name, lakes, 120, colour=False).lines
        verdicts = re.compile(r"[\d.,]+ (?:[A-Z]{3} |points |s )?too (?:high|low)")
        assert verdicts.findall(told) == verdicts.findall(" ".join(wide))
    elif "compare" in name:
        assert "No room for" in told


def test_the_console_greets_with_what_the_lake_holds(lakes: Path, tmp_path: Path) -> None:
    """How many calls in how many batches, how new they are, and how one leaves."""
    console = Terminal(batchlake.open(lakes / "harbour"), tmp_path, columns=100)
    first, second, *_ = console.shown().splitlines()
    pattern = r"batchlake \S+   harbour: 1,263 calls in 9 batches, the newest of 27 Nov( 2026)? 15:02 UTC"
    assert re.fullmatch(pattern, first)
    assert second == r"SQL ends with a semicolon. help tells more, \q leaves."
    console.leave()


def test_a_greeting_fits_its_terminal(lakes: Path, tmp_path: Path) -> None:
    """What there is no room for beside the lake's name stands below it; a long name is cut."""
    name = "a lake with a long name of the harbour, of all the calls of this year and of the one before"
    shutil.copytree(lakes / "harbour", tmp_path / name)
    console = Terminal(batchlake.open(tmp_path / name), tmp_path, columns=70)
    first, second, third, *_ = console.shown().splitlines()
    assert re.fullmatch(r"batchlake \S+   a lake with a long name of the harbour.*…", first)
    assert re.fullmatch(r"1,263 calls in 9 batches, the newest of 27 Nov( 2026)? 15:02 UTC", second)
    assert third.startswith("SQL ends with a semicolon.")
    console.leave()
