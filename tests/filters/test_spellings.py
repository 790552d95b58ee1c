"""One table of how statuses are spelled, through everything in a filter that reads one."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from batchlake.errors import InvalidFilter
from batchlake.filters.compile import compile_filter
from batchlake.filters.model import Filter
from batchlake.filters.parse import parse_filter
from batchlake.text.statuses import OUTCOMES, STATUSES, canonical_status
from tests.filters.test_reference import VALIDATOR
from tests.paths import CASES

FILE = CASES / "status_spellings.toml"
CASES = [
    (spelling, case["status"])
    for case in tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]
    for spelling in case["spellings"]
]


@pytest.mark.parametrize(("spelling", "status"), CASES, ids=ascii)
def test_a_status_is_read_in_every_spelling(spelling: str, status: str) -> None:
    """The filter, in Python and as JSON, and its JSON Schema read what the definition reads."""
    assert (canonical_status(spelling) or "") == status
    chosen = {"status": [spelling]}
    assert VALIDATOR.is_valid(chosen) == bool(status)
    if status:
        assert compile_filter(chosen).params == {"f1": status}
        assert parse_filter(json.dumps(chosen)) == Filter(status=status)
    else:
        with pytest.raises(InvalidFilter, match=r"allowed: one of scheduled"):
            compile_filter(chosen)


def test_the_table_shows_every_status() -> None:
    """No status is without its spellings."""
    assert {status for _, status in CASES} == {*STATUSES, ""}


@pytest.mark.parametrize(
    "spell", [str, str.upper, str.title, lambda name: f" {name.replace('_', ' - ')}\u00a0"]
)
@pytest.mark.parametrize(
    ("key", "name"),
    [
        *(("outcome", name) for name in OUTCOMES),
        *(("direction", name) for name in ("inbound", "outbound", "web")),
        *(("speaker", name) for name in ("ai", "human", "unknown")),
    ],
)
def test_our_other_words_are_read_in_every_spelling(key: str, name: str, spell: Any) -> None:
    """Outcomes, directions and speakers are batchlake's own words too."""
    given = spell(name)
    chosen = {"text": {"contains": "x", "speaker": given}} if key == "speaker" else {key: [given, name]}
    VALIDATOR.validate(chosen)
    assert name in compile_filter(chosen).params.values()
    assert given == name or given not in compile_filter(chosen).params.values()
