"""Redacts values in text before it is stored: numbers, mail addresses, cards, account numbers, national ids,
names, other long digits.

Input: a text, or the whole value of a field of its own. Output: the same with `<phone>`, `<email>`, `<card>`,
`<iban>`, `<id>`, `<name>`, `<digits>` where a value was, and how many of each. A field of its own gets a
pseudonym that is stable per key, so that attempts per contact still count. Dates, clock times and amounts
with a currency stay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from batchlake.engine import columns
from batchlake.privacy.digits import FEWEST_DIGITS, Run, Spoken, runs, spoken_in
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import Span, is_pseudonym, key_of, keys_of
from batchlake.privacy.redaction import names, national_ids
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.sieves import ESCAPES, places_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

NO_NAMES: Final[frozenset[str]] = frozenset()

_MOST_PHONE: Final = 12
_MOST_PHONE_ABROAD: Final = 15
_CARD: Final = range(13, 20)
_MOST_REMEMBERED: Final = 100_000
_PREFIXES: Final = {"phone": "tel", "email": "email", "name": "name"}
_LABELS: Final = {"national_id": "id"}

_AMOUNT: Final = r"(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3}){1,3}|\d{1,9})(?:[.,]\d{1,2})?(?!\d)"
_BEHIND_NO_DIGIT: Final = r"(?<!\d)(?<!\d[^\d+])(?<!\d[^\d+]{2})"
"""An amount is no end of a longer run of digits: a card is followed by what is paid with it."""

_KEPT: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:19|20)\d\d(?!\d)"
    r"|(?<![\d:])[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?![\d:])"
    rf"|[$€£¥₹]\s?{_AMOUNT}(?![^\d+]?\d)"
    rf"|{_BEHIND_NO_DIGIT}{_AMOUNT}\s?(?:[$€£¥₹](?!\s?\d)|(?:dollars?|euros?|pounds?|rupees?|usd|eur|gbp|inr)\b)"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b(?:tel|email|name|call|batch|agent|pathway|id)_[0-9a-f]{16}\b|\berased_[0-9a-z]{16,20}\b",
    re.IGNORECASE,
)
"""Dates, clock times, amounts, ids of 128 bits and pseudonyms: they have as many digits as a number."""

_MAY_BE_KEPT: Final = re.compile(
    r"[$_\d.,-](?:(?<=[$_])|[-./:]\d|\s?(?:dollar|euro|pound|rupee|usd|eur|gbp|inr)|[0-9a-f]{4}-)",
    re.IGNORECASE,
)
"""What a text of ASCII matches that holds something of `_KEPT`: an id has a `-`, four digits and another
`-`, a pseudonym its `_`. To look for all of `_KEPT` takes ten times as long."""

_EMAIL: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b[\w.+-]+(?: (?:dot|underscore|dash) [\w-]+){0,3} at [\w-]+(?: dot [\w-]+){0,2} dot "
    r"(?:com|org|net|edu|gov|info|biz|app|dev|online|shop|[a-z]{2})\b",
    re.IGNORECASE,
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z0-9]+", re.IGNORECASE)
_OTHERS_SIEVE: Final = r"@|(?i) dot [a-z]|[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]"
_IN_AN_ID: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\d)(?:\+|%2B)[1-9]\d{7,14}(?!\d)", re.IGNORECASE
)
"""What makes an id personal: a mail address, or a number that is led by `+`."""


OPAQUE: Final = r"(?i)\b(?:[0-9]{0,9}[a-f]){3,}[0-9]{0,9}\b"
"""A word of a link that is a key in hexadecimal digits: three letters at least, never ten digits in a row.
RE2 reads it alike."""

_OPAQUE: Final = re.compile(OPAQUE, re.ASCII)
_LINK: Final = "://"


@dataclass(slots=True)
class Redactor:
    """Redacts what `rules` name.

    Args:
        rules: which kinds of values, and how they are read (`Rules.of`).
        key: makes pseudonyms; without one a field of its own gets the class, such as `<phone>`.

    Example:
        >>> from batchlake.privacy.redaction.rules import Rules
        >>> redactor = Redactor(Rules.of(["phone", "email"]))
        >>> redactor.text("I'm on (415) 555-0199 or ann@example.com, from 2024-01-02")
        "I'm on <phone> or <email>, from 2024-01-02"
    """

    rules: Rules
    key: PrivacyKey | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _pseudonyms: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def spoken(self) -> Spoken:
        """The digit words that are read."""
        return spoken_in(self.rules.languages)

    def candidates(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of texts in which something other than a name may be to redact."""
        return places_of(texts, f"{self.spoken.sieve}|{self._others}")

    @property
    def _others(self) -> str:
        """What a text matches that may hold another value than a run of digits."""
        ids = f"|{national_ids.SIEVE}" if "national_id" in self.rules.kinds else ""
        return _OTHERS_SIEVE + ids

    def text(self, text: str, named: frozenset[str] = NO_NAMES) -> str:
        """A text with classes in the place of values.

        Args:
            text: any.
            named: the words of names that the record's own fields hold (`names.words_of`).
        """
        return self._with_classes(text, self._spans(text, named))

    def without_names(self, text: str, named: frozenset[str]) -> str:
        """A text that holds nothing else (none of `candidates`) with `<name>` in the place of names."""
        return self._with_classes(text, [(span, "name") for span in names.spans(text, named)])

    def _with_classes(self, text: str, found: list[tuple[Span, str]]) -> str:
        """A text with classes in the place of the values found, which are counted."""
        parts: list[str] = []
        since = 0
        for span, kind in found:
            self.counts[kind] += 1
            parts += [text[since : span.start], f"<{_LABELS.get(kind, kind)}>"]
            since = span.end
        return "".join([*parts, text[since:]]) if parts else text

    def finds(self, text: str) -> bool:
        """Whether something is in a text."""
        return bool(self._spans(text, NO_NAMES))

    def kinds_in(self, text: str) -> list[str]:
        """The kinds of the values in a text, in their order."""
        return [kind for _, kind in self._spans(text, NO_NAMES)]

    def is_email(self, value: str) -> bool:
        """Whether a whole value is a mail address."""
        return _EMAIL.fullmatch(value.strip()) is not None

    def number(self, value: str) -> str:
        """What stands for the whole value of a number's column: the same for the same number."""
        if "phone" not in self.rules.kinds:
            return value
        known = self._pseudonyms.get(value)
        if known is not None:
            self.counts["phone"] += known != value
            return known
        if value[:1] != "+" and is_pseudonym(value):
            return value
        again = self._pseudonym(value)
        if len(self._pseudonyms) < _MOST_REMEMBERED:
            self._pseudonyms[value] = again
        return again

    def whole(self, kind: str, value: str) -> str:
        """What stands for the whole value of a field that is of this kind."""
        if kind == "phone":
            return self.number(value)
        if is_pseudonym(value) or value == f"<{_LABELS.get(kind, kind)}>":
            return value
        self.counts[kind] += 1
        if self.key is None or kind not in _PREFIXES:
            # Cards, accounts and ids are few enough to be tried out, whatever the key.
            return f"<{_LABELS.get(kind, kind)}>"
        return self.key.pseudonym(_PREFIXES[kind], names.folded_name(value))

    def id_of(self, kind: str, value: str | None) -> str | None:
        """An id (`call`, `batch`); one that holds a mail address or a number with `+` becomes a pseudonym."""
        if value is None or not self.is_personal_id(value):
            return value
        return self.key.pseudonym(kind, value) if self.key else f"<{kind}>"

    def is_personal_id(self, value: str) -> bool:
        """Whether an id holds a mail address or a number that is led by `+`."""
        return ("@" in value or "+" in value or "%" in value) and _IN_AN_ID.search(value) is not None

    def without_personal(self, value: str) -> str:
        """A text in which an id stands, without these."""
        return _IN_AN_ID.sub("<erased>", value)

    def _pseudonym(self, value: str) -> str:
        key = key_of(value)
        if key is None or key in self.rules.own_lines:
            return value
        self.counts["phone"] += 1
        if self.key is None:
            return "<phone>"
        return self.key.pseudonym("tel", number_key(key, self.rules.region))

    def parts(self, texts: Iterable[str]) -> list[str]:
        """Utterances of one speaker, each a part of a number, with their digits redacted."""
        redacted = []
        for text in texts:
            parts, since = [], 0
            for run in runs(text, 3, self.spoken):
                parts += [text[since : run.starts[0]], "<phone>"]
                since = run.ends[-1]
            self.counts["phone"] += 1
            redacted.append("".join([*parts, text[since:]]))
        return redacted

    def links(self, texts: pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of links in which something may be, whatever digits their keys have."""
        import numpy as np
        import pyarrow.compute as pc

        maybe = self.candidates(texts)
        some = texts.take(columns.from_numpy(maybe))
        # More than may stand between two digits.
        without = pc.replace_substring_regex(some, OPAQUE, "#" * 8)
        plain = np.ones(len(maybe), bool)
        plain[places_of(some, _LINK)] = False
        plain[self.candidates(without)] = True
        return maybe[plain]

    def said(self, texts: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of utterances in which something may be, and of those that may be a part of a number
        that is read out over turns."""
        turns = self.spoken.turns_sieve
        # What holds a run holds a part of one: most utterances are gone after one expression.
        maybe = places_of(texts, f"{turns}|{self._others}")
        some = texts.take(columns.from_numpy(maybe))
        return maybe[self.candidates(some)], maybe[places_of(some, turns)]

    def parts_of(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of documents whose lists may hold the digits of a number apart, or their texts as
        `\\u0664`."""
        return places_of(texts, rf"{self.spoken.parts_sieve}|{ESCAPES}")

    def digits_in(self, text: str) -> int:
        """How many digits a part has."""
        return sum(len(run.digits) for run in runs(text, 3, self.spoken))

    def _spans(self, text: str, named: frozenset[str]) -> list[tuple[Span, str]]:
        kinds = self.rules.kinds
        found: list[tuple[Span, str]] = []
        if "iban" in kinds:
            found += [(span, "iban") for span in ibans(text)]
        if "email" in kinds and ("@" in text or "dot" in text.lower()):
            found += [(Span(match.start(), match.end()), "email") for match in _EMAIL.finditer(text)]
        # What is kept, and what is found already, parts the runs around it.
        masked = _KEPT.sub(_mask, text) if not text.isascii() or _MAY_BE_KEPT.search(text) else text
        if _LINK in text:
            # Else most recordings' links would be nobody's number.
            masked = _OPAQUE.sub(_mask, masked)
        masked = _masked(masked, found)
        if "national_id" in kinds:
            ids = [(span, "national_id") for span in national_ids.spans(masked, self.rules.countries)]
            found += ids
            masked = _masked(masked, ids)
        for run in runs(masked, spoken=self.spoken):
            kind = self._kind(run)
            if kind is not None:
                found.append((Span(_start(masked, run), run.ends[-1]), kind))
        if named:
            found += [(span, "name") for span in names.spans(text, named)]
        if len(found) < 2:
            return found
        kept: list[tuple[Span, str]] = []
        for span, kind in sorted(found, key=lambda one: (one[0].start, -one[0].end)):
            if not kept or span.start >= kept[-1][0].end:
                kept.append((span, kind))
        return kept

    def _kind(self, run: Run) -> str | None:
        kinds, count = self.rules.kinds, len(run.digits)
        abroad = run.is_led_by_plus or run.digits.startswith(("00", "011"))
        is_digits = "digits" in kinds and count >= self.rules.min_digits
        if "card" in kinds and count >= _CARD[0] and not (abroad and count <= _MOST_PHONE_ABROAD):
            # The check digit chooses the label, and lets nothing pass.
            return "card" if _holds_card(run) or not is_digits else "digits"
        if "phone" in kinds:
            # Two numbers in a row are one run.
            most = _MOST_PHONE_ABROAD if abroad else _MOST_PHONE
            if count <= most or not is_digits:
                return "phone"
        return "digits" if is_digits else None


def number_key(key: str, region: str | None) -> str:
    """The key of a number that its pseudonym is made of: the international one where the region is known."""
    if key.isdecimal() and len(key) >= FEWEST_DIGITS and region:
        return next(one for one in sorted(keys_of(key, region), key=len) if one.startswith("+"))
    return key


def _start(text: str, run: Run) -> int:
    start = run.starts[0]
    while run.is_led_by_plus and text[start] not in "+＋":
        start -= 1
    # A bracket that the number closes is its own.
    is_bracketed = text[start - 1 : start] == "(" and ")" in text[start : run.ends[-1]]
    return start - is_bracketed


def _holds_card(run: Run) -> bool:
    """Whether 13 to 19 digits that no other touches have the check digit of a card."""
    return any(
        run.begins_at(start) and run.ends_at(start + length - 1) and _luhn(run.digits[start : start + length])
        for length in _CARD
        for start in range(len(run.digits) - length + 1)
    )


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def ibans(text: str) -> Iterator[Span]:
    """Where account numbers with their check digits stand."""
    for found in _IBAN.finditer(text):
        # The words after it may look like a part of it.
        ends = [found.start() + word.end() for word in _WORD.finditer(found[0])]
        whole = (end for end in reversed(ends) if _is_iban(text[found.start() : end]))
        if end := next(whole, 0):
            yield Span(found.start(), end)


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text)
    if not 15 <= len(plain) <= 34:
        return False
    turned = (plain[4:] + plain[:4]).upper()
    try:
        return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
    except ValueError:
        # In any case, `[A-Z]` matches a Kelvin sign, which no account number holds.
        return False


def _mask(match: re.Match[str]) -> str:
    return "#" * len(match[0])


def _masked(text: str, found: Iterable[tuple[Span, str]]) -> str:
    for span, _ in found:
        text = text[: span.start] + "#" * (span.end - span.start) + text[span.end :]
    return text
