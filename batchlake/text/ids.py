"""What may be the id of a call or of a batch, and how a batch is named with its source."""

from __future__ import annotations

import unicodedata
from typing import Final

_LONGEST_ID: Final = 256


def id_fault(name: object) -> str:
    """What keeps a value from being an id, as the end of a sentence; empty where nothing does.

    >>> id_fault(" "), id_fault(7), id_fault("batch_1")
    ('is empty', 'is of type int, not text', '')
    """
    if not isinstance(name, str):
        return f"is of type {type(name).__name__}, not text"
    if not name.strip():
        return "is empty"
    if len(name) > _LONGEST_ID:
        return f"is {len(name)} characters long, the most is {_LONGEST_ID}"
    categories = {unicodedata.category(character) for character in name}
    if "Cc" in categories:
        return "holds control characters"
    if "Cs" in categories:
        return "holds half a character: it is not UTF-8"
    return ""


def batch_of_source(source: str, batch_id: str) -> str:
    """A batch by name, told from one of another source that has the same id: `svalync/batch_1`."""
    return f"{source}/{batch_id}"
