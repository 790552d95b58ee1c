"""Forms: what a value of a filter may be, how it is read, and how faults and the JSON Schema say so.

Input: what a person gave, as JSON holds it or as Python does. Output: the one type that the compiler relies
on: `str`, `bool`, finite `float`, `Decimal` or an aware `datetime` in UTC. A form stands in the `Annotated`
type of a model's field. No form takes null: a key that isn't wanted is left out.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from numbers import Rational, Real
from typing import Any, ClassVar, Final

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from batchlake.engine.text_keys import folded_label
from batchlake.errors import InvalidRequest
from batchlake.filters.faults import fault, is_empty
from batchlake.filters.limits import MAX_VALUES
from batchlake.filters.values.period import AGES, PERIODS, last, whole
from batchlake.filters.values.zone import current_zone, midnight
from batchlake.schema import DIRECTIONS, SPEAKERS
from batchlake.text.statuses import OUTCOMES, STATUSES, status_key, status_names
from batchlake.text.suggest import nearest_name

JsonSchema = dict[str, Any]

_LARGEST: Final = sys.float_info.max


@dataclass(frozen=True)
class Form:
    """What one value may be.

    Attributes:
        name: its name in the JSON Schema.
        allowed: what it may be, in words.
        read: the value of what was given, or None where that isn't allowed.
        schema: its JSON Schema.
        names: the valid values where they can be listed, to suggest the nearest.
    """

    name: str
    allowed: str
    read: Callable[[Any], Any]
    schema: JsonSchema
    names: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"title": self.name, **self.schema}

    def _validate(self, given: Any) -> Any:
        value = self.read(given)
        if value is None:
            raise fault(self.allowed, nearest_name(given, self.names))
        return value


@dataclass(frozen=True)
class OneOrMore:
    """A list of values, or one value for a list of it; what is given twice counts once."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        array = _never_null(handler(core)) | {"minItems": 1, "maxItems": MAX_VALUES}
        return {"anyOf": [array["items"], array]}

    @staticmethod
    def _read(given: Any, several: core_schema.ValidatorFunctionWrapHandler) -> tuple[Any, ...]:
        values = given if isinstance(given, list | tuple) else [given]
        if not 1 <= len(values) <= MAX_VALUES:
            raise fault(f"one value or a list of 1 to {MAX_VALUES:,}")
        return tuple(dict.fromkeys(several(values)))


@dataclass(frozen=True)
class Filters:
    """A list of filters; how many is bounded by the conditions of the whole."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return _never_null(handler(core)) | {"minItems": 1}

    @staticmethod
    def _listed(given: Any) -> Any:
        if not isinstance(given, list | tuple) or not given:
            raise fault("a list of at least one filter")
        return given


@dataclass(frozen=True)
class NonEmpty:
    """An object that says something: `{}` inside a filter is a slip, and would match every call."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._filled, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return _never_null(handler(core)) | {"minProperties": 1}

    @staticmethod
    def _filled(given: Any) -> Any:
        if given is None or (isinstance(given, Mapping | BaseModel) and is_empty(given)):
            raise PydanticCustomError("object", "allowed: an object that isn't empty")
        return given


@dataclass(frozen=True)
class FieldsByName:
    """An object from the names of the exports' own fields to what each may be: a value, several, or an
    object."""

    form: ClassVar[str] = "an object from fields to a value, a list of values, or `{min?, max?, exists?}`"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        one: JsonSchema = {"anyOf": [TEXT.schema, NUMBER.schema, {"type": "boolean"}]}
        inner = _never_null(handler(core))
        ranges = inner["additionalProperties"]["oneOf"][0]
        several = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_VALUES}
        allowed = {"anyOf": [one, several, ranges | {"minProperties": 1}]}
        return {"type": "object", "additionalProperties": allowed, "minProperties": 1}

    @staticmethod
    def _read(given: Any, fields: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(given, Mapping) or not given:
            raise fault('an object from fields to values, as {"campaign": "autumn"}')
        return _Fields(fields(dict(given)))


class _Fields(dict[str, Any]):
    """A mapping that is never changed, so that the filter it is part of can be a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def extra_values(value: Any) -> Any:
    """What a field may be: an object as it is, else the texts that `extra` holds values as."""
    if isinstance(value, Mapping | BaseModel):
        if is_empty(value):
            raise fault("a value, a list of values, {min?, max?}, or {exists}")
        return value
    values = value if isinstance(value, list | tuple) else [value]
    texts = [
        one if isinstance(one, str) else json.dumps(one, default=_plain_number)
        for one in values
        if _is_value(one)
    ]
    if not 1 <= len(values) <= MAX_VALUES or len(texts) < len(values):
        raise fault(f"a text, a number, true or false, or a list of 1 to {MAX_VALUES:,} of them")
    return tuple(dict.fromkeys(texts))


def _plain_number(number: Any) -> int | float:
    """A number of another type than JSON knows, such as numpy's."""
    return int(number) if number == int(number) else float(number)


def _is_value(one: Any) -> bool:
    return isinstance(one, bool) or _read_text(one) is not None or _read_real(one) is not None


TIME_WORDS: Final = {
    "last": f"alone: an age, as {AGES}, the running day, week or month included",
    "period": "alone: a whole period, as yesterday, last-week, 2026-11, 2026-W47, last-7d",
}
"""The keys that give both ends of a range of time, and what they take."""


def time_range(given: Any) -> Any:
    """`{"last": "7d"}` or `{"period": "last-week"}` as a start and an end; anything else unchanged."""
    if not isinstance(given, Mapping):
        return given
    words = [key for key in ("last", "period") if key in given]
    if not words:
        return given
    (key, *others) = words
    if others or len(given) > 1:
        raise fault("`last` or `period` alone, or `start` and `end`")
    now, zone = datetime.now(UTC), current_zone()
    try:
        text = str(given[key])
        found = last(text, timezone=zone, now=now) if key == "last" else whole(text, timezone=zone, now=now)
    except InvalidRequest:
        raise fault(
            f"an age, as {AGES}" if key == "last" else f"one of {', '.join(PERIODS)}",
        ) from None
    ends = {"start": found.start, "end": found.end}
    return {name: end for name, end in ends.items() if end is not None}


@dataclass(frozen=True)
class OrText:
    """An object, or the text of its one required key in its place."""

    key: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"anyOf": [{"title": TEXT.name, **TEXT.schema}, _never_null(handler(core))]}

    def _spelled_out(self, given: Any) -> Any:
        if given is None:
            raise PydanticCustomError("object", "allowed: a text or an object")
        return {self.key: given} if isinstance(given, str) else given


def _never_null(schema: JsonSchema) -> JsonSchema:
    """The schema of `X` where the field, None by default, is typed `X | None`: null itself isn't accepted."""
    several = schema.get("anyOf", [])
    return several[0] if {"type": "null"} in several else schema


def _read_text(given: Any) -> str | None:
    """A lone surrogate can't be written as UTF-8, so no call holds one."""
    return given if isinstance(given, str) and given and not re.search("[\ud800-\udfff]", given) else None


def _read_phone_number(given: Any) -> str | None:
    text = _read_text(given)
    return text if text and re.fullmatch(_PHONE_NUMBER, text) else None


def _read_label(given: Any) -> str | None:
    text = _read_text(given)
    return folded_label(text) if text else None


def _read_currency(given: Any) -> str | None:
    return given.upper() if isinstance(given, str) and re.fullmatch(_CURRENCY, given) else None


def _read_flag(given: Any) -> bool | None:
    return given if isinstance(given, bool) else None


def _read_real(given: Any, least: float = -_LARGEST, most: float = _LARGEST) -> float | None:
    """The comparison comes before the conversion, which fails on a huge integer. -0.0 becomes 0.0."""
    is_number = isinstance(given, Real | Decimal) and not isinstance(given, bool)
    number: Any = (given if isinstance(given, Rational) else float(given)) if is_number else math.nan
    return float(number) + 0.0 if least <= number <= most else None


def _read_number(given: Any) -> float | None:
    return _read_real(given, least=0)


def _read_amount(given: Any) -> Decimal | None:
    """Plain digits, whatever was given, and at most `_DIGITS` of them: an exponent can't fill the memory."""
    if isinstance(given, Real) and (number := _read_number(given)) is not None:
        given = Decimal(given if isinstance(given, int) else repr(number))
    if isinstance(given, Decimal) and given.is_finite() and abs(given.adjusted()) < _DIGITS:
        given = f"{abs(given) if given.is_zero() else given:f}"
    if isinstance(given, str) and len(given) <= _DIGITS and re.fullmatch(_AMOUNT, given):
        return Decimal(given)
    return None


def _read_time(given: Any) -> datetime | None:
    try:
        if isinstance(given, str):
            given = _parsed_time(given)
        elif isinstance(given, date) and not isinstance(given, datetime):
            given = midnight(given, current_zone())
        aware = isinstance(given, datetime) and given.utcoffset() is not None
        return given.astimezone(UTC) if aware else None
    except (ValueError, OverflowError):
        return None


def _parsed_time(text: str) -> datetime | None:
    """The time that RFC 3339 text, or a date (its midnight in the zone in force), says; None for neither.

    Digits beyond the microsecond round up: against times that are held to the microsecond, `>=` and `<` then
    decide as they would against the time as given.
    """
    match = re.fullmatch(_TIME, text)
    if not match:
        return None
    day, clock, fraction, offset = match.groups(default="")
    if not clock:
        return midnight(date.fromisoformat(day), current_zone())
    held = datetime.fromisoformat(f"{day}T{clock}.{fraction[1:7]:0<6}{offset.upper()}")
    return held + timedelta(microseconds=bool(fraction[7:].strip("0")))


def _one_of(name: str, names: tuple[str, ...], spellings: Mapping[str, str] | None = None) -> Form:
    """One of batchlake's own words, in any case and with blanks, `-` and `_` wherever they stand.

    Args:
        name: of the form.
        names: the words.
        spellings: the word that each spelling means, by its `status_key`; by default the words' own.
    """
    words = spellings or {status_key(one): one for one in names}
    pattern = rf"^[-_\s]*({'|'.join(map(_spelling, words))})[-_\s]*$"
    return Form(
        name,
        f"one of {', '.join(names)}",
        lambda given: words.get(status_key(given)) if isinstance(given, str) else None,
        {"anyOf": [{"enum": list(names)}, {"type": "string", "pattern": pattern}]},
        names,
    )


def _spelling(key: str) -> str:
    """A pattern of the ways to spell a word of ours: any case, with `-`, `_` and blanks anywhere."""
    return r"[-_\s]*".join(f"[{letter}{letter.upper()}]" for letter in key)


_DIGITS: Final = 400
"""The most digits of an amount; the shortest text of any float has fewer."""

_AMOUNT: Final = r"[0-9]+(\.[0-9]+)?"
_CURRENCY: Final = r"[A-Za-z]{3}"
_PHONE_NUMBER: Final = r"[^*]+\*?"
_TIME: Final = (
    r"((?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))"
    r"(?:[Tt ]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(\.[0-9]+)?"
    r"([Zz]|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9]))?"
)

TEXT: Final = Form("Text", "a text that isn't empty", _read_text, {"type": "string", "minLength": 1})
LABEL: Final = Form("Label", TEXT.allowed, _read_label, TEXT.schema)
STATUS: Final = _one_of("Status", STATUSES, {key: status for key, status, *_ in status_names()})
OUTCOME: Final = _one_of("Outcome", OUTCOMES)
DIRECTION: Final = _one_of("Direction", DIRECTIONS)
SCORE: Final = _one_of("Score", ("positive", "neutral", "negative"))
NUMBER: Final = Form(
    "Number", "a number", _read_real, {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST}
)
SPEAKER: Final = _one_of("Speaker", SPEAKERS)
PHONE_NUMBER: Final = Form(
    "PhoneNumber",
    "a number, or the beginning of one with `*` at its end, as +1415*",
    _read_phone_number,
    {"type": "string", "pattern": f"^{_PHONE_NUMBER}$"},
)
CURRENCY: Final = Form(
    "Currency", "three letters, as EUR", _read_currency, {"type": "string", "pattern": f"^{_CURRENCY}$"}
)
FLAG: Final = Form("Flag", "true or false", _read_flag, {"type": "boolean"})
SECONDS: Final = Form(
    "Duration",
    "a number of seconds from 0",
    _read_number,
    {"type": "number", "minimum": 0, "maximum": _LARGEST},
)
SHARE: Final = Form(
    "Share",
    "a number from 0 to 1",
    lambda given: _read_real(given, least=0, most=1),
    {"type": "number", "minimum": 0, "maximum": 1},
)
AMOUNT: Final = Form(
    "Amount",
    'an amount from 0, as "0.10" or 0.1',
    _read_amount,
    {
        "anyOf": [
            {"type": "string", "pattern": f"^{_AMOUNT}$", "maxLength": _DIGITS},
            {"type": "number", "minimum": 0, "maximum": _LARGEST},
        ]
    },
)
TIME: Final = Form(
    "Time",
    "a time with its offset, as 2024-01-01T00:00:00Z, or a date: its midnight in the time zone in force",
    _read_time,
    {"type": "string", "pattern": f"^{_TIME}$"},
)
