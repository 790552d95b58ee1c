"""Redacts JSON documents: own fields of a record, an answer of a platform as it lands.

Input: JSON text. Output: the same without values: in strings, keys and bare numbers, in lists of words and of
pressed keys, in numbers that are read out over turns. Ids, cursors and times stay as they are, unless an id
holds a mail address or a number with `+`. A field that is wholly a number, a mail address or a name gets a
pseudonym. Names are looked for in the record whose field gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from batchlake.privacy.digits import folded
from batchlake.privacy.json_numbers import (
    BareNumber,
    TooDeep,
    by_field,
    decoded,
    dumped,
    fields_of,
    quoted,
    unused,
)
from batchlake.privacy.numbers import is_number, is_pseudonym
from batchlake.privacy.redaction import names
from batchlake.privacy.redaction.redactor import NO_NAMES, Redactor
from batchlake.privacy.sieves import places_of
from batchlake.privacy.speech import parts_of, retold, words_together
from batchlake.text.nesting import nests_past

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_JSON_TEXT: Final = re.compile(r"\s*[\[{]")
_CUT_FIELD: Final = re.compile(r'"([^"\\]{1,64})"\s*:\s*"((?:[^"\\]|\\.){1,256})')
_ID_KEY: Final = re.compile(
    r"(?:^|[_\-. ])(?:u?id|sid|uuid|guid|cursor|token|etag|hash|digest|version)s?$"
    r"|[a-z](?:Id|Sid|ID|SID|Uuid|Token|Cursor)$"
)
_CALLER_KEY: Final = re.compile(r"(?:^|[_\-. ])caller[_\-. ]?ids?$", re.IGNORECASE)
"""What is called an id and is a number."""

_PAGE_KEY: Final = re.compile(
    r"^(?:next|prev|previous|first|last)(?:$|[_A-Z])|page|pagination|_uri$", re.IGNORECASE
)
_TIME_KEY: Final = re.compile(
    r"time|(?<!candi)(?<!man)date|_at$|[a-z]At$|_ts$|timestamp|created|updated|started|ended", re.IGNORECASE
)
_PHONE_KEY: Final = re.compile(r"(?:phone|mobile|number|msisdn|whatsapp|cell)s?$", re.IGNORECASE)
_NUMBER_KEY: Final = re.compile(
    r"phone|mobile|number|msisdn|tel|caller|callee|whatsapp|^to$|^from$|cell", re.IGNORECASE
)
_EPOCH: Final = re.compile(r"(?:1\d|2[01])\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?")
"""Seconds, milli-, micro- or nanoseconds since 1970, from 2001 to 2039."""

_WHOLE: Final = re.compile(r"(-?\d{7,})(?:\.0*)?")
"""A long number that is whole, also where a table of floats has held it: `4155550199.0`."""

_MOST_KEYS_PRESSED: Final = 2
_MOST_KEYS_REMEMBERED: Final = 4_096
_FEWEST_TOGETHER: Final = 7
_FEWEST_WORDS: Final = 3
_MOST_OF_A_PART: Final = 4
"""An utterance or a contact with an id has few fields, a call has more."""

Path = tuple[str, ...]


class DocumentRedactor:
    """Redacts documents by a redactor's rules.

    Args:
        redactor: redacts the texts in them, and counts.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._finds_names = "name" in redactor.rules.kinds
        self._fields = redactor.rules.fields
        self._plain_keys: set[str] = set()

    def json_text(self, text: str, named: frozenset[str] = NO_NAMES) -> str:
        """A JSON text without values; what isn't JSON is a text, what nests too deeply becomes one."""
        if not _JSON_TEXT.match(text):
            return self._redactor.text(text, named)
        try:
            document = decoded(text)
            again = self.document(document, named)
        except (TooDeep, RecursionError):
            # By itself, or as a text within a text.
            return self._deep_text(text, named)
        except ValueError:
            # Such as a record that is cut off.
            return self._redactor.text(text, named | self._names_of_cut(text))
        return text if again == document else dumped(again)

    def _names_of_cut(self, text: str) -> frozenset[str]:
        """The words of the names that fields of a broken JSON text hold; whose name a `name` is, is lost."""
        if not self._finds_names:
            return NO_NAMES
        found = _CUT_FIELD.findall(text)
        return names.words_of(
            value for key, value in found if key == "name" or names.is_name_field(tuple(key.split(".")))
        )

    def _deep_text(self, text: str, named: frozenset[str]) -> str:
        """An object field by field; a value that nests too deeply becomes a text where it holds something."""
        named |= self.names_of_text(text)

        def cleaned(name: str, value: str) -> tuple[str, str]:
            try:
                document = decoded(value)
                again = self._value(document, tuple(name.split(".")), named)
            except (TooDeep, RecursionError):
                plain = self._redactor.text(value, named)
                return self._key(name), value if plain == value else quoted(plain)
            return self._key(name), value if again == document else dumped(again)

        by_fields = by_field(text, cleaned)
        if by_fields is not None:
            return by_fields
        plain = self._redactor.text(text, named)
        return text if plain == text else quoted(plain)

    def document(self, value: Any, named: frozenset[str] = NO_NAMES) -> Any:
        """A decoded document (`json_numbers.decoded`) without values; names are looked for in all of it."""
        if self._finds_names:
            # A name of one record isn't looked for in the others of a page.
            named |= names.words_of(self._names(value, (), within_record=True))
        return self._value(value, (), named)

    def names_in(self, value: Any, path: Path = ()) -> frozenset[str]:
        """The words of the names that a document's fields hold."""
        return names.words_of(self._names(value, path)) if self._finds_names else NO_NAMES

    def candidates(self, texts: pa.Array | pa.ChunkedArray) -> set[int]:
        """The places of JSON texts in which something may be to redact, names of their own fields too."""
        places = {*self._redactor.candidates(texts).tolist(), *self._redactor.parts_of(texts).tolist()}
        return places | set(self.may_name(texts).tolist()) if self._finds_names else places

    def may_name(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of JSON texts whose fields may hold a name, by their keys."""
        is_bundled = not any(kind == "name" for _, kind in self._fields)
        return places_of(texts, names.KEYS_SIEVE if is_bundled else ".")

    def names_of_text(self, text: str) -> frozenset[str]:
        """The same of a JSON text; none where it is none."""
        if not self._finds_names or not _JSON_TEXT.match(text):
            return NO_NAMES
        try:
            return self.names_in(decoded(text))
        except TooDeep:
            shallow = {name: value for name, value in fields_of(text).items() if not nests_past(value)}
            return self.names_in({name: decoded(value) for name, value in shallow.items()})
        except ValueError:
            return NO_NAMES

    def _names(self, value: Any, path: Path, *, within_record: bool = False) -> Iterable[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from self._names(inner, (*path, *key.split(".")), within_record=within_record)
        elif isinstance(value, list):
            for inner in value:
                if not (within_record and _is_record(inner)):
                    yield from self._names(inner, path, within_record=within_record)
        elif self._is_name(value, path):
            yield value

    def _is_name(self, value: Any, path: Path) -> bool:
        if not isinstance(value, str) or isinstance(value, BareNumber) or self._kind(path) != "name":
            return False
        # What is redacted already is nobody's name.
        return not is_pseudonym(value) and not value.startswith("<")

    def _kind(self, path: Path) -> str | None:
        """The kind of values that a field of this path holds, where its name says so."""
        if self._fields:
            name = ".".join(path)
            for pattern, kind in self._fields:
                if fnmatchcase(name, pattern):
                    return kind
        return "name" if self._finds_names and names.is_name_field(path) else None

    def _value(self, value: Any, path: Path, named: frozenset[str]) -> Any:
        if isinstance(value, dict):
            cleaned: dict[str, Any] = {}
            for key, inner in value.items():
                cleaned[unused(self._key(key), cleaned)] = self._value(inner, (*path, *key.split(".")), named)
            return cleaned
        if isinstance(value, list):
            return self._list(value, path, named)
        return self._scalar(value, path, named) if isinstance(value, str) else value

    def _key(self, key: str) -> str:
        """A key without values; every record has the same few."""
        if key in self._plain_keys:
            return key
        again = self._redactor.text(key)
        if again == key and len(self._plain_keys) < _MOST_KEYS_REMEMBERED:
            self._plain_keys.add(key)
        return again

    def _scalar(self, value: str, path: Path, named: frozenset[str]) -> str:
        redactor, key = self._redactor, path[-1] if path else ""
        kind = self._kind(path)
        if kind is not None and value.strip():
            return str(redactor.whole(kind, value))
        # A cursor has no blanks: `last_message` is no place in a list.
        is_cursor = _PAGE_KEY.search(key) and not _PHONE_KEY.search(key) and len(value.split()) < 2
        if (_ID_KEY.search(key) and not _CALLER_KEY.search(key)) or is_cursor:
            return redactor.id_of("id", value) or value
        given = value
        if isinstance(value, BareNumber) and not value.isdecimal():
            whole = _WHOLE.fullmatch(value)
            if whole is None:
                return value
            value = whole[1]
        if _TIME_KEY.search(key) and not _PHONE_KEY.search(key) and _EPOCH.fullmatch(value):
            return given
        kinds = redactor.rules.kinds
        if "phone" in kinds and (value.startswith("+") or _NUMBER_KEY.search(key)) and is_number(value):
            return redactor.number(value)
        if "email" in kinds and "@" in value and redactor.is_email(value):
            return redactor.whole("email", value)
        again = self.json_text(value, named) if _JSON_TEXT.match(value) else redactor.text(value, named)
        # A bare number that holds nothing stays as it was written.
        return given if again == value else str(again)

    def _list(self, values: list[Any], path: Path, named: frozenset[str]) -> list[Any]:
        if kinds := self._spelled_out(values):
            self._redactor.counts.update(kinds)
            return []
        again = [self._value(inner, path, self._named_in(inner, named)) for inner in values]
        return self._over_turns(values, again)

    def _named_in(self, value: Any, named: frozenset[str]) -> frozenset[str]:
        if not (self._finds_names and _is_record(value)):
            return named
        return named | names.words_of(self._names(value, (), within_record=True))

    def _spelled_out(self, values: list[Any]) -> list[str]:
        """The kinds that a list of words, or of pressed keys, holds together and none of them alone."""
        together = words_together(values) if len(values) >= _FEWEST_WORDS else ""
        keys = [value for value in values if isinstance(value, str)]
        if keys and (
            max(map(len, keys)) > _MOST_KEYS_PRESSED or len(folded("".join(keys))) < _FEWEST_TOGETHER
        ):
            return []
        return self._redactor.kinds_in(together) if together else []

    def _over_turns(self, values: list[Any], again: list[Any]) -> list[Any]:
        """A list of utterances, with numbers redacted that one speaker reads out over several of them."""
        if "phone" not in self._redactor.rules.kinds:
            return again
        for said in parts_of(values, self._redactor.spoken):
            if sum(self._redactor.digits_in(text) for *_, text in said) >= _FEWEST_TOGETHER:
                cleaned = self._redactor.parts(text for *_, text in said)
                for (at, key, _), text in zip(said, cleaned, strict=True):
                    again[at] = retold(again[at], key, text)
        return again


def _is_record(value: Any) -> bool:
    """Whether a document in a list is a call or a batch."""
    return (
        isinstance(value, dict) and any(_ID_KEY.search(key) for key in value) and len(value) > _MOST_OF_A_PART
    )
