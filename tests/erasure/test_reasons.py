"""An erasure is told where it is a reason: in the audit, the progress, the status, the runs, after Ctrl-C."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake import errors
from batchlake.lake import Lake
from batchlake.store.storage import ERASURE_NOTE, PRIVACY_NOTE
from tests.command import run
from tests.effort import some
from tests.erasure.people import NUMBER, call
from tests.lakes import rows, write_export

CALLS = [call(0, to_number=NUMBER), *(call(at) for at in range(1, 5))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch that reports five calls; one of them is the person's. Another platform has one of that id."""
    folder = tmp_path_factory.mktemp("reasons")
    batch = {"id": "b1", "status": "completed", "total_calls": 5, "completed": 5, "calls": CALLS}
    lake = batchlake.open(folder / "lake")
    lake.ingest(write_export(folder, "1.json", {"batch": batch}))
    other = {"id": "b1", "total_calls": 1, "calls": [{"id": "x1", "status": "completed"}]}
    lake.ingest(write_export(folder, "2.json", {"batch": other}), source="zeta")
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


@pytest.mark.parametrize("mode", some(["remove", "anonymise"], 1))
def test_the_audit_and_the_progress_say_that_calls_were_erased(lake: Lake, mode: Any) -> None:
    """A figure that changed has the erasure as its reason, and no figure is unexplained."""
    assert lake.audit().differences == 0
    assert lake.progress("b1").erased_calls == 0
    lake.forget(numbers=[NUMBER], mode=mode, expect=1)
    found = lake.audit()
    assert found.unexplained == 0
    differing = [one for one in found.batches[0].figures if one.agrees is False]
    assert {one.explanation for one in differing} <= {"calls were erased"}
    assert bool(differing) == (mode == "remove")
    assert found.batches[0].erased_calls == lake.progress("b1").erased_calls == 1
    assert (
        lake.progress("b1", source="zeta").erased_calls
        == lake.audit("b1", source="zeta").batches[0].erased_calls
        == 0
    )
    assert "1 call of this batch was erased" in run("progress", "b1", lake=lake.root).stdout


def test_the_status_says_that_an_erasure_has_not_ended(lake: Lake, tmp_path: Path) -> None:
    """Exit 1 until somebody finishes it; a marker of an erasure that never happened is no reason."""
    assert run("status", lake=lake.root).returncode == 0
    report = lake.forget(numbers=[NUMBER], expect=1)
    marker = {
        "erasure_id": "erasure_x", "run_id": report.run_id, "landing": [], "landing_folder": None,
        "report": report.to_dict() | {"verification": None},
    }  # fmt: skip
    note = tmp_path / "lake" / ERASURE_NOTE
    note.write_text(json.dumps(marker))
    done = run("status", lake=lake.root)
    assert (done.returncode, json.loads(done.stdout)["unfinished_erasure"]) == (1, True)
    assert "erasures --finish" in done.stderr
    assert run("erasures", "--finish", lake=lake.root).returncode == 0
    assert run("status", lake=lake.root).returncode == 0
    note.write_text(json.dumps(marker | {"run_id": "no-such-run"}))
    assert run("status", lake=lake.root).returncode == 0


@pytest.mark.parametrize(
    ("step", "said"), [("rewrite", "nothing was erased"), ("purged", "after the commit")]
)
def test_ctrl_c_tells_the_truth(lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str, said: str) -> None:
    """Before the commit nothing was erased; after it readers see it done, and the next writer finishes."""
    forget = Lake.forget

    def interrupted(self: Lake, **given: Any) -> Any:
        def progress(name: str) -> None:
            if name == step:
                raise KeyboardInterrupt

        return forget(self, **given, progress=progress)

    monkeypatch.setattr(Lake, "forget", interrupted)
    done = run("forget", "--number", NUMBER, "--expect", "1", lake=lake.root)
    assert done.returncode == 130
    assert said in done.stderr
    held = rows(lake.root, "from calls where to_number = '+14155550199'")
    assert bool(held) == (step == "rewrite")
    monkeypatch.setattr(Lake, "forget", forget)
    lake.compact()
    assert not lake.has_unfinished_erasure()


def test_a_lost_key_is_replaced_and_what_that_ends_is_named(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused while the lake's own key is here; afterwards the same export brings the person back."""
    report = lake.forget(numbers=[NUMBER], expect=1)
    with pytest.raises(errors.InvalidRequest, match="own key is here"):
        lake.new_privacy_key()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another"))
    assert run("ingest", tmp_path, lake=lake.root).returncode == 3
    done = run("erasures", "--new-key", lake=lake.root)
    assert done.returncode == 0
    assert report.erasure_id in done.stdout
    export = write_export(tmp_path, "again.json", {"batch": {"id": "b1", "calls": CALLS}})
    assert lake.ingest(export).kept_out == 0
    assert lake.forget(numbers=[NUMBER], expect=1).is_proven
    assert lake.ingest(export, force=True).kept_out == 1
    plain = batchlake.open(tmp_path / "plain")
    plain.ingest(export)
    with pytest.raises(errors.InvalidRequest, match="needs no key"):
        plain.new_privacy_key()


def test_a_run_says_what_it_redacted_and_filters_take_plain_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key a number finds its pseudonym in every question; without it, and for a prefix, exit 2."""
    export = write_export(tmp_path, "1.json", {"batch": {"id": "b1", "calls": CALLS}})
    lake = batchlake.open(tmp_path / "redacted")
    lake.ingest(export, redact=["phone"], region="US")
    (ingest,) = lake.runs().to_dicts()
    assert ingest["redacted"] == {"phone": 10}
    for number in (NUMBER, "0014155550199"):
        wanted = {"not": {"not": {"phone_number": number}}}
        assert lake.analytics(wanted).statistics.total_calls == 1
        assert [row["call_id"] for row in lake.calls(wanted).to_dicts()] == ["call_000"]
    # What a report compares with, too.
    other = {"phone_number": NUMBER}
    assert lake._other(None, None, other, "UTC") == lake.selected_filter(other)
    (held,) = rows(lake.root, "select to_number from calls where call_id = 'call_000'")
    assert len(lake.calls({"phone_number": held["to_number"]}).to_dicts()) == 1
    done = run("calls", "--number", "+1415*", lake=lake.root)
    assert (done.returncode, "pseudonyms" in done.stderr) == (2, True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another"))
    done = run("calls", "--number", NUMBER, lake=lake.root)
    assert (done.returncode, "key" in done.stderr) == (2, True)
    assert json.loads((tmp_path / "redacted" / PRIVACY_NOTE).read_text())["redact"] == ["phone"]
