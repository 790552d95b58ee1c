"""What is inside a workbook, which is a zip of XML."""

from __future__ import annotations

import io
import zipfile

SHEET = "xl/worksheets/sheet1.xml"
"""The first sheet."""


def parts(content: bytes) -> dict[str, bytes]:
    """Each file in it, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist()}
