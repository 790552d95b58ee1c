"""What the tests of pulling share: a platform's description, a pull into a lake, what the lake holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from batchlake.errors import LakeNotFound
from batchlake.lake import Lake
from batchlake.sync.api.client import Client, Fault
from batchlake.sync.api.credential import read_credential
from batchlake.sync.platforms import Platform
from batchlake.sync.pull.fetching import Fetcher
from batchlake.sync.pull.journal import Journal
from batchlake.sync.pull.landing import Landing
from batchlake.sync.pull.report import PullReport
from batchlake.sync.pull.run import PullOptions, pull
from tests.lakes import contents
from tests.sync.fake_platform import CANARY

QUICK = {
    "requests_per_second": 10_000, "tries": 3, "first_wait_seconds": 0.002, "longest_wait_seconds": 1.5,
    "connect_seconds": 2, "silence_seconds": 0.4, "response_seconds": 0.8, "pull_seconds": 30,
    "response_bytes": 1_000_000, "pages": 20,
}  # fmt: skip
"""Limits that make waiting short."""

PAGES = {"style": "page", "parameter": "page"}


def platform(base_url: str, *, pages: Any = None, limits: Any = None, **more: Any) -> Platform:
    """A platform like svalync at an address of the tests', without a table for single calls."""
    listing = {"path": "voiceai/list", "records": "response.0.data", "pages": pages or {}}
    table: dict[str, Any] = {
        "base_url": base_url,
        "auth": {"header": "x-api-key", "env": "TEST_KEY"},
        "limits": QUICK | (limits or {}),
        "calls": listing | more.pop("listing", {}),
    }
    return Platform.model_validate(table | more)


def pulled(folder: Path, described: Platform, **options: Any) -> PullReport:
    """One pull into `folder/lake` by way of `folder/landing`."""
    environ = {"TEST_KEY": CANARY}
    return pull(
        Lake(folder / "lake"), "svalync", described, folder / "landing", environ, PullOptions(**options)
    )


def held(folder: Path) -> set[str]:
    """The ids of the calls in the lake; none where there is no lake."""
    try:
        return {row["call_id"] for row in contents(folder / "lake", ("calls",))["calls"]}
    except LakeNotFound:
        return set()


def fetched(folder: Path, described: Platform) -> tuple[PullReport, Fault | None]:
    """Fetch the platform's list into a landing folder: the report, and the fault that ended it."""
    landing = Landing(folder / "landing", "svalync")
    report = PullReport("svalync", str(landing.folder), datetime.now(UTC))
    assert described.auth
    assert described.calls

    async def fetch(journal: Journal) -> Fault | None:
        client = Client(described, read_credential(described.auth, {"TEST_KEY": CANARY}))
        fetcher = Fetcher(described, client, landing, journal, report, lambda line: None)
        try:
            await fetcher.list_calls(described.calls, full=False, wanted=set())
        except Fault as fault:
            return fault
        finally:
            await client.close()
        return None

    with Journal(landing.folder, "svalync") as journal:
        return report, asyncio.run(fetch(journal))
