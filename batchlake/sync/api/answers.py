"""Reads an answer's JSON for what the listing needs of it: ids, cursors, totals.

More lenient than JSON, as an ingest is: text cut through the middle of an emoji, `NaN`. What such a record
is worth is for the ingest to say; the list around it has to go on.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from batchlake.ingest.parse.json_values import BYTE_ORDER_MARK


class NotJson(Exception):
    """The bytes are not a whole JSON document; `reason` says where that shows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_document(body: bytes) -> Any:
    """The document as plain Python values; a byte order mark is accepted.

    Raises:
        NotJson: it is cut off, not UTF-8, not JSON, or nested too deeply.
    """
    body = body.removeprefix(BYTE_ORDER_MARK)
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = str(error)
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        raise NotJson(reason) from None


def value_at(document: Any, place: str | None) -> Any:
    """The value at a place (keys, in arrays numbers from 0, joined by dots); None where there is nothing.

    >>> value_at({"response": [{"data": [1, 2]}]}, "response.0.data")
    [1, 2]
    """
    for step in place.split(".") if place else ():
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
