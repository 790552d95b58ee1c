"""What a shell completes, asked as a shell asks; bash itself where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from batchlake.lake import Lake
from tests.effort import at_length, some
from tests.paths import ROOT

SETTINGS = '[filters]\nautumn = { extra = { campaign = "autumn" } }\n'
BREAKS = " \t\n\"'@><=;|&(:"


@pytest.fixture
def folder(sample_lake: Lake, tmp_path: Path) -> Path:
    """A folder with `batchlake` to be called, settings, and the sample's lake."""
    (tmp_path / "batchlake.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "lake").symlink_to(sample_lake.root)
    program = tmp_path / "batchlake"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m batchlake "$@"\n')
    program.chmod(0o755)
    return tmp_path


COMPLETING = """
import os, sys
import batchlake.cli.questions.analytics, batchlake.cli.questions.calls, batchlake.lake
import batchlake.query.session, batchlake.sync.platforms
from batchlake.cli.main import main
for line in sys.argv[1:]:
    print("", end="\\0", flush=True)
    if not (child := os.fork()):
        os.environ["COMP_LINE"], sys.argv[:] = line, ["batchlake"]
        main()
    assert os.waitpid(child, 0)[1] == 0
"""
"""A command of its own for each line, each with what one process has imported."""


def completed(folder: Path, *lines: str) -> list[list[str]]:
    """What bash is told for each line."""
    environment = {"_BATCHLAKE_COMPLETE": "bash_complete", "COMP_BREAKS": BREAKS, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", COMPLETING, *lines], cwd=folder, env=os.environ | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    _, *answers = done.stdout.split("\0")
    return [[one.removeprefix("plain,") for one in answer.split("\n") if one] for answer in answers]


def test_words_are_known(folder: Path) -> None:
    """Verbs, ids, dimensions, families, columns, saved filters: what goes on as typed, behind commas too."""
    cases = {
        "batchlake analy": "analytics",
        "batchlake batch batch_x": "batch_xyz789",
        "batchlake analytics --by agent,wee": "agent,week",
        "batchlake analytics --by extra.camp": "extra.campaign",
        "batchlake analytics --metrics calls,eng": "calls,engagement",
        "batchlake calls --columns +dur": "+duration",
        "batchlake calls --filter @aut": "@autumn",
        "batchlake calls --agent agent_7": "agent_7",
        "batchlake analytics --compare prev": "previous",
        # bash parts words at `=` and replaces what stands behind it.
        "batchlake calls --status=no_a": "no_answer",
        "batchlake ingest sam": "file,sam",
        "batchlake calls --lake la": "dir,la",
    }
    answers = completed(folder, *cases)
    assert {
        line: words for (line, word), words in zip(cases.items(), answers, strict=True) if word not in words
    } == {}


def test_a_lake_that_is_none_completes_nothing(tmp_path: Path, folder: Path) -> None:
    """Somebody is typing: nothing is said, and nothing proposed."""
    assert completed(folder, "batchlake batch --lake nowhere b") == [[]]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(folder: Path) -> None:
    """At bash's own prompt Tab fills in a verb, a batch of the lake, a dimension and a saved filter."""
    shell = pexpect.spawn(
        str(shutil.which("bash")), ["--norc", "--noprofile"], cwd=str(folder), encoding="utf-8", timeout=60,
        env={"PATH": f"{folder}:/usr/bin:/bin", "TERM": "dumb", "HOME": str(folder), "INPUTRC": "/dev/null"},
        dimensions=(24, 120),
    )  # fmt: skip
    shell.sendline(
        "PS1='ready> '; bind 'set enable-bracketed-paste off'; eval \"$(batchlake completion bash)\""
    )
    shell.sendline("echo set''up")
    shell.expect_exact("setup\r\n")
    for begun, rest in (
        ("batchlake analy", "tics "),
        ("batchlake batch batch_x", "yz789 "),
        ("batchlake analytics --by agent,mon", "th "),
        ("batchlake calls --filter @aut", "umn "),
    ):
        shell.send(f"{begun}\t")
        shell.expect_exact(f"{begun}{rest}")
        shell.sendcontrol("u")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)


@at_length
@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_completes(folder: Path) -> None:
    """At zsh's own prompt, too, and it keeps the option in front of a value."""
    shell = pexpect.spawn(
        str(shutil.which("zsh")), ["-f"], cwd=str(folder), encoding="utf-8", timeout=60,
        env={"PATH": f"{folder}:/usr/bin:/bin", "TERM": "dumb", "HOME": str(folder)}, dimensions=(24, 120),
    )  # fmt: skip
    shell.sendline("unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D")
    shell.sendline("eval \"$(batchlake completion zsh)\"; echo set''up")
    shell.expect_exact("setup\r\n")
    for begun, whole in (("--filter=@aut", "--filter=@autumn"), ("--filter @aut", "--filter @autumn")):
        shell.send(f"print -- batchlake; batchlake calls {begun}\t")
        shell.expect_exact(whole)
        shell.sendcontrol("u")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)


@at_length
@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
@pytest.mark.parametrize(
    ("line", "word"),
    some(
        [
            ("batchlake calls --columns time,dur", "time,duration"),
            ("batchlake analy", "analytics"),
            ("batchlake batch batch_x", "batch_xyz789"),
            ("batchlake ingest batchlake.t", "batchlake.toml"),
            ("batchlake analytics --by agent,mon", "agent,month"),
            ("batchlake calls --filter @aut", "@autumn"),
            ("batchlake calls --status=no_a", "--status=no_answer"),
        ],
        3,
    ),
)
def test_fish_completes(folder: Path, line: str, word: str) -> None:
    """As fish itself asks: lists with commas whole, the option in front of a value, files."""
    script = "batchlake completion fish | source; complete -C $LINE"
    done = subprocess.run(
        [str(shutil.which("fish")), "--no-config", "-c", script], cwd=folder, check=True,
        capture_output=True, text=True,
        env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "LINE": line, "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert word in [one.partition("\t")[0] for one in done.stdout.splitlines()], done.stderr
