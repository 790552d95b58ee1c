"""The formats of answers by name. It imports nothing, so a command line can offer them at once."""

from __future__ import annotations

from typing import Final

ROW_FORMATS: Final = ("table", "json", "ndjson", "csv", "markdown", "parquet", "xlsx")
DOCUMENT_FORMATS: Final = ("json", "table")
FIGURE_FORMATS: Final = ROW_FORMATS
"""Of figures: a screen, one document, or a row for each group, figure or observation."""

STATUS_FORMATS: Final = ("table", "json")
"""Of what a verb says about its own work."""

REPORT_FORMATS: Final = ("html", "pdf", "xlsx", "csv", "json", "markdown")
BINARY_FORMATS: Final = frozenset({"parquet", "pdf", "xlsx"})
"""Those that a terminal can't show."""

SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "table": (".txt",),
    "html": (".html", ".htm"),
    "pdf": (".pdf",),
    "json": (".json",),
    "ndjson": (".ndjson", ".jsonl"),
    "csv": (".csv",),
    "markdown": (".md", ".markdown"),
    "parquet": (".parquet",),
    "xlsx": (".xlsx",),
    "sql": (".sql",),
}
"""Every format of a file, and the suffixes that stand for it."""
