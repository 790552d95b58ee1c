"""A lake is stale when nothing has fed it for too long, or when a platform's pulls no longer succeed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batchlake.engine import sql_files
from batchlake.errors import PullFailed
from batchlake.lake import Lake
from batchlake.sync.status import lake_status
from tests.effort import some
from tests.lakes import write_export
from tests.sync.fake_platform import Dashboard, answer, call, listed, serving
from tests.sync.pulling import PAGES, platform, pulled

DAY = timedelta(hours=26)


def test_a_lake_that_is_fed_is_fresh_until_it_is_not(tmp_path: Path) -> None:
    """The newest ingest counts, with what is in progress; the same lake is stale a day and a bit later."""
    lake = Lake(tmp_path / "lake")
    calls = [call("c1"), call("c2", status="queued", startedAt="2999-01-01T12:00:00Z")]
    lake.ingest(write_export(tmp_path, "a.json", listed(calls)))
    now = datetime.now(UTC)
    fresh = lake_status(lake, tmp_path / "landing", DAY, now)
    assert (fresh.is_stale, fresh.reasons, fresh.platforms) == (False, [], {})
    assert (fresh.calls, fresh.calls_in_progress, fresh.batches) == (2, 1, 0)
    assert fresh.newest_call_at == "2024-01-01T12:00:00Z"
    assert fresh.age_seconds is not None
    assert 0 <= fresh.age_seconds < 60
    later = lake_status(lake, tmp_path / "landing", DAY, now + timedelta(hours=27))
    assert later.is_stale
    assert later.reasons[0].startswith("the lake was last fed 27.0 hours ago, at ")
    assert not lake_status(lake, tmp_path / "landing", None, now + timedelta(days=999)).is_stale
    lake.compact()
    compacted = lake_status(lake, tmp_path / "landing", DAY, now)
    assert compacted.newest_run_at == fresh.newest_run_at


GOOD = {"call": {"id": "c1", "status": "completed"}}
UNUSABLE = {
    "a page": "<html>401</html>",
    "an empty file": "",
    "a document cut off": json.dumps({"batch": {"id": "b1", "calls": [GOOD["call"]] * 3}})[:-20],
    "a list cut off": '[{"call_id": "c2", "status": "failed"}, {"call_id": ',
    "no record of a call": '{"hello": 1}',
    "an error of the platform": '{"response": [{"success": false, "error": "no"}]}',
    "calls without an id": '[{"call_id": "", "status": "completed"}, {"call_id": " ", "status": "failed"}]',
    "lines that are no JSON": '{bad}\n{"call": \n',
    "an archive that is none": b"\x1f\x8b and no more",
}
USABLE = {
    "a call": '{"call": {"id": "c2", "status": "completed"}}',
    "a call beside what can't be used": '[{"call_id": ""}, {"call_id": "c2", "status": "completed"}]',
    "a good line beside bad ones": '{bad}\n{"call": {"id": "c2", "status": "failed"}}\n{"x": ',
    "a field that can't be read": '{"call": {"id": "c1", "status": "completed", "cost": "abc"}}',
    "nothing but what is held": '{"call":   {"id": "c1", "status": "completed"}}',
    "an empty batch": '{"batch": {"id": "b1", "status": "queued", "calls": []}}',
    "a list that says there are no calls": '{"response": [{"success": true, "data": []}]}',
}


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one good call."""
    folder = tmp_path_factory.mktemp("fed")
    Lake(folder / "lake").ingest(write_export(folder, "good.json", GOOD))
    return folder / "lake"


@pytest.mark.parametrize(
    ("contents", "is_usable"),
    some(
        [
            *(pytest.param(one, False, id=name) for name, one in UNUSABLE.items()),
            *(pytest.param(one, True, id=name) for name, one in USABLE.items()),
        ],
        2,
    ),
)
def test_only_what_could_be_used_makes_a_lake_fresh(
    fed: Path, tmp_path: Path, contents: str | bytes, is_usable: bool
) -> None:
    """An export from which nothing could be used doesn't feed the lake, also with --force; one that was read
    does, whatever it changed."""
    shutil.copytree(fed, tmp_path / "lake")
    lake, counts = Lake(tmp_path / "lake"), sql_files.load("sync/lake_counts").text
    (good,) = lake.sql(counts).to_dicts()
    assert (good["last_run_at"], good["last_run_was_usable"]) == (good["newest_run_at"], True)
    name = "next.json.gz" if isinstance(contents, bytes) else "next.json"
    export = write_export(tmp_path, name, contents)
    for force in (False, True):
        lake.ingest(export, force=force)
        (found,) = lake.sql(counts).to_dicts()
        assert found["last_run_at"] > good["last_run_at"]
        assert found["last_run_was_usable"] == is_usable
        assert (found["newest_run_at"] == found["last_run_at"]) == is_usable


def test_a_run_that_brought_nothing_is_named(tmp_path: Path) -> None:
    """The reason says so, and so does a lake that was never fed anything else."""
    lake = Lake(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "page.json", UNUSABLE["a page"]))
    now = datetime.now(UTC)
    never = lake_status(lake, tmp_path / "landing", None, now)
    assert (never.is_stale, never.newest_run_at, never.last_run_was_usable) == (True, None, False)
    assert never.reasons == [
        f"nothing that could be used has been ingested into '{tmp_path / 'lake'}' yet",
        f"the last run, at {never.last_run_at}, brought nothing that could be used",
    ]
    lake.ingest(write_export(tmp_path, "good.json", GOOD))
    lake.ingest(write_export(tmp_path, "other.json", UNUSABLE["an error of the platform"]))
    fresh = lake_status(lake, tmp_path / "landing", DAY, now)
    assert (fresh.is_stale, fresh.reasons, fresh.last_run_was_usable) == (False, [], False)
    stale = lake_status(lake, tmp_path / "landing", DAY, now + timedelta(hours=27))
    assert [reason.partition(",")[0] for reason in stale.reasons] == [
        "the lake was last fed 27.0 hours ago", "the last run",
    ]  # fmt: skip


def test_a_damaged_journal_is_a_failure_of_its_platform(tmp_path: Path) -> None:
    """The status goes on with it and says what to do, and so does the pull that stops for it."""
    lake = Lake(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "good.json", GOOD))
    write_export(tmp_path / "landing" / "svalync" / ".state", "journal.sqlite", b"no database " * 1_000)
    found = lake_status(lake, tmp_path / "landing", DAY, datetime.now(UTC))
    platform_status = found.platforms["svalync"]
    assert (platform_status.succeeded_at, platform_status.is_stale) == (None, True)
    assert "journal.sqlite is damaged (file is not a database): delete it" in (platform_status.failure or "")
    with pytest.raises(PullFailed, match=r"journal\.sqlite is damaged .*: delete it"):
        pulled(tmp_path, platform("http://127.0.0.1:9/"))
    (tmp_path / "landing" / "svalync" / ".state" / "journal.sqlite").unlink()
    with serving(Dashboard([call("c2")])) as server:
        assert pulled(tmp_path, platform(server.url, pages=PAGES | {"size": 2})).calls_listed == 1


def test_a_lake_that_is_not_there_is_stale(tmp_path: Path) -> None:
    """Before the first ingest there is nothing, and it is late, whatever age is allowed."""
    for max_age in (DAY, None):
        found = lake_status(Lake(tmp_path / "lake"), tmp_path / "landing", max_age, datetime.now(UTC))
        assert (found.is_stale, found.calls, found.newest_run_at) == (True, 0, None)
        assert found.reasons == [f"nothing has been ingested into '{tmp_path / 'lake'}' yet"]


def test_pulls_that_find_nothing_new_keep_a_lake_fresh_and_failing_ones_do_not(tmp_path: Path) -> None:
    """A successful pull counts though it wrote no run; a platform whose pulls fail is stale by itself."""
    dashboard = Dashboard([call("c1")], size=10)
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10})
        pulled(tmp_path, described)
        dashboard.answers["1"] = answer({"message": "gone"}, 403)
        with pytest.raises(PullFailed):
            pulled(tmp_path, described)
    lake, now = Lake(tmp_path / "lake"), datetime.now(UTC)
    (found,) = lake_status(lake, tmp_path / "landing", DAY, now).platforms.values()
    assert found.failure is not None
    assert "403: gone" in found.failure
    assert found.failed_at is not None
    assert found.succeeded_at is not None
    assert found.failed_at > found.succeeded_at
    later = now + timedelta(hours=30)
    lake.ingest(write_export(tmp_path, "a.json", {"call": {"id": "c2", "status": "completed"}}))
    stale = lake_status(lake, tmp_path / "landing", DAY, later)
    assert stale.platforms["svalync"].is_stale
    assert "svalync was last pulled 30.0 hours ago" in stale.reasons[-1]
