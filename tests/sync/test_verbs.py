"""The verbs from the shell: what they print, and how they end."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batchlake.lake import Lake
from tests.command import run_as_anybody, run_process
from tests.lakes import write_export
from tests.sync.fake_platform import CANARY, Dashboard, Server, answer, call, listed, serving
from tests.sync.runs import run

SETTINGS = """\
lake = "data/lake"
landing = "data/landing"

[platforms.svalync]
base_url = "{url}"
auth.env = "TEST_KEY"
calls.pages = {{ style = "page", parameter = "page", size = 2 }}
batch = {{ path = "batches", params = {{ id = "{{id}}" }} }}
limits = {{ first_wait_seconds = 0.01, tries = 2, requests_per_second = 1000 }}
"""


def configured(folder: Path, server: Server) -> None:
    (folder / "batchlake.toml").write_text(SETTINGS.format(url=server.url))


def document(text: str) -> Any:
    return json.loads(text)


def test_pull_from_the_settings_in_the_working_folder(tmp_path: Path) -> None:
    """A pull reads its platform, lake and landing from batchlake.toml, and its report tells what came."""
    dashboard = Dashboard([call("c1"), call("c2"), call("c3", callDuration="abc")])
    with serving(dashboard) as server:
        configured(tmp_path, server)
        ran = run_process("pull", "--format", "json", folder=tmp_path, TEST_KEY=CANARY)
        report = document(ran.stdout)
        assert (ran.returncode, report["pages"], report["calls_listed"]) == (5, 2, 3)
        assert report["ingests"][0]["calls_new"] == 3
        assert ran.stderr == "svalync: page 1, 2 calls\nsvalync: page 2, 3 calls\n"
        assert (tmp_path / "data" / "landing" / "svalync").is_dir()
        assert len(server.asked) == 2
        status = run(tmp_path, "status", "--max-age", "26h")
        assert (status.status, document(status.output)["calls"]) == (0, 3)


def test_a_pull_says_what_came_and_a_quiet_one_what_needs_somebody(tmp_path: Path) -> None:
    """As an ingest does: a table of what is new; with -q what wasn't fetched and what couldn't be used, on
    standard error, and of a pull in order nothing at all."""
    dashboard = Dashboard([call("c1"), call("c2"), call("c3", callDuration="abc")])
    with serving(dashboard) as server:
        configured(tmp_path, server)
        ran = run(tmp_path, "pull", "--allow-problems", TEST_KEY=CANARY)
        first, *lines = ran.output.splitlines()
        assert re.fullmatch(
            r"svalync: \d+ requests in [\d.]+ s; 2 pages with 3 calls, 0 batches, details of 0 calls.", first
        )
        assert [" ".join(line.split()) for line in lines[1:5]] == [
            "new updated unchanged", "calls 3 0 0", "batches 0 0",
            "1 problem: not_a_duration 1. See batchlake problems.",
        ]  # fmt: skip
        quiet = run(tmp_path, "pull", "-q", TEST_KEY=CANARY)
        assert (quiet.status, quiet.output, quiet.errors) == (0, "", "")
        dashboard.calls += [call("c4", callDuration="abc"), call("c5", transcripts=None)]
        lacking = run(tmp_path, "pull", "-q", TEST_KEY=CANARY)
        assert (lacking.status, lacking.output) == (5, "")
        assert set(lacking.errors.splitlines()) == {
            "batchlake: Not fetched: call 'c5': it answered 404: no c5 here.",
            "batchlake: 1 problem: not_a_duration 1. See batchlake problems.",
        }


def test_a_landing_without_permission_is_named(tmp_path: Path) -> None:
    """A pull that can't write there stops before it asks; a status that can't look there says which pulls."""
    lake, landing = tmp_path / "lake", tmp_path / "landing"
    Lake(lake).ingest(write_export(tmp_path, "a.json", listed([call("c1")])))
    state = landing / "svalync" / ".state"
    state.mkdir(parents=True)
    state.chmod(0o000)
    places = ("--lake", lake, "--landing", landing)
    try:
        pulled = run_as_anybody("pull", "svalync", *places, SVALYNC_API_KEY=CANARY)
        assert pulled.returncode == 3
        expected = f"stopped: the landing {landing / 'svalync'} can't be written: Permission denied"
        assert expected in pulled.stderr
        found = run_as_anybody("status", *places)
        assert found.returncode == 0
        failure = json.loads(found.stdout)["platforms"]["svalync"]["failure"]
        assert failure == f"{state / 'journal.sqlite'} can't be used: Permission denied"
    finally:
        state.chmod(0o755)


def test_refusals_end_with_a_sentence_and_a_status(tmp_path: Path) -> None:
    """What is missing, refused or limited is a line on standard error, JSON where asked for, no trace."""
    dashboard = Dashboard()
    with serving(dashboard) as server:
        configured(tmp_path, server)
        missing = run(tmp_path, "pull")
        assert missing.status == 2
        assert "environment: TEST_KEY: not set; it must hold the value of the header" in missing.errors
        dashboard.answers["1"] = answer({"message": f"bad key {CANARY}"}, 401)
        refused = run(tmp_path, "pull", "svalync", TEST_KEY=CANARY)
        assert (refused.status, refused.output) == (3, "")
        assert refused.errors.startswith(
            "batchlake: the pull from svalync stopped: it answered 401: bad key *** (check the credential in "
        )
        dashboard.answers["1"] = answer({}, 429, {"Retry-After": "600"})
        limited = run(tmp_path, "pull", "--format", "json", TEST_KEY=CANARY)
        assert limited.status == 3
        assert document(limited.output)["error"]["code"] == "rate_limited"
        assert document(limited.output)["error"]["details"]["retry_after"] == 600
        gone = run(tmp_path, "pull", "--batch", "b1", TEST_KEY=CANARY)
        assert gone.status == 3
        expected = "batch 'b1' could not be fetched, nor anything else; it answered 404: no b1 here"
        assert expected in gone.errors
    stale = run(tmp_path, "status", "--max-age", "26h")
    assert (stale.status, document(stale.output)["is_stale"]) == (1, True)


@pytest.mark.parametrize("words", [(), ("--all",), ("--format", "json")])
def test_config_show_hides_the_credential(words: tuple[str, ...], tmp_path: Path) -> None:
    """Every value stands with its origin; of the credential it is only said that it is set.

    What is bundled with batchlake is named, and listed with --all.
    """
    (tmp_path / "other.toml").write_text('wait = 5\nlake = "l"\n')
    ran = run(
        tmp_path, "config", "show", "--config", "other.toml", "--landing", "/x", *words,
        SVALYNC_API_KEY=CANARY, BATCHLAKE_MEMORY="2GB",
    )  # fmt: skip
    assert ran.status == 0
    assert ("retell" in ran.errors, "Not set:" in ran.errors) == (not words, not words)
    if "--format" in words:
        found = document(ran.output)
        assert found["settings"]["wait"] == {"value": "5.0", "origin": "other.toml line 1"}
        assert found["settings"]["landing"] == {"value": "/x", "origin": "--landing"}
        assert found["settings"]["memory"] == {"value": "2GB", "origin": "BATCHLAKE_MEMORY"}
        assert [name for name, is_set in found["credentials"].items() if is_set] == ["SVALYNC_API_KEY"]
        assert "RETELL_API_KEY" in found["credentials"]
    else:
        rows = [line.split(maxsplit=2) for line in ran.output.splitlines()]
        assert ["lake", "l", "other.toml line 2"] in rows
        bundled = ["platforms.svalync.auth.header", "x-api-key", "bundled with batchlake"]
        assert (bundled in rows, ["RETELL_API_KEY", "not"] in [row[:2] for row in rows]) == (
            bool(words), bool(words)
        )  # fmt: skip
        assert ["SVALYNC_API_KEY", "***", "environment"] in rows


def test_a_faulty_file_stops_any_verb_that_reads_it(tmp_path: Path) -> None:
    """The fault is named with line and key, before anything is done."""
    (tmp_path / "batchlake.toml").write_text("\nlandnig = 'x'\n")
    ran = run(tmp_path, "status")
    assert ran.status == 2
    assert "batchlake.toml line 2: landnig: there is no such key; did you mean `landing`?" in ran.errors


def test_a_faulty_variable_of_a_platform_stops_status(tmp_path: Path) -> None:
    """Also where nothing was ever pulled; a variable that means nothing to batchlake stops nothing."""
    variable = {"BATCHLAKE_PLATFORMS__VAPI__RETENTION_DAYS": "never"}
    ran = run(tmp_path, "status", **variable)
    assert ran.status == 2
    assert "BATCHLAKE_PLATFORMS__VAPI__RETENTION_DAYS: platforms.vapi.retention_days" in ran.errors
    assert run(tmp_path, "status", BATCHLAKE_NOTHING="never").status == 1


def test_status_knows_how_long_a_pulled_platform_keeps_calls(tmp_path: Path) -> None:
    """From what is bundled with batchlake, or from the settings, of a platform that has a landing folder."""
    state = tmp_path / "landing" / "vapi" / ".state"
    state.mkdir(parents=True)
    with closing(sqlite3.connect(state / "journal.sqlite")) as journal, journal:
        journal.execute("create table facts (name text, value text)")
        journal.execute("insert into facts values ('succeeded_at', '\"2026-11-01T00:00:00+00:00\"')")

    def deletes_from(**variables: str) -> str:
        found: str = document(run(tmp_path, "status", **variables).output)["platforms"]["vapi"][
            "deletes_from"
        ]
        return found

    assert deletes_from() == "2026-11-15T00:00:00Z"
    assert deletes_from(BATCHLAKE_PLATFORMS__VAPI__RETENTION_DAYS="3") == "2026-11-04T00:00:00Z"
