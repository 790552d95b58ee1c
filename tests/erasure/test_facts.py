"""What transcripts tell is what they tell once a person is out of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import batchlake
from tests.analytics import oracle_of_facts as oracle
from tests.effort import some
from tests.erasure.people import NUMBER
from tests.lakes import damages, rows, write_export

SAID = [
    {"speaker": "ai", "text": "Which number is yours?"},
    {"speaker": "human", "text": "Yes"},
    {"speaker": "human", "text": f"It is {NUMBER} and no other"},
    {"speaker": "human", "text": f"{NUMBER}"},
    {"speaker": "human", "text": f"it is {NUMBER} and no other!"},
    {"speaker": "human", "text": "yes."},
]


@pytest.mark.parametrize("mode", some(["anonymise", "remove"], 1))
def test_facts_follow_what_is_erased(tmp_path: Path, mode: str) -> None:
    """A mention in another's call changes its words; an anonymised call keeps the figures that it told."""
    calls = [
        {"id": "theirs", "direction": "outbound", "to_number": NUMBER, "transcript": SAID},
        {"id": "other", "direction": "outbound", "to_number": "+4930123456", "transcript": SAID},
        {"id": "silent", "status": "completed"},
    ]
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "1.json", {"batch": {"id": "b1", "calls": calls}}))
    before = rows(lake.root, f"select {', '.join(oracle.FACTS)} from calls where call_id = 'theirs'")
    lake.forget(numbers=[NUMBER], mode=mode, expect=1)
    held = rows(lake.root, "from calls order by call_id")
    said = rows(lake.root, "from segments order by call_id, position")
    assert not any(NUMBER in row["text"] for row in said)
    expected, marked = oracle.with_facts([row for row in held if row["call_id"] in ("other", "silent")], said)
    assert [row for row in held if row["call_id"] in ("other", "silent")] == expected
    assert said == marked
    if mode == "anonymise":
        (kept,) = [row for row in held if row["call_id"].startswith("erased_")]
        assert [{name: kept[name] for name in oracle.FACTS}] == before
        assert kept["segment_count"] is None
    assert len(held) == (3 if mode == "anonymise" else 2)
    assert damages(lake.root) == []
