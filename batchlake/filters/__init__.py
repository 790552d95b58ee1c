"""Filters: read, checked, compiled to SQL, put into words."""

from batchlake.filters.compiler import CompiledFilter, compile_filter
from batchlake.filters.model import Filter
from batchlake.filters.reading import parse_filter, read_filter
from batchlake.filters.reference import filter_schema, reference_table
from batchlake.filters.rendering import DIALECTS, inline, render
from batchlake.filters.selection import Selection, select

__all__ = [
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
