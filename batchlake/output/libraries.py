"""The libraries that some formats need: imported before anything is computed that they are to write.

Input: a format's name. Output: nothing, or the error that names the extra which installs its libraries.
"""

from __future__ import annotations

import importlib
from typing import Final

from batchlake._lazy import extra
from batchlake.errors import InvalidRequest

_PAGE: Final = ("report", "pages of reports", ("jinja2", "markupsafe", "vl_convert"))
_NEEDED: Final = {"xlsx": ("excel", "xlsx files", ("xlsxwriter",)), "html": _PAGE, "pdf": _PAGE}
"""For each format that needs any: the extra, what needs it, and the modules."""


def import_libraries(name: str) -> None:
    """Import what a format needs, as its writers do again for themselves.

    Raises:
        InvalidRequest: they are not installed; says what installs them.
    """
    if name in _NEEDED:
        needed, purpose, modules = _NEEDED[name]
        with extra(needed, purpose):
            for module in modules:
                importlib.import_module(module)
    if name == "pdf":
        try:
            importlib.import_module("weasyprint")
        except (ImportError, OSError) as error:
            raise InvalidRequest(
                "PDF files need the extra `pdf`, and the system's Pango; install the extra with: "
                f"pip install 'batchlake[pdf]' ({error}). Or write the page as HTML and print it from a "
                "browser.",
                extra="pdf",
            ) from error
