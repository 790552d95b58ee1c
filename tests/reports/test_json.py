"""A report as JSON is its document, strict and whole."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from batchlake.lake import Lake
from batchlake.output.documents import write_document
from batchlake.reports.model import Report
from tests.reports.reports import HOSTILE, report_of


def written(report: Report) -> Any:
    file = io.BytesIO()
    write_document(report, "json", file)
    return json.loads(file.getvalue(), parse_constant=pytest.fail)


def test_it_holds_the_analytics_document_and_the_rest(lake: Lake) -> None:
    """Key for key: `analytics` is what the analytics verb says, money is text, and every field is there."""
    found = written(report_of(lake, "b1", compare="b'3\"", every="day"))
    assert list(found) == list(Report.model_fields)
    file = io.BytesIO()
    write_document(lake.analytics({"batch_id": "b1"}), "json", file)
    analytics = json.loads(file.getvalue())
    assert found["analytics"] | {"selection": ""} == analytics | {"selection": ""}
    costs = [one for one in found["comparison"]["differences"] if one["figure"] == "cost.currencies.total"]
    assert [(one["currency"], one["difference"]) for one in costs] == [
        ("EUR", None),
        ("USD", None),
        (None, None),
    ]
    assert costs[1]["other"]["value"] == "2.25"
    assert found["provenance"]["run_finished_at"].endswith("Z")


def test_hostile_text_is_harmless_in_it(hostile: Lake) -> None:
    """On one line, of bounded length, without what steers a terminal; numbers are masked unless asked for."""
    report = report_of(hostile, include_transcripts=True)
    text = json.dumps(written(report), ensure_ascii=False)
    assert not set(text) & set("\x07\x1b\u202e\u2066\u2028")
    assert "x" * 1_000 not in text
    assert "555" not in text
    assert "<script>alert(1)</script>" in text
    assert HOSTILE[-1] in json.dumps(written(report_of(hostile, include_transcripts=True, show_numbers=True)))
