"""`completion`: the script that lets a shell complete verbs, options, and what a lake holds."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print a script that completes verbs, options, batches, agents, dimensions, metrics and columns.

    \b
    eval "$(batchlake completion bash)"     in ~/.bashrc
    eval "$(batchlake completion zsh)"      in ~/.zshrc, after compinit
    batchlake completion fish | source      in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from batchlake.cli.arguments import shells
    from batchlake.cli.main import cli

    shells.use()

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - the choices are click's own
    click.echo(found(cli, {}, "batchlake", "_BATCHLAKE_COMPLETE").source())
