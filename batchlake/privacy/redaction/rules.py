"""The rules of redaction: which kinds of values, and how they are read. They are the lake's.

Input: options, settings, or what a lake keeps (`_privacy.json`). Output: `Rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from batchlake.engine.arguments import checked
from batchlake.engine.quoting import whole_number
from batchlake.errors import InvalidRequest
from batchlake.privacy.digits import FEWEST_DIGITS, LANGUAGES
from batchlake.privacy.numbers import code_of, key_of
from batchlake.privacy.redaction.national_ids import COUNTRIES, known_ids
from batchlake.text.suggest import nearest_name

KINDS: Final = ("phone", "email", "card", "iban", "national_id", "digits", "name")
"""What can be redacted."""

ALL: Final = "all"
_MOST_MIN_DIGITS: Final = 19
_LANGUAGES: Final = ("en",)
VERSION: Final = 2
"""The version of these rules: a lake that was redacted by later ones is refused by earlier batchlakes."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is redacted, and how it is read.

    Attributes:
        kinds: some of `KINDS`, in their order.
        region: in which numbers without `+` are read, as `US`.
        countries: whose national ids are known by their form and check digits, as `US`.
        min_digits: how long a run of digits is redacted that is nothing else.
        own_lines: our own numbers, which stay in a column of numbers.
        fields: kinds by the path of an own field, with `*` for any part of it: `crm.*.nickname`.
        languages: whose digit words are read, some of `digits.LANGUAGES`.
    """

    kinds: tuple[str, ...]
    region: str | None = None
    countries: tuple[str, ...] = ()
    min_digits: int = FEWEST_DIGITS
    own_lines: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = _LANGUAGES

    @classmethod
    @checked
    def of(
        cls,
        kinds: Iterable[str],
        region: str | None = None,
        countries: Iterable[str] = (),
        min_digits: int | None = None,
        own_lines: Iterable[str] = (),
        fields: Mapping[str, str] | None = None,
        languages: Iterable[str] | None = None,
    ) -> Rules:
        """Rules as a person gives them; `all` names every kind. Digit words are English unless `languages`.

        Raises:
            InvalidRequest: one of them means nothing.
        """
        kinds = tuple(kinds)
        named = {kind.strip() for kind in kinds if kind.strip()}
        if kinds and not named:
            raise InvalidRequest(f"no kind is named to be redacted. Give some of {', '.join(KINDS)}, or all.")
        countries = tuple(sorted({country.strip().upper() for country in countries}))
        if ALL in named:
            # Without countries, national ids are runs of digits.
            named |= set(KINDS) - (set() if countries else {"national_id"})
        chosen = tuple(kind for kind in KINDS if kind in named)
        fields = fields or {}
        for kind in sorted((named | set(fields.values())) - {*KINDS, ALL}):
            nearest = nearest_name(kind, KINDS)
            hint = f" Did you mean {nearest}?" if nearest else ""
            raise InvalidRequest(
                f"{kind!r} can't be redacted.{hint} Give some of {', '.join(KINDS)}, or all."
            )
        for country in countries:
            if country not in COUNTRIES:
                raise InvalidRequest(
                    f"national ids of {country!r} are not known. Known are {', '.join(sorted(COUNTRIES))}."
                )
        if "national_id" in chosen and not countries:
            raise InvalidRequest(
                'national ids are known by country. Name some under [privacy] as countries = ["US"], '
                "or in BATCHLAKE_PRIVACY__COUNTRIES."
            )
        if "national_id" in chosen:
            known_ids(countries)
        limits = FEWEST_DIGITS, _MOST_MIN_DIGITS
        fewest = whole_number(
            "min_digits is {} to {}".format(*limits), limits[0] if min_digits is None else min_digits, *limits
        )
        if region is not None:
            code_of(region)
        spoken = _languages(_LANGUAGES if languages is None else languages)
        lines = tuple(sorted({key for line in own_lines if (key := key_of(line))}))
        region = region and region.upper()
        return cls(chosen, region, countries, fewest, lines, tuple(sorted(fields.items())), spoken)

    @classmethod
    def of_policy(cls, policy: Mapping[str, Any]) -> Rules | None:
        """Those that a lake keeps, None where it keeps plain values.

        Raises:
            InvalidRequest: a later batchlake wrote them.
        """
        if policy.get("redact") is None:
            return None
        if policy.get("rules", 1) > VERSION:
            raise InvalidRequest("this lake is redacted by a newer batchlake. Upgrade to write it.")
        return cls(
            tuple(kind for kind in KINDS if kind in policy["redact"]),
            policy.get("region"),
            tuple(policy.get("countries", ())),
            policy.get("min_digits", FEWEST_DIGITS),
            tuple(policy.get("own_lines", ())),
            tuple(sorted(policy.get("fields", {}).items())),
            # Before there was a choice, every language was read.
            tuple(policy.get("languages", LANGUAGES)),
        )

    def to_policy(self) -> dict[str, Any]:
        """What a lake keeps of them; our own lines are numbers of ours, and nobody's secret."""
        return {
            "rules": VERSION,
            "redact": list(self.kinds),
            "region": self.region,
            "countries": list(self.countries),
            "min_digits": self.min_digits,
            "own_lines": list(self.own_lines),
            "fields": dict(self.fields),
            "languages": list(self.languages),
        }


def _languages(given: Iterable[str]) -> tuple[str, ...]:
    named = {language.strip().lower() for language in given if language.strip()}
    for language in sorted(named - {*LANGUAGES}):
        raise InvalidRequest(f"no digit words are known in {language!r}. Known are {', '.join(LANGUAGES)}.")
    return tuple(language for language in LANGUAGES if language in named)


def as_rules(given: Iterable[str] | Rules, region: str | None = None) -> Rules | None:
    """Rules as they are, or those of one kind or more by name; None where nothing is to be redacted.

    Raises:
        InvalidRequest: one of them means nothing, or a region is given without kinds.
    """
    if isinstance(given, Rules):
        return given if given.kinds else None
    kinds = (given,) if isinstance(given, str) else tuple(given)
    if region is not None and not kinds:
        raise InvalidRequest("a region is of no use without kinds: in it numbers are read that are redacted.")
    return Rules.of(kinds, region) if kinds else None
