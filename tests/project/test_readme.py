"""The pages are true: generated parts are current, commands and examples run, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import click
import pexpect
import pytest
from hatchling.builders.wheel import WheelBuilder

from batchlake.cli.main import cli
from batchlake.lake import Lake
from tests.effort import at_length
from tests.paths import ROOT
from tests.query.sql_lake import make_lake
from tests.readme import PAGES, PART, PARTS, README, generated, shell_environment

BIN = Path(sys.executable).parent
ALL_PAGES = [README, *PAGES]
MADE_BY_THE_SHELL = {"report.html", "report.xlsx", "failed.pdf", "views.sql"}


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str, *, shown: bool = True) -> list[str]:
    """The fenced blocks of one language on a page; without `shown`, only those that nothing generates."""
    text = page.read_text(encoding="utf-8")
    text = text if shown else PART.sub("", text)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def having(language: str) -> list[object]:
    """The pages with blocks of a language; of the rooms' pages what runs is run at length."""
    rooms = ROOT / "batchlake"
    return [
        pytest.param(
            page,
            id=name_of(page),
            marks=at_length if language != "console" and page.is_relative_to(rooms) else (),
        )
        for page in ALL_PAGES
        if any(".venv" not in block for block in blocks(page, language))
    ]


@pytest.mark.parametrize("page", ALL_PAGES, ids=name_of)
def test_generated_parts_are_current(page: Path) -> None:
    """What stands between a part's marks is what the code makes of it: tables, commands with their output."""
    text = page.read_text(encoding="utf-8")
    assert generated(text) == text, "run: python -m tests.readme"


def test_each_part_is_on_one_page() -> None:
    """Nothing is said twice, and nothing that can be generated is left out."""
    found = [name for page in ALL_PAGES for _, name, _ in PART.findall(page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(PARTS)


@pytest.fixture
def environment(sample_lake: Lake, tmp_path: Path) -> dict[str, str]:
    """The variables of a shell in a folder with the sample and a lake of it."""
    shutil.copytree(sample_lake.root, tmp_path / "lake")
    return shell_environment(tmp_path)


@pytest.mark.parametrize("page", having("python"))
def test_the_python_examples_run(page: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """A page's Python blocks run one after another, without a warning, beside the sample and a lake of it."""
    script = "\n".join(blocks(page, "python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=tmp_path, capture_output=True, text=True,
        check=False, env=environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout or "calls" in done.stdout


@pytest.mark.parametrize("page", having("sh"))
def test_the_shell_examples_run(page: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """Each command of a page's shell blocks runs, in order; those that install and test are `.ci/run`'s."""
    commands = [block for block in blocks(page, "sh") if ".venv" not in block]
    if any("hsql" in block for block in commands):
        for shell in ("duckdb", "hsql"):
            if not (BIN / shell).exists():
                pytest.skip(f"{shell} is not installed")
    script = "set -e\n" + "".join(commands)
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    written = {name for name in MADE_BY_THE_SHELL if f"-o {name}" in script}
    assert written <= {path.name for path in tmp_path.iterdir()}
    # DuckDB's shell and Harlequin's count the same calls.
    assert len(re.findall(r"completed\s+[│|]\s+25\b", done.stdout)) == 2 * ("hsql" in script), done.stdout


@pytest.mark.parametrize("page", having("console"))
def test_commands_that_need_more_than_this_machine_are_understood(page: Path) -> None:
    """What is shown and not run here (a platform, a bucket, benchmarks) exists, with these options."""
    for block in blocks(page, "console", shown=False):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words[0] == "batchlake":
                parse(cli, words[1:])
            elif words[:2] == ["python", "-m"]:
                assert {word for word in words if word.startswith("--")} <= options_of(words[2])
            else:
                assert words[:2] == ["pip", "install"]


@cache
def options_of(module: str) -> set[str]:
    """The options that a module run as a program names in its help."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(re.findall(r"--[\w-]+", done.stdout))


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Read a command line as click would, to its last verb, and run nothing."""
    context = command.make_context(command.name, list(words), parent=parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        _, verb, others = command.resolve_command(context, rest)
        assert verb is not None
        parse(verb, others, context)


def test_a_parsed_command_with_an_unknown_option_is_found() -> None:
    """The check above would tell a verb or an option that isn't there."""
    for wrong in (["pulls", "svalync"], ["pull", "svalync", "--nowhere"], ["schedule", "print", "moon"]):
        with pytest.raises(click.UsageError):
            parse(cli, wrong)


@pytest.mark.parametrize("page", ALL_PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link and picture of a page is a file of the repository."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_linked() -> None:
    """A reader who starts at the front page reaches every other."""
    reached = [README]
    for page in reached:
        for link in re.findall(r"\]\(([^)#\s]+README\.md)\)", page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            if target not in reached:
                reached.append(target)
    assert set(PAGES) <= set(reached)


def test_the_front_page_names_the_platforms() -> None:
    """Every platform whose records or addresses come with batchlake is named on its first screen."""
    text = README.read_text(encoding="utf-8")
    named = text[: text.index("\n## ")]
    files = [path.stem for path in (ROOT / "sql" / "sources").glob("*.sql")]
    sources = {name.rsplit("_", 1)[0].split("_")[-1] for name in files}
    pulled = {path.stem for path in (ROOT / "batchlake" / "sync" / "bundled").glob("*.toml")}
    assert {name for name in sources | pulled if name.split("_")[-1] not in named.lower()} == set()


def test_the_front_page_is_short() -> None:
    """Reference is the rooms' business: the front page stays near 9 KB."""
    assert README.stat().st_size < 10_500


def test_the_wheel_holds_no_page(tmp_path: Path) -> None:
    """What is installed has the code, the queries and the sample, and none of the rooms' pages."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if name.endswith(".md")} == {"batchlake/_bundled/sample_data/README.md"}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "batchlake").rglob("*")
        if path.is_file() and path.suffix not in (".md", ".pyc")
    }
    queries = {f"batchlake/_bundled/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("sql/*/*.sql")}
    assert (package | queries) - names == set()


@at_length
def test_harlequin_opens_the_views(tmp_path: Path) -> None:
    """`harlequin --init-path views.sql` starts, runs the script, and leaves when told to."""
    if not (BIN / "harlequin").exists():
        pytest.skip("harlequin is not installed")
    page = ROOT / "batchlake" / "query" / "README.md"
    (command,) = re.findall(r"`(harlequin [^`]+)`", page.read_text(encoding="utf-8"))
    script = make_lake(tmp_path).views_script()
    (tmp_path / "views.sql").write_text(script, encoding="utf-8")
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm-256color"}
    child = pexpect.spawn(
        f"{BIN}/{command}", cwd=str(tmp_path), env=os.environ | environment, dimensions=(40, 160),
        timeout=60, encoding="utf-8",
    )  # fmt: skip
    child.expect(r"Executed \d+ commands")
    child.send("\x11")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
