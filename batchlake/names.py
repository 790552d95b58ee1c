"""What can name a batch, a call or a source."""

from __future__ import annotations

import unicodedata
from typing import Final

_LONGEST: Final = 256


def fault_of(name: str) -> str:
    """What keeps a text from being the name of anything, as the end of a sentence; empty where nothing does.

    >>> fault_of(" "), fault_of("batch_1")
    ('is empty', '')
    """
    if not name.strip():
        return "is empty"
    if len(name) > _LONGEST:
        return f"is {len(name)} characters long, the most is {_LONGEST}"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "holds control characters"
    return ""
