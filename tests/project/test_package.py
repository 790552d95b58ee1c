"""The package as a whole: its public names, what it imports when, its errors."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import BatchlakeError
from tests.command import run
from tests.effort import some
from tests.lakes import write_export
from tests.paths import ROOT

EXAMPLES = ROOT.parent / "shared" / "examples" / "svalync"


def test_public_names_are_sorted_and_importable() -> None:
    """`__all__` is sorted, and each of its names can be imported."""
    assert list(batchlake.__all__) == sorted(
        batchlake.__all__, key=lambda name: (not name[0].isupper(), name)
    )
    for name in batchlake.__all__:
        assert getattr(batchlake, name) is not None


def test_unknown_names_are_attribute_errors() -> None:
    """A name that isn't public is an AttributeError, as of any module."""
    with pytest.raises(AttributeError):
        _ = batchlake.nothing  # type: ignore[attr-defined]


def test_starting_up_imports_little() -> None:
    """Opening a lake imports neither polars, pyarrow, sqlglot, prompt_toolkit nor numpy."""
    heavy = "{'polars', 'pyarrow', 'sqlglot', 'prompt_toolkit', 'numpy', 'pandas', 'xlsxwriter'}"
    script = f"import sys, batchlake; batchlake.open('x'); print({heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"


def test_modules_are_imported_ahead(sample_lake: batchlake.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each verb that computes names a module that there is; one that there is not is left for later."""
    named: list[str] = []
    monkeypatch.setattr("batchlake.cli.arguments.options.import_ahead", named.append)
    verbs = ("analytics", "audit", "progress batch_xyz789", "batch batch_xyz789", "call call_abc123")
    for count, verb in enumerate(verbs, 1):
        assert run(*verb.split(), lake=sample_lake.root).returncode in (0, 1)
        assert len(named) == count
        importlib.import_module(named[-1])
    assert "batchlake.analytics.details.batch_details" in named
    script = (
        "import sys, threading; from batchlake._lazy import import_ahead; import_ahead('batchlake.nowhere'); "
        "import_ahead('colorsys'); [one.join() for one in threading.enumerate() if one.name == 'imports']; "
        "print('colorsys' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize(
    ("verb", "spared"),
    some(
        [
            ("ingest sample_data/03-call-details.json --allow-problems", {"pandas", "sqlglot", "httpx2"}),
            ("batch batch_xyz789", {"batchlake.models.blocks", "batchlake.analytics.metrics", "tomllib"}),
            ("batch batch_xyz789 --include-analytics", {"pandas", "pyarrow", "numpy", "polars"}),
            ("call call_abc123", {"pandas", "pyarrow", "numpy", "batchlake.filters"}),
            ("analytics", {"pandas", "batchlake.filters.model", "batchlake.output.workbook"}),
            (
                "audit",
                {"pyarrow", "batchlake.filters.model", "batchlake.query.session", "batchlake.models.blocks"},
            ),
            ("batches", {"pandas", "pyarrow", "numpy", "pydantic", "batchlake.query.session"}),
            (
                "calls --status busy --batch nobody",
                {"pyarrow", "batchlake.query.session", "batchlake.privacy.digits", "batchlake.models.blocks"},
            ),
            ("status", {"pandas", "numpy", "httpx2", "asyncio", "pydantic", "sqlite3", "msgspec"}),
        ],
        3,
    ),
)
def test_verbs_import_what_they_need(
    tmp_path: Path, sample_lake: batchlake.Lake, verb: str, spared: set[str]
) -> None:
    """Each starts in the time of its own imports; that pandas is installed costs nobody anything."""
    lake = tmp_path / "lake" if verb.startswith("ingest") else sample_lake.root
    script = (
        "import sys\n"
        "from batchlake.cli.main import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        f"print(sorted({spared} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *verb.split(), "--lake", str(lake)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "[]"


def test_an_ingest_imports_no_pandas(tmp_path: Path) -> None:
    """Whatever the exports lack: calls, transcripts, anything that can be used; nor after an erasure."""
    several = ",".join(f'{{"id": "e{at}", "to_number": "+1415555{at:04}", "cost": "x"}}' for at in range(20))
    texts = (
        '{"batch": {"id": "b", "calls": []}}',
        '{"id": "c"}',
        '{"id": "d", "transcript": []}',
        "x",
        "{}",
        f"[{several}]",
    )
    script = (
        "import sys, batchlake\n"
        "for number, export in enumerate(sys.argv[1:]):\n"
        "    lake = batchlake.open(str(number))\n"
        "    lake.ingest(export)\n"
        "lake.forget(calls=['e1'], expect='any')\n"
        "lake.ingest(export, force=True)\n"
        "print('pandas' in sys.modules)"
    )
    files = [write_export(tmp_path, f"{number}.json", text) for number, text in enumerate(texts)]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, files)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path / "config")},
    )  # fmt: skip
    assert done.stdout == "False\n"


def test_no_module_stands_in_the_place_of_a_name() -> None:
    """A module of that name, once imported, would hide the name that is imported lazily."""
    modules = {path.stem for path in (ROOT / "batchlake").iterdir()}
    assert not modules & set(batchlake.__all__)


def test_errors_survive_pickling_and_carry_their_facts() -> None:
    """Every leaf keeps its message and attributes through a process boundary."""
    import pickle

    error = batchlake.BatchNotFound("b", ["a", "c"])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.nearest) == (batchlake.BatchNotFound, str(error), ["a", "c"])
    assert isinstance(error, LookupError)
    assert isinstance(batchlake.InvalidBatchId("", "it is empty"), ValueError)
    assert isinstance(batchlake.InvalidFilter([]), ValueError)
    limited = batchlake.RateLimited("svalync", 12.5)
    assert (limited.code, limited.retry_after) == ("rate_limited", 12.5)
    assert issubclass(batchlake.LakeLocked, BatchlakeError)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the published examples are not beside this checkout")
def test_every_published_example_loads(tmp_path: Path) -> None:
    """Every file of the published examples is read; those that hold calls or batches give them."""
    lake = batchlake.open(tmp_path / "lake")
    report = lake.ingest(EXAMPLES)
    assert report.exports_read == len([path for path in EXAMPLES.rglob("*") if path.is_file()])
    assert report.calls_new == 3
    assert set(report.problems_by_code) == {
        "no_identity", "unknown_shape", "not_a_time", "not_a_direction",
    }  # fmt: skip
    batch = lake.batch("batch_xyz789", include_analytics=True, include_transcripts=True).batch
    assert [call.id for call in batch.calls] == ["call_abc123", "call_def456"]
    assert lake.check() == []
