"""A person is erased from every place, and the verification says so only where it is so."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

import batchlake
from batchlake import errors
from batchlake.privacy.errors import ErasureMismatch, NothingToForget, StateErased
from tests.effort import some
from tests.erasure.people import MAIL, NAME, NUMBER, SPELLINGS, UNTOUCHED, everything, traces
from tests.lakes import damages, rows

VALUES = (
    *SPELLINGS,
    "14155550199",
    "4155550199",
    MAIL,
    NAME,
    NAME.upper(),
    "ann  smith",
    "call_000",
    "call_001",
)


@pytest.fixture
def lake(planted_lakes: Path, tmp_path: Path) -> batchlake.Lake:
    """The planted lake, ingested twice, so that there are earlier states."""
    shutil.copytree(planted_lakes / "twice", tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


def test_no_byte_of_the_lake_holds_the_person_after_remove(lake: batchlake.Lake, tmp_path: Path) -> None:
    """Ten spellings, words, three turns, mails and ids: in no file, raw or decoded; what looks alike
    stays. Neither the report nor its text holds a value."""
    found = {value for _, value in traces(VALUES, tmp_path / "lake")}
    assert found >= set(SPELLINGS) - {"tel:+1-415-555-0199"}, "all is planted"
    report = lake.forget(numbers=[NUMBER], values=[NAME, MAIL], expect=2, reference="DSR-7")
    assert report.is_proven, report.left
    assert traces(VALUES, tmp_path / "lake") == []
    assert report.calls == {"matched": 2, "removed": 2, "anonymised": 0, "own_line": 0}
    texts = [row["text"] for row in rows(lake.root, "select text from segments where call_id = 'call_030'")]
    assert texts.count("<erased>") == 3
    summaries = {row["summary"] for row in rows(lake.root, "select summary from calls")}
    assert summaries >= set(UNTOUCHED)
    assert damages(lake.root) == []
    kept = rows(lake.root, "select extra from calls where call_id = 'call_032'")[0]["extra"]
    assert json.loads(kept)["customer"]["ok"] == 1.5
    for text in (str(report), json.dumps(report.to_dict())):
        assert not any(value in text for value in VALUES)


def test_a_dry_run_changes_nothing_and_counts_the_same(lake: batchlake.Lake, tmp_path: Path) -> None:
    """What it says would go is what goes. `at` before the erasure is refused then, saying by which run."""
    first = lake.runs().to_dicts()[-1]["run_id"]
    before = everything(tmp_path / "lake")
    planned = lake.forget(numbers=[NUMBER], dry_run=True)
    assert everything(tmp_path / "lake") == before
    done = lake.forget(numbers=[NUMBER], expect=2)
    assert (planned.rows, planned.mentions) == (done.rows, done.mentions)
    with pytest.raises(StateErased) as caught:
        lake.at(first).calls().to_dicts()
    assert caught.value.by_run == done.run_id
    assert len(lake.at(str(done.run_id)).calls().to_dicts()) == len(lake.calls().to_dicts())


@pytest.mark.parametrize("expect", some([None, 1, 3], 2))
def test_another_count_than_expected_does_nothing(
    lake: batchlake.Lake, tmp_path: Path, expect: int | None
) -> None:
    """A number that more calls share than was thought erases none of them."""
    before = everything(tmp_path / "lake")
    with pytest.raises(ErasureMismatch):
        lake.forget(numbers=[NUMBER], expect=expect)
    assert everything(tmp_path / "lake") == before


def test_nobody_is_erased_where_nobody_is_found(lake: batchlake.Lake) -> None:
    """A number that isn't held, a reference that holds a target, no target at all."""
    with pytest.raises(NothingToForget):
        lake.forget(numbers=["+14155559999"], expect="any")
    with pytest.raises(errors.InvalidRequest, match="reference"):
        lake.forget(numbers=[NUMBER], expect=2, reference="for 415 555 0199")
    with pytest.raises(errors.InvalidRequest, match="nobody"):
        lake.forget()
    with pytest.raises(errors.InvalidRequest, match="region"):
        lake.forget(numbers=["415 555 0199"], expect=2)
    found = lake.forget(numbers=["415 555 0199"], region="US", dry_run=True)
    assert found.calls["matched"] == 2


def test_a_verification_fails_where_something_is_left(lake: batchlake.Lake, tmp_path: Path) -> None:
    """A file that comes back, a number in another spelling, a value in a log: each is a hit."""
    lake.forget(numbers=[NUMBER], values=[NAME], expect=2)
    assert lake.verify_erasures().is_clean
    log = tmp_path / "lake" / "calls" / "_delta_log"
    strays = {
        "stray.json": '{"add":{"stats":"{\\"minValues\\":{\\"batch_id\\":\\"+14155550199\\"}}"}}',
        "words.txt": "four one five double five five zero one nine nine",
        "wide.txt": "４１５５５５０１９９",
    }
    for name, text in strays.items():
        (log / name).write_text(text)
    for found in (lake.verify_erasures([NUMBER]), lake.verify_erasures()):
        assert not found.is_clean
        assert {Path(hit.place).name for hit in found.hits} == strays.keys()
    for name in strays:
        (log / name).unlink()
    assert lake.verify_erasures([NUMBER, NAME]).is_clean


def test_only_the_call_that_is_meant_goes(tmp_path: Path) -> None:
    """Two sources with one id; an id that begins another; a short one."""
    from tests.erasure.people import call

    export = tmp_path / "export.json"
    export.write_text(
        json.dumps([{"call": call(1, id=one)} for one in ("x", "call_1", "call_12", "call_1-2")])
    )
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export, source="one")
    lake.ingest(export, source="two")
    lake.forget(calls=["call_1", "x"], source="one", expect=2)
    held = {(row["source"], row["call_id"]) for row in rows(lake.root, "select source, call_id from calls")}
    assert held == {
        ("one", "call_12"),
        ("one", "call_1-2"),
        *(("two", one) for one in ("x", "call_1", "call_12", "call_1-2")),
    }


def test_our_own_line_is_replaced_and_its_calls_stay(tmp_path: Path) -> None:
    """A number on our side erases no call unless that is asked for."""
    from tests.erasure.people import call

    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"call": call(at)} for at in range(3)]))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export)
    report = lake.forget(numbers=["+18005550000"], expect=0)
    assert report.calls["own_line"] == 3
    assert {row["from_number"] for row in rows(lake.root, "select from_number from calls")} == {"<erased>"}


OTHER = "+14155550177"
SIDES = [
    {"direction": direction, "to_number": to_number, "from_number": from_number}
    for direction in ("inbound", "outbound", None)
    for to_number in (NUMBER, OTHER, None)
    for from_number in (NUMBER, OTHER, None)
]
"""Every way in which a call has numbers, on either side or on none."""


def test_a_contacts_calls_are_those_that_contacts_counts(tmp_path: Path) -> None:
    """Whoever `contacts` lists is forgotten with as many calls, also one whom an outbound call has as the
    caller alone; the export brings none of them back, and the landing keeps none."""
    from tests.erasure.people import call

    calls = [call(at, **sides) for at, sides in enumerate(SIDES)]
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"batch": {"id": "b", "calls": calls}}))
    landed = tmp_path / "landing" / "svalync" / "calls-1.json.gz"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(gzip.compress(json.dumps(calls).encode()))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export)
    attempts = {row["number"]: row["attempts"] for row in lake.contacts().to_dicts()}
    for number in (NUMBER, OTHER):
        assert lake.forget(numbers=[number], dry_run=True).calls["matched"] == attempts[number]
    report = lake.forget(numbers=[NUMBER], expect=attempts[NUMBER], landing=tmp_path / "landing")
    assert report.is_proven, report.left
    assert report.landing["records_removed"] == attempts[NUMBER]
    assert lake.ingest(export, force=True).kept_out == attempts[NUMBER]
    assert NUMBER not in {row["number"] for row in lake.contacts().to_dicts()}


def test_an_anonymised_call_has_its_contact_on_neither_side(tmp_path: Path) -> None:
    """Named by their ids alone, calls lose the contact's number wherever it stands, and keep ours."""
    from tests.erasure.people import call

    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"call": call(at, **sides)} for at, sides in enumerate(SIDES)]))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export)
    sides = (
        "select cost, direction, to_number, from_number, duration_seconds as place from calls order by all"
    )
    before = {row["place"]: row for row in rows(lake.root, sides)}
    lake.forget(calls=[f"call_{at:03}" for at in range(len(SIDES))], mode="anonymise", expect="any")
    for row in rows(lake.root, sides):
        was = before[row["place"]]
        contact = was["from_number"] if was["direction"] == "inbound" else was["to_number"]
        contact = contact or (None if was["direction"] == "inbound" else was["from_number"])
        for name in ("to_number", "from_number"):
            assert row[name] == (None if was[name] == contact else was[name])
