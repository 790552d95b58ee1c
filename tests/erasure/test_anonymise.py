"""Anonymised calls are figures without a person: what the docs keep is equal before and after."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import batchlake
from batchlake.privacy.errors import NothingToForget
from tests.erasure.people import MAIL, NAME, NUMBER, SPELLINGS, call, planted, said, traces
from tests.lakes import damages, rows

VALUES = (*SPELLINGS, "14155550199", "4155550199", MAIL, NAME, "call_000", "call_001")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted batch, and one whose only call is the person's, beside a lake of them."""
    folder = tmp_path_factory.mktemp("anonymise")
    (folder / "many.json").write_text(json.dumps(planted(), ensure_ascii=False))
    alone = call(80, to_number=NUMBER, outcome_label="told_me_a_secret", user_id="user-of-ann")
    (folder / "alone.json").write_text(json.dumps({"batch": {"id": "batch_of_ann", "calls": [alone]}}))
    batchlake.open(folder / "lake").ingest(folder / "many.json", folder / "alone.json")
    return folder


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> batchlake.Lake:
    """A copy of the lake; the exports lie beside it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return batchlake.open(tmp_path / "lake")


def test_figures_stay_and_the_person_goes(lake: batchlake.Lake, tmp_path: Path) -> None:
    """Calls, success, duration, cost, sentiment are equal; nothing of the person is left."""
    families = ("statistics", "success_rate", "rates", "duration", "cost", "average_sentiment")
    before = lake.analytics().model_dump()
    report = lake.forget(numbers=[NUMBER], values=[NAME, MAIL], mode="anonymise", expect=3)
    assert report.is_proven, report.left
    assert report.calls["anonymised"] == 3
    assert len(before.keys() & set(families)) >= 4
    after = lake.analytics().model_dump()
    assert {name: after[name] for name in families if name in after} == {
        name: before[name] for name in families if name in before
    }
    assert (
        traces((*VALUES, "call_080", "batch_of_ann", "told_me_a_secret", "user-of-ann"), tmp_path / "lake")
        == []
    )
    figures = rows(lake.root, "from calls where call_id like 'erased_%'")
    assert len(figures) == 3
    for figure in figures:
        assert len(figure["call_id"]) == len("erased_") + 20
        assert figure["started_at"].minute == figure["started_at"].second == 0
        assert (
            figure["summary"] is figure["extra"] is figure["segment_count"] is figure["recording_url"] is None
        )
        assert {figure["to_number"], figure["from_number"]} == {None, "+18005550000"}
        assert figure["cost"] is not None
        assert figure["status"] == "completed"
    assert damages(lake.root) == []


def test_a_figure_freezes(lake: batchlake.Lake, tmp_path: Path) -> None:
    """No later export changes it or brings the call back, and nobody is found a second time."""
    lake.forget(numbers=[NUMBER], mode="anonymise", expect=3)
    before = rows(lake.root, "from calls where call_id like 'erased_%' order by call_id")
    late = call(0, to_number=NUMBER, duration=999, transcript={"segments": said("hello again")})
    (tmp_path / "late.json").write_text(json.dumps({"call": late}))
    assert lake.ingest(tmp_path / "late.json").kept_out == 1
    lake.ingest(tmp_path / "many.json", force=True)
    assert rows(lake.root, "from calls where call_id like 'erased_%' order by call_id") == before
    with pytest.raises(NothingToForget):
        lake.forget(numbers=[NUMBER], expect="any")
