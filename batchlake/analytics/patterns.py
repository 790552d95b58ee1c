"""Word patterns that classify what an utterance means, kept as data: `patterns.toml`, or a file of the
user's.

Input: a TOML file of rules. Output: `Patterns`, which make the SQL that applies them. A rule's words are
regular expressions (RE2) over the words of the folded text: letters, digits, `_` and `'`, separated by single
blanks. Each is found only as whole words, so that `no` is not in `know`. Rules are tried from the top, the
first that finds something decides, and what none finds is `other`.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from batchlake.engine import columns
from batchlake.engine.whole_files import read_text
from batchlake.errors import InvalidRequest

OTHER: Final = "other"

DEFAULT_FILE: Final = Path(__file__).with_name("patterns.toml")

# Splitting the text into words once is cheap; Unicode's letters in every rule would take RE2 30 ms to
# compile.
_NOT_IN_WORD: Final = r"[^\p{L}\p{M}\p{N}_']+"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern's name, its words, the regular expression that finds any of them, and what the file says it
    means (empty where it doesn't)."""

    pattern: str
    words: tuple[str, ...]
    expression: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Rules in their order."""

    rules: tuple[Rule, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every pattern's name once, in the order of the rules, `other` last."""
        return (*dict.fromkeys(rule.pattern for rule in self.rules), OTHER)

    def sql(self, texts: str) -> str:
        """A query that adds `pattern` to the relation `texts`: the index in `names` of what `text_key` means.

        Its parameters are `params`.
        """
        cases = " ".join(
            f"when regexp_matches(words, $rule_{number}) then {self.names.index(rule.pattern)}"
            for number, rule in enumerate(self.rules)
        )
        return (
            f"select *, case {cases} else {len(self.names) - 1} end as pattern from "
            f"(select *, trim(regexp_replace(text_key, $not_in_word, ' ', 'g')) as words from {texts})"
        )

    @property
    def params(self) -> dict[str, str]:
        """The regular expressions, by the names that `sql` gives them."""
        rules = {f"rule_{number}": rule.expression for number, rule in enumerate(self.rules)}
        return {"not_in_word": _NOT_IN_WORD, **rules}


@cache
def default_patterns() -> Patterns:
    """The rules of batchlake's own file, which the tests check."""
    return _patterns(tomllib.loads(DEFAULT_FILE.read_text(encoding="utf-8")))


def read_patterns(file: str | os.PathLike[str]) -> Patterns:
    """The rules of a TOML file.

    Raises:
        InvalidRequest: the file can't be read, isn't TOML, or holds anything but rules; all faults are named.
    """
    try:
        document = tomllib.loads(read_text(Path(file)))
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"can't read word patterns from {str(file)!r}: {error}. Give a TOML file of [[rule]] tables.",
            path=str(file),
        ) from error
    if faults := _faults(document):
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise InvalidRequest(
            f"invalid word patterns in {str(file)!r}:\n{lines}\n"
            "A rule is [[rule]] with pattern = 'a_name' and words = ['...', ...].",
            path=str(file),
            faults=faults,
        )
    return _patterns(document)


def _patterns(document: dict[str, Any]) -> Patterns:
    return Patterns(
        tuple(_rule(rule["pattern"], rule["words"], rule.get("meaning", "")) for rule in document["rule"])
    )


def _rule(pattern: str, words: list[str], meaning: str) -> Rule:
    any_of_them = "|".join(f"(?:{word})" for word in words)
    # Folded texts have no capitals, and RE2 takes half the time where it needn't look for any. Beyond ASCII
    # a letter may have several small forms.
    is_folded = any_of_them.isascii() and any_of_them == any_of_them.lower()
    expression = f"(?:^| )(?{'' if is_folded else 'i'}:{any_of_them})(?:$| )"
    return Rule(pattern, tuple(words), expression, meaning)


def _faults(document: dict[str, Any]) -> list[str]:
    faults = [f"{key}: not known; only `rule` is" for key in document if key != "rule"]
    rules = document.get("rule")
    if not isinstance(rules, list) or not rules:
        return [*faults, "rule: at least one [[rule]] is needed"]
    for number, rule in enumerate(rules, start=1):
        faults += [f"rule {number}: {fault}" for fault in _rule_faults(rule)]
    return faults


def _rule_faults(rule: Any) -> list[str]:
    if not isinstance(rule, dict):
        return ["not a table"]
    faults = [
        f"{key}: not known; a rule has `pattern`, `words` and perhaps `meaning`"
        for key in rule.keys() - {"pattern", "words", "meaning"}
    ]
    pattern, words, meaning = rule.get("pattern"), rule.get("words"), rule.get("meaning", "")
    if not isinstance(meaning, str):
        faults.append(f"meaning: got {meaning!r}, allowed: a text")
    if not isinstance(pattern, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", pattern) or pattern == OTHER:
        faults.append(
            f"pattern: got {pattern!r}, allowed: lower-case letters, digits and _, and not `{OTHER}`"
        )
    if not isinstance(words, list) or not words:
        return [*faults, f"words: got {words!r}, allowed: a list of at least one regular expression"]
    return faults + [f"words: {fault}" for word in words if (fault := _word_fault(word))]


def _word_fault(word: Any) -> str | None:
    """What is wrong with a word, as RE2 sees it: Arrow's is the same as DuckDB's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(word, str) or not word.strip():
        return f"got {word!r}, allowed: a regular expression"
    try:
        finds_nothing = pc.match_substring_regex(columns.texts([""]), word)[0].as_py()
    except pa.ArrowInvalid as error:
        return f"{word!r} is not a regular expression: {error}"
    return f"{word!r} is found in every text" if finds_nothing else None
