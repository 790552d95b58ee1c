"""Filters by number on a redacted lake: a plain number becomes the pseudonym that the lake has for it.

Input: a filter and the lake's storage. Output: the filter with pseudonyms; unchanged where it names no number
or the lake isn't redacted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from batchlake.errors import InvalidRequest
from batchlake.privacy.errors import PrivacyKeyMissing, WrongPrivacyKey

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batchlake.filters.model import Filter
    from batchlake.privacy.redaction.redactor import Redactor
    from batchlake.store.storage import Storage

_NUMBER = "phone_number"
_PREFIX_END = "*"


def with_pseudonyms(wanted: Filter, storage: Storage) -> Filter:
    """The filter with the pseudonyms of its numbers, where the lake is redacted.

    Raises:
        InvalidRequest: it names the beginning of a number, or the key for the pseudonyms is missing.
    """
    if not _names_number(wanted):
        return wanted
    # Few filters name a number, and what reads numbers takes as long to import as most questions.
    from batchlake.privacy.key import key_of_lake, read_policy
    from batchlake.privacy.redaction.redactor import Redactor
    from batchlake.privacy.redaction.rules import Rules

    policy = read_policy(storage)
    rules = Rules.of_policy(policy)
    if rules is None or "phone" not in rules.kinds:
        return wanted
    try:
        redactor = Redactor(rules, key_of_lake(storage, policy))
    except (PrivacyKeyMissing, WrongPrivacyKey) as error:
        raise InvalidRequest(
            f"the lake is redacted, and which pseudonym a number has only its key tells: {error.message}"
        ) from error
    pseudonymous: Filter = _renumbered(wanted, lambda number: _pseudonym(redactor, number))
    return pseudonymous


def _pseudonym(redactor: Redactor, number: str) -> str:
    if number.endswith(_PREFIX_END):
        if number.startswith("tel_"):
            return number
        raise InvalidRequest(
            f"the lake is redacted: which of its numbers begin with {number.rstrip('*')!r} can't be told "
            "from pseudonyms. Give whole numbers, or pseudonyms as `contacts` lists them.",
            phone_number=number,
        )
    from batchlake.privacy.numbers import is_pseudonym

    return number if is_pseudonym(number) else redactor.number(number)


def _names_number(part: BaseModel) -> bool:
    return any(
        name == _NUMBER or any(map(_names_number, _parts(value))) for name, value in part if value is not None
    )


def _renumbered(part: Any, change: Callable[[str], str]) -> Any:
    """A part of a filter with other numbers."""
    update: dict[str, Any] = {}
    for name, value in part:
        if name == _NUMBER and value is not None:
            update[name] = tuple(map(change, value))
        elif _parts(value):
            several = isinstance(value, tuple | list)
            update[name] = (
                tuple(_renumbered(one, change) for one in value) if several else _renumbered(value, change)
            )
    return part.model_copy(update=update) if update else part


def _parts(value: Any) -> list[Any]:
    """The parts of a filter that a value holds."""
    several = value if isinstance(value, tuple | list) else [value]
    return [one for one in several if hasattr(type(one), "model_fields")]
