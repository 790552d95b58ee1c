"""Generated records of every platform give the facts of a plain reading, whatever lies around them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from tests.effort import examples
from tests.ingest.platforms.mixtures import PLATFORMS, mixtures
from tests.ingest.platforms.plain_fields import Said
from tests.ingest.platforms.readings import Facts, Record
from tests.lakes import write_export


@given(mixtures(), st.sampled_from(["list", "lines", "envelopes"]))
@settings(max_examples=examples(3), deadline=None)
def test_generated_records_are_read_as_a_plain_reading_has_them(
    mixture: list[tuple[str, Record, Facts, Said]], form: str
) -> None:
    """Each value in its unit, each call once, under its own platform; and nothing of them is a problem."""
    records = [record for _, record, _, _ in mixture]
    if form == "envelopes":
        documents = [
            {"items": [record for name, record, _, _ in mixture if name == platform], "has_more": False}
            for platform in PLATFORMS
        ]
        text = "\n".join(map(json.dumps, documents))
    else:
        text = json.dumps(records) if form == "list" else "\n".join(map(json.dumps, records))
    with TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        report = lake.ingest(write_export(Path(folder), "mixed.json", text))
        rows = lake.sql("select * from calls").to_dicts()
        spoken = lake.sql(
            "select source, call_id, speaker, text from segments order by call_id, position"
        ).to_dicts()
        assert report.problems == 0
    found = {(row["source"], row["call_id"]): row for row in rows}
    assert len(found) == len(rows) == len(records)
    for name, record, facts, said in mixture:
        row = found[name, facts["call_id"]]
        seconds = facts.pop("duration_seconds")
        assert row["duration_seconds"] == (None if seconds is None else pytest.approx(seconds))
        assert {key: row[key] for key in facts} == facts, record
        assert [
            (one["speaker"], one["text"])
            for one in spoken
            if (one["source"], one["call_id"]) == (name, facts["call_id"])
        ] == said, record
