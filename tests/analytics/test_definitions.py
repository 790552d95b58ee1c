"""Every metric has a definition, read from the file that computes it."""

from __future__ import annotations

from batchlake.analytics.definitions import definitions
from batchlake.engine import sql_files
from batchlake.models.blocks import Duration
from batchlake.models.statistics import Statistics
from tests.tables import definitions_table


def test_every_metric_is_defined_once_in_its_file() -> None:
    """Names are the file's columns; each has unit and definition, a ratio what is divided by what."""
    found = definitions()
    assert len({(one.file, one.name) for one in found}) == len(found)
    by_name = {one.name: one for one in found}
    rate = by_name["success_rate"]
    assert (rate.unit, rate.numerator, rate.denominator) == ("ratio", "completed", "total_calls")
    assert rate.file == "sql/analytics/counts.sql"
    assert all(one.numerator and one.denominator for one in found if one.unit == "ratio")
    assert by_name["duration_max"].numerator is None


def test_the_metrics_of_the_specification_are_all_there() -> None:
    """Whatever section 6 names is defined: no figure of an answer goes without."""
    names = {one.name for one in definitions()}
    others = {"total_cost", "currencies", "calls_without_duration", "calls_without_cost"}
    counts = set(Statistics.model_fields) - others
    durations = {f"duration_{name}" for name in Duration.model_fields}
    costs = {f"cost_{name}" for name in "total mean median p95 min max per_completed_call per_minute".split()}
    ratios = (
        "success_rate completed_of_finished success_of_known share first_utterances words_mean turns_mean"
    )
    assert counts | durations | costs | set(ratios.split()) <= names


def test_ratios_name_columns_of_the_same_file() -> None:
    """A numerator or denominator in one word is an output of the file, or the sum of one in plain words."""
    for one in definitions():
        name = one.file.removeprefix("sql/").removesuffix(".sql")
        outputs = " ".join(sql_files.load(name).outputs)
        for part in (one.numerator, one.denominator):
            if part and "_" in part:
                assert part in outputs, (one.file, part)


def test_the_table_has_a_line_for_each() -> None:
    """The Markdown table has a header and a line for each definition, each with five cells."""
    lines = definitions_table().splitlines()
    assert len(lines) == len(definitions()) + 2
    assert {line.count(" | ") for line in lines if not line.startswith("|-")} == {4}
    assert "| `success_rate` | ratio |" in definitions_table()
