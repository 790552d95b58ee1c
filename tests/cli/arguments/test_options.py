"""Options that verbs share mean the same everywhere."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest

from batchlake.cli.arguments.options import Duration
from batchlake.cli.arguments.parameters import Count, Seconds
from batchlake.cli.main import VERBS
from tests.command import run
from tests.lakes import ingested, write_export


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every verb and every verb below one, by its words."""
    for verb, (module, _) in VERBS.items():
        command = getattr(importlib.import_module(f"batchlake.cli.{module}"), f"{verb}_command")
        yield verb, command
        if isinstance(command, click.Group):
            yield from ((f"{verb} {name}", inner) for name, inner in command.commands.items())


def options(of_kind: str) -> Iterator[tuple[str, click.Command, click.Option]]:
    """Every option of every verb: those that are a `flag`, count each time (`multiple`), or are `single`."""
    for words, command in commands():
        for one in command.params:
            if isinstance(one, click.Option):
                kind = "flag" if one.is_flag else "multiple" if one.multiple else "single"
                if kind == of_kind:
                    yield words, command, one


def test_an_option_given_twice_is_refused() -> None:
    """Of every verb, every option with one value: the complaint names the option and both values."""
    found = list(options("single"))
    assert len(found) > 100
    for words, command, one in found:
        for second in one.opts:
            with pytest.raises(click.UsageError) as raised:
                command.make_context(words, [one.opts[0], "first", second, "second"])
            message = raised.value.format_message()
            assert all(name in message for name in one.opts), (words, message)
            assert "is given more than once: 'first' and 'second'" in message, (words, message)


def test_a_flag_given_twice_is_harmless() -> None:
    """`-q -q` is `-q`."""
    for words, command, one in options("flag"):
        twice = [one.opts[-1], one.opts[0]]
        context = command.make_context(words, twice, resilient_parsing=True)
        assert not one.expose_value or context.params[one.name] is True


def test_whatever_completes_a_value_completes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option of calls, and of every verb its columns, answers a shell, also where there is no lake."""
    monkeypatch.chdir(tmp_path)
    for words, command in commands():
        context = command.make_context(words, [], resilient_parsing=True)
        for one in command.params:
            if words == "calls" or one.name in ("columns", "sort", "by", "metrics", "compare"):
                found = one.shell_complete(context, "")
                assert found or one.name not in ("columns", "sort", "sentiment"), (words, one.name)


def test_options_that_count_each_time() -> None:
    """There are these and no others: of each the verb has a use for several values."""
    names = {one.opts[0] for _, _, one in options("multiple")}
    filters = {
        "--batch", "--call", "--source", "--agent", "--outcome", "--status", "--direction", "--currency",
        "--number", "--sentiment", "--extra",
    }  # fmt: skip
    assert names == {"--filter", "-c", "--by", "--metrics", "--value", "--elsewhere", *filters}


def test_numbers_have_an_end() -> None:
    """Of every verb, every option that counts or waits: what nobody means is refused."""
    found = 0
    for words, _, one in options("single"):
        assert type(one.type) not in (click.IntRange, click.FloatRange, type(click.INT)), words
        if isinstance(one.type, Count | Seconds):
            found += 1
            for value in ("9" * 400, "-1", "nan", "inf", "1e300", "x", "9" * 5_000):
                with pytest.raises(click.BadParameter):
                    one.type.convert(value, one, None)
            assert one.type.convert("7", one, None) == 7
    assert found > 15


def test_several_filters_all_hold(configured: Path) -> None:
    """Two filters are one that asks for both, in every verb with a filter; `{}` narrows nothing."""
    narrow = ("--filter", '{"call_id": "c1"}')
    for more, count in (('{"status": "failed"}', 0), ('{"call_id": ["c1", "c2"]}', 1), ("{}", 1)):
        ran = run("calls", *narrow, "--filter", more, "--format", "ndjson", folder=configured)
        assert (ran.returncode, len(ran.stdout.splitlines())) == (0, count)
    ran = run("calls", "--filter", '{"a": 1}', "--filter", '{"b": 2}', folder=configured)
    assert ran.returncode == 2
    assert "2 faults" in ran.stderr


def test_several_commands_run_in_their_order(configured: Path) -> None:
    """What one leaves open doesn't reach into the next."""
    two = ("-c", "select 1 as a -- one", "-c", "select 2 as b")
    ran = run("sql", *two, "--format", "ndjson", folder=configured)
    assert (ran.returncode, ran.stdout) == (0, '{"a":1}\n{"b":2}\n')
    three = ("-c", "select 1 as a", "-c", "select 'b", "-c", "select 3")
    ran = run("sql", *three, "--format", "csv", folder=configured)
    assert (ran.returncode, ran.stdout) == (1, "a\n1\n")
    assert "line 1, column 8:" in ran.stderr


LAKELESS = {
    "completion", "metrics", "filter", "filter compile", "filter list", "filter schema", "platforms",
    "schedule",
    "config", "config init",
}  # fmt: skip
"""Verbs that touch no lake, and those that are only a place for others."""


def test_every_verb_takes_the_lake() -> None:
    """With `--lake`, under verbs too: one who types it last needn't know which verb stands above which."""
    without = {
        words
        for words, command in commands()
        if "--lake" not in {name for one in command.params for name in one.opts}
    }
    assert without == LAKELESS


def test_a_lake_before_and_after_a_sub_verb(configured: Path) -> None:
    """Either place names the lake, and which problems; both at once are refused, as is what has no use."""
    for words in (
        ("problems", "replay", "--lake", "data/lake", "--code", "no_identity"),
        ("problems", "--lake", "data/lake", "--code", "no_identity", "replay"),
        ("problems", "--config", "batchlake.toml", "replay", "--code", "no_identity"),
    ):
        ran = run(*words, folder=configured)
        assert (ran.returncode, ran.stdout.startswith("1 export (")) == (5, True), ran
    assert "no lake at 'nowhere'" in run("problems", "replay", "--lake", "nowhere", folder=configured).stderr
    ran = run("problems", "--format", "json", "replay", "--lake", "data/lake", folder=configured)
    assert json.loads(ran.stdout)["exports_read"] == 1
    ran = run("problems", "--lake", "a", "replay", "--lake", "b", folder=configured)
    assert (ran.returncode, "--lake is given more than once: 'a' and 'b'" in ran.stderr) == (2, True)
    for words in (("--at", "2024-01-01"), ("-o", "x.csv")):
        ran = run("problems", *words, "replay", folder=configured)
        assert (ran.returncode, f"{words[0]} is of no use to `replay`" in ran.stderr) == (2, True)


def test_an_option_in_front_of_the_verb_is_told_its_place() -> None:
    """Where other tools have it; the verb's own help would not say."""
    for words in (
        ("--lake", "data/lake", "batches"),
        ("-q", "ingest", "exports"),
        ("--config=x.toml", "calls"),
    ):
        ran = run(*words)
        option = words[0].partition("=")[0]
        assert (ran.returncode, f"batchlake VERB {option} ..." in ran.stderr) == (2, True), ran


def test_the_settings_are_read_by_all_that_take_a_lake() -> None:
    """Wherever there is a `--lake` there is a `--config`, but where the lake is thrown away."""
    with_lake, with_config = (
        {words for words, command in commands() if name in {one.name for one in command.params}}
        for name in ("lake_path", "config")
    )
    assert len(with_lake) > 15
    assert with_lake - with_config == {"demo"}


@pytest.fixture(scope="module")
def lake_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export and a lake of its call and its problem."""
    folder = tmp_path_factory.mktemp("options")
    export = write_export(folder / "in", "1.json", '{"call": {"id": "c1"}}\n{"call": {"id": ""}}\n')
    ingested(folder / "data" / "lake", export)
    return folder


@pytest.fixture
def configured(lake_folder: Path, tmp_path: Path) -> Path:
    """The same for the test alone, with settings that name the lake."""
    shutil.copytree(lake_folder, tmp_path, dirs_exist_ok=True)
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
        ran = run(*words, folder=folder, **variables)
        assert json.loads(ran.stdout) == [{"n": 1}]
    assert "no lake at 'nowhere'" in run(*count, "--lake", "nowhere", folder=configured).stderr
    assert "no lake at 'nowhere'" in run(*count, BATCHLAKE_LAKE="nowhere", folder=configured).stderr


def test_the_lake_of_the_settings_below_a_verb(configured: Path) -> None:
    """`problems replay` works on the lake that the settings name."""
    ran = run("problems", "replay", folder=configured)
    assert (ran.returncode, ran.stdout.startswith("1 export (")) == (5, True)


def test_a_fault_in_the_settings_is_named(configured: Path) -> None:
    """Any verb says which line and key are wrong."""
    (configured / "batchlake.toml").write_text('lake = "data/lake"\nlak = 1\n')
    ran = run("batches", folder=configured)
    assert ran.returncode == 2
    assert "batchlake.toml line 2: lak: there is no such key; did you mean `lake`?" in ran.stderr


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


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7 d", "7w", "1234567s", "999999d", "٧d\n"])
def test_what_is_no_length_of_time(text: str) -> None:
    """Anything else is refused with the forms there are."""
    with pytest.raises(click.BadParameter, match="write 90s, 15m, 26h or 7d"):
        Duration().convert(text, None, None)
