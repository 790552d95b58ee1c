"""Whatever a platform does, a fetch ends as the table says, after as many requests as the table says."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from batchlake.sync.api.client import Cause
from tests.sync.conftest import with_canary
from tests.sync.fake_platform import (
    CANARY,
    Asked,
    Behaviour,
    Script,
    answer,
    answer_with_length,
    call,
    chunked_without_end,
    close_at_once,
    cut_off,
    drip,
    drip_headers,
    endless_body,
    gzip_bomb,
    hang,
    hang_in_body,
    in_turn,
    listed,
    nonsense,
    reset_at_once,
    reset_in_body,
    serving,
)
from tests.sync.pulling import PAGES, fetched, platform

GOOD = answer(listed([call("c1"), call("c2")]))
PAST = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
CURSOR = {"style": "cursor", "parameter": "after", "next": "next"}
LINK = {"style": "link"}
ZIPPED = {"Content-Encoding": "gzip"}
LIMITED, UNAVAILABLE, REFUSED = Cause.RATE_LIMITED, Cause.UNAVAILABLE, Cause.REFUSED
FORBIDDEN, UNACCEPTABLE, DEADLINE = Cause.FORBIDDEN, Cause.UNACCEPTABLE, Cause.DEADLINE


@dataclass(frozen=True)
class Case:
    """What the platform does, how it is described, and what comes of it."""

    name: str
    script: Script
    requests: int
    pages: int = 1
    cause: Cause | None = None
    words: str = ""
    retry_after: float | None = None
    note: str = ""
    platform: Mapping[str, Any] = field(default_factory=dict)


def limited(retry_after: str | None, status: int = 429) -> Behaviour:
    return answer({"message": "slow down"}, status, {"Retry-After": retry_after} if retry_after else {})


def refused(status: int, document: Any) -> Script:
    return in_turn(answer(document, status))


def pointing(cursor: str) -> str:
    """A page of one call, and where it leads as JSON text."""
    return f'{{"response": [{{"data": [{{"id": "c1"}}]}}], "next": {cursor}}}'


def paged(*pages: list[str], total: Callable[[int], int | str] | None = None) -> Script:
    """Pages by number from 1, empty ones after the last."""

    def script(asked: Asked) -> Behaviour:
        number = int(asked.params["page"])
        ids = pages[number - 1] if number <= len(pages) else []
        return answer(listed([call(name) for name in ids], **({"total": total(number)} if total else {})))

    return script


def endless(asked: Asked) -> Behaviour:
    return answer(listed([call(f"c{asked.params['page']}")]))


def looping(asked: Asked) -> Behaviour:
    after = {"": "a", "a": "b", "b": "a"}[asked.params.get("after", "")]
    return answer(
        listed([call(f"before-{after}-{len(asked.params)}-{asked.params.get('after')}")], next=after)
    )


def redirected(asked: Asked) -> Behaviour:
    return GOOD if asked.path.endswith("/moved") else answer({}, 301, {"Location": "moved?x=1"})


def limited_on_page_two() -> Script:
    waiting = [limited("0"), limited(None)]

    def script(asked: Asked) -> Behaviour:
        if asked.params["page"] == "2" and waiting:
            return waiting.pop()
        return paged(["c1"], ["c2"], ["c3"])(asked)

    return script


def linked(asked: Asked) -> Behaviour:
    if "page" in asked.params:
        return answer(listed([call("c2")]))
    return answer(
        listed([call("c1")]), headers={"Link": '<list?page=2>; rel="next", <list?page=9>; rel="last"'}
    )


CASES = [
    Case("whole", in_turn(GOOD), 1),
    Case("zipped", in_turn(answer(listed([call("c1")]), zipped=True)), 1),
    Case("byte order mark", in_turn(answer(b'\xef\xbb\xbf{"response":[{"data":[{"id":"c1"}]}]}')), 1),
    Case("no calls", in_turn(answer(listed([]))), 1),
    Case("a lone surrogate", in_turn(answer(b'{"response":[{"data":[{"id":"c1","x":"\\ud800"}]}]}')), 1),
    Case("records that are no calls", in_turn(answer(listed([1, None, "x", {"x": 1}, call("c1")]))), 1),
    # Asked for less
    Case("429, seconds", in_turn(limited("0"), GOOD), 2),
    Case("429, fraction", in_turn(limited("0.01"), GOOD), 2),
    Case("429, date", in_turn(limited(format_datetime(PAST, usegmt=True)), GOOD), 2),
    Case("429, date as in RFC 850", in_turn(limited("Sunday, 06-Nov-94 08:49:37 GMT"), GOOD), 2),
    Case("429, date as of asctime", in_turn(limited("Sun Nov  6 08:49:37 1994"), GOOD), 2),
    Case("429, negative", in_turn(limited("-7"), GOOD), 2),
    Case("429, nonsense", in_turn(limited("soon"), GOOD), 2),
    Case("429, not a number", in_turn(limited("nan"), GOOD), 2),
    Case("429, nothing", in_turn(limited(None), GOOD), 2),
    Case("503, seconds", in_turn(limited("0", 503), GOOD), 2),
    Case("429 again and again", in_turn(limited("0")), 3, 0, LIMITED, "slow down", 0.0),
    Case("503 again and again", in_turn(limited(None, 503)), 3, 0, LIMITED, "503"),
    Case("429, an hour", in_turn(limited("3600")), 1, 0, LIMITED, "429", 3600.0),
    Case("429, for ever", in_turn(limited("999999999")), 1, 0, LIMITED, "429", 86400.0),
    Case("429 in the middle", limited_on_page_two(), 6, 4, platform={"pages": PAGES}),
    # Unwell
    Case("500 once", in_turn(answer({}, 500), GOOD), 2),
    Case("502 and 504", in_turn(answer({}, 502), answer({}, 504), GOOD), 3),
    Case("408 once", in_turn(answer({}, 408), GOOD), 2),
    Case("500 again and again", in_turn(answer({"error": "boom"}, 500)), 3, 0, UNAVAILABLE, "500: boom"),
    Case("501 won't heal", in_turn(answer({}, 501)), 1, 0, UNACCEPTABLE, "501"),
    Case("reset at once", in_turn(reset_at_once, GOOD), 2),
    Case("closed at once", in_turn(close_at_once, GOOD), 2),
    Case("reset in the body", in_turn(reset_in_body(listed([call("c1")])), GOOD), 2),
    Case("shorter than said", in_turn(answer_with_length(listed([call("c1")]), 100), GOOD), 2),
    Case("longer than said", in_turn(answer_with_length(listed([call("c1")]), -10), GOOD), 2),
    Case("cut off without a length", in_turn(cut_off(listed([call("c1")])), GOOD), 2),
    Case("chunks without an end", in_turn(chunked_without_end(listed([call("c1")])), GOOD), 2),
    Case("hung connection", in_turn(hang, GOOD), 2),
    Case("hung in the body", in_turn(hang_in_body, GOOD), 2),
    Case("slow drip", in_turn(drip({}), GOOD), 2),
    Case("slow drip of headers", in_turn(drip_headers, GOOD), 2),
    Case("not HTTP", in_turn(nonsense), 3, 0, UNAVAILABLE, "connection failed"),
    # Refused
    Case("400", refused(400, {"error": {"message": "no such field"}}), 1, 0, REFUSED, "400: no such field"),
    Case("401", refused(401, {"detail": "bad key"}), 1, 0, FORBIDDEN, "bad key (check the credential in"),
    Case("403", refused(403, "<p>go\n\naway</p>"), 1, 0, FORBIDDEN, "403: <p>go away</p>"),
    Case("404", refused(404, ""), 1, 0, REFUSED, "it answered 404"),
    Case("204", in_turn(answer(b"", 204)), 1, 0, UNACCEPTABLE, "204"),
    Case("200, but no success", in_turn(answer({"response": [{"success": False, "message": "quota"}]})), 1, 0,
         REFUSED, "quota"),
    Case("another shape", in_turn(answer([1, 2])), 1, 0, REFUSED, "at 'response.0.data'"),
    # Hostile pages
    Case("a cursor with half a character", in_turn(answer(pointing('"\\ud83d"'))), 1, 1, UNACCEPTABLE,
         "page 1 leads to a page that can't be asked for: '\\ud83d'", platform={"pages": CURSOR}),
    Case("a cursor with a line break", in_turn(answer(pointing('"a\\nb"')), GOOD), 2, 2,
         platform={"pages": CURSOR}),
    Case("a cursor that is an object", in_turn(answer(pointing('{"a": 1}'))), 1, 1, UNACCEPTABLE,
         "can't be asked for: \"{'a': 1}\"", platform={"pages": CURSOR}),
    Case("a cursor that says no", in_turn(answer(pointing("false"))), 1, platform={"pages": CURSOR}),
    Case("a link to nowhere", in_turn(answer(listed([]), headers={"Link": '<>; rel="next"'})), 1,
         platform={"pages": LINK}),
    Case("a total of 5,000 digits", paged(["c1"], total=lambda _: "9" * 5_000), 2, 2,
         platform={"pages": PAGES | {"total": "total"}}),
    # Elsewhere
    Case("redirect within the origin", redirected, 2),
    Case("redirects without end", in_turn(answer({}, 302, {"Location": "x"})), 6, 0,
         UNACCEPTABLE, "redirects"),
    Case("redirect to https", in_turn(answer({}, 307, {"Location": "https://127.0.0.1/x"})), 1, 0,
         UNACCEPTABLE, "another origin"),
    Case("redirect to a file", in_turn(answer({}, 302, {"Location": "file:///etc/passwd"})), 1, 0,
         UNACCEPTABLE, "another origin"),
    Case("redirect to nonsense", in_turn(answer({}, 302, {"Location": "http://[::1"})), 1, 0,
         UNACCEPTABLE, ""),
    # Too much
    Case("larger than allowed", in_turn(answer(b" " * 2_000_000)), 1, 0, UNACCEPTABLE, "larger than"),
    Case("a body without end", in_turn(endless_body), 1, 0, UNACCEPTABLE, "larger than"),
    Case("gzip bomb", in_turn(gzip_bomb), 1, 0, UNACCEPTABLE, "larger than"),
    Case("broken gzip", in_turn(answer(b"xyz", headers=ZIPPED), GOOD), 2),
    Case("gzip cut off", in_turn(answer(gzip.compress(b"[]")[:-4], headers=ZIPPED), GOOD), 2),
    Case("an encoding not asked for", in_turn(answer(b"x", headers={"Content-Encoding": "br"})), 1, 0,
         UNACCEPTABLE, "'br'"),
    Case("time for the pull is over", endless, 0, 0, DEADLINE, "the time for one pull",
         platform={"pages": PAGES, "limits": {"pull_seconds": 1e-9}}),
    Case("time for the pull is over while it hangs", in_turn(hang), 1, 0, DEADLINE, "the time for one pull",
         platform={"limits": {"pull_seconds": 5, "silence_seconds": 30, "response_seconds": 30}}),
    # Hostile JSON
    Case("HTML", in_turn(answer("<html>Bad gateway</html>")), 3, 0, UNAVAILABLE, "not whole JSON"),
    Case("nested deeply", in_turn(answer("[" * 100_000 + "]" * 100_000)), 3, 0, UNAVAILABLE, "too deeply"),
    Case("not a number", in_turn(answer('{"response":[{"data":[{"id":"c1","cost":NaN}]}]}')), 1),
    Case("nothing", in_turn(answer(b"")), 3, 0, UNAVAILABLE, "not whole JSON"),
    Case("two documents", in_turn(answer("{}{}")), 3, 0, UNAVAILABLE, "not whole JSON"),
    # Pages
    Case("three pages and an empty one", paged(["c1"], ["c2"], ["c3"]), 4, 4, platform={"pages": PAGES}),
    Case("a page that isn't full", paged(["c1", "c2"], ["c3"]), 2, 2,
         platform={"pages": PAGES | {"size": 2}}),
    Case("as many as the total", paged(["c1"], ["c2"], total=lambda _: 2), 2, 2,
         platform={"pages": PAGES | {"total": "total"}}),
    Case("pages without end", endless, 20, 20, UNACCEPTABLE, "more than 20 pages", platform={"pages": PAGES}),
    Case("a repeated page", in_turn(GOOD), 2, 1, UNACCEPTABLE, "page 2 repeats", platform={"pages": PAGES}),
    Case("a cursor that loops", looping, 3, 3, UNACCEPTABLE, "leads back", platform={"pages": CURSOR}),
    Case("a total that grows", paged(["c1"], ["c2"], ["c3"], total=lambda n: 2 if n == 1 else 3), 3, 3,
         note="changed from 2 to 3", platform={"pages": PAGES | {"total": "total"}}),
    Case("fewer than the total", paged(["c1"], total=lambda _: 9), 2, 2, note="counts 9 calls and listed 1",
         platform={"pages": PAGES | {"total": "total"}}),
    Case("links", linked, 2, 2, platform={"pages": LINK}),
    Case("a link to another origin",
         in_turn(answer(listed([call("c1")]), headers={"Link": "<http://127.0.0.1:9/x>; rel=next"})),
         1, 1, UNACCEPTABLE, "another origin", platform={"pages": LINK}),
    # The credential sent back
    Case("echo in a body", in_turn(answer(listed([call("c1", summary=f"key {CANARY}")]))), 1),
    Case("echo in a complaint", refused(400, {"message": f"bad key {CANARY}!"}), 1, 0, REFUSED, "key ***!"),
    Case("echo at the cut of a long complaint", refused(400, "x" * 290 + CANARY), 1, 0, REFUSED, "xxx"),
    Case("echo in an address", in_turn(answer({}, 302, {"Location": f"http://[::1]/?k={CANARY}"})), 1, 0,
         UNACCEPTABLE, "k=***"),
    Case("echo in headers", in_turn(answer(listed([]), headers={"Link": f"<{CANARY}>", "ETag": CANARY})), 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_outcome_and_number_of_requests(case: Case, tmp_path: Path) -> None:
    """The list ends as the table says, what counts has landed whole, and no request more was made."""
    with serving(case.script) as server:
        described = platform(server.url, **case.platform)
        report, fault = fetched(tmp_path, described)
    landed = sorted((tmp_path / "landing").rglob("*.json.gz"))
    assert (fault.cause if fault else None, len(landed), len(server.asked)) == (
        case.cause,
        case.pages,
        case.requests,
    ), fault
    assert case.words in (fault.reason if fault else "")
    assert (fault.retry_after if fault else None) == case.retry_after
    assert case.note in " ".join(report.notes)
    assert all(asked.headers["x-api-key"] == CANARY for asked in server.asked)
    assert with_canary(tmp_path) == []
    assert CANARY[:10] not in f"{fault} {report}"


def test_a_redirect_takes_the_credential_nowhere(tmp_path: Path) -> None:
    """Another origin that an answer leads to gets no request at all, by redirect or by link."""
    with serving(in_turn(GOOD)) as other:
        away = answer(listed([call("c1")]), 302, {"Location": f"{other.url}voiceai/list"})
        next_page = answer(listed([call("c1")]), headers={"Link": f"<{other.url}x>; rel=next"})
        for behaviour in (away, next_page):
            with serving(in_turn(behaviour)) as server:
                _, fault = fetched(tmp_path, platform(server.url, pages=LINK))
            assert fault is not None
            assert len(server.asked) == 1
        assert other.asked == []


def test_a_date_in_an_hour_gives_up_at_once(tmp_path: Path) -> None:
    """A `Retry-After` date further off than a try may wait is handed on in seconds, after one request."""
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving(in_turn(limited(soon))) as server:
        _, fault = fetched(tmp_path, platform(server.url))
    assert fault is not None
    assert fault.retry_after == pytest.approx(3600, abs=3)
    assert len(server.asked) == 1
