"""Filters: read, checked, compiled to SQL, put into words."""

from typing import TYPE_CHECKING

from batchlake.late import importer

if TYPE_CHECKING:
    from batchlake.filters.compiler import CompiledFilter, compile_filter
    from batchlake.filters.model import ALL, Filter
    from batchlake.filters.reading import parse_filter, read_filter
    from batchlake.filters.reference import filter_schema, reference_table
    from batchlake.filters.rendering import DIALECTS, inline, render
    from batchlake.filters.selection import Selection, select

__all__ = [
    "ALL",
    "DIALECTS",
    "CompiledFilter",
    "Filter",
    "Selection",
    "compile_filter",
    "filter_schema",
    "inline",
    "parse_filter",
    "read_filter",
    "reference_table",
    "render",
    "select",
]

__getattr__ = importer(
    __name__,
    {
        "ALL": "model",
        "DIALECTS": "rendering",
        "CompiledFilter": "compiler",
        "Filter": "model",
        "Selection": "selection",
        "compile_filter": "compiler",
        "filter_schema": "reference",
        "inline": "rendering",
        "parse_filter": "reading",
        "read_filter": "reading",
        "reference_table": "reference",
        "render": "rendering",
        "select": "selection",
    },
)
