"""What can name a batch, a call or a source, and which known name is meant by another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

_LONGEST: Final = 256
_LONGEST_MISSPELLED: Final = 80


def fault_of(name: object) -> str:
    """What keeps a text from being the name of anything, as the end of a sentence; empty where nothing does.

    >>> fault_of(" "), fault_of(7), fault_of("batch_1")
    ('is empty', 'is of type int, not text', '')
    """
    if not isinstance(name, str):
        return f"is of type {type(name).__name__}, not text"
    if not name.strip():
        return "is empty"
    if len(name) > _LONGEST:
        return f"is {len(name)} characters long, the most is {_LONGEST}"
    categories = {unicodedata.category(character) for character in name}
    if "Cc" in categories:
        return "holds control characters"
    if "Cs" in categories:
        return "holds half a character: it is no UTF-8"
    return ""


def nearest_name(given: object, names: Collection[str]) -> str | None:
    """The known name that is probably meant: the only one that begins so, or the most similar one.

    None where none is like it.

    >>> nearest_name("min_postive", ["min_positive", "max_positive"])
    'min_positive'
    >>> nearest_name("hour", ["source", "hour_of_day"])
    'hour_of_day'
    """
    if not isinstance(given, str) or len(given) > _LONGEST_MISSPELLED:
        return None
    spelled = re.sub(r"[-\s]+", "_", given.strip().lower())
    longer = [name for name in names if spelled and name.startswith(spelled)]
    if len(longer) == 1:
        return longer[0]
    import difflib

    return next(iter(difflib.get_close_matches(spelled, names, n=1)), None)
