"""The report as a page: one file that opens anywhere, without scripts or the network; and on paper."""

from batchlake.reports.page.printing import pdf
from batchlake.reports.page.writing import html

__all__ = ["html", "pdf"]
