"""JSON documents whose bare numbers are written again as they stood.

Input: JSON text. Output: a document whose numbers are texts of a kind of their own, and the text of one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Container
from typing import Any, Final

import msgspec

from batchlake.text.nesting import nests_past

_as_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class TooDeep(ValueError):
    """A JSON text that nests past `MOST_LEVELS`."""


class BareNumber(str):
    """A number of a JSON text as it was written."""

    __slots__ = ()


def dumped(value: Any) -> str:
    """A document as compact JSON text, its bare numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(key)}:{dumped(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    return str(value) if isinstance(value, BareNumber) else quoted(value)


def decoded(data: bytes | str) -> Any:
    """A JSON document whose bare numbers `dumped` writes as they were.

    Raises:
        TooDeep: it nests so deeply that nothing can walk through it.
        ValueError: it isn't JSON.
    """
    if nests_past(data):
        raise TooDeep
    return json.loads(data, parse_int=BareNumber, parse_float=BareNumber)


def fields_of(text: str) -> dict[str, str]:
    """The fields of an object however deeply they nest, each as its JSON text; none of anything else."""
    try:
        return {name: bytes(raw).decode() for name, raw in _as_object.decode(text).items()}
    except (msgspec.MsgspecError, RecursionError):
        return {}


def by_field(text: str, change: Callable[[str, str], tuple[str, str]]) -> str | None:
    """An object that nests too deeply, field by field; the same text where no field changes.

    Args:
        text: its JSON text; None comes back where it is no object, or an empty one.
        change: from a field's name and value, a JSON text, to those in their place.
    """
    fields = list(fields_of(text).items())
    again = [change(name, value) for name, value in fields]
    if again == fields:
        return text if fields else None
    return "{" + ",".join(f"{quoted(name)}:{value}" for name, value in again) + "}"


def unused(key: str, document: Container[str]) -> str:
    """A key that a document doesn't have: two that held values may have become one."""
    if key not in document:
        return key
    names = (f"{key} {count}" for count in itertools.count(2))
    return next(name for name in names if name not in document)


def quoted(value: Any) -> str:
    """A text, or another scalar, as JSON."""
    return json.dumps(value, ensure_ascii=False)
