"""Phone numbers: which texts are one and the same, wherever and however they are written.

Input: a number as a person or an export writes it. Output: its keys, one for each form in which it may come
back: international, national, with trunk prefix. Two texts are the same number if they share a key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from batchlake.errors import InvalidRequest
from batchlake.privacy.digits import EVERY_LANGUAGE, FEWEST_DIGITS, Run, folded, runs

MOST_DIGITS: Final = 20
"""More digits in a row are nobody's number."""

_MOST_PHONE_DIGITS: Final = 15

# ITU-T E.164: zones 1 and 7 are one digit, these are two, all others three.
_TWO_DIGIT_COUNTRIES: Final = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
    "81 82 84 86 90 91 92 93 94 95 98".split()
)
_TRUNKS: Final = {"7": "8", "36": "06", "370": "8", "375": "8"}
_TRUNK: Final = "0"

_CODES: Final = dict(
    pair.split(":")
    for pair in (
        "US:1 CA:1 RU:7 KZ:7 EG:20 ZA:27 GR:30 NL:31 BE:32 FR:33 ES:34 HU:36 IT:39 RO:40 CH:41 AT:43 GB:44 "
        "DK:45 SE:46 NO:47 PL:48 DE:49 PE:51 MX:52 CU:53 AR:54 BR:55 CL:56 CO:57 VE:58 MY:60 AU:61 ID:62 "
        "PH:63 NZ:64 SG:65 TH:66 JP:81 KR:82 VN:84 CN:86 TR:90 IN:91 PK:92 AF:93 LK:94 MM:95 IR:98 MA:212 "
        "DZ:213 TN:216 LY:218 GH:233 NG:234 KE:254 TZ:255 UG:256 ZM:260 ZW:263 PT:351 LU:352 IE:353 IS:354 "
        "AL:355 MT:356 CY:357 FI:358 BG:359 LT:370 LV:371 EE:372 MD:373 BY:375 UA:380 RS:381 HR:385 SI:386 "
        "CZ:420 SK:421 LI:423 PY:595 UY:598 HK:852 MO:853 KH:855 BD:880 TW:886 LB:961 JO:962 IQ:964 KW:965 "
        "SA:966 YE:967 OM:968 AE:971 IL:972 BH:973 QA:974 NP:977 UZ:998"
    ).split()
)
"""The calling codes of regions by their ISO 3166 names."""

_SCHEME: Final = re.compile(r"\s*(?:tel|sips?|callto|sms|phone|mobile|whatsapp):", re.IGNORECASE)
_FLOAT: Final = re.compile(r"(?<=\d{7})\.0+\s*$")
"""What a table of floats has added to a number."""

_NUMBER: Final = re.compile(
    r"[\s+＋\d().\-/_'\"=·\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\ufeff]+"
)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_PSEUDONYM: Final = re.compile(r"(?:tel|email|name)_[0-9a-z]{16}")


def keys_of(number: str, region: str | None = None) -> frozenset[str]:
    """The keys of a number that a person names.

    Args:
        number: with `+` or `00`, else as it is dialled in the region; in digits or in words. What is no phone
            number (an address, a pseudonym, a short code) is its own key.
        region: an ISO 3166 name such as `US`.

    Raises:
        InvalidRequest: it needs a region, or the region isn't known.
    """
    key = key_of(number)
    if key is None:
        raise InvalidRequest("an empty number names nobody. Give one as `batchlake contacts` lists it.")
    if (spoken := _spoken_digits(number)) is not None:
        return keys_of(spoken, region)
    if not key.lstrip("+").isdecimal() or len(key) < FEWEST_DIGITS:
        return frozenset({key})
    if not key.startswith("+"):
        code = code_of(region)
        trunk = _TRUNKS.get(code, _TRUNK)
        national = key.removeprefix(trunk) if code not in ("1", "39") else key
        if code == "1" and len(key) == 11:
            national = key[1:]
        key = f"+{code}{national}"
    digits = key[1:]
    code = country_code(digits)
    national = digits[len(code) :]
    trunk = _TRUNKS.get(code, _TRUNK)
    found = {f"+{digits}", digits, f"+{code}{trunk}{national}", f"{code}{trunk}{national}"}
    found |= {form for form in (national, f"{trunk}{national}") if len(form) >= FEWEST_DIGITS}
    return frozenset(found)


def _spoken_digits(number: str) -> str | None:
    """The digits of a number that is written in words, whole; None where it isn't."""
    found = list(runs(number))
    if len(found) != 1 or not any(character.isalpha() for character in number):
        return None
    around = number[: found[0].starts[0]] + number[found[0].ends[-1] :]
    if any(character.isalnum() or character == "@" for character in around):
        return None
    inside = number[found[0].starts[0] : found[0].ends[-1]]
    # `ext` and the like stand between digits, too.
    words = _LETTERS.findall(inside)
    if not all(map(EVERY_LANGUAGE.is_digit_word, words)):
        return None
    return ("+" if found[0].is_led_by_plus else "") + found[0].digits


def key_of(value: str) -> str | None:
    """The key of a whole value, as a column holds one; None where it holds nothing.

    >>> key_of("tel:+1 (415) 555-0199"), key_of("00 49 30 123456"), key_of("415 555 0199")
    ('+14155550199', '+4930123456', '4155550199')
    """
    if value[:1] == "+" and value[1:].isdecimal() and value.isascii():
        # As most columns hold it.
        return value
    text = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()
    bare = _SCHEME.sub("", text).partition(";")[0]
    user = _FLOAT.sub("", bare.partition("@")[0])
    if _NUMBER.fullmatch(user) and (digits := folded(user)):
        return international(digits, plus=user.strip(" ('\"=").startswith("+"))
    return text.lower() or None


def is_number(value: str) -> bool:
    """Whether a whole value is a phone number of 7 to 15 digits, as a column of numbers holds one."""
    bare = _FLOAT.sub("", _SCHEME.sub("", unicodedata.normalize("NFKC", value).strip()))
    return _NUMBER.fullmatch(bare) is not None and FEWEST_DIGITS <= len(folded(bare)) <= _MOST_PHONE_DIGITS


def is_pseudonym(value: str) -> bool:
    """Whether this is what redaction puts in the place of a value."""
    return _PSEUDONYM.fullmatch(value) is not None


def country_code(digits: str) -> str:
    """The country code that an international number begins with."""
    if digits[:1] in ("1", "7"):
        return digits[:1]
    return digits[:2] if digits[:2] in _TWO_DIGIT_COUNTRIES else digits[:3]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text, from its start to before its end."""

    start: int
    end: int


def spans(text: str, is_known: Callable[[str], bool]) -> Iterator[Span]:
    """Where in a text known numbers stand, in any spelling; none overlaps another.

    Args:
        text: any.
        is_known: whether a key is that of a number looked for.
    """
    for run in runs(text):
        place = 0
        while place < len(run.digits):
            end = _longest(run, place, is_known)
            if end:
                yield Span(_start(text, run, place), run.ends[end - 1])
                place = end
            else:
                place += 1


def _longest(run: Run, place: int, is_known: Callable[[str], bool]) -> int:
    """Where the longest known number ends that begins at this digit; 0 where none does."""
    # What follows `+49` is a number of that country, and another one elsewhere.
    if not run.begins_at(place) or (run.is_led_by_plus and 0 < place <= FEWEST_DIGITS):
        return 0
    for end in range(min(len(run.digits), place + MOST_DIGITS), place + FEWEST_DIGITS - 1, -1):
        if run.ends_at(end - 1):
            key = international(run.digits[place:end], plus=run.is_led_by_plus and place == 0)
            if is_known(key):
                return end
    return 0


def _start(text: str, run: Run, place: int) -> int:
    start = run.starts[place]
    if run.is_led_by_plus and place == 0:
        while text[start] not in "+＋":
            start -= 1
    return start


def international(digits: str, *, plus: bool) -> str:
    """The key of a number's digits, led by a `+` or not."""
    for prefix in () if plus or digits[:1] != "0" else ("00", "011"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= FEWEST_DIGITS + 1:
            return f"+{digits.removeprefix(prefix)}"
    return f"+{digits}" if plus else digits


def code_of(region: str | None) -> str:
    """The calling code of a region, by its ISO 3166 name in any case.

    Raises:
        InvalidRequest: none is named, or it isn't known.
    """
    if region is None:
        raise InvalidRequest(
            "a number without + is another one in each country. Write it with its country code "
            "(+14155550199), or name the region that it is dialled in (--region US)."
        )
    code = _CODES.get(region.upper())
    if code is None:
        raise InvalidRequest(f"no region is known as {region!r}. Give an ISO 3166 name such as US or DE.")
    return code
