"""How large a filter may be, and the faults of a larger one.

The walk is iterative and stops at the depth limit, so that deep nesting costs no more than a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from batchlake.errors import FilterFault
from batchlake.filters.faults import ROOT, extended

MAX_DEPTH: Final = 32
"""How often `any`, `all` and `not` may nest."""

MAX_CONDITIONS: Final = 1_000
"""Keys other than `any`, `all` and `not` in a whole filter; each field in `extra` counts."""

MAX_VALUES: Final = 10_000
"""Values in one list."""


def limit_faults(given: object) -> list[FilterFault]:
    """The faults of a filter, valid or not, that nests too deep or holds too many conditions."""
    faults: list[FilterFault] = []
    conditions = 0
    waiting: list[tuple[object, str, int]] = [(given, "", 0)]
    while waiting:
        part, path, depth = waiting.pop()
        if depth > MAX_DEPTH:
            allowed = f"`any`, `all` and `not` nested at most {MAX_DEPTH} deep"
            faults.append(FilterFault(path, f"a filter {depth} deep", allowed))
            continue
        for key, value in _entries(part):
            inside = extended(path, key)
            if key == "not":
                waiting.append((value, inside, depth + 1))
            elif key in ("any", "all") and isinstance(value, list | tuple):
                waiting.extend((one, extended(inside, place), depth + 1) for place, one in enumerate(value))
            else:
                conditions += len(value) if key == "extra" and isinstance(value, Mapping) else 1
    if conditions > MAX_CONDITIONS:
        allowed = f"at most {MAX_CONDITIONS:,} conditions"
        faults.append(FilterFault(ROOT, f"{conditions:,} conditions", allowed))
    return faults


def _entries(part: object) -> Iterable[tuple[Any, object]]:
    if isinstance(part, BaseModel):
        names = {name: field.alias or name for name, field in type(part).model_fields.items()}
        return [(names[name], value) for name, value in part if value is not None]
    return part.items() if isinstance(part, Mapping) else ()
