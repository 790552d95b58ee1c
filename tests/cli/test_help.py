"""Every verb's help ends in two examples, and each of them can be typed."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from batchlake.cli.main import VERBS, cli

_EXAMPLE = re.compile(r"^ {4}(batchlake .*)$", re.MULTILINE)


def examples_of(command: click.Command) -> list[str]:
    return _EXAMPLE.findall((command.help and f"    {command.help}".replace("\n", "\n    ")) or "")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_ends_in_examples_that_parse(verb: str) -> None:
    """Two at least, with arguments and options that there are."""
    context = click.Context(cli, info_name="batchlake")
    command = cli.get_command(context, verb)
    assert command is not None
    found = _EXAMPLE.findall(command.help or "")
    last = (command.help or "").rstrip().rpartition("\n\n")[2]
    assert last.count("batchlake ") >= 2, verb
    for example in found:
        words = shlex.split(example.partition(" | ")[0])[1:]
        above: click.Command = cli
        while isinstance(above, click.Group) and words and words[0] in above.list_commands(context):
            inner = above.get_command(context, words.pop(0))
            assert inner is not None
            above = inner
        # Says what can't be meant, and runs nothing.
        above.make_parser(click.Context(above, info_name=verb)).parse_args(list(words))
