"""The files of sql/reports: what their headers declare is what they do, and they have the form of all."""

from __future__ import annotations

import re

import pytest

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from tests.analytics.tables import call, fill, segment

FILES = sql_files.names("reports")
RELATIONS = {
    "selected_calls": "select * from calls",
    "selected_segments": "select * from segments",
    "selected_problems": "select * from problems",
    "named_batches": "select source, batch_id from batches",
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = fill(
        Engine(),
        calls=[call("c1", cost="0.5", duration_seconds=3.0, currency="USD"), call("c2", "failed")],
        segments=[segment("c1", 1, "human", "Yes", "yes")],
    )
    for name, query in RELATIONS.items():
        engine.run(f"create view {name} as {query}")
    return engine


@pytest.mark.parametrize("name", FILES)
def test_declared_inputs_and_outputs_are_those_of_the_query(name: str, engine: Engine) -> None:
    """A file reads what it declares and nothing else, without parameters, and gives its header's columns."""
    file = sql_files.load(name)
    code = re.sub(r"--[^\n]*", "", file.text)
    named = set(re.findall(rf"\b(?:from|join)\s+({'|'.join([*TABLES, *RELATIONS])})\b", code))
    own = set(re.findall(r"^(\w+) as \(", code, re.MULTILINE))
    assert named - (own - set(file.inputs)) == set(file.inputs)
    assert "$" not in code
    columns = engine.arrow(file.text).column_names
    declared = [re.match(r"(\w+)(?: \([^)]+\))?: ", output) for output in file.outputs]
    if declared:
        assert [match[1] for match in declared if match] == columns
    else:
        assert columns == list(TABLES["problems"].column_names())


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_form_of_all(name: str) -> None:
    """Lower case but for texts and comments, `select * from final` last, no line too long."""
    text = sql_files.load(name).text
    code = re.sub(r"'[^']*'", "''", re.sub(r"--[^\n]*", "", text))
    assert code == code.lower()
    assert code.rstrip().endswith("select * from final")
    assert all(len(line) <= 130 for line in text.splitlines())
