"""A pull fetches what is new or still running, keeps what it has, and goes on where the last one stopped."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import InvalidConfiguration, InvalidRequest, LakeLocked, PullFailed, RateLimited
from batchlake.lake import Lake
from batchlake.store.lock import writer_lock
from batchlake.sync.platforms import Platform
from batchlake.sync.pull.run import pull
from tests.effort import at_length
from tests.lakes import contents, rows
from tests.sync.fake_platform import CANARY, Dashboard, Server, answer, call, in_turn, listed, serving
from tests.sync.pulling import PAGES, held, platform, pulled

CALL = {"path": "voiceai/specific-call", "params": {"id": "{id}"}}
BATCH = {"path": "batches", "params": {"id": "{id}", "include_transcripts": "true"}}


def newest_first(server: Server, **more: Any) -> Platform:
    return platform(server.url, pages=PAGES | {"size": 2}, listing={"newest_first": True}, **more)


def asked_since(server: Server, count: int) -> list[str]:
    """What was asked after so many requests: the page or id of each, in order."""
    return [one.params.get("id") or one.params.get("page", "") for one in server.asked[count:]]


def bare(call_id: str, **more: Any) -> dict[str, Any]:
    """A call as a list gives it that leaves out transcripts."""
    return call(call_id, **more) | {"transcripts": None}


def test_the_second_pull_reads_down_to_what_is_known(tmp_path: Path) -> None:
    """A list read whole once is read down to what it then began with; what runs is asked for by itself."""
    dashboard = Dashboard([call(f"c{number}", status="in-progress" if number == 0 else "completed")
                           for number in range(7)])  # fmt: skip
    with serving(dashboard) as server:
        described = newest_first(server, call=CALL)
        first = pulled(tmp_path, described)
        assert asked_since(server, 0) == ["1", "2", "3", "4"]
        assert (first.pages, first.calls_listed, first.requests) == (4, 7, 4)
        dashboard.calls.append(call("c7"))
        dashboard.details["c0"] = listed([call("c0", updatedAt="2024-01-02T00:00:00Z")])
        before = len(server.asked)
        second = pulled(tmp_path, described)
        assert asked_since(server, before) == ["1", "c0"]
        assert (second.call_details, second.problems) == (1, 0)
        assert held(tmp_path) == {f"c{number}" for number in range(8)}
        assert rows(tmp_path / "lake", "select distinct status from calls") == [{"status": "completed"}]
        before = len(server.asked)
        pulled(tmp_path, described, full=True)
        assert asked_since(server, before) == ["1", "2", "3", "4", "5"]


def test_each_answer_for_a_call_is_told(tmp_path: Path) -> None:
    """How many of all that are asked for, those that can't be fetched among them."""
    dashboard = Dashboard([bare("c1"), bare("c2"), bare("c3")], size=10)
    dashboard.details = {"c1": listed([call("c1")]), "c2": listed([call("c2")])}
    told: list[tuple[str, int, int]] = []
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10}, call=CALL)
        pull(Lake(tmp_path / "lake"), "svalync", described, tmp_path / "landing", {"TEST_KEY": CANARY},
             answered=lambda kind, done, total: told.append((kind, done, total)))  # fmt: skip
    assert told == [("call", 1, 3), ("call", 2, 3), ("call", 3, 3)]


def test_details_are_asked_once_for_calls_that_lack_them(tmp_path: Path) -> None:
    """A call listed without a transcript is asked for; one that has none, or is gone, only once."""
    dashboard = Dashboard([bare("c/1 ?&"), bare("c2"), bare("c3"), call("c4")], size=10)
    dashboard.details = {"c/1 ?&": listed([call("c/1 ?&")]), "c2": listed([bare("c2", summary="no answer")])}
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10}, call=CALL)
        report = pulled(tmp_path, described)
        assert sorted(asked_since(server, 1)) == ["c/1 ?&", "c2", "c3"]
        assert [(one.item_id, one.status, one.reason) for one in report.failures] == [
            ("c3", 404, "it answered 404: no c3 here")
        ]
        assert "Not fetched: call 'c3': it answered 404: no c3 here." in str(report)
        assert report.to_dict()["failures"][0]["status"] == 404
        found = rows(tmp_path / "lake", "select call_id, segment_count as n from calls order by call_id")
        assert [row["n"] or 0 for row in found] == [2, 0, 0, 2]
        before = len(server.asked)
        assert pulled(tmp_path, described).problems == 0
        assert asked_since(server, before) == ["1"]


@at_length
def test_a_lake_that_is_not_there_begins_with_all_that_has_landed(tmp_path: Path) -> None:
    """A lake that was deleted, or another one beside it, holds the details as well as the list."""
    dashboard = Dashboard([bare(f"c{number}") for number in range(3)])
    dashboard.details = {f"c{number}": listed([call(f"c{number}")]) for number in range(3)}
    with serving(dashboard) as server:
        described = newest_first(server, call=CALL)
        assert pulled(tmp_path, described).call_details == 3
        spoken = rows(tmp_path / "lake", "select call_id, count(*) from segments group by all order by all")
        assert len(spoken) == 3
        shutil.rmtree(tmp_path / "lake")
        assert pulled(tmp_path, described).call_details == 0
        again = rows(tmp_path / "lake", "select call_id, count(*) from segments group by all order by all")
        assert again == spoken


def test_a_list_that_no_ingest_finds_is_refused() -> None:
    """Before anything is fetched, with the names that it finds."""
    table = {"base_url": "https://example.com", "calls": {"path": "calls", "records": "answer.voices"}}
    with pytest.raises(ValueError, match="finds calls in no list of this name, but in batches, calls"):
        Platform.model_validate(table)
    table["calls"] = {"path": "calls", "records": "answer.items"}
    assert Platform.model_validate(table).calls


def test_batches_are_asked_for_until_they_have_finished(tmp_path: Path) -> None:
    """A batch that a call names is fetched with its calls, again while it runs, no more once it is done."""
    dashboard = Dashboard([call("c1", batch_id="b1")], size=10)
    batch = {
        "id": "b1",
        "status": "in_progress",
        "calls": [{"id": "c2", "status": "completed", "duration": 5}],
    }
    dashboard.batches["b1"] = {"batch": batch}
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10}, batch=BATCH)
        assert pulled(tmp_path, described).batches == 1
        assert server.asked[-1].params == {"id": "b1", "include_transcripts": "true"}
        assert held(tmp_path) == {"c1", "c2"}
        batch |= {"status": "completed", "completed_at": "2024-01-01T13:00:00Z"}
        before = len(server.asked)
        assert pulled(tmp_path, described, batches=("b1",)).batches == 1
        assert asked_since(server, before) == ["b1"]
        assert pulled(tmp_path, described).batches == 0


def test_rate_limited_keeps_what_it_has_and_goes_on(tmp_path: Path) -> None:
    """Giving up says when to come back; what came before is in the lake; the next pull asks for the rest."""
    dashboard = Dashboard([call(f"c{number}") for number in range(6)])
    dashboard.answers["3"] = answer({}, 429, {"Retry-After": "120"})
    with serving(dashboard) as server:
        described = newest_first(server)
        with pytest.raises(RateLimited) as caught:
            pulled(tmp_path, described)
        assert caught.value.retry_after == 120
        assert held(tmp_path) == {"c5", "c4", "c3", "c2"}
        # Calls that come in meanwhile push the others down: some are listed twice, none is passed over.
        dashboard.calls += [call("c6"), call("c7")]
        dashboard.answers.clear()
        before = len(server.asked)
        report = pulled(tmp_path, described)
        assert asked_since(server, before) == ["3", "4", "5"]
        assert report.resumed_pages == 2
        assert "Went on from page 2" in str(report)
        pulled(tmp_path, described)
        assert held(tmp_path) == {f"c{number}" for number in range(8)}


def test_one_broken_call_costs_itself_and_a_broken_platform_the_pull(tmp_path: Path) -> None:
    """A call that always fails is told and passed over; three in a row, and nothing more is asked."""
    dashboard = Dashboard([bare(f"c{number}") for number in range(6)], size=10)
    dashboard.details = {f"c{number}": listed([call(f"c{number}")]) for number in range(6)}
    dashboard.answers["c2"] = answer({}, 500)
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10}, call=CALL, limits={"in_flight": 1})
        report = pulled(tmp_path, described)
        assert [one.item_id for one in report.failures] == ["c2"]
        assert report.call_details == 5
        dashboard.calls += [bare(f"d{number}") for number in range(6)]
        dashboard.answers |= {f"d{number}": answer({}, 500) for number in range(6)}
        before = len(server.asked)
        with pytest.raises(PullFailed, match="it answered 500"):
            pulled(tmp_path, described)
        # A page, and three calls with three tries each.
        assert len(server.asked) - before == 2 + 3 * 3
        assert len(held(tmp_path)) == 12


def test_when_nothing_at_all_was_to_be_had_the_pull_has_failed(tmp_path: Path) -> None:
    """A batch that is named and refused is an error in the platform's words, not a report of nothing."""
    with serving(Dashboard()) as server, pytest.raises(PullFailed, match="no b9 here") as caught:
        pulled(tmp_path, platform(server.url, batch=BATCH), batches=("b9",))
    assert (caught.value.status, caught.value.platform) == (404, "svalync")


def test_what_landed_makes_the_same_lake_again(tmp_path: Path) -> None:
    """The landing folder ingested by itself gives the same lake; each body has its request."""
    dashboard = Dashboard([call("c1"), bare("c2"), bare("c3", status="in-progress")])
    dashboard.details = {"c2": listed([call("c2")])}
    before = datetime.now(UTC)
    with serving(dashboard) as server:
        pulled(tmp_path, platform(server.url, pages=PAGES | {"size": 2}, call=CALL))
    again = tmp_path / "again"
    Lake(again).ingest(tmp_path / "landing", source="svalync")
    assert contents(again) == contents(tmp_path / "lake")
    for body in (tmp_path / "landing").rglob("*.json.gz"):
        facts = json.loads((body.parent / f".{body.name.removesuffix('.json.gz')}.request.json").read_text())
        assert facts["status"] == 200
        assert facts["request"]["method"] == "GET"
        assert facts["request"]["url"].startswith(server.url)
        received = datetime.fromisoformat(facts["received_at"])
        assert before <= datetime.fromisoformat(facts["requested_at"]) <= received
        assert body.stat().st_mtime == pytest.approx(received.timestamp(), abs=1e-5)
        assert len(gzip.decompress(body.read_bytes())) == facts["bytes"]
        assert body.parent.name == f"{received:%Y-%m-%d}"


def test_the_credential_that_a_platform_repeats_is_not_kept(tmp_path: Path) -> None:
    """A call whose text holds the credential, plain or escaped, reaches landing and lake without it."""
    shown = [call("c1", summary=CANARY), call("c2", summary=CANARY.replace("/", "%2F"), x=CANARY)]
    with serving(in_turn(answer(listed(shown)))) as server:
        pulled(tmp_path, platform(server.url))
    assert rows(tmp_path / "lake", "select summary from calls order by call_id")[0] == {"summary": "***"}
    assert "canary" not in repr(contents(tmp_path / "lake"))


def test_overlapping_pulls_take_turns(tmp_path: Path) -> None:
    """A second pull waits for the first if it may, and says who is at work if it may not."""
    with serving(Dashboard([call("c1")])) as server:
        described = platform(server.url, pages=PAGES | {"size": 2})
        with writer_lock(tmp_path / "landing" / "svalync" / ".state"), pytest.raises(LakeLocked) as caught:
            pulled(tmp_path, described)
        assert caught.value.lake == str(tmp_path / "landing" / "svalync")
        assert server.asked == []
        reports = []
        both = [threading.Thread(target=lambda: reports.append(pulled(tmp_path, described, wait_seconds=30)))
                for _ in range(2)]  # fmt: skip
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert [report.pages for report in reports] == [1, 1]
        assert held(tmp_path) == {"c1"}


def test_what_landed_waits_and_what_is_forgotten_is_asked_again(tmp_path: Path) -> None:
    """With the lake in use the answers land all the same; losing the memory of pulls loses nothing."""
    with serving(Dashboard([call("c1"), call("c2"), call("c3")])) as server:
        described = newest_first(server)
        with writer_lock(tmp_path / "lake"), pytest.raises(LakeLocked):
            pulled(tmp_path, described)
        before = len(server.asked)
        report = pulled(tmp_path, described)
        assert asked_since(server, before) == ["1"]
        assert report.ingests[0].calls_new == 3
        # Without its journal a pull asks for everything again, and the lake stays the same.
        kept = contents(tmp_path / "lake", ("calls", "segments", "batches"))
        shutil.rmtree(tmp_path / "landing" / "svalync" / ".state")
        pulled(tmp_path, described)
    assert contents(tmp_path / "lake", ("calls", "segments", "batches")) == kept


def test_since_asks_only_for_what_has_changed(tmp_path: Path) -> None:
    """A platform that can leave out what is old is told from when, a little before the last whole list."""
    with serving(in_turn(answer(listed([call("c1")])))) as server:
        described = platform(server.url, listing={"since": "updated_after", "since_format": "unix"})
        started = datetime.now(UTC).timestamp()
        pulled(tmp_path, described)
        pulled(tmp_path, described)
    first, second = server.asked
    assert "updated_after" not in first.params
    assert int(second.params["updated_after"]) == pytest.approx(started - 3600, abs=5)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [(None, "not set"), ("  ", "not set"), ("short", "holds 5 characters"), ("zwölf-zeichen", "can't stand")],
)
def test_a_missing_or_odd_credential_is_told_without_showing_it(
    value: str | None, complaint: str, tmp_path: Path
) -> None:
    """Nothing is asked; the complaint names the variable, never its value."""
    with serving(Dashboard()) as server:
        environ = {} if value is None else {"TEST_KEY": value}
        with pytest.raises(InvalidConfiguration, match=f"TEST_KEY: .*{complaint}") as caught:
            pull(Lake(tmp_path / "lake"), "svalync", platform(server.url), tmp_path / "landing", environ)
    assert not (value or "").strip() or str(value) not in str(caught.value)
    assert server.asked == []


def test_a_batch_can_only_be_asked_of_a_platform_that_says_how(tmp_path: Path) -> None:
    """Naming a batch where the platform has no table for one is said before anything is asked."""
    with serving(Dashboard()) as server:
        with pytest.raises(InvalidRequest, match=r"\[platforms.svalync.batch\]"):
            pulled(tmp_path, platform(server.url), batches=("b1",))
        assert server.asked == []
