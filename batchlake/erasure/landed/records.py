"""Takes erased calls and mentions out of documents as platforms send them.

Input: JSON as it landed, what is looked for, and which calls are erased. Output: the same without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from batchlake.engine import columns
from batchlake.privacy.finder import ERASED, Finder
from batchlake.privacy.json_numbers import BareNumber, decoded, dumped
from batchlake.privacy.speech import erased_list

IsCall = Callable[[str, str], bool]
"""Whether a call, by source and id, is erased."""

_ID_KEYS: Final = frozenset(
    {"id", "callid", "cid", "sid", "callsid", "conversationid", "executionid", "calluuid"}
)
_CONTACT_KEYS: Final = frozenset(
    "customernumber customerphonenumber recipientphonenumber leadphonenumber userphonenumber "
    "metadataphonecallexternalnumber phonecallexternalnumber externalnumber".split()
)
_TO_KEYS: Final = frozenset(
    "to tonumber tophonenumber phonenumberto phonenumber callednumber calleenumber telephonydatatonumber "
    "metadatabodyto".split()
)
_FROM_KEYS: Final = frozenset(
    "from fromnumber fromphonenumber phonenumberfrom callernumber callerid telephonydatafromnumber "
    "metadatabodyfrom".split()
)
_DIRECTION_KEYS: Final = (
    "direction", "calltype", "type", "typeofcall", "telephonydatacalltype", "metadataphonecalldirection"
)  # fmt: skip
_BEGAN_KEYS: Final = (
    "startedat", "starttime", "starttimestamp", "metadatastarttimeunixsecs", "starttimeunixsecs",
    "telephonystart", "createdat", "datecreated",
)  # fmt: skip
"""Fields of all platforms, by their path in lower case with letters alone."""

_MILLISECONDS: Final = 100_000_000_000
_DEEPEST_FIELD: Final = 3
_CALL_KEYS: Final = frozenset(
    {"status", "duration", "callduration", "transcript", "transcripts", "direction", "cost", "callstatus",
     "disconnectionreason", "calllength", "endedreason", "price", "completed"}
)  # fmt: skip


class RecordCleaner:
    """Takes erased calls and mentions out of documents as platforms send them.

    Args:
        finder: what is looked for.
        is_call: which calls are erased.
        is_late: whether a call of an erased number (as it stands, and when the call began) comes in all the
            same, as one that began after the erasure does.

    Attributes:
        ids: those of the records that were found to be erased calls'.
    """

    def __init__(
        self,
        finder: Finder,
        is_call: IsCall,
        is_late: Callable[[str, datetime | None], bool] = lambda _number, _began: False,
    ) -> None:
        self._finder = finder
        self._is_call = is_call
        self._is_late = is_late
        self.ids: set[str] = set()

    def body(self, source: str, data: bytes) -> tuple[bytes | None, int]:
        """A body without it, and how many records it lost; None where it should go whole.

        The same object comes back where nothing is in it.
        """
        try:
            document = decoded(data)
        except ValueError:
            return (None, 0) if self._finder.finds(data.decode("utf-8", "replace")) else (data, 0)
        if not self._is_concerned(source, document):
            return data, 0
        if self._is_own(source, document):
            return None, 1
        kept, removed = self._without(source, document)
        if kept is None:
            return None, removed
        again = dumped(self._erased(kept)).encode("utf-8", "surrogatepass")
        if self._finder.hits_in_bytes(again):
            return None, removed
        return again, removed

    def _is_concerned(self, source: str, document: Any) -> bool:
        texts = list(_scalars(document))
        array = columns.texts([text.encode("utf-8", "replace").decode() for text in texts])
        if any(self._finder.finds(texts[place]) for place in self._finder.candidates(array).tolist()):
            return True
        if any(self._is_own(source, record) for record in _records(document)):
            return True
        return any(erased_list(self._finder, one, [*one], ERASED) != one for one in _lists(document))

    def _is_own(self, source: str, record: Any) -> bool:
        """Whether a record is that of an erased call."""
        if not isinstance(record, dict):
            return False
        plain = _fields(record)
        ids = [str(plain[key]) for key in _ID_KEYS if isinstance(plain.get(key), str)]
        is_own = any(self._is_call(source, one) for one in ids)
        if not is_own:
            erased = self._erased_contacts(plain) if ids else []
            is_own = bool(erased) and not self._comes_in(plain, erased)
        if is_own:
            self.ids.update(ids)
        return is_own

    def _erased_contacts(self, plain: dict[str, Any]) -> list[str]:
        """The numbers of a call's contact that are erased, as they stand; none where it is no call."""
        if not _CALL_KEYS.intersection(plain):
            return []
        is_inbound = any("inbound" in str(plain.get(key, "")).lower() for key in _DIRECTION_KEYS)
        # Bland says it with a flag.
        is_inbound = is_inbound or plain.get("inbound") is True

        def held(keys: frozenset[str]) -> list[str]:
            return [plain[key] for key in keys if isinstance(plain.get(key), str)]

        numbers = held(_CONTACT_KEYS | (_FROM_KEYS if is_inbound else _TO_KEYS))
        if not is_inbound and not numbers:
            # As `schema.contact_of` reads it.
            numbers = held(_FROM_KEYS)
        return [number for number in numbers if self._finder.is_whole(number)]

    def _comes_in(self, plain: dict[str, Any], erased: list[str]) -> bool:
        began = _began(plain)
        return all(self._is_late(number, began) for number in erased)

    def _erased(self, value: Any, contacts: frozenset[str] = frozenset()) -> Any:
        """A document without mentions; a call that comes in keeps its contact's number where it is whole."""
        if isinstance(value, dict):
            plain = _fields(value)
            if erased := self._erased_contacts(plain):
                contacts |= frozenset(erased)
            kept = {
                key: inner for key, inner in value.items() if isinstance(inner, str) and inner in contacts
            }
            others = {key: self._erased(inner, contacts) for key, inner in value.items() if key not in kept}
            cleaned = self._finder.erased_document(dict.fromkeys(others))
            return dict(zip(cleaned, others.values(), strict=True)) | kept
        if isinstance(value, list):
            cleaned = [self._erased(inner, contacts) for inner in value]
            return erased_list(self._finder, value, cleaned, ERASED)
        return self._finder.erased_document(value)

    def _without(self, source: str, value: Any) -> tuple[Any, int]:
        """A document without erased records; None in its place where it is of one alone."""
        if isinstance(value, list):
            kept, removed = [], 0
            for inner in value:
                if self._is_own(source, inner):
                    removed += 1
                    continue
                again, inside = self._without(source, inner)
                removed += inside
                if again is not None or inner is None:
                    kept.append(again)
            return kept, removed
        if isinstance(value, dict):
            fields, removed = {}, 0
            for key, inner in value.items():
                if self._is_own(source, inner):
                    return None, removed + 1
                again, inside = self._without(source, inner)
                removed += inside
                if again is None and inner is not None:
                    return None, removed
                fields[key] = again
            return fields, removed
        return value, 0


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    """A record's fields by their path in lower case with letters alone, those of tables in it too."""
    found: dict[str, Any] = {}

    def add(table: dict[str, Any], above: str, depth: int) -> None:
        for key, value in table.items():
            name = above + "".join(filter(str.isalnum, key)).lower()
            found.setdefault(name, value)
            if isinstance(value, dict) and depth < _DEEPEST_FIELD:
                add(value, name, depth + 1)

    add(record, "", 1)
    return found


def _began(plain: dict[str, Any]) -> datetime | None:
    """When a record's call began, where one of the usual fields says so."""
    for key in _BEGAN_KEYS:
        value = plain.get(key)
        with suppress(ValueError, OverflowError):
            if isinstance(value, BareNumber):
                seconds = float(value)
                return datetime.fromtimestamp(seconds / (1000 if seconds > _MILLISECONDS else 1), UTC)
            if isinstance(value, str):
                moment = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
    elif isinstance(value, str):
        yield value


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists(inner)


def _records(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _records(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _records(inner)
