"""The page in a real browser: quiet, offline, within its width, legible, and open to everybody."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.effort import at_length, share, some
from tests.reports.page.chromium import Tab

NAMES = ("batch", "all", "hostile", "awkward", "nothing")
WAYS: list[dict[str, Any]] = [
    *({"width": width, "scheme": scheme} for width, scheme in product((1280, 390), ("light", "dark"))),
    {"width": 794, "media": "print"},
]

# Relative luminance and contrast as WCAG 2 define them.
CONTRASTS = """
(() => {
  const light = text => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("svg text, svg [class^='f-']")].map(element => {
    const ink = light(getComputedStyle(element).fill);
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    return [element.tagName, element.getAttribute("class"), contrast];
  });
})()
"""


@pytest.mark.parametrize("name", some(NAMES, 3))
def test_it_is_quiet_offline_and_within_its_width(tab: Tab, pages: dict[str, Path], name: str) -> None:
    """At a desk, on a phone, in the dark and in print: no message, no request, no scrolling sideways."""
    for way in share(WAYS, NAMES.index(name), 3):
        tab.show(pages[name], **way)
        told = tab.happened("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        assert told == [], way
        requested = [request["request"]["url"] for request in tab.happened("Network.requestWillBeSent")]
        assert requested == [pages[name].as_uri()], way
        assert tab.happened("Page.javascriptDialogOpening") == []
        wide, room = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room == way["width"], way


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("batch", 1280, "light"), ("all", 390, "dark"), pytest.param("nothing", 390, "light", marks=at_length)],
)
def test_axe_finds_nothing_serious(
    tab: Tab, pages: dict[str, Path], axe: str, name: str, width: int, scheme: str
) -> None:
    """axe-core, with everything on the page unfolded, finds nothing that keeps people out."""
    tab.call("Page.setBypassCSP", enabled=True)
    try:
        tab.show(pages[name], width=width, scheme=scheme)
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        tab.evaluate(f"{axe}; 0")
        found = tab.evaluate("axe.run(document, {resultTypes: ['violations']}).then(done => done.violations)")
    finally:
        tab.call("Page.setBypassCSP", enabled=False)
    serious = [
        (one["id"], one["help"], one["nodes"][0]["html"])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_legible_on_either_paper(tab: Tab, pages: dict[str, Path], scheme: str) -> None:
    """Words in a chart stand out from the page by 4.5 to 1, what is painted by more than 2 to 1."""
    tab.show(pages["batch"], scheme=scheme)
    contrasts = tab.evaluate(CONTRASTS)
    words = [contrast for tag, _, contrast in contrasts if tag == "text"]
    painted = [contrast for tag, _, contrast in contrasts if tag != "text"]
    assert len(words) > 100
    assert len(painted) > 50
    assert min(words) >= 4.5
    assert min(painted) > 2


def test_hostile_text_makes_no_elements(tab: Tab, pages: dict[str, Path]) -> None:
    """What looks like HTML in ids, names, responses and transcripts is text, in a direction of its own."""
    tab.show(pages["hostile"])
    made = tab.evaluate("document.querySelectorAll('script, img, iframe, a[href^=javascript], b, i').length")
    assert made == 0
    shown = tab.evaluate("document.body.textContent")
    assert "<script>alert(1)</script>" in shown
    assert '<img src=x onerror="alert(1)">' in shown
    assert "⟨U+202E⟩gnp.exe" in shown
    assert not set("\u202e\u2066\x07\x1b\u2028") & set(shown)
    isolated = tab.evaluate(
        "[...document.querySelectorAll('bdi')].some(one => one.textContent.includes('gnp.exe'))"
    )
    assert isolated


def test_definitions_open_with_the_keyboard(tab: Tab, pages: dict[str, Path]) -> None:
    """The skip link comes first; a headline's definition opens with the return key and no script."""
    tab.show(pages["batch"])
    first = tab.evaluate("document.querySelector('a, summary, [tabindex=\"0\"]').textContent")
    assert first == "Skip to the figures"
    tab.evaluate("document.querySelector('.headlines summary').focus()")
    for kind in ("rawKeyDown", "char", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13, text="\r")
    assert tab.evaluate("document.querySelector('.headlines details').open")
