"""Faults of a filter: how a validator raises one, and how pydantic's errors become `FilterFault`s.

Input: the filter given and pydantic's `ValidationError`. Output: a `FilterFault` for each fault, with its
JSON path (`any[2].duration.min`). Only this module knows pydantic's error types.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from batchlake.errors import FilterFault
from batchlake.filters.operators.operator import keys_of, models_in
from batchlake.text.escaping import quoted
from batchlake.text.suggest import nearest_name

ROOT: Final = "$"
"""The path of a filter as a whole."""

RANGE: Final = "<range>"
VALUES: Final = "<values>"
"""Pydantic's names for what a field of the exports' own may be; no part of a path."""

_HUGE: Final = 10**60


def fault(allowed: str, nearest: str | None = None) -> PydanticCustomError:
    """The error that a validator raises: what is allowed here, and the valid name nearest to what was
    given."""
    return PydanticCustomError("filter_fault", "allowed: {allowed}", {"allowed": allowed, "nearest": nearest})


def shown(value: object) -> str:
    """A value inside a message: as JSON, at most 80 characters, of a container only what it is."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping | BaseModel):
        return "an empty object" if is_empty(value) else "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,} value{'s' if len(value) > 1 else ''}" if value else "an empty list"
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    if isinstance(value, Decimal | int):
        if not -_HUGE < value < _HUGE:
            return "a huge number"
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"a value of type {type(value).__name__}"


def is_empty(value: Mapping[Any, Any] | BaseModel) -> bool:
    """Whether an object, or the model made of one, holds no key."""
    return not (value.model_fields_set if isinstance(value, BaseModel) else value)


def extended(path: str, key: object) -> str:
    """The path of a key or a place within `path`.

    >>> extended("any[2]", "duration"), extended("any", 2), extended("any", "odd key")
    ('any[2].duration', 'any[2]', 'any["odd key"]')
    """
    if isinstance(key, int):
        return f"{path}[{key}]"
    if isinstance(key, str) and key.isidentifier():
        return f"{path}.{key}" if path else key
    return f"{path}[{shown(key)}]"


def faults_of(error: ValidationError, model: type[BaseModel], given: object) -> list[FilterFault]:
    """Pydantic's errors for `given`, validated as `model`, as faults in the same order."""
    details = error.errors(include_url=False)
    return [_fault_of(detail, model, given) for detail in details if "recursion" not in detail["type"]]


def _fault_of(detail: ErrorDetails, model: type[BaseModel], given: object) -> FilterFault:
    location = tuple(part for part in detail["loc"] if part not in (RANGE, VALUES))
    path = _path(location, given)
    facts = detail.get("ctx", {})
    match detail["type"]:
        case "filter_fault":
            return FilterFault(path, shown(detail["input"]), facts["allowed"], facts["nearest"])
        case "extra_forbidden" | "invalid_key":
            keys = keys_of(_model_at(location[:-1], model))
            unknown = location[-1]
            return FilterFault(path, "an unknown key", ", ".join(keys), nearest_name(unknown, keys))
        case "missing":
            return FilterFault(path, "nothing", "this key is required")
        case _:
            keys = keys_of(_model_at(location, model))
            return FilterFault(path, shown(detail["input"]), f"an object with any of {', '.join(keys)}")


def _path(location: tuple[int | str, ...], given: object) -> str:
    """The path in the filter as given: without an index where one value was given for a list of one."""
    path = ""
    for key in location:
        if isinstance(given, Mapping) and (key in given or isinstance(key, str)):
            given = given.get(key)
        elif isinstance(given, list | tuple) and isinstance(key, int):
            given = given[key]
        else:
            break
        path = extended(path, key)
    return path or ROOT


def _model_at(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    for key in location:
        for name, field in model.model_fields.items():
            if key in (field.alias, name):
                model = next(models_in(field.annotation))
    return model
