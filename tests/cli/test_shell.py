"""The command line as a person and a script meet it: exit statuses, messages, what goes where."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchlake import errors
from batchlake.cli.failures import BUG, exit_status, run_guarded
from batchlake.cli.main import VERBS
from batchlake.lake import Lake
from tests.command import MODULE, run, run_process
from tests.effort import at_length
from tests.paths import SAMPLE

FILTER = '{"status": ["completed", "failed"], "duration": {"min": 30, "max": 300}}'


@pytest.fixture(scope="module")
def lake(sample_lake: Lake) -> Path:
    """Where the sample's lake lies."""
    return sample_lake.root


def test_ingest_says_what_it_did_and_exits_5_with_problems(tmp_path: Path) -> None:
    """The first run reports calls, batches and problems; the second that nothing changed."""
    path = tmp_path / "lake"
    first = run("ingest", SAMPLE, "--lake", path)
    assert first.returncode == 5
    assert re.search(r"^calls +41 +0 +0$", first.stdout, re.MULTILINE)
    assert "7 problems: cut_off 1" in first.stdout
    second = run("ingest", SAMPLE, "--lake", path)
    assert second.returncode == 0
    assert second.stdout == "Nothing new: all 12 exports are held.\n"
    faulty = SAMPLE / "08-cut-off.json"
    quiet = run("ingest", faulty, "--lake", path, "--force", "-q")
    assert (quiet.stdout, quiet.stderr.count("\n")) == ("", 1)
    (tmp_path / "empty").mkdir()
    nothing = run("ingest", tmp_path / "empty", "--lake", path, "-q")
    assert nothing.returncode == 0
    assert nothing.stderr == f"batchlake: {tmp_path / 'empty'} holds no file to read.\n"
    assert run("ingest", faulty, "--lake", path, "--force", "--allow-problems").returncode == 0


@pytest.mark.parametrize(
    "verb", ["batch", "call", "progress", "audit", "problems --run", "problems --file", "batches --at"]
)
def test_bytes_that_are_no_utf8_are_a_fault_of_the_request(lake: Path, verb: str) -> None:
    """Exit 2 and a sentence, whatever takes them; the error's JSON is UTF-8 all the same."""
    started = run_process if verb == "batch" else run
    answer = started(*verb.split(), os.fsdecode(b"a\xff"), "--lake", lake)
    assert answer.returncode == 2
    assert "is not UTF-8" in answer.stderr or "are not UTF-8" in answer.stderr
    assert not answer.stdout or json.loads(answer.stdout)["error"]["code"]


def test_ingest_as_json_and_dry(tmp_path: Path) -> None:
    """A dry run reports the same counts and makes no lake."""
    answer = run("ingest", SAMPLE, "--lake", tmp_path / "lake", "--dry-run", "--format", "json")
    report = json.loads(answer.stdout)
    assert (report["version"], report["calls_new"], report["problems"], report["run_id"]) == (1, 41, 7, None)
    assert not (tmp_path / "lake").exists()


def test_ingest_from_standard_input(tmp_path: Path) -> None:
    """`-` reads standard input, and the same bytes again are a no-op."""
    text = (SAMPLE / "02-batch-completed.json").read_text(encoding="utf-8")
    first = run_process("ingest", "-", "--lake", tmp_path / "lake", stdin=text)
    assert re.search(r"^calls +24 ", first.stdout, re.MULTILINE)
    assert (
        "Nothing new: the one export is held."
        in run("ingest", "-", "--lake", tmp_path / "lake", stdin=text).stdout
    )


def test_the_documented_question(lake: Path) -> None:
    """The documented filter and flags give the documented shape."""
    answer = run(
        "batch",
        "batch_xyz789",
        "--include-analytics",
        "--include-transcripts",
        "--filter",
        FILTER,
        "--lake",
        lake,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    batch = json.loads(answer.stdout)["batch"]
    assert batch["id"] == "batch_xyz789"
    assert batch["statistics"]["total_calls"] == len(batch["calls"]) == batch["selection"]["matched"] == 15
    assert batch["statistics"]["total_cost"] == "3.62"
    assert batch["analytics"]["success_rate"] == 1.0
    assert batch["calls"][0]["transcript"]["segments"]


ERRORS = {
    "an empty batch id": (("batch", ""), 2, "invalid_batch_id"),
    "a batch id with control characters": (("batch", "a\nb"), 2, "invalid_batch_id"),
    "a batch id too long": (("batch", "x" * 257), 2, "invalid_batch_id"),
    "no such batch": (("batch", "batch_xyz788"), 1, "batch_not_found"),
    "no such call": (("call", "call_00"), 1, "call_not_found"),
    "a filter with faults": (
        ("batch", "batch_xyz789", "--filter", '{"statuss": [], "duration": {"min": 9, "max": 1}}'),
        2, "invalid_filter",
    ),
    "a filter that is no JSON": (("batch", "batch_xyz789", "--filter", "{"), 2, "invalid_filter"),
    "analytics of a batch without calls": (
        ("batch", "batch_empty", "--include-analytics"), 1, "analytics_unavailable",
    ),
    "a time without an offset": (
        ("batch", "batch_xyz789", "--at", "2024-01-01T00:00:00"), 2, "invalid_request",
    ),
    "a run that is none": (("batch", "batch_xyz789", "--at", "yesterday"), 2, "invalid_request"),
    "a faulty query": (("sql", "-c", "selct 1", "--format", "json"), 1, "query_error"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_have_a_code_and_an_exit_status(lake: Path, name: str) -> None:
    """Each is a sentence on standard error, JSON on standard output, a status, and never a traceback."""
    arguments, status, code = ERRORS[name]
    answer = run(*arguments, "--lake", lake)
    assert answer.returncode == status
    error = json.loads(answer.stdout)["error"]
    assert error["code"] == code
    assert error["message"].strip().endswith((".", "?")) or code == "query_error"
    assert "Traceback" not in answer.stderr
    assert answer.stderr.startswith("batchlake: ")


def test_not_found_names_the_nearest(lake: Path) -> None:
    """A mistyped batch id is answered with the ids most like it."""
    answer = run("batch", "batch_xyz788", "--lake", lake)
    assert json.loads(answer.stdout)["error"]["details"]["nearest"][0] == "batch_xyz789"
    assert "'batch_xyz789'" in answer.stderr


def test_every_fault_of_a_filter_is_listed(lake: Path) -> None:
    """Two faults are two entries, the misspelt key with the nearest name."""
    answer = run("calls", "--filter", '{"statuss": "x", "duration": {"min": 9, "max": 1}}', "--lake", lake)
    assert answer.returncode == 2
    assert "statuss" in answer.stderr
    assert "`status`" in answer.stderr
    assert "duration" in answer.stderr
    assert answer.stdout == ""


def test_a_path_or_lake_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path and a missing lake exit 3 and say what to do."""
    wrong = run("ingest", tmp_path / "nope", "--lake", tmp_path / "lake")
    assert (wrong.returncode, "nope" in wrong.stderr) == (3, True)
    missing = run("batches", "--lake", tmp_path / "lake")
    assert (missing.returncode, "batchlake ingest" in " ".join(missing.stderr.split())) == (3, True)


def test_a_folder_with_other_things_is_not_made_a_lake(tmp_path: Path) -> None:
    """A mistyped --lake that names a folder in use is refused and left alone."""
    (tmp_path / "thesis.txt").write_text("mine")
    answer = run("ingest", SAMPLE, "--lake", tmp_path)
    assert answer.returncode == 3
    assert "thesis.txt" in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("output_format", ["table", "json", "ndjson", "csv", "markdown"])
def test_rows_in_every_text_format(lake: Path, output_format: str) -> None:
    """Rows go to standard output alone, in the format asked for."""
    answer = run(
        "calls", "--filter", '{"batch_id": "batch_mixed"}', "--format", output_format, "--lake", lake
    )
    notes = "3 calls, times in UTC.\n" if output_format == "table" else ""
    assert (answer.returncode, answer.stderr) == (0, notes)
    assert "loose_1" in answer.stdout.replace("\\", "")
    if output_format == "json":
        assert [row["call_id"] for row in json.loads(answer.stdout)] == ["loose_1", "loose_2", "loose_4"]
        assert json.loads(answer.stdout)[0]["cost"] == "0.084"


def test_sql_reads_standard_input(lake: Path) -> None:
    """A query on standard input is answered like one of -c."""
    answer = run_process(
        "sql", "--format", "csv", "--lake", lake, stdin="select count(*) as calls from calls"
    )
    assert answer.stdout == "calls\n41\n"


def test_interrupted_it_leaves_the_lake_as_it_was(tmp_path: Path) -> None:
    """Ctrl-C exits 130 with a sentence, and the lake can be written again at once."""
    export = tmp_path / "large.ndjson"
    with export.open("w") as file:
        for number in range(400_000):
            file.write(f'{{"id": "c{number}", "status": "completed", "duration": {number}}}\n')
    process = subprocess.Popen(
        [*MODULE, "ingest", export, "--lake", tmp_path / "lake"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # The writer's lock is there from before the first record is read until the run ends.
    while process.poll() is None and not (tmp_path / "lake").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert run("batches", "--lake", tmp_path / "lake").returncode == 3
    assert run("ingest", SAMPLE / "05-batch-status.json", "--lake", tmp_path / "lake").returncode == 0
    assert run("check", "--lake", tmp_path / "lake").stdout == "The lake is sound.\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    """`--help` of every verb exits 0 and says what it does."""
    answer = run(verb, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"Usage: batchlake {verb}")


def test_a_mistyped_verb_names_the_nearest() -> None:
    """`batchlake batchs` is answered with the verb that is meant."""
    answer = run_process("batchs")
    assert answer.returncode == 2
    assert "`batches`" in answer.stderr


def test_reading_needs_no_write_permission(lake: Path) -> None:
    """A question leaves no file and no lock behind."""
    before = sorted(path for path in lake.rglob("*"))
    assert run("analytics", "--lake", lake).returncode == 0
    assert sorted(path for path in lake.rglob("*")) == before


@at_length
def test_the_demo_runs(tmp_path: Path) -> None:
    """`demo` shows each command and exits 0."""
    answer = run("demo", "--lake", tmp_path / "lake")
    assert answer.returncode == 0
    assert answer.stdout.count("$ batchlake ") == 4
    assert len(answer.stdout.splitlines()) <= 24
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_at_reads_the_lake_as_it_was(tmp_path: Path) -> None:
    """`--at` with a run's id, or a time, answers from that state."""
    path = tmp_path / "lake"
    run("ingest", SAMPLE / "01-batch-running.json", "--lake", path)
    (first,) = json.loads(run("runs", "--format", "json", "--lake", path).stdout)
    run("ingest", SAMPLE / "02-batch-completed.json", "--lake", path)
    for at in (first["run_id"], first["finished_at"]):
        batch = json.loads(run("batch", "batch_xyz789", "--at", at, "--lake", path).stdout)["batch"]
        assert (batch["status"], len(batch["calls"])) == ("in_progress", 9)
    assert len(json.loads(run("batch", "batch_xyz789", "--lake", path).stdout)["batch"]["calls"]) == 24


def kinds(base: type[errors.BatchlakeError]) -> Iterator[type[errors.BatchlakeError]]:
    """An error's kind and all below it."""
    yield base
    for below in base.__subclasses__():
        yield from kinds(below)


def test_every_error_has_an_exit_status() -> None:
    """Each that batchlake raises has one of the table's; one of another kind is a bug's."""
    raised = [kind for kind in kinds(errors.BatchlakeError) if not kind.__name__.startswith("_")]
    for kind in raised:
        error = kind.__new__(kind)
        ours = (
            kind.__module__ in (errors.__name__, "batchlake.privacy.errors")
            and kind is not errors.BatchlakeError
        )
        assert exit_status(error) in ({1, 2, 3, 4} if ours else {BUG})

    class Unknown(errors.BatchlakeError):
        """A kind that no table knows."""

    def fail() -> None:
        raise Unknown("what happened, and what to do.")

    assert run_guarded(fail) == BUG


def test_a_working_folder_that_is_gone_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody deleted it, or made it again, in another terminal."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run_guarded(lambda: Path("lake").absolute()) == 3
    assert "the folder that you are in is gone" in capsys.readouterr().err
