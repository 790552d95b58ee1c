"""Widths of text on a terminal."""

from __future__ import annotations

import sys

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from batchlake.text.terminal import cut, display_width

_SIGNS = "–…−─│▁▂▃▄▅▆▇█▉▊▋▌▍▎▏░"
_BESIDE = "▀▐▒ \u0301日\u200d👨\ufe0f\x07"
"""Neighbours of the signs that are known to be narrow, and text of other widths."""


@given(st.text(st.sampled_from("a ~" + _SIGNS + _BESIDE)))
def test_a_width_is_that_of_wcwidth(text: str) -> None:
    """The signs of our own screens, measured without it, are as wide as it says, also among others."""
    assert display_width(text) == (len(text) if text.isascii() else wcwidth.width(text))


def test_the_signs_of_our_screens_need_no_wcwidth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen of plain text is shown without importing it, which takes as long as a question."""
    monkeypatch.setitem(sys.modules, "wcwidth", None)
    assert display_width("a " + _SIGNS) == 2 + len(_SIGNS)


@given(st.text(st.sampled_from("a" + _SIGNS), min_size=1), st.integers(1, 30))
def test_a_text_is_cut_to_its_width(text: str, width: int) -> None:
    """What fits stays whole; what doesn't fills the width, with an ellipsis at its end."""
    shown = cut(text, width)
    assert shown == (text if len(text) <= width else text[: width - 1] + "…")
