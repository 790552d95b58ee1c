"""Fields of the exports' own: found by any name, in every question that names one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchlake
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import json_path, own_field
from batchlake.errors import InvalidRequest
from tests.lakes import write_export

_ENGINE = Engine()

KEYS = st.text(st.sampled_from("a\"\\$/.~*[0]' \n\x01é😀"), min_size=1, max_size=6)


@given(keys=st.lists(KEYS, min_size=1, max_size=3), others=st.sets(KEYS, max_size=3))
def test_a_field_is_found_by_any_name(keys: list[str], others: set[str]) -> None:
    """As Python finds it, by its own name and by its path; DuckDB takes some names for paths."""
    inner: Any = "wanted"
    for key in reversed(keys):
        inner = {key: inner}
    texts = [json.dumps(dict.fromkeys(others, "another") | one) for one in (inner, {keys[0]: "wanted"})]
    found = _ENGINE.row(
        "select $nested->>$path as a, $flat->>$own as b, $other->>$own as c",
        {"nested": texts[0], "path": json_path(keys), "flat": texts[1], "own": own_field(keys[0]),
         "other": json.dumps(dict.fromkeys(others - {keys[0]}, "another"))},
    )  # fmt: skip
    assert list(found.values()) == ["wanted", "wanted", None]


NAMES = ("$", "$.x", "/a", "\\", 'a"b', '~"', "plain", "é.")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """Two calls with a field of each of these names."""
    folder = tmp_path_factory.mktemp("own")
    calls = [
        {"id": f"c{place}", "status": "failed"} | dict.fromkeys(NAMES, f"v{place}") for place in range(2)
    ]
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export(folder, "a.json", calls))
    return lake


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_questions_of_an_own_field_find_it_by_any_name(place: int, lake: batchlake.Lake) -> None:
    """Groups, columns and filters of rows; a suggestion names the field."""
    key = list(json.loads(lake.sql("select extra from calls limit 1").to_dicts()[0]["extra"]))[place]
    field = f"extra.{key}"
    groups = lake.analytics(by=field, metrics=["calls"]).groups
    assert sorted(group.keys[field] for group in groups) == ["v0", "v1"]
    assert sorted(row[field] for row in lake.calls(columns=["call_id", field]).to_dicts()) == ["v0", "v1"]
    (row,) = lake.calls({"extra": {key: "v1"}}).to_dicts()
    assert row["call_id"] == "c1"
    with pytest.raises(InvalidRequest, match="Did you mean `extra"):
        lake.analytics(by=key)
