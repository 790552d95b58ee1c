"""What an extra installs is missed by those alone who use it, and they are told what to install."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from batchlake.lake import Lake
from tests.effort import some
from tests.paths import CASES, ROOT, SAMPLE

MODULES = {
    "console": ("prompt_toolkit", "pygments"),
    "dialects": ("sqlglot",),
    "excel": ("xlsxwriter",),
    "objects": ("obstore",),
    "pdf": ("weasyprint",),
    "privacy": ("stdnum",),
    "pull": ("httpx2",),
    "report": ("jinja2", "markupsafe", "vl_convert"),
    "spark": ("pyspark", "sqlglot"),
    "watch": ("watchfiles",),
}
"""What each extra installs, as it is imported."""

WITHOUT = "import sys\nsys.modules[sys.argv.pop(1)] = None\nfrom batchlake.cli.main import main\nmain()\n"
"""The command line of a machine that lacks a module: importing it fails, as it does there."""

ALL_WITHOUT = """
import contextlib, io, json, sys
from batchlake.cli.failures import run_guarded
from batchlake.cli.main import cli

for modules, arguments in json.load(sys.stdin):
    for name in list(sys.modules):
        if name.split(".")[0] in modules:
            del sys.modules[name]
    sys.modules.update(dict.fromkeys(modules))
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run_guarded(lambda: cli.main(arguments, prog_name="batchlake", standalone_mode=False))
    print(json.dumps([status, err.getvalue()]))
    for name in modules:
        del sys.modules[name]
"""
"""The same for several commands in one process: each lacks its modules, and leaves status and words."""

NEEDY = [
    ("excel", ["calls", "-o", "rows.xlsx", "--lake", "gone"]),
    ("excel", ["sql", "-c", "select 1", "-o", "rows.xlsx", "--lake", "gone"]),
    ("excel", ["report", "-o", "report.xlsx", "--lake", "gone"]),
    ("report", ["report", "-o", "report.html", "--lake", "gone"]),
    ("report", ["report", "-o", "report.pdf", "--lake", "gone"]),
    ("pdf", ["report", "-o", "report.pdf", "--lake", "gone"]),
    ("dialects", ["filter", "compile", '{"status": "completed"}', "--dialect", "spark"]),
    ("privacy", ["redact", "--config", str(CASES / "privacy.toml"), "--try", "536-90-4399"]),
    ("pull", ["pull", "svalync"]),
    ("spark", ["batches", "--engine", "spark", "--spark-master", "local[1]"]),
    ("watch", ["watch", "."]),
    ("objects", ["ingest", "s3://bucket/exports/"]),
    ("objects", ["batches", "--lake", "s3://bucket/lake"]),
]

PLAIN = [
    ["ingest", str(SAMPLE / "07-calls.ndjson"), "--force", "--allow-problems"],
    ["batches"],
    ["batch", "batch_xyz789", "--include-analytics", "--include-transcripts"],
    ["call", "call_abc123"],
    ["calls", "--filter", '{"text": "hello"}', "--format", "csv"],
    ["calls", "-o", "calls.parquet"],
    ["analytics", "--by", "agent_id", "--format", "table"],
    ["audit"],
    ["progress", "batch_xyz789"],
    ["report", "-o", "report.csv"],
    ["report", "-o", "report.md"],
    ["filter", "compile", '{"status": "completed"}', "--inline"],
    ["sql", "-c", "select count(*) from calls"],
    ["views"],
    ["schedule", "print", "cron", "pull", "svalync"],
    ["status"],
    ["config", "show"],
    ["compact"],
    ["check"],
]


@pytest.fixture(scope="module")
def lake(sample_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of the sample that may be written to."""
    return shutil.copytree(sample_lake.root, tmp_path_factory.mktemp("extras") / "lake")


def settings(lake: Path) -> dict[str, str]:
    """The environment of a command that asks this lake."""
    return os.environ | {
        "BATCHLAKE_LAKE": str(lake),
        "PYTHONPATH": str(ROOT),
        "SVALYNC_API_KEY": "key",
        "XDG_STATE_HOME": str(lake.parent),
    }


@dataclass(frozen=True)
class Tried:
    """What became of the commands: exit status and words of each, and the files that stand there then."""

    needy: list[tuple[str, list[str], int, str]]
    plain: list[tuple[list[str], int, str]]
    files: set[str]


@pytest.fixture(scope="module")
def tried(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """The plain commands without any extra, and each of the others without one module of what it needs."""
    folder = tmp_path_factory.mktemp("tried")
    every = sorted({module for several in MODULES.values() for module in several})
    plain = some(PLAIN, 10)
    needy = [
        (extra, arguments, module)
        for extra, arguments in NEEDY
        for module in some(MODULES[extra], 1)
    ]  # fmt: skip
    commands = [
        *((every, arguments) for arguments in plain),
        *(([module], arguments) for _, arguments, module in needy),
    ]
    done = subprocess.run(
        [sys.executable, "-c", ALL_WITHOUT],
        input=json.dumps(commands), capture_output=True, text=True, check=True, cwd=folder,
        env=settings(lake), timeout=120,
    )  # fmt: skip
    answers = [tuple(json.loads(line)) for line in done.stdout.splitlines()]
    return Tried(
        [
            (extra, arguments, *answer)
            for (extra, arguments, _), answer in zip(needy, answers[len(plain) :], strict=True)
        ],
        [(arguments, *answer) for arguments, answer in zip(plain, answers, strict=False)],
        {one.name for one in folder.iterdir()},
    )


def test_what_needs_an_extra_says_which(tried: Tried) -> None:
    """Without any one module of an extra: exit 2, one sentence with what installs it, and no file. Nothing
    is computed before: some name a lake that isn't there."""
    for extra, command, status, said in tried.needy:
        (line,) = (line for line in said.splitlines() if line.startswith("batchlake: "))
        assert status == 2, (command, said)
        assert f"pip install 'batchlake[{extra}]'" in line, command
    written = {command[-1] for command, *_ in tried.plain if "-o" in command}
    assert tried.files == written


@pytest.mark.parametrize("module", some(MODULES["console"], 1))
def test_the_console_says_which_extra_it_needs(module: str, lake: Path) -> None:
    """At a terminal `batchlake sql` without the prompt's libraries ends in the same way."""
    child = pexpect.spawn(
        sys.executable, ["-c", WITHOUT, module, "sql"], env=settings(lake), timeout=60, encoding="utf-8",
        dimensions=(24, 200),
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    said = " ".join(child.before.split())
    assert "need the extra `console`; install it with: pip install 'batchlake[console]'" in said


def test_what_needs_no_extra_runs_without_any(tried: Tried) -> None:
    """A plain install does all else: nothing of an extra is imported on the way."""
    for arguments, status, said in tried.plain:
        assert (status, "extra" in said) == (0, False), (arguments, said)


def test_the_extras_are_those_of_the_project() -> None:
    """Each has a command here that misses it; `all` holds every one but Spark, and none is required.

    `bench` is missed by a rival in the benchmarks' table alone.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tested = {extra for extra, _ in NEEDY} | {"console"}
    assert extras.keys() - {"all", "bench", "dev"} == tested == MODULES.keys()
    assert extras["all"] == [f"batchlake[{','.join(sorted(tested - {'spark'}))}]"]
    assert "batchlake[all]" in extras["dev"]
    required = {requirement.split(">=")[0] for requirement in project["dependencies"]}
    optional = {one.split(">=")[0] for extra in tested for one in extras[extra]}
    assert required.isdisjoint(optional)
    assert {"polars", "duckdb", "pyarrow", "pydantic", "deltalake"} <= required
