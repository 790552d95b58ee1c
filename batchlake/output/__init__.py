"""Rows and documents written to a file, in each format."""

from batchlake.output.documents import DOCUMENT_FORMATS, write_document
from batchlake.output.rows import BINARY_FORMATS, ROW_FORMATS, Limited, write_rows

__all__ = ["BINARY_FORMATS", "DOCUMENT_FORMATS", "ROW_FORMATS", "Limited", "write_document", "write_rows"]
