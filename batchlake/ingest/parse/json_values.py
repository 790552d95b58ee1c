"""What a JSON value says, wherever it stands: in a record, in an envelope, in an utterance or in `extra`.

The rules about null, empty text, blanks, text and flags are here and nowhere else. A value comes as it stands
in the document (`bytes`, `msgspec.Raw`) or decoded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

Fields = dict[str, msgspec.Raw]
"""An object's values by their key, each as it stands."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

JSON_FAULTS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding raises of a text that is not JSON, or can't be read."""

_QUOTE: Final = ord('"')
_MOST_MADE: Final = 10_000
_LONGEST_MADE: Final = 64
"""Values longer than this rarely repeat, and aren't remembered."""

_AS_THEY_ARE: Final = re.compile(rb'(?:(?:"[A-Za-z0-9][^"\\\n]*"|-?[0-9][0-9.eE+-]*|true|false)(?:\n|\Z))+')
"""Values, one a line, of which each says something and stands in `extra` as it is spelled."""

_LONGEST_EMPTY: Final = len(b"null")
_EMPTY: Final = frozenset((b"", b"null", b'""'))

_HOUR: Final = r"([01]\d|2[0-3])"
_TIME: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\d([Tt ]{_HOUR}:[0-5]\d(:[0-5]\d(\.\d+)?)?( ?([Zz]|[+-]{_HOUR}(:?[0-5]\d)?))?)?",
    re.ASCII,
)
_LEAP_SECOND: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\d[Tt ]{_HOUR}:59:60(\.\d+)?([Zz]|[+-]{_HOUR}:?[0-5]\d)?", re.ASCII
)

_FLAGS: Final = dict.fromkeys(("true", "yes", "1", "1.0"), True) | dict.fromkeys(
    ("false", "no", "0", "0.0"), False
)
"""What a flag may be spelled as, in lower case, as the macro `flag_of` of `sql/ingest/macros.sql` has it."""

_NO_YEAR: Final = 9999
"""From which year on a time is none."""

UNNAMEABLE: Final = re.compile(r'[\\"\x00-\x1f]')
"""In a key, what msgspec takes no field's name with."""

_as_object: Final = msgspec.json.Decoder(Fields)
_as_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_as_text: Final = msgspec.json.Decoder(str)
_as_raw: Final = msgspec.json.Decoder(msgspec.Raw)


_quoted: Final = json.encoder.encode_basestring
"""A text as JSON, with characters beyond ASCII as they are."""


class Number(str):
    """A JSON number with a point or an exponent, as it is spelled: a price is never a float."""

    __slots__ = ()


_as_value: Final = msgspec.json.Decoder(Any, float_hook=Number)


def fields_of(value: bytes | msgspec.Raw) -> Fields:
    """An object's own fields.

    Raises:
        JSON_FAULTS: it is not an object.
    """
    return _as_object.decode(value)


def elements_of(value: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """A list's elements.

    Raises:
        JSON_FAULTS: it is not a list.
    """
    return _as_array.decode(value)


def opens(value: bytes | msgspec.Raw, *brackets: bytes) -> bool:
    """Whether a value begins with one of these characters; it has no blanks in front."""
    return bytes(memoryview(value)[:1]) in brackets


def json_in_text(value: bytes | msgspec.Raw) -> bytes | msgspec.Raw:
    """The list or object that a text holds as JSON, as some platforms give them; else the value."""
    head = bytes(memoryview(value)[:2])
    # Nearly every text begins with a letter or a digit, and needn't be decoded.
    if head[:1] != b'"' or head[1:].isalnum():
        return value
    text = _as_text.decode(value).strip()
    if text[:1] not in ("[", "{"):
        return value
    try:
        return bytes(_as_raw.decode(text.encode()))
    except JSON_FAULTS:
        return value


def is_nothing(value: bytes | msgspec.Raw) -> bool:
    """Whether a value is absent, null or blank text: it says nothing, and erases nothing."""
    view = memoryview(value)
    # A long value that is not text says something, and needn't be copied.
    if len(view) > _LONGEST_EMPTY and view[0] != _QUOTE:
        return False
    return _is_nothing(bytes(view))


def _is_nothing(text: bytes) -> bool:
    if text in _EMPTY:
        return True
    # Nearly every text begins with a letter or a digit, and needn't be decoded.
    if text[:1] != b'"' or text[1:2].isalnum():
        return False
    return not _as_text.decode(text).strip()


def given_value(value: bytes | msgspec.Raw) -> bytes | None:
    """A value as JSON text, None where it says nothing."""
    text = bytes(value)
    return None if _is_nothing(text) else text


def text_of(fields: Mapping[str, msgspec.Raw], key: str) -> str | None:
    """A field as text without outer blanks (a number will do); None where it is something else."""
    # A container may be a whole batch: it isn't decoded to find that it is not text.
    if key not in fields or opens(fields[key], b"{", b"["):
        return None
    try:
        return as_text(_as_value.decode(fields[key]))
    except JSON_FAULTS:
        return None


def given_text(fields: Mapping[str, msgspec.Raw], key: str) -> str | None:
    """The same, where anything is given; an object and a list are spelled as in a column."""
    if key not in fields or is_nothing(fields[key]):
        return None
    return text_of(fields, key) or scalar_text(decoded(fields[key]))


def is_time(text: str) -> bool:
    """Whether a text is a time, as the macro `time_of` of `sql/ingest/macros.sql` reads one."""
    if _TIME.fullmatch(text) or _LEAP_SECOND.fullmatch(text):
        try:
            return 1 < date.fromisoformat(text[:10]).year < _NO_YEAR
        except ValueError:
            return False
    if "_" in text or not text.isascii():
        # Python's numbers have blanks of their own, and digits of other scripts.
        return False
    try:
        number = float(text)
    except ValueError:
        return False
    return 1e8 <= number <= 1e10 or 1e12 <= number <= 1e13 or 1e15 <= number <= 1e16


def readable(value: bytes | msgspec.Raw) -> bytes:
    """A value that can be decoded: itself, or, where it is beyond all limits, its own text as a JSON text.

    1e400 is not a double, 5,000 digits are not an integer, also within an object or a list.
    """
    try:
        found = _as_value.decode(value)
    except JSON_FAULTS:
        return _quoted(bytes(value).decode()).encode()
    is_infinite = isinstance(found, Number) and not math.isfinite(float(found))
    return b'"' + bytes(value) + b'"' if is_infinite else bytes(value)


def decoded(value: bytes | msgspec.Raw) -> Any:
    """A value as Python has it, one that is beyond all limits as a text (see `readable`)."""
    return _as_value.decode(readable(value))


def as_text(value: Any) -> str | None:
    """A decoded scalar as text without outer blanks; None for null, an empty text, an object and a list."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or isinstance(value, dict | list):
        return None
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def scalar_text(value: Any) -> str | None:
    """A decoded value as the text of a column: a text as it is, anything else as its JSON."""
    if isinstance(value, str | None):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, dict | list) else repr(value)


def as_json(value: Any) -> str:
    """A decoded value as JSON, its numbers as they were spelled; but for one that is nested very deeply."""
    try:
        return _as_json(value)
    except RecursionError:
        return msgspec.json.encode(value).decode()


def _as_json(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quoted(key)}:{_as_json(one)}" for key, one in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_as_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def flag_of(value: bytes | msgspec.Raw) -> bool | None:
    """Whether a value says yes or no, as a flag of `calls` is read; None where it says neither."""
    try:
        text = as_text(_as_value.decode(value))
    except JSON_FAULTS:
        return None
    return _FLAGS.get((text or "").lower())


def joined(fields: Mapping[str, bytes | msgspec.Raw]) -> bytes:
    """The JSON text of an object of these fields, each value as it stands."""
    pairs = (_quoted(key).encode() + b":" + bytes(value) for key, value in fields.items())
    return b"{" + b",".join(pairs) + b"}"


def path_key(key: str) -> str:
    """A key as a part of a path: in quotes where it holds the paths' separator, so that a path names one
    value.

    >>> path_key("campaign"), path_key("a.b")
    ('campaign', '"a.b"')
    """
    return _quoted(key) if "." in key or key.startswith('"') else key


def extra_text(extra: Mapping[str, bytes] | None) -> str | None:
    """The column `extra`: the object of values by their path, sorted; None where there are none.

    Raises:
        UnicodeDecodeError: a value is not UTF-8.
    """
    if not extra:
        return None
    if len(extra) == 1:
        ((path, value),) = extra.items()
        return f"{{{_quoted(path)}:{kept_text(value)}}}"
    return "{" + ",".join([f"{_quoted(path)}:{kept_text(extra[path])}" for path in sorted(extra)]) + "}"


def kept_text(value: bytes | msgspec.Raw) -> str | None:
    """A value as `extra` keeps it: without blanks around what is in it, and with as few escapes as JSON
    allows.

    None where it says nothing.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    text = bytes(value)
    first = text[:1]
    if first == b'"':
        # Nearly every text begins with a letter or a digit, and holds no escape.
        if not text[1:2].isalnum() and _is_nothing(text):
            return None
        return _quoted(_as_text.decode(text)) if b"\\" in text else text.decode()
    if first in (b"{", b"["):
        return msgspec.json.format(text, indent=-1).decode()
    return None if text in _EMPTY else text.decode()


def extra_column(
    prefix: str, values: list[bytes], made: dict[tuple[str, bytes], str | None]
) -> list[str | None] | None:
    """What one key adds to the `extra` of several objects, with its prefix; None where it adds nothing.

    Args:
        prefix: that of `extra_prefix`.
        values: of each object, empty where it lacks the key.
        made: what was made of values before; most repeat.

    Raises:
        UnicodeDecodeError: a value is not UTF-8.
    """
    first = values[0] if values else b""
    if values.count(first) == len(values):
        text = kept_text(first)
        return None if text is None else [prefix + text] * len(values)
    together = b"\n".join(values)
    if _AS_THEY_ARE.fullmatch(together):
        # Ids, numbers and words are kept as they are spelled: one pass over all of them tells.
        return [prefix + text if text else None for text in together.decode().split("\n")]
    if len(made) > _MOST_MADE:
        made.clear()
    column = []
    for value in values:
        key = prefix, value
        if key in made:
            column.append(made[key])
            continue
        text = kept_text(value)
        extra = None if text is None else prefix + text
        if len(value) <= _LONGEST_MADE:
            made[key] = extra
        column.append(extra)
    return column


def extra_prefix(path: str) -> str:
    """What precedes a value of this path in the column `extra`."""
    return f"{_quoted(path)}:"
