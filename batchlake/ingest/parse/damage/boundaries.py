"""Where JSON values begin and end in a text, and where a text stops being JSON.

Input: bytes that may hold several values, sound or not. Output: their places, and the byte and the words of a
fault.
"""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

from batchlake.ingest.parse.json_values import BYTE_ORDER_MARK, JSON_FAULTS

BETWEEN_VALUES: Final = b" \t\r\n,"
"""Lines that were cut out of an array have commas."""

_SEPARATORS: Final = re.compile(b"(?:[%b]|%b)*" % (BETWEEN_VALUES, BYTE_ORDER_MARK))
_FIRST_SCANNED_BYTES: Final = 64 * 1024
_LONGEST_WORD: Final = 12
"""The longest token, in characters, that a cut can split: an escaped surrogate pair."""

_BYTE: Final = re.compile(r"\s*\(byte (\d+)\)$")

_whole: Final = msgspec.json.Decoder(msgspec.Raw)
_at_the_beginning: Final = json.JSONDecoder(parse_int=str, parse_float=str)


def value_start(text: bytes, position: int) -> int:
    """Where the next value begins: behind blanks, commas and byte order marks."""
    found = _SEPARATORS.match(text, position)
    return found.end() if found else position


def stripped(line: bytes) -> bytes:
    """A line without what may stand around its value."""
    return line[value_start(line, 0) :].rstrip(BETWEEN_VALUES)


def value_end(text: bytes, start: int) -> int | None:
    """Where the JSON object or list ends that begins here; 0 if it is none, None if the text ends before it.

    It is looked for in more and more of the text: to decode all of it for each bad line would take hours.
    """
    if text[start : start + 1] not in (b"{", b"["):
        return 0
    size = _FIRST_SCANNED_BYTES
    while True:
        some = text[start : start + size].decode("utf-8", "surrogateescape")
        try:
            _, end = _at_the_beginning.raw_decode(some)
        except json.JSONDecodeError as error:
            is_cut = error.pos >= len(some) - _LONGEST_WORD or error.msg.startswith("Unterminated string")
            if not is_cut:
                return 0
            if start + size >= len(text):
                return None
            size *= 8
        except RecursionError:
            return 0
        else:
            return start + len(some[:end].encode("utf-8", "surrogateescape"))


def fault_in(text: bytes) -> tuple[str, int]:
    """Why a text is not JSON, and the byte at which that shows."""
    try:
        _whole.decode(text)
        text.decode()
    except JSON_FAULTS as error:
        return describe(error, text)
    return "this is not JSON", 0


def describe(error: Exception, text: bytes) -> tuple[str, int]:
    """What a parser's error says, and the byte of the text that it means."""
    if isinstance(error, RecursionError):
        return "nested too deeply to be read", 0
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8", error.start
    message = str(error)
    found = _BYTE.search(message)
    return f"not JSON: {_BYTE.sub('', message)}", int(found[1]) if found else len(text)
