"""The known name that a misspelled one probably means."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_LONGEST_GUESSED: Final = 80


def nearest_name(given: object, names: Collection[str]) -> str | None:
    """The known name nearest to the one given: the only one that begins with it, else the most similar.

    None where none is similar.

    >>> nearest_name("min_postive", ["min_positive", "max_positive"])
    'min_positive'
    >>> nearest_name("hour", ["source", "hour_of_day"])
    'hour_of_day'
    """
    if not isinstance(given, str) or len(given) > _LONGEST_GUESSED:
        return None
    spelled = re.sub(r"[-\s]+", "_", given.strip().lower())
    longer = [name for name in names if spelled and name.startswith(spelled)]
    if len(longer) == 1:
        return longer[0]
    import difflib

    return next(iter(difflib.get_close_matches(spelled, names, n=1)), None)
