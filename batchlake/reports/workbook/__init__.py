"""A report as a workbook of a spreadsheet."""

from batchlake.reports.workbook.writing import write

__all__ = ["write"]
