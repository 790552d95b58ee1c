"""A report as GitHub's Markdown."""

from batchlake.reports.markdown.syntax import escaped
from batchlake.reports.markdown.writing import write

__all__ = ["escaped", "write"]
