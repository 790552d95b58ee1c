"""A redacted lake stores no value, counts as a plain one does, and forgets by number."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import batchlake
from batchlake import errors
from tests.effort import at_length
from tests.erasure.people import MAIL, NUMBER, SPELLINGS, call, planted, said, traces, write_export_of
from tests.lakes import damages, rows
from tests.sync.runs import start

KINDS = ("phone", "email", "card", "iban", "digits")
VALUES = (*SPELLINGS, "14155550199", "4155550199", MAIL, "4111 1111 1111 1111")


def test_no_value_is_stored_and_contacts_still_count(tmp_path: Path) -> None:
    """Texts, own fields, problems and locations; two attempts at one number are one contact."""
    document = planted()
    document["batch"]["calls"].append(
        call(70, transcript={"segments": said("it's 4111 1111 1111 1111 12/26 123")})
    )
    export = tmp_path / "export.json"
    export.write_text(json.dumps(document, ensure_ascii=False))
    broken = tmp_path / "broken.json"
    broken.write_text('{"call": {"id": "call_061", "to_number": "+14155550199", "cut')
    lake, plain = batchlake.open(tmp_path / "lake"), batchlake.open(tmp_path / "plain")
    report = lake.ingest(export, broken, redact=KINDS, region="US")
    plain.ingest(export, broken)
    assert set(report.redacted) >= {"phone", "email", "card"}
    assert traces(VALUES, tmp_path / "lake") == []
    assert damages(lake.root) == []
    question = "select count(distinct coalesce(to_number, '')) as n from calls where direction = 'outbound'"
    assert rows(lake.root, question) == rows(plain.root, question)
    assert lake.analytics().statistics == plain.analytics().statistics
    said_it = rows(
        lake.root, "select count(*) as n from segments where text_key = 'my number is <phone> thanks'"
    )
    assert said_it[0]["n"] == len(SPELLINGS) - 1, "all but the one led by tel:"


def test_the_policy_is_the_lakes(tmp_path: Path) -> None:
    """A later ingest is redacted without being told; a plain lake isn't redacted from its middle on."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export_of(tmp_path / "a", [call(1)]), redact=["phone"])
    lake.ingest(write_export_of(tmp_path / "b", [call(0, to_number=NUMBER)]))
    assert traces(("14155550199",), tmp_path / "lake") == []
    with pytest.raises(errors.InvalidRequest, match="not email"):
        lake.ingest(tmp_path / "a", redact=["email"])
    plain = batchlake.open(tmp_path / "plain")
    plain.ingest(tmp_path / "a")
    with pytest.raises(errors.InvalidRequest, match="batchlake redact"):
        plain.ingest(tmp_path / "b", redact=["phone"])


def test_a_person_is_forgotten_by_number_or_pseudonym(tmp_path: Path) -> None:
    """The number finds its pseudonym; the same export doesn't bring the person back."""
    lake = batchlake.open(tmp_path / "lake")
    export = write_export_of(tmp_path / "a", [call(0, to_number=NUMBER), call(1)])
    lake.ingest(export, redact=["phone"], region="US")
    assert not lake.verify_erasures([NUMBER]).is_clean
    assert lake.forget(numbers=["415-555-0199"], region="US", expect=1).is_proven
    assert lake.verify_erasures([NUMBER]).is_clean
    assert lake.ingest(export, force=True).kept_out == 1
    left = rows(lake.root, "select to_number from calls")
    assert len(left) == 1
    assert lake.forget(numbers=[left[0]["to_number"]], expect=1).is_proven


PLATFORMS = (
    {
        "id": "v1",
        "type": "outboundPhoneCall",
        "assistantId": "a",
        "status": "ended",
        "endedReason": "customer-ended-call",
        "customer": {"number": NUMBER},
        "phoneNumber": {"number": "+18005550000"},
        "summary": f"for {NUMBER}",
        "startedAt": "2024-01-01T12:00:00Z",
        "endedAt": "2024-01-01T12:01:00Z",
    },
    {
        "sid": "CA0123456789abcdef0123456789abcdef",
        "account_sid": "AC0123456789abcdef0123456789abcdef",
        "to": NUMBER,
        "from": "+18005550000",
        "status": "completed",
        "direction": "outbound-api",
        "duration": "60",
        "price": "-0.5",
        "start_time": "Mon, 01 Jan 2024 12:00:00 +0000",
    },
)


@pytest.mark.parametrize("record", PLATFORMS)
@at_length
def test_other_platforms_numbers_are_pseudonyms_too(tmp_path: Path, record: dict[str, object]) -> None:
    """Whatever a platform calls the contact's number, it becomes a pseudonym, and is forgotten by number."""
    export = tmp_path / "export.json"
    export.write_text(json.dumps([record]))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export, redact=["phone"], region="US")
    assert traces(("14155550199", "4155550199"), tmp_path / "lake") == []
    held = rows(lake.root, "select to_number from calls")
    assert [row["to_number"][:4] for row in held] == ["tel_"]
    assert lake.forget(numbers=[NUMBER], expect=1).is_proven
    assert lake.ingest(export, force=True).kept_out == 1


@at_length
def test_a_watch_redacts_what_it_takes_up(tmp_path: Path) -> None:
    """`watch --redact`: what lies there, and what comes while it watches; no value is in the lake or said."""
    exports = tmp_path / "exports"
    write_export_of(exports / "a", [call(0, to_number=NUMBER, summary=f"of {MAIL}")])
    words = ("exports", "--lake", "lake", "--settle", "0.1", "--redact", "phone,email", "--region", "US")
    process, output, errors = start(tmp_path, "watch", *words, "--format", "ndjson")
    try:
        wait_for_lines(output, 1)
        write_export_of(exports / "b", [call(2, to_number="415-555-0199", summary="on 415 555 0199")])
        wait_for_lines(output, 2)
    finally:
        process.terminate()
        assert process.wait(40) == 0, errors.read_text()
    counted = [json.loads(line)["redacted"] for line in output.read_text().splitlines()]
    assert counted == [{"email": 1, "phone": 2}, {"phone": 3}]
    assert traces(VALUES, tmp_path / "lake") == []
    held = rows(tmp_path / "lake", "select distinct to_number, summary[:3] as said from calls order by said")
    assert [(row["to_number"][:4], row["said"]) for row in held] == [("tel_", "of "), ("tel_", "on ")]
    assert len({row["to_number"] for row in held}) == 1, "both are one contact"
    assert not any(value in output.read_text() + errors.read_text() for value in VALUES)


def wait_for_lines(output: Path, count: int) -> None:
    """Wait until a verb at work has printed so many lines."""
    deadline = time.monotonic() + 60
    while output.read_text().count("\n") < count:
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def test_a_word_for_a_speaker_can_be_a_name(tmp_path: Path) -> None:
    """Where names are redacted, a word that tells neither the agent nor the person is a pseudonym, in what
    comes in and in a plain lake that is redacted, and the same word the same one.
    """
    words = ("Ann Smith", "ann smith", 'Ann "é" \\ Smith', "agent")
    lines = [
        {"speaker": word, "text": f"Line {place}", "mood": {"x": 1.10}} for place, word in enumerate(words)
    ]
    export = write_export_of(tmp_path / "a", [call(1, transcript={"segments": lines})])
    coming, plain = batchlake.open(tmp_path / "coming"), batchlake.open(tmp_path / "plain")
    coming.ingest(export, redact=["name"])
    plain.ingest(export)
    query = "select speaker, extra from segments order by position"
    assert [json.loads(row["extra"]).get("speaker") for row in rows(plain.root, query)] == [*words[:3], None]
    assert plain.redact(["name"]).is_proven
    assert rows(plain.root, query) == rows(coming.root, query)
    kept = [json.loads(row["extra"]) for row in rows(coming.root, query)]
    first, again, other, known = (one.get("speaker") for one in kept)
    assert first == again != other
    assert known is None
    assert all(one.startswith("name_") for one in (first, other))
    assert all(one["mood"] == {"x": 1.1} for one in kept)
    assert traces(("Ann", "Smith"), tmp_path / "plain", tmp_path / "coming") == []
