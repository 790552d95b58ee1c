"""JSON documents whose bare numbers are written again as they stood.

Input: JSON text. Output: a document whose numbers are texts of a kind of their own, and the text of one.
"""

from __future__ import annotations

import json
from typing import Any


class BareNumber(str):
    """A number of a JSON text as it was written."""

    __slots__ = ()


def dumped(value: Any) -> str:
    """A document as compact JSON text, its bare numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{dumped(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    return str(value) if isinstance(value, BareNumber) else _quoted(value)


def decoded(data: bytes | str) -> Any:
    """A JSON document whose bare numbers `dumped` writes as they were.

    Raises:
        ValueError: it isn't JSON.
    """
    return json.loads(data, parse_int=BareNumber, parse_float=BareNumber)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
