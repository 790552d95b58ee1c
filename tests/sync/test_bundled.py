"""The platforms that come with batchlake: each one's list is asked for as it wants to be, page by page."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batchlake.errors import InvalidConfiguration, InvalidRequest, PullFailed
from batchlake.lake import Lake
from batchlake.sync.platforms import Platform, bundled_platforms
from batchlake.sync.pull.report import PullReport
from batchlake.sync.pull.run import PullOptions, pull
from batchlake.sync.status import lake_status
from tests.effort import some
from tests.sync.fake_platform import Asked, Server, answer, serving
from tests.sync.pulling import QUICK

SECRET = "secret-5e/cret+42"
ENVIRON = {
    "BLAND_API_KEY": SECRET, "RETELL_API_KEY": SECRET, "VAPI_API_KEY": SECRET, "ELEVENLABS_API_KEY": SECRET,
    "BOLNA_API_KEY": SECRET, "BOLNA_AGENT_ID": "agent 7", "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": SECRET, "ATOMS_API_KEY": SECRET, "SYNTHFLOW_API_KEY": SECRET,
    "SYNTHFLOW_MODEL_ID": "m1",
}  # fmt: skip

CALLS = [f"c{number}" for number in range(5)]
"""Newest first."""

Listed = Callable[[Asked, list[str], int], Any]


def platform(name: str, server: Server, size: int = 2) -> Platform:
    """The platform as it is described, but for its address, its haste and the size of its pages."""
    table: dict[str, Any] = bundled_platforms()[name]
    pages = table["calls"]["pages"] | {"size": size}
    calls = table["calls"] | {"pages": pages}
    return Platform.model_validate(table | {"base_url": server.url, "limits": QUICK, "calls": calls})


def pulled(name: str, folder: Path, server: Server, **options: Any) -> PullReport:
    return pull(
        Lake(folder / "lake"), name, platform(name, server), folder / "landing", ENVIRON,
        PullOptions(**options),
    )  # fmt: skip


def landed(folder: Path) -> list[str]:
    """The text of every file that landed."""
    files = [file for file in (folder / "landing").rglob("*") if file.is_file()]
    data = [
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes() for file in files
    ]
    return [one.decode("utf-8", "replace") for one in data]


def _by_offset(parameter: str, size: str) -> Callable[[Asked], slice]:
    def page(asked: Asked) -> slice:
        start = int(asked.params[parameter])
        return slice(start, start + int(asked.params[size]))

    return page


def _twilio(asked: Asked) -> Any:
    page = int(asked.params.get("Page", 0))
    following = page + 1 < 3
    return {
        "calls": [{"sid": f"CA{one}", "account_sid": "AC1"} for one in CALLS[page * 2 : page * 2 + 2]],
        "next_page_uri": f"/api/2010-04-01/Accounts/AC1/Calls.json?Page={page + 1}" if following else None,
    }


def _retell(asked: Asked) -> Any:
    key = asked.body.get("pagination_key")
    start = CALLS.index(key) + 1 if key else 0
    return [
        {"call_id": one, "call_type": "phone_call", "call_status": "ended", "transcript": "Agent: Hi"}
        for one in CALLS[start : start + asked.body["limit"]]
    ]


def _vapi(asked: Asked) -> Any:
    before = asked.params.get("createdAtLt", "9999")
    made = [
        {"id": one, "orgId": "o", "createdAt": f"2026-01-01T00:00:0{9 - n}Z"} for n, one in enumerate(CALLS)
    ]
    return [one for one in made if one["createdAt"] < before][: int(asked.params["limit"])]


def _bland(asked: Asked) -> Any:
    some = CALLS[_by_offset("from", "limit")(asked)]
    return {"total_count": 5, "calls": [{"call_id": one, "queue_status": "complete"} for one in some]}


def _elevenlabs(asked: Asked) -> Any:
    start = int(asked.params.get("cursor", "0"))
    end = start + int(asked.params["page_size"])
    return {
        "conversations": [{"conversation_id": one, "agent_id": "a"} for one in CALLS[start:end]],
        "next_cursor": str(end), "has_more": end < 5,
    }  # fmt: skip


def _bolna(asked: Asked) -> Any:
    page, size = int(asked.params["page_number"]), int(asked.params["page_size"])
    some = CALLS[(page - 1) * size : page * size]
    return {"total": 5, "data": [{"id": one, "agent_id": "a", "telephony_data": {}} for one in some]}


def _atoms(asked: Asked) -> Any:
    page, size = int(asked.params["page"]), int(asked.params["limit"])
    some = CALLS[(page - 1) * size : page * size]
    return {"status": True, "data": {"logs": [{"callId": one, "_id": one} for one in some]}}


def _synthflow(asked: Asked) -> Any:
    some = CALLS[_by_offset("offset", "limit")(asked)]
    calls = [{"call_id": one, "model_id": "m1"} for one in some]
    return {"status": "ok", "response": {"calls": calls, "pagination": {"total_records": 5}}}


LISTS: Mapping[str, tuple[str, Callable[[Asked], Any], str | None, tuple[str, str]]] = {
    "bland": ("/api/calls", _bland, "start_date", ("authorization", SECRET)),
    "retell": ("/api/v2/list-calls", _retell, None, ("authorization", f"Bearer {SECRET}")),
    "vapi": ("/api/call", _vapi, "createdAtGe", ("authorization", f"Bearer {SECRET}")),
    "elevenlabs": ("/api/conversations", _elevenlabs, "call_start_after_unix", ("xi-api-key", SECRET)),
    "bolna": ("/api/v2/agent/agent%207/executions", _bolna, "from", ("authorization", f"Bearer {SECRET}")),
    "twilio": (
        "/api/2010-04-01/Accounts/AC1/Calls.json", _twilio, "StartTime>",
        ("authorization", "Basic " + base64.b64encode(f"AC1:{SECRET}".encode()).decode()),
    ),
    "smallest_atoms": ("/api/conversation", _atoms, None, ("authorization", f"Bearer {SECRET}")),
    "synthflow": ("/api/calls", _synthflow, "from_date", ("authorization", f"Bearer {SECRET}")),
}  # fmt: skip


def script(name: str) -> Callable[[Asked], Any]:
    """The platform's list, and each call by its id."""
    path, make, _, _ = LISTS[name]
    return lambda asked: answer(make(asked) if asked.path == path else {"call_id": asked.path[-2:]})


def test_each_is_described() -> None:
    """Every platform whose exports are read and that has a list; none names a secret."""
    assert set(bundled_platforms()) == {*LISTS, "svalync"}
    for table in bundled_platforms().values():
        assert Platform.model_validate(table).base_url.startswith("https://")


@pytest.mark.parametrize("name", some(list(LISTS), 2))
def test_a_list_is_read_to_its_end(name: str, tmp_path: Path) -> None:
    """All calls, each page asked for once, with the key where the platform wants it and nowhere else."""
    path, _, _, (header, value) = LISTS[name]
    with serving(script(name)) as server:
        report = pulled(name, tmp_path, server)
    pages = [one for one in server.asked if one.path == path]
    assert (report.calls_listed, report.pages, len(pages)) == (5, 3, 3)
    assert all(one.headers[header] == value for one in server.asked)
    assert SECRET not in "".join(landed(tmp_path))
    assert all(SECRET not in str(one.params) + str(one.body) for one in server.asked)


def test_a_header_that_a_platform_repeats_is_not_kept(tmp_path: Path) -> None:
    """Of HTTP's basic authentication neither the secret nor its encoding with the user's name lands."""
    name, header = "twilio", LISTS["twilio"][3][1]

    def repeating(asked: Asked) -> Any:
        calls = [{"sid": "CA1", "account_sid": "AC1", "annotation": asked.headers["authorization"]}]
        return answer({"calls": calls, "next_page_uri": None})

    with serving(repeating) as server:
        pulled(name, tmp_path, server)
    text = "".join(landed(tmp_path))
    assert "Basic ***" in text
    assert header.removeprefix("Basic ") not in text


def test_a_request_is_told_as_it_was_made(tmp_path: Path) -> None:
    """A list that is asked for by POST lands with a note that says so."""
    with serving(script("retell")) as server:
        pulled("retell", tmp_path, server)
    notes = (tmp_path / "landing").rglob(".*.request.json")
    methods = {json.loads(note.read_text())["request"]["method"] for note in notes}
    assert methods == {"POST"}


@pytest.mark.parametrize("name", LISTS)
def test_only_what_is_younger_is_asked_for(name: str, tmp_path: Path) -> None:
    """`--since 7d` names the time as the platform writes it; one that can't be asked so is an error."""
    path, _, parameter, _ = LISTS[name]
    # How it is asked is seen before anything is answered.
    with serving(lambda _: answer({}, 401)) as server:
        if name == "smallest_atoms":
            with pytest.raises(InvalidRequest, match="how to list only new calls"):
                pulled(name, tmp_path, server, since=timedelta(days=7))
            assert server.asked == []
            return
        with pytest.raises(PullFailed):
            pulled(name, tmp_path, server, since=timedelta(days=7))
    first = next(one for one in server.asked if one.path == path)
    if parameter is None:
        given: Any = first.body["filter_criteria"]["start_timestamp"]["lower_threshold"]
    else:
        given = first.params[parameter]
    moment = _moment(given)
    assert abs(datetime.now(UTC) - timedelta(days=7) - moment) < timedelta(days=1, minutes=5)


def _moment(given: Any) -> datetime:
    if str(given).isdigit():
        number = int(given)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    found = datetime.fromisoformat(given)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_what_a_path_needs_is_asked_for(tmp_path: Path) -> None:
    """A variable that isn't set is named, before anything is asked."""
    with serving(script("bolna")) as server, pytest.raises(InvalidConfiguration, match="BOLNA_AGENT_ID"):
        pull(
            Lake(tmp_path / "lake"), "bolna", platform("bolna", server), tmp_path, {"BOLNA_API_KEY": SECRET},
        )  # fmt: skip
    assert server.asked == []
    with pytest.raises(InvalidConfiguration, match="TWILIO_ACCOUNT_SID"), serving(script("twilio")) as server:
        pull(
            Lake(tmp_path / "lake"), "twilio", platform("twilio", server), tmp_path,
            {"TWILIO_AUTH_TOKEN": SECRET},
        )  # fmt: skip


def test_a_gap_is_not_forgotten(tmp_path: Path) -> None:
    """A pull of the last hours leaves what lies before them, since the last whole list, to the next."""
    with serving(script("vapi")) as server:
        pulled("vapi", tmp_path, server)
        pulled("vapi", tmp_path, server, since=timedelta(seconds=1))
        asked = len(server.asked)
        pulled("vapi", tmp_path, server)
    following = next(one for one in server.asked[asked:] if one.path == "/api/call")
    assert datetime.now(UTC) - _moment(following.params["createdAtGe"]) > timedelta(minutes=59)


def test_a_platform_that_deletes_is_warned_of(tmp_path: Path) -> None:
    """When a third of its retention is left since the last pull; without a known one never."""
    with serving(script("vapi")) as server:
        pulled("vapi", tmp_path, server)
    for days, is_warned in ((1, False), (8, False), (10, True), (20, True)):
        now = datetime.now(UTC) + timedelta(days=days)
        found = lake_status(Lake(tmp_path / "lake"), tmp_path / "landing", None, now, {"vapi": 14})
        assert bool(found.warnings) is is_warned, days
        assert all("vapi deletes calls from" in one for one in found.warnings)
        assert found.platforms["vapi"].deletes_from is not None
        unknown = lake_status(Lake(tmp_path / "lake"), tmp_path / "landing", None, now)
        assert (unknown.warnings, unknown.platforms["vapi"].deletes_from) == ([], None)
