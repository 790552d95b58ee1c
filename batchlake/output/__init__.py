"""Rows and documents written to a file, in each format."""

from batchlake.output.documents import DOCUMENT_FORMATS, write_document
from batchlake.output.rows import BINARY_FORMATS, ROW_FORMATS, Limited, write_rows
from batchlake.output.target import format_by_suffix, replacing, takes_colour

__all__ = [
    "BINARY_FORMATS",
    "DOCUMENT_FORMATS",
    "ROW_FORMATS",
    "Limited",
    "format_by_suffix",
    "replacing",
    "takes_colour",
    "write_document",
    "write_rows",
]
