"""Redacts values in text before it is stored: numbers, addresses, cards, account numbers, other long digits.

Input: a text, or the whole value of a number's column. Output: the same with `<phone>`, `<email>`, `<card>`,
`<iban>`,
`<digits>` where a value was, and how many of each; a number's column gets a pseudonym that is stable per
key, so
that attempts per contact still count. Dates, clock times and amounts beside a currency stay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from batchlake.errors import InvalidRequest
from batchlake.privacy.digits import DIGITS_SIEVE, FEWEST_DIGITS, SIEVE, Run, runs
from batchlake.privacy.finder import decoded, dumped
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import Span, is_pseudonym, key_of, keys_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

KINDS: Final = ("phone", "email", "card", "iban", "digits")
"""What can be redacted."""

_MOST_PHONE: Final = 12
_MOST_PHONE_ABROAD: Final = 15
_CARD: Final = range(13, 20)
_MOST_REMEMBERED: Final = 100_000

_KEPT: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z?)?(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:19|20)\d\d(?!\d)"
    r"|(?<![\d:])[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?![\d:])"
    r"|[$€£¥₹]\s?\d[\d.,]*"
    r"|\d[\d.,]*\s?(?:[$€£¥₹]|(?:dollars?|euros?|pounds?|rupees?|usd|eur|gbp|inr)\b)",
    re.IGNORECASE,
)
"""Dates, clock times and amounts: they have as many digits as a number, and say something else."""

_EMAIL: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b[\w.+-]+(?: (?:dot|underscore|dash) [\w-]+){0,3} at [\w-]+(?: dot [\w-]+){0,2} dot "
    r"(?:com|org|net|edu|gov|io|co|uk|de|fr|es|it|pt|in|info|biz|eu|us|ai|app|dev)\b",
    re.IGNORECASE,
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b")
_OTHERS_SIEVE: Final = r"@|(?i) dot [a-z]|[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]"
_JSON_TEXT: Final = re.compile(r"\s*[\[{]")


@dataclass(slots=True)
class Redactor:
    """Redacts the kinds that are named.

    Args:
        kinds: some of `KINDS`.
        key: makes pseudonyms; None leaves a number's column with `<phone>`.
        region: in which numbers without `+` are read, as `US`.
        own_lines: our own numbers, which stay in a number's column.

    Example:
        >>> Redactor(("phone", "email")).text("I'm on (415) 555-0199 or ann@example.com, from 2024-01-02")
        "I'm on <phone> or <email>, from 2024-01-02"
    """

    kinds: tuple[str, ...]
    key: PrivacyKey | None = None
    region: str | None = None
    own_lines: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    _pseudonyms: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.kinds) - set(KINDS)):
            raise InvalidRequest(f"{unknown[0]!r} can't be redacted. Give some of {', '.join(KINDS)}.")
        self.own_lines = frozenset(key for line in self.own_lines if (key := key_of(line)))

    def candidates(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of texts in which something may be to redact."""
        import numpy as np
        import pyarrow.compute as pc

        found = pc.match_substring_regex(texts, f"{SIEVE}|{_OTHERS_SIEVE}")
        return np.flatnonzero(pc.fill_null(found, False).to_numpy(zero_copy_only=False))

    def text(self, text: str) -> str:
        """A text with classes in the place of values."""
        parts: list[str] = []
        since = 0
        for span, kind in self._spans(text):
            self.counts[kind] += 1
            parts += [text[since : span.start], f"<{kind}>"]
            since = span.end
        return "".join([*parts, text[since:]]) if parts else text

    def json_text(self, text: str) -> str:
        """A JSON text, in values, keys and bare numbers; what isn't JSON is a text."""
        if not _JSON_TEXT.match(text):
            return self.text(text)
        try:
            document = decoded(text)
        except (ValueError, RecursionError):
            return self.text(text)
        return dumped(self._document(document))

    def number(self, value: str) -> str:
        """What stands for the whole value of a number's column: the same for the same number."""
        if "phone" not in self.kinds or is_pseudonym(value):
            return value
        known = self._pseudonyms.get(value)
        if known is not None:
            self.counts["phone"] += known != value
            return known
        again = self._pseudonym(value)
        if len(self._pseudonyms) < _MOST_REMEMBERED:
            self._pseudonyms[value] = again
        return again

    def _pseudonym(self, value: str) -> str:
        key = key_of(value)
        if key is None or key in self.own_lines:
            return value
        self.counts["phone"] += 1
        if self.key is None:
            return "<phone>"
        if key.isdecimal() and len(key) >= FEWEST_DIGITS and self.region:
            key = next(one for one in sorted(keys_of(key, self.region), key=len) if one.startswith("+"))
        return self.key.pseudonym("tel", key)

    def parts(self, texts: Iterable[str]) -> list[str]:
        """Utterances of one speaker, each a part of a number, with their digits redacted."""
        redacted = []
        for text in texts:
            parts, since = [], 0
            for run in runs(text, 3):
                parts += [text[since : run.starts[0]], "<phone>"]
                since = run.ends[-1]
            self.counts["phone"] += 1
            redacted.append("".join([*parts, text[since:]]))
        return redacted

    def parts_of(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of texts that may be a part of a number that is read out over turns."""
        import numpy as np
        import pyarrow.compute as pc

        found = pc.match_substring_regex(texts, DIGITS_SIEVE)
        return np.flatnonzero(pc.fill_null(found, False).to_numpy(zero_copy_only=False))

    def digits_in(self, text: str) -> int:
        """How many digits a part has."""
        return sum(len(run.digits) for run in runs(text, 3))

    def _document(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(key): self._document(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._document(inner) for inner in value]
        if isinstance(value, str):
            again = self.text(value)
            # A bare number that holds nothing stays as it was written.
            return value if again == value else str(again)
        return value

    def _spans(self, text: str) -> list[tuple[Span, str]]:
        found: list[tuple[Span, str]] = []
        if "iban" in self.kinds:
            ibans = (match for match in _IBAN.finditer(text) if _is_iban(match[0]))
            found += [(Span(match.start(), match.end()), "iban") for match in ibans]
        if "email" in self.kinds:
            found += [(Span(match.start(), match.end()), "email") for match in _EMAIL.finditer(text)]
        # What is kept, and what is found already, parts the runs around it.
        masked = _KEPT.sub(lambda match: "#" * max(len(match[0]), 1), text)
        for span, _ in found:
            masked = masked[: span.start] + "#" * (span.end - span.start) + masked[span.end :]
        for run in runs(masked):
            kind = self._kind(run)
            if kind is not None:
                found.append((Span(_start(masked, run), run.ends[-1]), kind))
        kept: list[tuple[Span, str]] = []
        for span, kind in sorted(found, key=lambda one: (one[0].start, -one[0].end)):
            if not kept or span.start >= kept[-1][0].end:
                kept.append((span, kind))
        return kept

    def _kind(self, run: Run) -> str | None:
        count = len(run.digits)
        abroad = run.is_led_by_plus or run.digits.startswith(("00", "011"))
        if "card" in self.kinds and count >= _CARD[0] and not (abroad and count <= _MOST_PHONE_ABROAD):
            # The check digit chooses the label, and lets nothing pass.
            return "card" if _holds_card(run) or "digits" not in self.kinds else "digits"
        if "phone" in self.kinds:
            # Two numbers in a row are one run.
            most = _MOST_PHONE_ABROAD if abroad else _MOST_PHONE
            if count <= most or "digits" not in self.kinds:
                return "phone"
        return "digits" if "digits" in self.kinds else None


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


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text)
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
