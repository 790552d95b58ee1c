"""A browser, the checker of accessibility, and pages to look at."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchlake.lake import Lake
from tests.effort import EVERYTHING
from tests.reports.page.chromium import Tab, open_tab

AXE = "axe-core@4.10.3"


@pytest.fixture(scope="session")
def sample(sample_lake: Lake) -> Lake:
    """The lake of the bundled sample."""
    return sample_lake


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of headless Chromium."""
    with open_tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here to fetch axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", AXE, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"npm can't fetch {AXE}: {done.stderr.strip()[-300:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        script = packed.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


@pytest.fixture(scope="session")
def pages(
    tmp_path_factory: pytest.TempPathFactory, sample: Lake, lake: Lake, hostile: Lake
) -> dict[str, Path]:
    """Reports with everything in them: of a batch, of all calls by groups, and of hostile text."""
    folder = tmp_path_factory.mktemp("pages")
    reports = {
        "batch": sample.report("batch_xyz789", compare="batch_mixed", include_transcripts=True),
        "all": sample.report(by=("agent_id", "outcome"), timezone="Asia/Kolkata"),
        "hostile": hostile.report(by="agent_name", include_transcripts=True, top=30),
        "nothing": sample.report("batch_empty"),
    }
    if EVERYTHING:
        reports["awkward"] = lake.report(by="batch_id")
    for name, report in reports.items():
        report.write(folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in reports}
