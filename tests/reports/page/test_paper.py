"""The page as it lies on paper, by the layout that makes the PDF: nothing runs off it, no word is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.reports.page.html import html
from tests.effort import at_length
from tests.screens.harbour import write_exports


def texts(box: Any) -> Iterator[tuple[str, float]]:
    """Each piece of text of a page, and where it ends, from the left, in CSS pixels."""
    if hasattr(box, "text"):
        yield box.text, box.position_x + box.width
    for child in getattr(box, "children", ()):
        yield from texts(child)


@at_length
def test_a_report_of_a_batch_fits_the_paper(tmp_path: Path) -> None:
    """With its observations, audit and groups: all texts end before the margin, and words are whole."""
    weasyprint = pytest.importorskip("weasyprint")
    write_exports(tmp_path / "exports")
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(tmp_path / "exports")
    report = lake.report("harbour_09", compare="harbour_08", by="agent")
    document = weasyprint.HTML(string=html(report.document, classes=False)).render()
    shown = []
    for page in document.pages:
        box = page._page_box
        edge = box.margin_left + box.width
        found = list(texts(box))
        assert [(text, end) for text, end in found if end > edge + 1] == []
        shown += [text.strip() for text, _ in found]
    assert shown.count("reported") == len(report.document.progress[0].history)
