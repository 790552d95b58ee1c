"""The keys and values in a text whose brackets and quotes needn't match.

Input: a text. Output: its `Member`s, each with what is before it. A key is known by its quotes, since no
text holds one that isn't escaped; a value counts where it is sound by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from batchlake.ingest.parse.damage.boundaries import value_end
from batchlake.ingest.parse.damage.repair import Fault, repair
from batchlake.ingest.parse.json_values import JSON_FAULTS
from batchlake.ingest.parse.recognition import EXACT_KEYS

AROUND_MEMBERS: Final = b" \t\r\n,[]{}"
"""What may be between members."""

_NEXT_KEY: Final = re.compile(rb'[ \t\r\n,\[\]{}]*"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_ANY_KEY: Final = re.compile(rb'(?<!\\)"(\w[\w.$-]*)"[ \t\r\n]*:[ \t\r\n]*')
_SCALAR: Final = re.compile(
    rb'("(?:[^"\\]|\\.)*"|[^ \t\r\n,:{}\[\]"]+)(?=[ \t\r\n]*(?:[,}\]"]|\Z))', re.DOTALL
)
_NEXT_MEMBER: Final = re.compile(rb'[ \t\r\n]*,[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:', re.DOTALL)

_as_value: Final = msgspec.json.Decoder(msgspec.Raw)
_as_text: Final = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class Member:
    """A key and its value, None where that can't be read; the text before the key, and the value's own."""

    gap: bytes
    key: str
    value: bytes | None
    raw: bytes
    faults: Sequence[Fault] = ()


def members_in(text: bytes) -> tuple[list[Member], bytes]:
    """The keys and values in a text, whatever objects they are of, outermost first; what is behind them."""
    found: list[Member] = []
    position, is_sound = 0, True
    while key := (is_sound and _NEXT_KEY.match(text, position)) or _ANY_KEY.search(text, position):
        gap = text[position : key.start(1) - 1]
        start = key.end()
        value, raw, faults = _value(text, start)
        is_sound = value is not None
        if value is None and (opening := text[start : start + 1]) in (b"{", b"["):
            # What is in it comes next.
            raw, is_sound = opening, True
        found.append(Member(gap, _decoded_key(key.group(1)), value, raw, faults))
        position = start + len(raw)
    return found, text[position:]


def _decoded_key(key: bytes) -> str:
    try:
        return _as_text.decode(b'"' + key + b'"')
    except JSON_FAULTS:
        return key.decode("utf-8", "replace")


def _value(text: bytes, start: int) -> tuple[bytes | None, bytes, Sequence[Fault]]:
    """The value that begins there as JSON, None where it isn't sound; its text; and what is wrong with it."""
    if text[start : start + 1] in (b"{", b"["):
        raw = text[start : value_end(text, start) or start]
        if not raw:
            value, raw, _ = _value(text, start + 1)
            raw = text[start : start + 1 + len(raw)]
            if value and _NEXT_MEMBER.match(text, start + len(raw)):
                return value, raw, [Fault("", "a bracket too many was skipped", raw)]
            return None, b"", ()
    else:
        scalar = _SCALAR.match(text, start)
        raw = scalar[1] if scalar else b""
    if not raw:
        following = _ANY_KEY.search(text, start)
        return None, text[start : following.start() if following else len(text)].rstrip(AROUND_MEMBERS), ()
    try:
        raw.decode()
        _as_value.decode(raw)
    except JSON_FAULTS:
        repaired = repair(raw, EXACT_KEYS)
        return (repaired.text, raw, repaired.faults) if repaired else (None, raw, ())
    return raw, raw, ()
