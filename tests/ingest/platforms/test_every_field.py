"""The generated records fill every field that a platform's file of `sql/sources` names: none goes unread."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from batchlake.engine import sql_files
from batchlake.ingest.parse.fields import field_list
from tests.ingest.platforms.batch_readings import BATCHES
from tests.ingest.platforms.mixtures import records_of

_FILES = [
    name
    for name in (path.partition("/")[2] for path in sql_files.names("sources"))
    if not name.startswith("svalync")
]


def _value(record: Any, path: str) -> Any:
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _records(name: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Records that a file reads: of a platform's batches also the recipients that are calls."""
    fields = field_list(name)
    batches = BATCHES[fields.platform][0] if fields.platform in BATCHES else st.nothing()
    if fields.kind == "batches":
        return batches.map(lambda batch: [batch])
    calls = records_of(fields.platform).map(lambda found: [found[0]])
    return st.one_of(calls, batches.map(lambda batch: batch.get("recipients", [])))


@pytest.mark.parametrize("name", _FILES)
def test_no_field_is_left_out(name: str) -> None:
    """Each path of a column and of a transcript has a value in some generated record."""
    fields = field_list(name)
    paths = {path for choice in fields.choices for path in choice.paths} | set(fields.transcripts)
    never = set(paths)

    def collect(records: list[dict[str, Any]]) -> None:
        for record in records:
            never.difference_update(path for path in paths if _value(record, path) not in (None, "", [], {}))

    # Most are filled within the first hundred records.
    few = settings(
        max_examples=100, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for number in range(10):
        seed(number)(few(given(_records(name))(collect)))()
        if not never:
            break
    assert sorted(never) == []
