"""The files of sql/analytics: what their headers declare is what they do, and they run as they stand."""

from __future__ import annotations

import re

import pytest

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.schema import TABLES
from tests.analytics.tables import call, fill, segment

FILES = sql_files.names("analytics")
VIEWS = {"selected_calls": "calls", "selected_segments": "segments"}


def without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


@pytest.fixture(scope="module")
def console() -> Engine:
    """An engine with a little of everything, where the two selections are views."""
    engine = fill(
        Engine(),
        calls=[call("c1", cost="0.5", duration_seconds=3.0, currency="USD"), call("c2", "failed")],
        segments=[segment("c1", 1, "human", "Yes", "yes")],
        batches=[{"source": "svalync", "batch_id": "b1", "observed_at": call("c")["observed_at"]}],
    )
    for view, table in VIEWS.items():
        engine.run(f"create view {view} as select * from {table}")
    return engine


@pytest.mark.parametrize("name", FILES)
def test_declared_inputs_are_the_used_ones(name: str) -> None:
    """A file reads the relations that its header declares, and no other."""
    file = sql_files.load(name)
    text = without_comments(file.text)
    known = TABLES.keys() | VIEWS.keys()
    assert set(file.inputs) <= known
    named = {word for word in known if re.search(rf"\b(?:from|join)\s+{word}\b", text)}
    own = set(re.findall(r"^(\w+) as \(", text, re.MULTILINE))
    assert named - own | (named & own & set(file.inputs)) == set(file.inputs)
    assert "$" not in text.replace("'$'", "")


@pytest.mark.parametrize("name", FILES)
def test_declared_outputs_are_the_columns_produced(name: str, console: Engine) -> None:
    """Pasted into a console, a file runs and gives the columns of its header, in their order."""
    file = sql_files.load(name)
    declared = [re.match(r"(\w+)(?: \([^)]+\))?: ", output) for output in file.outputs]
    assert all(declared), file.outputs
    columns = console.arrow(file.text).column_names
    assert [match[1] for match in declared if match] == columns


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_form_of_all(name: str) -> None:
    """Lower case but for texts and comments, inputs read in the first CTEs, `select * from final` last."""
    file = sql_files.load(name)
    code = re.sub(r"'[^']*'", "''", without_comments(file.text))
    assert code == code.lower()
    assert code.rstrip().endswith("select * from final")
    assert all(len(line) <= 130 for line in file.text.splitlines())
