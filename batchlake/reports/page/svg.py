"""A chart's description (Vega-Lite) drawn as an SVG element that takes its colours from the page.

It needs the extra `report`.

Input: a specification and what the chart shows in words. Output: markup: text stays text, every colour of
`COLOURS` is a CSS class, so that a chart is legible in light, in dark and on paper; nothing in it is styled
by attributes that a Content-Security-Policy would have to allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from batchlake.reports.wording import COLOURS

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH: Final = 460
"""Every chart is as wide, in pixels: half a page at a desk, and a phone's width without shrinking much."""

_TEMPLATES: Final = Path(__file__).parent / "templates" / "charts.json"
_ROLES: Final = {colour: role for role, colour in COLOURS.items()}
_SVG: Final = "http://www.w3.org/2000/svg"
_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")

# Clips are numbered by how many charts the process has drawn; within its axes nothing needs one.
_IDLE: Final = frozenset({"class", "role", "pointer-events", "font-family", "clip-path"})


def filled(name: str, **values: Any) -> Any:
    """A template of `charts.json` with values and colours in the place of `$` and their names."""

    def fill(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: fill(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [fill(inner) for inner in part]
        return given[part[1:]] if isinstance(part, str) and part.startswith("$") else part

    given = {**COLOURS, **values}
    return fill(_templates()[name])


@cache
def _templates() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_TEMPLATES.read_text(encoding="utf-8"))
    return found


def draw(chart: Mapping[str, Any], words: str, *, classes: bool = True) -> Markup:
    """The chart as an `<svg>` element.

    Args:
        chart: a Vega-Lite specification without `config`, painted with `COLOURS` alone.
        words: what it shows, for those who don't see it.
        classes: colours as CSS classes; without, as they are, for a renderer that has no page around it.
    """
    import vl_convert
    from markupsafe import Markup

    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": WIDTH,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 4,
        "config": filled("config"),
        **chart,
    }
    # The SVG is the library's own, in which texts are escaped.
    drawn = ET.fromstring(vl_convert.vegalite_to_svg(whole))  # noqa: S314
    _tidy(drawn, classes)
    box = drawn.get("viewBox", "")
    drawn.attrib.clear()
    drawn.attrib.update({"viewBox": box, "role": "img", "aria-label": words})
    if not classes:
        _, _, width, height = box.split()
        drawn.attrib.update({"width": width, "height": height, "font-family": "sans-serif"})
    ET.register_namespace("", _SVG)
    return Markup(ET.tostring(drawn, encoding="unicode"))  # noqa: S704 - made by the drawing library


def _tidy(element: ET.Element, classes: bool) -> None:
    """Leave what is seen: no empty paths, no roles of parts, no digits beyond a hundredth of a pixel."""
    for child in list(element):
        unseen = child.get("display") == "none" or child.get("class") == "background"
        if unseen or child.tag == f"{{{_SVG}}}defs":
            element.remove(child)
            continue
        _tidy(child, classes)
        if child.tag == f"{{{_SVG}}}g" and len(child) == 0:
            element.remove(child)
    painted = []
    for name, value in list(element.attrib.items()):
        if name in _IDLE or name.startswith("aria-") or (name, value) == ("opacity", "1"):
            del element.attrib[name]
        elif classes and name in ("fill", "stroke") and value in _ROLES:
            painted.append(f"{name[0]}-{_ROLES[value]}")
            del element.attrib[name]
        else:
            element.set(name, _NUMBER.sub(lambda match: f"{float(match[0]):.2f}", value))
    if painted:
        element.set("class", " ".join(painted))
