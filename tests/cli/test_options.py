"""Options that verbs share mean the same everywhere."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest

from batchlake.cli.main import VERBS
from batchlake.cli.options import Duration
from tests.feeding.runs import run
from tests.lakes import ingested, write_export


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every verb and every verb below one, by its words."""
    for verb, (module, _) in VERBS.items():
        command = getattr(importlib.import_module(f"batchlake.cli.{module}"), f"{verb}_command")
        yield verb, command
        if isinstance(command, click.Group):
            yield from ((f"{verb} {name}", inner) for name, inner in command.commands.items())


def test_the_settings_are_read_by_all_that_take_a_lake() -> None:
    """Wherever there is a `--lake` there is a `--config`, but where the lake is thrown away."""
    with_lake, with_config = (
        {words for words, command in commands() if name in {one.name for one in command.params}}
        for name in ("lake_path", "config")
    )
    assert len(with_lake) > 15
    assert with_lake - with_config == {"demo"}


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A folder whose settings name a lake of one call and one problem."""
    export = write_export(tmp_path / "in", "1.json", '{"call": {"id": "c1"}}\n{"call": {"id": ""}}\n')
    ingested(tmp_path / "data" / "lake", export)
    (tmp_path / "batchlake.toml").write_text('lake = "data/lake"\nwait = 0.5\n')
    return tmp_path


def test_the_lake_of_the_settings(configured: Path) -> None:
    """A file in the working folder or named by flag or variable, then variables, then flags, name it."""
    inner = configured / "inner"
    inner.mkdir()
    named = str(configured / "batchlake.toml")
    count = ("sql", "-c", "select count(*) as n from calls", "--format", "json")
    for folder, words, variables in (
        (configured, count, {}),
        (inner, (*count, "--config", named), {}),
        (inner, count, {"BATCHLAKE_CONFIG": named}),
        (inner, count, {"BATCHLAKE_LAKE": "../data/lake"}),
        (inner, (*count, "--lake", "../data/lake"), {"BATCHLAKE_LAKE": "nowhere"}),
    ):
        ran = run(folder, *words, **variables)
        assert json.loads(ran.output) == [{"n": 1}]
    assert "no lake at 'nowhere'" in run(configured, *count, "--lake", "nowhere").errors
    assert "no lake at 'nowhere'" in run(configured, *count, BATCHLAKE_LAKE="nowhere").errors


def test_the_lake_of_the_settings_below_a_verb(configured: Path) -> None:
    """`problems replay` works on the lake that the settings name."""
    ran = run(configured, "problems", "replay")
    assert (ran.status, "1 export read" in ran.output) == (5, True)


def test_a_fault_in_the_settings_is_named(configured: Path) -> None:
    """Any verb says which line and key are wrong."""
    (configured / "batchlake.toml").write_text('lake = "data/lake"\nlak = 1\n')
    ran = run(configured, "batches")
    assert ran.status == 2
    assert "batchlake.toml line 2: lak: there is no such key; did you mean `lake`?" in ran.errors


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("26h", timedelta(hours=26)),
        ("7d", timedelta(days=7)),
        ("0d", timedelta(0)),
    ],
)
def test_a_length_of_time(text: str, length: timedelta) -> None:
    """A number and a unit."""
    assert Duration().convert(text, None, None) == length


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7 d", "7w", "1234567s", "٧d\n"])
def test_what_is_no_length_of_time(text: str) -> None:
    """Anything else is refused with the forms there are."""
    with pytest.raises(click.BadParameter, match="write 90s, 15m, 26h or 7d"):
        Duration().convert(text, None, None)
