"""People's names: which fields of an export hold them, and where they stand in the texts of the same record.

Input: paths of own fields, and names that such fields hold. Output: whether a path is a name's, and places in
text. A name that no field holds is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from batchlake.privacy.numbers import Span

_PEOPLE: Final = frozenset(
    "customer contact lead person client caller callee recipient patient guest member prospect borrower "
    "debtor tenant student applicant candidate user owner buyer policyholder insured subscriber attendee "
    "employee spouse to from".split()
)
_OF_PEOPLE: Final = frozenset(
    "firstname lastname fullname givenname familyname surname middlename forename nickname maidenname "
    "displayname personname legalname holdername accountholder cardholder cardholdername prenom nachname "
    "vorname nombre apellido apellidos cognome nome sobrenome".split()
) | {f"{person}name" for person in _PEOPLE}
KEYS_SIEVE: Final = r"(?i)\\u|" + "|".join(
    r"[\W_]*".join(word) for word in sorted({"name", *(one for one in _OF_PEOPLE if "name" not in one)})
)
"""What a JSON text matches that may have a name's field, as RE2 reads it: the key of each holds such a word,
with what is no letter or digit anywhere in it."""

_TITLES: Final = frozenset("mrs miss herr frau señor señora monsieur madame prof and und the".split())

_ORDINARY: Final = frozenset(
    "will may mark rose grace hope faith bill art rob pat sue dean drew frank gene guy joy june april august "
    "summer autumn ray rich chance chase dawn destiny eve iris ivy jade lily melody miles pearl penny ruby "
    "sandy skip stone young long king green brown white black bush price page park hill wood cook baker "
    "christian angel precious crystal amber olive holly daisy violet heather robin jean ginger sunny happy "
    "lucky rusty woody grant carter mason hunter archer taylor piper sterling major earl duke prince jack "
    "jimmy nick rick cliff dale glen rocky forest lane brook river sky star rain storm field fields banks "
    "waters bird fox wolf swan love day knight church bishop pope little small short strong good best wise "
    "sharp gold silver rice bean lemon berry cherry apple post gates walls house hall street rivers case "
    "mann das der die van den von del los las sol luz paz mar rio bon belle petit grand roux noir blanc "
    "weiss schwarz klein gross lang kurz jung alt gut kaiser koenig vogel wolff ernst".split()
)
"""Words of everyday speech that are names, too."""

_MOST_PATHS: Final = 4_096
"""Every record has the same few fields."""

_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){2,}")
_BETWEEN: Final = re.compile(r"[\s.]{1,3}")
_SENTENCE_END: Final = re.compile(r"(?:^|[.!?…:]['\"’”)]*\s+|^\W+)$")


@lru_cache(_MOST_PATHS)
def is_name_field(path: tuple[str, ...]) -> bool:
    """Whether an own field of this path holds a person's name.

    >>> is_name_field(("customer", "name")), is_name_field(("agent", "name"))
    (True, False)
    """
    if not path:
        return False
    parts = [re.sub(r"[\W_]", "", part).lower() for part in path]
    last, above = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last == "name":
        return above.rstrip("s") in _PEOPLE
    return last in _OF_PEOPLE or any(
        last.startswith(person) and last.removeprefix(person) in _OF_PEOPLE for person in _PEOPLE
    )


def words_of(names: Iterable[str]) -> frozenset[str]:
    """The words of names that are looked for in texts: three letters or more, in lower case."""
    found = {word[0].lower() for name in names for word in _WORD.finditer(name)}
    return frozenset(found - _TITLES)


def folded_name(name: str) -> str:
    """What names are compared by: any case, single blanks."""
    return " ".join(name.lower().split())


def may_hold(text: str, words: frozenset[str]) -> bool:
    """Whether a text may hold one of these words: most hold none, which is cheap to see."""
    lowered = text.lower()
    # A sigma in lower case depends on what is around it.
    return any(word in lowered for word in words) or "σ" in lowered or "ς" in lowered


def spans(text: str, words: frozenset[str]) -> Iterator[Span]:
    """Where names of these words (`words_of`) stand; words of one name in a row are one place."""
    if not may_hold(text, words):
        return
    start = end = -1
    for word in _WORD.finditer(text):
        if not _is_name(text, word, words):
            continue
        if start >= 0 and _BETWEEN.fullmatch(text, end, word.start()):
            end = word.end()
            continue
        if start >= 0:
            yield Span(start, end)
        start, end = word.span()
    if start >= 0:
        yield Span(start, end)


def _is_name(text: str, word: re.Match[str], words: frozenset[str]) -> bool:
    lowered = word[0].lower().removesuffix("'s").removesuffix("’s")
    if lowered not in words:
        return False
    if lowered not in _ORDINARY:
        return True
    # `Will` within a sentence is a person, at its beginning it may be a question.
    return word[0][0].isupper() and not _SENTENCE_END.search(text, 0, word.start())
