"""Reports of a selection of calls, to forward, to open in a spreadsheet and to print."""

from batchlake.reports.batch_report import BatchReport, report
from batchlake.reports.building import ReportOptions
from batchlake.reports.model import Report
from batchlake.reports.writing import FORMATS, format_of

__all__ = ["FORMATS", "BatchReport", "Report", "ReportOptions", "format_of", "report"]
