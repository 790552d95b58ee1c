"""A pull killed at each page, and at each step of landing one, loses nothing and counts nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batchlake.lake import Lake
from tests.effort import at_length, some
from tests.lakes import contents
from tests.sync.fake_platform import CANARY, Asked, Behaviour, Dashboard, call, hang, serving
from tests.sync.pulling import PAGES, platform, pulled

PAGE_SIZE = 2
CALLS = [call(f"c{number}", batch_id="b1") for number in range(5)]
PAGES_OF_ALL = 3
TABLES = ("calls", "segments", "batches")

# A pull in a process of its own, which can be killed; its credential comes from the environment.
PULLER = """
import json, os, sys
from pathlib import Path
from batchlake.sync.platforms import Platform
from batchlake.sync.pull.run import pull
from batchlake.lake import Lake

folder, described, fatal = Path(sys.argv[1]), Platform.model_validate_json(sys.argv[2]), int(sys.argv[3])

if fatal:
    # Die at the n-th change of a name, the step at which a landing file appears.
    steps = 0
    def watch(event, details):
        global steps
        if event == "os.rename" and str(details[1]).startswith(str(folder / "landing")):
            steps += 1
            if steps == fatal:
                os._exit(9)
    sys.addaudithook(watch)
pull(Lake(folder / "lake"), "svalync", described, folder / "landing", os.environ)
"""


def run_pull(folder: Path, described: Any, *, fatal: int = 0) -> subprocess.Popen[bytes]:
    """A pull in another process, its output in a file below the test's folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", PULLER, str(folder), described.model_dump_json(), str(fatal)],
            env=os.environ | {"TEST_KEY": CANARY},
            stdout=output,
            stderr=output,
        )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the lake holds after a pull that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with serving(Dashboard(CALLS, size=PAGE_SIZE)) as server:
        pulled(folder, platform(server.url, pages=PAGES | {"size": PAGE_SIZE}))
    return comparable(folder)


def comparable(folder: Path) -> Any:
    """The tables without the times of observation, which are those of each pull's own answers."""
    found = contents(folder / "lake", TABLES)
    own = {"observed_at", "field_observed_at"}
    return {
        name: [{key: value for key, value in row.items() if key not in own} for row in rows]
        for name, rows in found.items()
    }


def landed_pages(folder: Path) -> list[str]:
    return sorted(path.name[-len("00001.json.gz") :] for path in (folder / "landing").rglob("*.json.gz"))


@pytest.mark.parametrize("page", some([2, 1, *range(3, PAGES_OF_ALL + 1)], 1))
def test_killed_while_a_page_is_on_its_way(page: int, undisturbed: Any, tmp_path: Path) -> None:
    """SIGKILL while page n is asked for: the next pull asks for n and what follows, nothing before."""
    dashboard = Dashboard(CALLS, size=PAGE_SIZE)
    process: subprocess.Popen[bytes] | None = None

    def script(asked: Asked) -> Behaviour:
        if process is not None and process.returncode is None and asked.params["page"] == str(page):
            process.kill()
            process.wait()
            return hang
        return dashboard(asked)

    with serving(script) as server:
        described = platform(server.url, pages=PAGES | {"size": PAGE_SIZE})
        process = run_pull(tmp_path, described)
        assert process.wait(60) == -9
        assert len(landed_pages(tmp_path)) == page - 1
        before = len(server.asked)
        report = pulled(tmp_path, described)
    assert [one.params["page"] for one in server.asked[before:]] == [
        str(number) for number in range(page, PAGES_OF_ALL + 1)
    ]
    assert report.resumed_pages == page - 1
    assert landed_pages(tmp_path) == [f"{number:05}.json.gz" for number in range(1, PAGES_OF_ALL + 1)]
    assert comparable(tmp_path) == undisturbed
    assert Lake(tmp_path / "lake").check() == []


@at_length
@pytest.mark.parametrize("step", some([2, 3], 1))
def test_killed_while_a_page_lands(step: int, undisturbed: Any, tmp_path: Path) -> None:
    """Dead before a body or its sidecar appears: that page is asked for again, and lands in its own place."""
    with serving(Dashboard(CALLS, size=PAGE_SIZE)) as server:
        described = platform(server.url, pages=PAGES | {"size": PAGE_SIZE})
        assert run_pull(tmp_path, described, fatal=step).wait(60) == 9
        before = len(server.asked)
        pulled(tmp_path, described)
    first = (step + 1) // 2
    assert [one.params["page"] for one in server.asked[before:]] == [
        str(number) for number in range(first, PAGES_OF_ALL + 1)
    ]
    assert len(landed_pages(tmp_path)) == PAGES_OF_ALL
    assert comparable(tmp_path) == undisturbed
