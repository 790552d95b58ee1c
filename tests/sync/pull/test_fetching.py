"""An interrupted list is gone on with from the pages that landed, whatever leads from one to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batchlake.sync.api.client import Cause
from tests.sync.fake_platform import Asked, Behaviour, Dashboard, answer, call, listed, serving
from tests.sync.pulling import PAGES, fetched, platform

STYLES = {"cursor": {"style": "cursor", "parameter": "at", "next": "next"}, "link": {"style": "link"}}
CALLS = [call(f"c{number}") for number in range(5)]


@pytest.mark.parametrize("style", STYLES)
def test_cursors_and_links_are_gone_on_with(style: str, tmp_path: Path) -> None:
    """The next cursor, or link, is read from the page that landed last."""
    broken = [True]

    def script(asked: Asked) -> Behaviour:
        number = int(asked.params.get("at", "1"))
        if number == 3 and broken:
            return answer({}, 401)
        following = {} if number == 4 else {"next": str(number + 1)}
        link = {} if number == 4 else {"Link": f'<list?at={number + 1}>; rel="next"'}
        return answer(listed([call(f"c{number}")], **following), headers=link)

    with serving(script) as server:
        described = platform(server.url, pages=STYLES[style])
        _, fault = fetched(tmp_path, described)
        assert fault is not None
        assert fault.cause is Cause.FORBIDDEN
        broken.clear()
        before = len(server.asked)
        report, fault = fetched(tmp_path, described)
    assert fault is None
    assert [one.params["at"] for one in server.asked[before:]] == ["3", "4"]
    assert (report.resumed_pages, report.calls_listed) == (2, 2)


def test_a_list_that_cannot_be_gone_on_with_is_begun_anew(tmp_path: Path) -> None:
    """A platform that refuses the page after an interruption is asked for the list from its beginning."""
    dashboard = Dashboard(CALLS)
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 2})
        dashboard.answers["2"] = answer({}, 500)
        fetched(tmp_path, described)
        before = len(server.asked)
        dashboard.answers["2"] = answer({"message": "cursor expired"}, 410)
        report, fault = fetched(tmp_path, described)
        assert [one.params["page"] for one in server.asked[before:]] == ["2", "1", "2"]
    assert fault is not None
    assert fault.status == 410
    assert "cursor expired" in report.notes[0]


@pytest.mark.parametrize("damage", ["missing", "rotten", "another", "elsewhere"])
def test_a_page_that_was_lost_is_fetched_again(damage: str, tmp_path: Path) -> None:
    """Pages that were deleted, that rotted, or that no longer fit the platform make the list begin anew."""
    dashboard = Dashboard(CALLS)
    dashboard.answers["3"] = answer({}, 401)
    with serving(dashboard) as server:
        described: Any = platform(server.url, pages=PAGES | {"size": 2})
        fetched(tmp_path, described)
        first = next((tmp_path / "landing").rglob("*-00001.json.gz"))
        if damage == "missing":
            first.unlink()
        elif damage == "rotten":
            first.write_bytes(b"rotten")
        elif damage == "another":
            first.write_bytes(first.with_name(first.name.replace("-00001", "-00002")).read_bytes())
        else:
            described = platform(server.url, pages=PAGES, listing={"records": "response.0.items"})
        dashboard.answers.clear()
        before = len(server.asked)
        report, _ = fetched(tmp_path, described)
    assert report.resumed_pages == 0
    assert server.asked[before].params["page"] == "1"
