"""Finds a person's values in texts, columns and bytes, and replaces them.

Input: what is looked for (`Finder`). Output: places, the same text without them, counts of hits. Numbers are
found in every spelling that `digits` knows, ids and other values as whole words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize
from urllib.parse import unquote

from batchlake.engine import columns
from batchlake.privacy import numbers, sieves
from batchlake.privacy.digits import EVERY_LANGUAGE, FEWEST_DIGITS
from batchlake.privacy.json_numbers import BareNumber, TooDeep, by_field, decoded, dumped, quoted, unused
from batchlake.privacy.numbers import Span
from batchlake.privacy.sieves import (
    ESCAPES,
    LONGEST_ID,
    ODD,
    SHORTEST_ID,
    alternatives,
    flags_of,
    places_of,
    unescaped,
)
from batchlake.privacy.speech import erased_list

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from batchlake.privacy.fingerprints import Prints

ERASED: Final = "<erased>"
"""Stands where a value was."""

_MOST_ALTERNATIVES: Final = 2_000
_MOST_IN_SIEVE: Final = 32
"""So many values are looked for by one expression: RE2 slows down where its states don't fit its memory."""

_FEW_TEXTS: Final = 8
"""So few are read one by one faster than by an engine."""

_ID_SIEVE: Final = "[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*"
_ID_WORD: Final = re.compile(rf"(?<![\w-])(?=[\w-]*\d)[\w-]{{{SHORTEST_ID},{LONGEST_ID}}}(?![\w-])")
"""A word that may be an id: one with a digit in it, as nearly every platform's has."""

_LANDED: Final = re.compile(r"(?:call|batch)-([^/!]+?)-\d{8}T\d{6}")
"""The name of a landed answer, which holds an id with a dash on either side."""

_COUNTRY: Final = re.compile(rb"\+([0-9]{1,3})[^0-9+]{1,3}$")


@dataclass(frozen=True)
class Finder:
    """What is looked for.

    Attributes:
        is_number: whether a key (`numbers.key_of`) is that of a number.
        keys: the numbers' keys where they are known, for the search in bytes; none where only digests are.
        ids: of calls, compared as they are.
        values: names, addresses and the like, in any case.
        looks_for_numbers: whether there is any.
        is_id: whether a word is the id of a call, where ids are known by digests only.
        prints: tells of many numbers and ids at once which can't be those, where that is known.
    """

    is_number: Callable[[str], bool]
    keys: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    looks_for_numbers: bool = True
    is_id: Callable[[str], bool] | None = None
    prints: Prints | None = None

    @classmethod
    def of_values(cls, keys: frozenset[str], ids: frozenset[str], values: Sequence[str]) -> Finder:
        """What finds values that are known; an accent or an ß of a name is written in more ways than one."""
        forms = (
            form
            for one in values
            for form in (one, one.upper(), normalize("NFC", one), normalize("NFD", one))
        )
        distinct = {form.lower(): form for form in forms}
        return cls(keys.__contains__, keys, ids, tuple(distinct.values()), bool(keys))

    def is_whole(self, value: str) -> bool:
        """Whether a whole value, as a column of numbers holds it, is one of the numbers, however short."""
        key = numbers.key_of(value) if self.looks_for_numbers else None
        return key is not None and self.is_number(key)

    @cached_property
    def _literals(self) -> list[str]:
        """What is found as it stands: long ids, other values, and numbers that are none (`sip:ann@host`)."""
        named = [key for key in self.keys if not key.lstrip("+").isdecimal()]
        return [
            one for one in (*self.ids, *self.values, *named) if len(one) >= SHORTEST_ID or one in self.values
        ]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if not self._literals or len(self._literals) > _MOST_ALTERNATIVES:
            return None
        return alternatives(self._literals)

    def candidates(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of texts in which something may be found: few others are among them."""
        import numpy as np

        if texts.null_count == len(texts):
            # Most columns of most files: the searches below take a millisecond each, whatever they search.
            return np.zeros(0, np.int64)
        if len(texts) <= _FEW_TEXTS:
            return np.arange(len(texts))
        first, then = self._sieves
        # Nearly all texts are gone after one expression, whatever is looked for.
        places = self.likely(texts, first)
        if then:
            places = places[self.likely(texts.take(columns.from_numpy(places)), then)]
        return places

    def hits(self, texts: pa.Array | pa.ChunkedArray, places: NDArray[np.int64] | None = None) -> list[int]:
        """The places of texts in which something is, among their `candidates` where these are known."""
        import numpy as np

        from batchlake.privacy.plain_texts import which_hold

        places = self.candidates(texts) if places is None else places
        some = texts.take(columns.from_numpy(places))
        is_hit = np.zeros(len(places), bool)
        rest = np.ones(len(places), bool)
        if not self.keys and not self._literals and len(places) > _FEW_TEXTS:
            # Where digests alone are known nearly every id, link and number is a candidate. Digits in words
            # are read one by one where they may be a number: a word without a digit is no id.
            odd = places_of(some, f"{ODD}|{EVERY_LANGUAGE.unusual}")
            slow = places_of(
                some.take(columns.from_numpy(odd)), f"{ODD}|{sieves.ESCAPED_BLANK}|{EVERY_LANGUAGE.sieve}"
            )
            rest[:] = False
            rest[odd[slow]] = True
            plain = some.filter(columns.from_numpy(~rest))
            is_number = self.is_number if self.looks_for_numbers else None
            is_hit[~rest] = which_hold(plain, is_number, self.is_id, self.prints)
        left = some.filter(columns.from_numpy(rest)).to_pylist()
        is_hit[rest] = [text is not None and self.finds(text) for text in left]
        found: list[int] = places[is_hit].tolist()
        return found

    def likely(self, texts: pa.Array | pa.ChunkedArray, sieve: str) -> NDArray[np.int64]:
        """The places of texts that match a sieve, or hold one of many literals."""
        import numpy as np

        if not len(texts) or self._are_few:
            return places_of(texts, sieve)
        return np.flatnonzero(flags_of(texts, sieve) | sieves.flags_with(texts, self._literals))

    @cached_property
    def _sieves(self) -> tuple[str, str]:
        """What a text matches that may hold something, first roughly, then closely where that helps."""
        numbers = [EVERY_LANGUAGE.sieve] if self.looks_for_numbers else []
        first = "|".join([*self._as_they_stand, *numbers])
        if not self.keys or len(self._byte_patterns) > _MOST_IN_SIEVE:
            return first, "|".join([ESCAPES, _ID_SIEVE, *numbers]) if self.is_id else ""
        # Known numbers in ASCII digits are looked for as such: ids are full of other digits.
        return first, "|".join([*self._as_they_stand, *self._byte_patterns, EVERY_LANGUAGE.unusual])

    @cached_property
    def parts_sieve(self) -> str:
        """What a text matches that is one of `candidates` or of `parts`."""
        return "|".join([*self._as_they_stand, EVERY_LANGUAGE.turns_sieve])

    @cached_property
    def _as_they_stand(self) -> list[str]:
        """What is found as it is; what is escaped shows once it isn't."""
        ids = self._id_sieves if self.is_id else []
        literals = self._literals if self._are_few else []
        return [ESCAPES, *ids, *map(sieves.sieve_of, literals)]

    @property
    def _id_sieves(self) -> list[str]:
        """What a text matches that may hold an id: a long word, where all ids are known to be long."""
        shortest = min(self.prints.ids.sizes, default=0) if self.prints else 0
        if shortest < 8:
            return [_ID_SIEVE]
        return [rf"[0-9A-Za-z_-]{{{shortest},}}", ODD]

    @property
    def _are_few(self) -> bool:
        """Whether there are so few literals that one expression looks for them."""
        return len(self._literals) <= _MOST_IN_SIEVE

    def parts(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of texts that may be a part of a number that is read out over turns."""
        import numpy as np

        # Most are whole sentences, which their first words tell, and each takes two microseconds to be read.
        places = np.delete(np.arange(len(texts)), places_of(texts, EVERY_LANGUAGE.wordy))
        return places[places_of(texts.take(columns.from_numpy(places)), EVERY_LANGUAGE.turns_sieve)]

    def said(self, texts: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The `candidates` of utterances, and their `parts`, by one look at most of them."""
        maybe = self.likely(texts, self.parts_sieve)
        some = texts.take(columns.from_numpy(maybe))
        return maybe[self.candidates(some)], maybe[self.parts(some)]

    def among_parts(self, texts: pa.Array | pa.ChunkedArray, speakers: pa.Table) -> NDArray[np.int64]:
        """The places of `parts` that may hold a number together with others of their call and speaker.

        Args:
            texts: of parts.
            speakers: who speaks each, and in which call.
        """
        import numpy as np

        inner = None
        if pattern := self._inner_pattern:
            # Of a number over two parts one holds four of its digits, of one over more a part between two
            # others holds nothing else, and a part has three at least.
            inner = np.concatenate([places_of(texts, one) for one in (pattern, EVERY_LANGUAGE.unusual)])
        if not len(texts) or (inner is not None and not len(inner)):
            return np.zeros(0, np.int64)
        groups = columns.group_numbers(speakers)
        counts = np.bincount(groups)
        likely = counts > 1
        if inner is not None:
            has_inner = np.zeros(len(counts), bool)
            has_inner[groups[inner]] = True
            likely &= has_inner
        return np.flatnonzero(likely[groups])

    @cached_property
    def _inner_pattern(self) -> str | None:
        """What holds three digits of a known number in a row; None where numbers aren't known, or many."""
        digits = {key.lstrip("+") for key in self.keys if key.lstrip("+").isdecimal()}
        inner = {one[at : at + 3] for one in digits for at in range(len(one) - 2)}
        if not inner or len(inner) > _MOST_IN_SIEVE:
            return None
        return "|".join("[^0-9]{0,3}".join(three) for three in sorted(inner))

    def whole_candidates(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of whole values that may be one of the numbers, as `is_whole` says."""
        import numpy as np

        if not self.looks_for_numbers or texts.null_count == len(texts):
            return np.zeros(0, np.int64)
        from batchlake.privacy.plain_texts import places_where

        if (prints := self.prints) and len(texts) > _FEW_TEXTS:
            return places_where(texts, lambda them: them.may_be_numbers(prints))
        if not self.keys or len(self.keys) > _MOST_IN_SIEVE or len(texts) <= _FEW_TEXTS:
            return np.arange(len(texts))
        wholes = [
            "[^0-9]*".join(key.lstrip("+")) if key.lstrip("+").isdecimal() else rf"(?i:{re.escape(key)})"
            for key in sorted(self.keys)
        ]
        return places_of(texts, "|".join([*wholes, r"[^\x00-\x7f]"]))

    def spans(self, text: str) -> list[Span]:
        """Where something is, in order; none overlaps another."""
        found = list(numbers.spans(text, self.is_number)) if self.looks_for_numbers else []
        found += [Span(match.start(), match.end()) for match in self._literal_matches(text)]
        if self.is_id:
            words = _ID_WORD.finditer(text)
            found += [Span(word.start(), word.end()) for word in words if self.is_id(word[0])]
        for landed in _LANDED.finditer(text):
            one = unquote(landed[1])
            if one in self.ids or (self.is_id and self.is_id(one)):
                found.append(Span(landed.start(1), landed.end(1)))
        kept: list[Span] = []
        for span in sorted(found, key=lambda one: (one.start, -one.end)):
            if not kept or span.start >= kept[-1].end:
                kept.append(span)
        return kept

    def _literal_matches(self, text: str) -> Iterator[re.Match[str]]:
        pattern = self._pattern
        if pattern is None and self._literals:
            lowered = text.lower()
            present = [one for one in self._literals if sieves.longest_word(one) in lowered]
            pattern = alternatives(present) if present else None
        return pattern.finditer(text) if pattern else iter(())

    def finds(self, text: str) -> bool:
        """Whether something is in a text, as it stands or with its escapes read."""
        return bool(self.spans(text)) or ((again := unescaped(text)) != text and bool(self.spans(again)))

    def erased(self, text: str) -> str:
        """The text with `<erased>` where something was."""
        spans = self.spans(text)
        if spans:
            parts, since = [], 0
            for span in spans:
                parts += [text[since : span.start], ERASED]
                since = span.end
            text = "".join([*parts, text[since:]])
        # What only shows when `%2B` is read, or what two replaced places have left together.
        return ERASED if self.finds(text) else text

    def erased_json(self, text: str) -> str | None:
        """A JSON text without it, in values, keys and bare numbers; None where nothing else is left to do.

        What isn't JSON is a text; where something stands in a value that nests too deeply, that goes whole.
        """
        try:
            document = decoded(text)
        except TooDeep:
            if not self.finds(text):
                return text
            return by_field(text, lambda *of: (self.erased(of[0]), self.erased_json(of[1]) or quoted(ERASED)))
        except ValueError:
            return self.erased(text)
        again = dumped(self.erased_document(document))
        return None if self.finds(again) else again

    def erased_document(self, value: Any) -> Any:
        """The same for a decoded document; bare numbers are `BareNumber`."""
        if isinstance(value, dict):
            cleaned: dict[str, Any] = {}
            for key, inner in value.items():
                cleaned[unused(self.erased(key), cleaned)] = self.erased_document(inner)
            return cleaned
        if isinstance(value, list):
            return erased_list(self, value, [self.erased_document(inner) for inner in value], ERASED)
        if isinstance(value, BareNumber):
            return ERASED if self.finds(value) else value
        return self.erased(value) if isinstance(value, str) else value

    def hits_in_bytes(self, data: bytes) -> int:
        """How often something stands in bytes, as ASCII digits or as it is in UTF-8, whatever is around
        it."""
        import pyarrow.compute as pc

        count = 0
        plain = columns.blob(data)

        def holds(patterns: Sequence[str]) -> bool:
            together = (
                "|".join(patterns[since : since + _MOST_IN_SIEVE])
                for since in range(0, len(patterns), _MOST_IN_SIEVE)
            )
            return any(pc.count_substring_regex(plain, one).to_pylist()[0] for one in together)

        if holds(self._byte_patterns):
            for pattern in filter(lambda one: holds([one]), self._byte_patterns):
                found = re.finditer(pattern.encode(), data)
                count += sum(
                    not self._is_abroad(data[max(0, one.start() - 8) : one.start()]) for one in found
                )
        if self._literals:
            count += self._literals_in_bytes(data)
        return count

    def _is_abroad(self, before: bytes) -> bool:
        """Whether a number is led by the code of another country, where it is somebody else's."""
        code = _COUNTRY.search(before)
        return code is not None and not any(key.startswith(f"+{code[1].decode()}") for key in self.keys)

    def _literals_in_bytes(self, data: bytes) -> int:
        if self._are_few:
            lowered = data.lower()
            if not any(one in lowered for one in self._lowered_bytes):
                return 0
        else:
            import polars as pl

            text = pl.Series([data.decode("latin-1")]).str.to_lowercase()
            if not text.str.contains_any([one.decode("latin-1").lower() for one in self._lowered_bytes])[0]:
                return 0
        whole = alternatives(
            [one.encode("utf-8", "surrogatepass").decode("latin-1") for one in self._literals]
        )
        return sum(1 for _ in whole.finditer(data.decode("latin-1")))

    @cached_property
    def _lowered_bytes(self) -> list[bytes]:
        """The longest word of each literal, ASCII in lower case: any white space may stand around it."""
        words = [max(one.split(), key=len, default=one) for one in self._literals]
        return [one.encode("utf-8", "surrogatepass").lower() for one in words]

    @cached_property
    def endings(self) -> list[str] | None:
        """The digits in which all forms of the numbers end; None where their keys aren't known."""
        stripped = {key.lstrip("+") for key in self.keys}
        digits = sorted(one for one in stripped if one.isdecimal() and len(one) >= FEWEST_DIGITS)
        ends = [one for one in digits if not any(one != other and one.endswith(other) for other in digits)]
        return ends if self.keys else None

    @cached_property
    def _byte_patterns(self) -> list[str]:
        return ["[^0-9]{0,3}".join(one) for one in self.endings or ()]
