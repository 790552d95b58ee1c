"""The page on paper: the same HTML, laid out by its print style sheet into a PDF.

Input: a `Report`. Output: bytes, the same ones for the same report on the same machine (its fonts are used).
"""

from __future__ import annotations

from typing import Any

from batchlake.reports.model import Report
from batchlake.reports.page.html import html


def pdf(report: Report) -> bytes:
    """The report as a PDF; needs the extras `pdf` and `report`."""
    import weasyprint

    page = weasyprint.HTML(string=html(report, classes=False), url_fetcher=_refuse)
    written: bytes = page.write_pdf()
    return written


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    """Nothing is fetched: a report holds all it shows."""
    raise ValueError(f"a report fetches nothing, not even {url!r}")
