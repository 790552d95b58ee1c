"""Phone numbers masked, as a column holds them and as people write them into text.

What is left of a number is its country code and its last two digits, never more than half of its digits, and
nothing that tells how long it was. Better one number too many masked than one too few: any seven digits in
text with no more than blanks, brackets, dots, dashes or slashes between them are taken for a phone number.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"
"""Stands for the digits left out, however many they were."""

_FEWEST_DIGITS: Final = 7
_LAST_DIGITS: Final = 2

# Also dashes of other lengths, and the invisible characters that come with copied numbers.
_BETWEEN: Final = r"[\s().\-/·\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\ufeff]"
_DIGITS: Final = rf"\d(?:{_BETWEEN}{{0,3}}\d){{{_FEWEST_DIGITS - 1},}}"
_NUMBER: Final = re.compile(rf"\s*(?:tel:\s*)?(?P<number>[+＋]?{_BETWEEN}{{0,2}}{_DIGITS})\s*")
_MASKED: Final = re.compile(rf"(?:\+\d{{1,3}} )?{re.escape(MASK)}(?: \d{{2}})?")
_IN_TEXT: Final = re.compile(
    # A date has as many digits as a short number, and says something else.
    r"(?P<date>(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-]))"
    rf"|[+＋]{_BETWEEN}{{0,2}}{_DIGITS}"
    rf"|{_DIGITS}"
    # Digits read out one by one.
    rf"|(?<!\d)\d(?:,\s?\d(?!\d)){{{_FEWEST_DIGITS - 1},}}"
)


def masked_number(number: str) -> str:
    """What a column of phone numbers holds, without the number; what isn't one (an address) is masked whole.

    >>> masked_number("+1 (415) 555-0134"), masked_number("0415 555 0134"), masked_number("55501")
    ('+1 *** 34', '*** 34', '***')
    """
    if _MASKED.fullmatch(number):
        return number
    match = _NUMBER.fullmatch(number)
    return _masked(match["number"]) if match else MASK


def masked_text(text: str) -> str:
    """A text with every phone number in it masked; dates as 2024-01-31 and shorter numbers stay.

    >>> masked_text("Call 415-555-0134 on 2024-01-31, order 4711")
    'Call *** 34 on 2024-01-31, order 4711'
    """
    return _IN_TEXT.sub(lambda match: match[0] if match["date"] else _masked(match[0]), text)


def _masked(number: str) -> str:
    digits = [character for character in number if character.isdecimal()]
    country = _country("".join(str(int(digit)) for digit in digits), plus=number[0] in "+＋")
    last = "".join(digits[-_LAST_DIGITS:])
    if country and 2 * (len(country) + len(last)) <= len(digits):
        return f"+{country} {MASK} {last}"
    return f"{MASK} {last}"


def _country(digits: str, *, plus: bool) -> str:
    """The country code of an international number, empty where it isn't written as one."""
    # Most lists hold no such number, and what reads them takes a while to import.
    from batchlake.privacy.numbers import country_code

    if plus:
        return country_code(digits)
    return country_code(digits[2:]) if digits.startswith("00") else ""
