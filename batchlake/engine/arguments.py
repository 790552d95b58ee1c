"""Arguments of the Python API: of what kind each is, by its annotation, so that one of another kind is told
where it is given.

Input: functions and classes, with their annotations as they are written. Output: the same ones, which raise
`InvalidRequest` before anything is done. Kinds that aren't listed here (filters, periods, ids, names of
columns) are read, and refused, where their values are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from types import FunctionType
from typing import Any, Final, ParamSpec, TypeVar

from batchlake.errors import InvalidRequest

P = ParamSpec("P")
T = TypeVar("T")

_Kind = tuple[Callable[[Any], bool], str]


def _is_text(value: Any) -> bool:
    # Half a character, of bytes that are not UTF-8, is in no text of a lake, and no query takes it.
    return isinstance(value, str) and (value.isascii() or not _HALF.search(value))


def _is_flag(value: Any) -> bool:
    return isinstance(value, Hashable) and value in (False, True)


def _is_seconds(value: Any) -> bool:
    # NaN is within no limits.
    return isinstance(value, _NUMBERS) and not isinstance(value, bool) and 0 <= value <= _MOST_SECONDS


def _is_count(value: Any) -> bool:
    return value == "any" or (isinstance(value, Integral) and not isinstance(value, bool))


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike) and "\0" not in os.fsdecode(value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_paths(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, Path) for one in value)


def _are_platforms(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(files, Mapping) for files in value.values())


def _are_texts(value: Any) -> bool:
    # What can be read once is left for whom it is for.
    is_read_once = not isinstance(value, Collection)
    return (
        isinstance(value, Iterable)
        and not isinstance(value, bytes)
        and (is_read_once or all(map(_is_text, value)))
    )


def _is(name: str) -> Callable[[Any], bool]:
    """Whether a value is of a class of ours, which isn't imported for that."""
    return lambda value: any(one.__name__ == name for one in type(value).__mro__)


_HALF: Final = re.compile("[\ud800-\udfff]")
_MOST_SECONDS: Final = 10**12
_NUMBERS: Final[tuple[type[Any], ...]] = (Real, Decimal)
_FUNCTION: Final = (callable, "a function")
_KINDS: Final[dict[str, _Kind]] = {
    "str": (_is_text, 'text such as "retell"'),
    "bool": (_is_flag, "True or False"),
    "float": (_is_seconds, "a number of seconds from 0 on"),
    "timedelta": (lambda value: isinstance(value, timedelta), "a length such as timedelta(days=7)"),
    "int | Literal['any']": (_is_count, 'a count of calls, or "any"'),
    "Mapping[str, Any]": (_is_mapping, "values by name, in a dictionary"),
    "IO[bytes]": (lambda value: hasattr(value, "write"), 'an open file such as open("x.json", "wb")'),
    "str | os.PathLike[str]": (_is_path, "a path"),
    "Path": (lambda value: isinstance(value, Path), 'a pathlib.Path such as Path("landing")'),
    "tuple[Path, ...]": (_are_paths, 'paths in a list such as [Path("reports")]'),
    "OwnPlatforms": (_are_platforms, 'files by platform such as {"acme": {"calls": "acme_calls.sql"}}'),
    "Progress": _FUNCTION,
    "Callable": _FUNCTION,
    "Literal": (_is_text, "one of the words that its documentation lists"),
    "Rules": (_is("Rules"), 'batchlake.Rules, as Rules.of(["phone"])'),
    "Iterable[str] | Rules": (
        lambda value: _is("Rules")(value) or _are_texts(value),
        'kinds such as ["phone", "email"], or batchlake.Rules',
    ),
    "Iterable[str]": (_are_texts, "text, or several in a list"),
    "Mapping[str, str]": (_is_mapping, "texts by name, in a dictionary"),
    "RowOptions": (_is("RowOptions"), "RowOptions"),
    "Version": (_is("Version"), "a Version, as lake.at(...) finds it"),
}  # fmt: skip
"""For each annotation: whether a value is of its kind, and what that is, in words."""

_READ_ELSEWHERE: Final = frozenset({"return", "batch_id", "call_id", "query", "params", "memory_limit"})
"""Ids, SQL and sizes have errors of their own."""


def _kinds_of(annotations: Mapping[str, str]) -> dict[str, tuple[_Kind, bool]]:
    """The kinds of what is annotated, and whether None is one, too."""
    found = {}
    for name, annotation in annotations.items():
        if name in _READ_ELSEWHERE:
            continue
        bare = annotation.removesuffix(" | None")
        kind = _KINDS.get(bare) or _KINDS.get(bare.partition("[")[0])
        if kind:
            found[name] = (kind, bare != annotation)
    return found


def _check(where: str, kinds: Mapping[str, tuple[_Kind, bool]], given: Iterable[tuple[str, Any]]) -> None:
    for name, value in given:
        if name not in kinds:
            continue
        (is_of, words), or_none = kinds[name]
        if not (is_of(value) or (or_none and value is None)):
            words += ", or None" if or_none else ""
            why = ": it holds half a character" if isinstance(value, str) and _HALF.search(value) else ""
            raise InvalidRequest(f"{where} takes `{name}` as {words}, not {value!r:.80}{why}.", argument=name)


def checked(function: Callable[P, T], where: str | None = None) -> Callable[P, T]:
    """The function, whose arguments are checked before it begins.

    Args:
        function: annotated as it is.
        where: how people write it.

    Raises:
        InvalidRequest: one is of another kind; says of which function, which argument, and what it takes.
    """
    kinds = _kinds_of(function.__annotations__)
    if not kinds:
        return function
    original: Any = function
    while hasattr(original, "__wrapped__"):
        original = original.__wrapped__
    code = original.__code__
    names = code.co_varnames[: code.co_argcount]
    place = where or f"{function.__qualname__}()"

    @wraps(function)
    def call(*args: P.args, **given: P.kwargs) -> T:
        _check(place, kinds, (*zip(names, args, strict=False), *given.items()))
        return function(*args, **given)

    return call


def checked_methods(of: type[T]) -> type[T]:
    """The class, whose constructor and public methods, its own and those it is given, are `checked`."""
    for one in reversed(of.__mro__):
        for name, method in vars(one).items():
            is_public = not name.startswith("_") or (name == "__init__" and one is of)
            if isinstance(method, FunctionType) and is_public:
                place = of.__name__ if name == "__init__" else name
                setattr(of, name, checked(getattr(of, name), f"{place}()"))
    return of


def check_fields(of: str, given: Any) -> None:
    """Check the fields of a dataclass's instance, which a function `of` that name was given as arguments."""
    kinds = _kinds_of(type(given).__annotations__)
    _check(of, kinds, ((name, getattr(given, name)) for name in kinds))
