"""The gate, `.ci/run`: what it runs, in which order, in which environments; stand-ins replace its tools."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

README = """# x

```sh
pip install x
```

```sh
python3 -m venv .venv && .venv/bin/tool one
.venv/bin/tool two && .venv/bin/tool three
```
"""
PYTHON = """#!/bin/sh
# Stands in for Python: notes what it is called with, and makes environments of tools that do the same.
case "$*" in
  -VV) echo "Python 3" ;;
  "-m venv "*)
    mkdir -p "$3/bin"
    name=${3##*/}
    echo "venv $name" >> "$LOG"
    for tool in python ruff mypy lint-imports tool; do
      printf '#!/bin/sh\\necho "$TMPDIR" > "$LOG.scratch"\\n' > "$3/bin/$tool"
      printf 'echo "$PYTEST_ADDOPTS" > "$LOG.options"\\n' >> "$3/bin/$tool"
      printf 'echo "keeps bytecode: ${PYTHONDONTWRITEBYTECODE-yes}" > "$LOG.bytecode"\\n' >> "$3/bin/$tool"
      printf 'echo "%s $*" >> "$LOG"\\n' "$name $tool" >> "$3/bin/$tool"
      printf '[ "$FAIL" != "%s $*" ] || { echo "$*, which failed"; exit 1; }\\n' $tool >> "$3/bin/$tool"
      chmod +x "$3/bin/$tool"
    done ;;
esac
"""
COLLECT = "python -m pytest -q --collect-only"
STYLE = [
    "dev ruff format --check .", "dev ruff check .", "dev mypy ", "dev lint-imports ", f"dev {COLLECT}",
]  # fmt: skip
SMOKE = "dev python -m tests.benchmarks.table --quick --only details"


class Gate:
    """A checkout with nothing but the gate and what it reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache" / "batchlake-gate"
        (folder / ".ci").mkdir()
        shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
        (folder / "README.md").write_text(README)
        (folder / "pyproject.toml").write_text("a = 1\n")
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").write_text(PYTHON)
        (folder / "bin" / "python3").chmod(0o755)
        self.has_java(False)
        self.shown = ""
        """What its last run said."""

    def has_java(self, there: bool) -> None:
        """Whether the machine has a Java that starts."""
        java = self.folder / "bin" / "java"
        java.write_text(f"#!/bin/sh\nexit {0 if there else 1}\n")
        java.chmod(0o755)

    def run(self, **environ: str) -> tuple[int, list[str]]:
        """Its exit status, and the tools that it called, each with its environment."""
        log = self.folder / "log"
        log.write_text("")
        own = {"BATCHLAKE_TESTS": "", "FAIL": "", "LOG": str(log), "TMPDIR": str(self.folder / "tmp")}
        (self.folder / "tmp").mkdir(exist_ok=True)
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [self.folder / ".ci" / "run"], capture_output=True, check=False, timeout=60,
            env=os.environ | own | {"PATH": path, "XDG_CACHE_HOME": str(self.folder / "cache")} | environ,
        )  # fmt: skip
        self.shown = done.stdout.decode()
        return done.returncode, log.read_text().splitlines()

    def made(self) -> int:
        """How many pairs of environments are kept."""
        return sum(path.is_dir() for path in self.cache.iterdir())


def _of(environment: str, called: list[str]) -> list[str]:
    """What was called in one environment, or made it; the two are at work side by side."""
    return [line for line in called if line.split()[0] == environment or line == f"venv {environment}"]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_the_quick_checks_run_before_the_suite(gate: Gate) -> None:
    """The first command runs beside them in an environment of its own, the second in that of the tests."""
    install = "dev python -m pip install -q -e .[dev]"
    status, called = gate.run()
    assert status == 0
    assert _of("dev", called) == ["venv dev", install, *STYLE, "dev tool two", "dev tool three", SMOKE]
    assert _of("plain", called) == ["venv plain", "plain tool one"]
    assert called.index("plain tool one") < called.index("dev tool two")


def test_spark_is_installed_where_there_is_a_java(gate: Gate) -> None:
    """Where there is none, its tests are skipped, and nothing is fetched for them."""
    assert "dev python -m pip install -q -e .[dev]" in gate.run()[1]
    gate.has_java(True)
    assert "dev python -m pip install -q -e .[dev,spark]" in gate.run()[1]


@pytest.mark.parametrize(
    "fail", ["ruff format --check .", "ruff check .", "mypy ", "lint-imports ", COLLECT, "tool two"]
)
def test_what_fails_is_the_last_that_runs(gate: Gate, fail: str) -> None:
    """The gate fails, and with it nothing more is done."""
    status, called = gate.run(FAIL=fail)
    assert status != 0
    assert _of("dev", called)[-1].endswith(fail)


def test_the_first_command_must_pass(gate: Gate) -> None:
    """Where it fails, the second isn't begun, and what it said is shown."""
    status, called = gate.run(FAIL="tool one")
    assert status != 0
    assert _of("dev", called)[-1] == STYLE[-1]
    assert "one, which failed" in gate.shown


def test_what_is_installed_is_not_installed_again(gate: Gate) -> None:
    """By the gate itself, unless there is a Java meanwhile."""
    install = "dev python -m pip install -q -e ."
    assert f"{install}[dev]" in gate.run()[1]
    assert _of("dev", gate.run()[1])[0] == STYLE[0]
    gate.has_java(True)
    assert _of("dev", gate.run()[1])[:2] == [f"{install}[dev,spark]", STYLE[0]]


def test_bytecode_is_kept(gate: Gate) -> None:
    """Also where the environment says otherwise: each command that tests start would compile its imports."""
    assert gate.run(PYTHONDONTWRITEBYTECODE="1")[0] == 0
    assert (gate.folder / "log.bytecode").read_text() == "keeps bytecode: yes\n"


def test_environments_are_used_again_until_pyproject_changes(gate: Gate) -> None:
    """A run that is at work keeps its pair for itself; what was left half made is made anew."""
    assert ("venv dev" in gate.run()[1], gate.made()) == (True, 1)
    assert ("venv dev" in gate.run()[1], gate.made()) == (False, 1)
    (lock,) = gate.cache.glob("*.lock")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert ("venv dev" in gate.run()[1], gate.made()) == (True, 2)
    (gate.folder / "pyproject.toml").write_text("a = 2\n")
    assert gate.run(FAIL="python -m pip install -q -e .[dev]")[0] != 0
    assert ("venv dev" in gate.run()[1], gate.made()) == (True, 3)
    assert ("venv dev" in gate.run()[1], gate.made()) == (False, 3)


def test_environments_that_nobody_uses_go(gate: Gate) -> None:
    """After a week without a run, unless one is at work in them."""
    for name in ("old", "busy", "new"):
        (gate.cache / name).mkdir(parents=True)
        (gate.cache / f"{name}.lock").touch()
        if name != "new":
            os.utime(gate.cache / f"{name}.lock", (0, 0))
    with (gate.cache / "busy.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert gate.run()[0] == 0
    assert [(gate.cache / name).exists() for name in ("old", "busy", "new")] == [False, True, True]


def test_everything_is_run_in_new_environments(gate: Gate) -> None:
    """`BATCHLAKE_TESTS=all` runs the whole quick table, and leaves no environment behind."""
    status, called = gate.run(BATCHLAKE_TESTS="all")
    assert (status, _of("dev", called)[0]) == (0, "venv dev")
    assert called[-1] == SMOKE.removesuffix(" --only details")
    assert not gate.cache.exists()
    assert list((gate.folder / "tmp").iterdir()) == []


def test_the_suite_tells_what_takes_long(gate: Gate) -> None:
    """Whatever options somebody has set besides."""
    assert gate.run(PYTEST_ADDOPTS="--maxfail=3")[0] == 0
    options = (gate.folder / "log.options").read_text().split()
    assert {"--maxfail=3", "--durations=15", "--dist=worksteal"} <= set(options)


def test_what_the_tests_write_goes_with_the_gate(gate: Gate) -> None:
    """Temporary files lie in memory where there is enough of it, and are gone in the end, failed or not."""
    for fail in ("", "tool one"):
        gate.run(FAIL=fail)
        scratch = Path((gate.folder / "log.scratch").read_text().strip())
        assert scratch == gate.folder / "tmp" or not scratch.exists()
    assert list((gate.folder / "tmp").iterdir()) == []
