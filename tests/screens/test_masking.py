"""`--mask-numbers`: no way of asking shows a number whole, in any format."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

import batchlake
from tests.command import run
from tests.effort import share
from tests.lakes import write_export

NUMBER = "+14155550199"
SPELLED = "415-555-0199"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the number in every column that people or platforms write."""
    folder = tmp_path_factory.mktemp("masked")
    said = f"call me on {SPELLED}"
    call = {
        "id": "c1", "status": "completed", "to_number": NUMBER, "from_number": NUMBER, "summary": said,
        "start_time": NUMBER, "outcome_label": said, "sentiment_label": said, "ended_by": said, "note": said,
        "transcript": {"segments": [{"speaker": "human", "text": said}]},
    }  # fmt: skip
    batch = {"id": "b1", "name": "x", "calls": [call, call | {"id": "c2", "to_number": "+14155550177"}]}
    batch["analytics"] = {"common_responses": [{"text": said, "count": 5}]}
    batchlake.open(folder / "lake").ingest(write_export(folder, "export.json", {"batch": batch}))
    return folder / "lake"


ROWS = (
    "calls", "calls --columns number,summary,outcome_label,sentiment_label,ended_by,extra.note", "problems",
    "said call", "contacts", "fields", "analytics --by number", "analytics --metrics responses", "audit",
    "analytics --by number --compare c --batch b1",
)  # fmt: skip
FORMS = ("table", "csv", "json", "parquet", "markdown")
DOCUMENTS = ("call c1", "batch b1")
CASES = [
    *((verb, form) for at, verb in enumerate(ROWS) for form in share(FORMS, at, 5)),
    *((verb, form) for verb in DOCUMENTS for form in ("table", "json")),
    ("batch b1 --include-transcripts --include-analytics", "json"), ("analytics", "table"),
    ("audit b1", "table"), ("calls -x", "table"), ("sql -c 'from calls'", "table"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "form"), CASES)
def test_no_number_is_shown_whole(made: Path, tmp_path: Path, verb: str, form: str) -> None:
    """Neither in a column of numbers nor in what people or platforms wrote, a problem's message included."""
    file = tmp_path / f"answer.{form}"
    words = shlex.split(verb.replace("--compare c", "--compare {}"))
    done = run(*words, "--format", form, "-o", file, "--mask-numbers", lake=made)
    assert done.returncode == 0, done.stderr
    if form == "parquet":
        import pyarrow.parquet as pq

        written = json.dumps(pq.read_table(file).to_pylist(), default=str)
    else:
        written = file.read_text("utf-8")
    assert "***" in written.replace("\\*", "*")
    for digits in ("4155550199", "4155550177", SPELLED):
        assert digits not in written


def test_what_is_no_number_stays(made: Path) -> None:
    """The row of all groups, a group without a number, ids, times and figures are as without the option."""
    masked = run("analytics", "--by", "number", "--mask-numbers", lake=made).stdout
    assert re.search(r"^all +2", masked, re.MULTILINE)
    assert masked.count("+1 ***") == 2
    document = json.loads(run("call", "c1", "--json", lake=made).stdout)["call"]
    again = json.loads(run("call", "c1", "--json", "--mask-numbers", lake=made).stdout)["call"]
    changed = {name for name in document if document[name] != again[name]}
    assert changed <= {
        "phone_number", "from_number", "to_number", "summary", "transcript", "extra", "outcome_label",
        "ended_by", "sentiment",
    }  # fmt: skip
