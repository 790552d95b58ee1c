"""Reads a filter from a mapping or from JSON text: a `Filter`, or all of its faults."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from batchlake.errors import FilterFault, InvalidFilter
from batchlake.filters.faults import ROOT, extended
from batchlake.filters.model import ALL, Filter, validated
from batchlake.filters.values.period import Period

_JSON: Final = "a JSON object with the keys that `batchlake filter schema` prints"
_LONGEST_INTEGER: Final = 400


def read_filter(value: Filter | Mapping[str, Any] | None) -> Filter:
    """The filter that a mapping spells; None is the empty filter, a `Filter` is itself.

    Raises:
        InvalidFilter: with all faults.

    >>> read_filter({"not": {"status": "failed"}})
    Filter(not_=Filter(status=('failed',)))
    """
    if value is None or value is ALL:
        return ALL
    given = dict(value) if isinstance(value, Mapping) else value
    return validated(given, lambda: Filter.model_validate(given))


def parse_filter(text: str) -> Filter:
    """The filter that JSON text spells.

    Raises:
        InvalidFilter: with all faults; text that isn't JSON, NaN, Infinity and repeated keys are faults too.

    >>> parse_filter('{"duration": {"min": 30}}')
    Filter(duration=Seconds(min=30.0))
    """
    try:
        given = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_Object, parse_int=_integer)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidFilter([FilterFault(ROOT, f"text that isn't JSON ({where})", _JSON)]) from None
    except RecursionError:
        raise InvalidFilter([FilterFault(ROOT, "JSON that nests too deep to be read", _JSON)]) from None
    repeated = _repeated_keys(given)
    try:
        valid = validated(given, lambda: Filter.model_validate(given))
    except InvalidFilter as error:
        raise InvalidFilter(repeated + error.faults) from None
    if repeated:
        raise InvalidFilter(repeated)
    return valid


def both(filters: Sequence[Filter]) -> Filter:
    """The filter of the calls that match all of these."""
    # `all` takes no empty filters.
    narrowing = [wanted for wanted in filters if wanted != ALL]
    return next(iter(narrowing), ALL) if len(narrowing) < 2 else Filter(all=tuple(narrowing))


def within_period(wanted: Filter, period: Period) -> Filter:
    """The filter, narrowed to the calls of a period."""
    if period.start is None and period.end is None:
        return wanted
    ends = {"start": period.start, "end": period.end}
    return both([wanted, Filter(date_range={name: end for name, end in ends.items() if end is not None})])


class _Object(dict[str, Any]):
    """An object of JSON text that remembers the keys which the text says more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else {}
        self.repeated = [key for key, count in counts.items() if count > 1]


def _repeated_keys(given: object) -> list[FilterFault]:
    faults: list[FilterFault] = []
    waiting = [(given, "")]
    while waiting:
        part, path = waiting.pop()
        if isinstance(part, _Object):
            allowed = "each key once"
            faults += [FilterFault(extended(path, key), "a repeated key", allowed) for key in part.repeated]
            waiting += [(value, extended(path, key)) for key, value in part.items()]
        elif isinstance(part, list):
            waiting += [(value, extended(path, place)) for place, value in enumerate(part)]
    return faults


def _integer(digits: str) -> int | float:
    """Python refuses to read thousands of digits; such a number is past every bound anyway."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
