"""Generated records of every platform give the facts of a plain reading, whatever lies around them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import batchlake
from tests.effort import at_length, examples
from tests.ingest.platforms.batch_readings import BATCHES
from tests.ingest.platforms.mixtures import PLATFORMS, mixtures, records_of
from tests.ingest.platforms.plain_fields import Said
from tests.ingest.platforms.readings import Facts, Record
from tests.lakes import write_export

Found = list[tuple[str, Record, Facts, Said]]


@given(mixtures(), st.sampled_from(["list", "lines", "envelopes"]))
@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_records_are_read_as_a_plain_reading_has_them(mixture: Found, form: str) -> None:
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
    check(mixture, text)


@at_length
@pytest.mark.parametrize("platform", PLATFORMS)
def test_many_records_of_one_platform(platform: str) -> None:
    """The same of each platform alone: 40 lists of up to ten records."""
    numbered = st.integers(3, 10).flatmap(
        lambda count: st.tuples(*(records_of(platform, number) for number in range(count)))
    )

    @given(numbered)
    @settings(
        max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    def read(found: tuple[tuple[Record, Facts, Said], ...]) -> None:
        mixture = [(platform, *one) for one in found]
        check(mixture, json.dumps([record for record, _, _ in found]))

    read()


def check(mixture: Found, text: str) -> None:
    """Ingest a text, and compare what the lake holds with what its records say."""
    with TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        report = lake.ingest(write_export(Path(folder), "mixed.json", text))
        rows = lake.sql("select * from calls").to_dicts()
        spoken = lake.sql(
            "select source, call_id, speaker, text from segments order by call_id, position"
        ).to_dicts()
    found = {(row["source"], row["call_id"]): row for row in rows}
    assert len(found) == len(rows) == len(mixture)
    impossible = 0
    for name, record, facts, said in mixture:
        row = found[name, facts["call_id"]]
        expected = dict(facts)
        if (start := expected.get("started_at")) and (end := expected.get("ended_at")) and end < start:
            impossible += 1
            expected["ended_at"] = None
        seconds = expected.pop("duration_seconds")
        assert row["duration_seconds"] == (None if seconds is None else pytest.approx(seconds))
        assert {key: row[key] for key in expected} == expected, record
        assert [
            (one["speaker"], one["text"])
            for one in spoken
            if (one["source"], one["call_id"]) == (name, facts["call_id"])
        ] == said, record
    # An end before the start is left out, and said to be; nothing else is a problem.
    assert report.problems == impossible


_told_batches = st.lists(
    st.one_of(
        *(records.map(lambda record, name=name: (name, record)) for name, (records, _) in BATCHES.items())
    ),
    min_size=10,
    max_size=25,
)


@at_length
@given(_told_batches)
@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_batches_are_read_as_a_plain_reading_has_them(told: list[tuple[str, Record]]) -> None:
    """Each is a batch and no call, but for a recipient that has a conversation: its number was called."""
    batches = [
        (name, json.loads(json.dumps(record).replace('"B"', f'"B{number}"')))
        for number, (name, record) in enumerate(told)
    ]
    with TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        lines = "\n".join(json.dumps(record) for _, record in batches)
        report = lake.ingest(write_export(Path(folder), "batches.ndjson", lines))
        rows = {(row["source"], row["batch_id"]): row for row in lake.sql("select * from batches").to_dicts()}
        calls = lake.sql("select call_id, batch_id, to_number from calls").to_dicts()
    assert report.problems == 0
    assert len(rows) == len(batches)
    for name, record in batches:
        facts = BATCHES[name][1](record)
        assert {key: rows[name, facts["batch_id"]][key] for key in facts} == facts, record
    recipients = [
        (one["conversation_id"], record["id"], one["phone_number"])
        for _, record in batches
        for one in record.get("recipients", ())
        if "conversation_id" in one
    ]
    assert sorted(tuple(call.values()) for call in calls) == sorted(recipients)
