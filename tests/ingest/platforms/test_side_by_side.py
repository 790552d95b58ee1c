"""Calls of several platforms beside each other: groups by source, and one platform compared with another."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import batchlake
from batchlake.filters.model import Filter
from batchlake.models.analytics import Analytics
from tests.command import run
from tests.effort import at_length


@at_length
def test_a_report_compares_one_platform_with_another(sample_lake: batchlake.Lake) -> None:
    """A selection beside a selection, and a batch beside one of another platform; money in its currency."""
    report = sample_lake.report(source="bland", compare=Filter(source="vapi")).document
    assert report.comparison is not None
    found = {one.figure: (one.this.value, one.other.value) for one in report.comparison.differences}
    assert found["statistics.total_calls"] == (4, 3)
    assert found["statistics.completed"] == (2, 2)
    beside = sample_lake.report("renewals-gen-batch", compare="batch_xyz789").document.comparison
    assert beside is not None
    costs = {
        (one.currency, one.this.value, one.other.value)
        for one in beside.differences
        if one.figure == "cost.currencies.total"
    }
    assert costs == {("USD", Decimal("0.234"), None), (None, None, Decimal("4.56"))}


def test_the_command_compares_one_platform_with_another(sample_lake: batchlake.Lake) -> None:
    """`report --source bland --compare FILTER`, and the same of `analytics`; a faulty filter is refused."""
    where = ("--lake", sample_lake.root, "--source", "bland", "--compare", '{"source": "vapi"}')
    report = run("report", *where, "--format", "json")
    assert report.returncode == 0, report.stderr
    compared = json.loads(report.stdout)["comparison"]
    assert "bland" in compared["this"]
    assert "vapi" in compared["other"]
    shown = run("analytics", *where)
    assert re.search(r"^calls +4 +3 +\+1", shown.stdout, re.MULTILINE)
    assert run("report", *where[:-1], '{"sauce": 1}', "--format", "json").returncode == 2


def test_groups_by_source_are_the_platforms_own_answers(sample_lake: batchlake.Lake) -> None:
    """Each group's figures are those of its source alone."""
    for group in sample_lake.analytics(by="source").groups:
        alone: Analytics = sample_lake.analytics({"source": group.keys["source"]})
        assert group.statistics == alone.statistics
        assert group.cost.currencies == alone.cost.currencies
        assert group.success_rate == alone.success_rate
