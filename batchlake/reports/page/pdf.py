"""The page on paper: the same HTML, laid out by its print style sheet into a PDF.

Input: a `Report`. Output: bytes, the same ones for the same report on the same machine (its fonts are used).
"""

from __future__ import annotations

from typing import Any

from batchlake.errors import InvalidRequest
from batchlake.reports.model import Report
from batchlake.reports.page.html import html


def pdf(report: Report) -> bytes:
    """The report as a PDF.

    Raises:
        InvalidRequest: the extra `pdf` isn't installed.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise InvalidRequest(
            "PDF files need the extra `pdf`, and the system's Pango; install the extra with: "
            f"pip install 'batchlake[pdf]' ({error}). Or write the page as HTML and print it from a browser.",
            extra="pdf",
        ) from error
    page = weasyprint.HTML(string=html(report, classes=False), url_fetcher=_refuse)
    written: bytes = page.write_pdf()
    return written


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    """Nothing is fetched: a report holds all it shows."""
    raise ValueError(f"a report fetches nothing, not even {url!r}")
