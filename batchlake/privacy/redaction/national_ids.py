"""National ids in text: social security, tax and personal numbers, known by their form and check digits.

Input: a text, and the countries whose ids are looked for. Output: places. Which numbers a country gives is
`python-stdnum`'s knowledge (the extra `privacy`).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from batchlake._lazy import extra
from batchlake.privacy.numbers import Span

COUNTRIES: Final = {
    "AR": ("ar.dni",), "AT": ("at.vnr",), "AU": ("au.tfn",), "BE": ("be.nn",), "BG": ("bg.egn",),
    "BR": ("br.cpf",), "CA": ("ca.sin",), "CH": ("ch.ssn",), "CL": ("cl.rut",), "CN": ("cn.ric",),
    "CZ": ("cz.rc",), "DE": ("de.idnr",), "DK": ("dk.cpr",), "EC": ("ec.ci",), "EE": ("ee.ik",),
    "ES": ("es.dni", "es.nie"), "FI": ("fi.hetu",), "FR": ("fr.nir",), "GB": ("gb.nhs",), "GR": ("gr.amka",),
    "HR": ("hr.oib",), "HU": ("hu.anum",), "IE": ("ie.pps",), "IL": ("il.idnr",), "IN": ("in_.aadhaar",),
    "IS": ("is_.kennitala",), "IT": ("it.codicefiscale",), "KR": ("kr.rrn",), "LT": ("lt.asmens",),
    "MX": ("mx.curp",), "MY": ("my.nric",), "NL": ("nl.bsn",), "NO": ("no.fodselsnummer",),
    "PE": ("pe.cui",), "PL": ("pl.pesel",), "PT": ("pt.nif",), "RO": ("ro.cnp",), "SE": ("se.personnummer",),
    "SI": ("si.emso",), "SK": ("sk.rc",), "TH": ("th.pin",), "TR": ("tr.tckimlik",),
    "US": ("us.ssn", "us.itin"), "ZA": ("za.idnr",),
}  # fmt: skip
"""The ids of each country, by their modules in `stdnum`; Britain's national insurance number is ours."""

_INSURANCE: Final = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_TOKEN: Final = re.compile(r"[0-9A-Za-z]+")
_MOST_TOKENS: Final = 7
_LENGTHS: Final = range(7, 19)
_FEWEST_DIGITS: Final = 6

SIEVE: Final = r"[0-9](?:[^0-9]{0,2}[0-9]){5}"
"""What a text matches that may hold an id, as RE2 reads it."""


def spans(text: str, countries: Sequence[str]) -> Iterator[Span]:
    """Where ids of these countries stand; none overlaps another."""
    tokens = list(_TOKEN.finditer(text))
    validators = known_ids(tuple(countries))
    at = 0
    while at < len(tokens):
        end = _end(text, tokens, at, validators)
        if end:
            yield Span(tokens[at].start(), tokens[end - 1].end())
        at = end or at + 1


def _end(text: str, tokens: list[re.Match[str]], at: int, validators: Sequence[Callable[[str], bool]]) -> int:
    """Past which token the longest id ends that begins at this one; 0 where none does."""
    before = text[tokens[at].start() - 1 : tokens[at].start()]
    if before == "+" or before.isalnum():
        return 0
    found = 0
    parts = ""
    for end in range(at, min(at + _MOST_TOKENS, len(tokens))):
        token = tokens[end][0]
        if end > at and text[tokens[end - 1].end() : tokens[end].start()] not in (" ", "-", ".", "/"):
            break
        if not (any(map(str.isdecimal, token)) or (len(token) <= 3 and token.isupper())):
            break
        parts += token
        after = text[tokens[end].end() : tokens[end].end() + 1]
        is_likely = len(parts) in _LENGTHS and sum(map(str.isdecimal, parts)) >= _FEWEST_DIGITS
        if is_likely and not after.isalnum() and any(is_valid(parts) for is_valid in validators):
            found = end + 1
    return found


@cache
def known_ids(countries: tuple[str, ...]) -> tuple[Callable[[str], bool], ...]:
    """Whether a text is an id, for each kind that these countries give.

    Raises:
        InvalidRequest: the extra `privacy` isn't installed.
    """
    with extra("privacy", "national ids"):
        found = [
            importlib.import_module(f"stdnum.{name}").is_valid
            for country in countries
            for name in COUNTRIES[country]
        ]
    if "GB" in countries:
        found.append(lambda text: _INSURANCE.fullmatch(text.upper()) is not None)
    return tuple(found)
