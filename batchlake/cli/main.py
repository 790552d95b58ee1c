"""The root of the command line: `batchlake VERB`. Verbs are imported when they are called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any, Final, NoReturn

import click

from batchlake import __version__
from batchlake.cli.failures import SUCCESS, run_guarded
from batchlake.cli.streams import end_output, open_streams

VERBS: Final = {
    "ingest": ("upkeep.ingest", "Read exports into the lake."),
    "problems": ("upkeep.ingest", "What could not be used, and trying it again."),
    "runs": ("upkeep.ingest", "Every run, newest first."),
    "exports": ("upkeep.ingest", "Every export read, newest first."),
    "batches": ("questions.calls", "The batches, with counts and progress."),
    "batch": ("questions.calls", "One batch in the documented shape, recomputed."),
    "call": ("questions.calls", "One call in the documented shape."),
    "calls": ("questions.calls", "Matching calls as rows."),
    "said": ("questions.people", "Who said it: utterances with their calls."),
    "contacts": ("questions.people", "Who was reached, and on which attempt."),
    "fields": ("questions.calls", "The exports' own fields, and what was not understood."),
    "analytics": ("questions.analytics", "Every metric over a selection."),
    "audit": ("questions.analytics", "Reported figures against recomputed ones."),
    "progress": ("questions.analytics", "How far a batch is, and its history."),
    "report": ("questions.report", "A report to forward, to open in a spreadsheet, or to print."),
    "metrics": ("questions.analytics", "What each metric means."),
    "filter": ("questions.filter", "Show what a filter compiles to, or its JSON Schema."),
    "sql": ("questions.sql", "Ask in SQL."),
    "views": ("questions.sql", "The SQL that makes the same views in any DuckDB."),
    "pull": ("upkeep.sync", "Fetch what is new from a calling platform, and ingest it."),
    "watch": ("upkeep.sync", "Ingest new and changed exports as they appear."),
    "schedule": ("upkeep.sync", "Print a cron line or systemd unit that is ready to install."),
    "status": ("upkeep.sync", "How fresh the lake is, for monitoring."),
    "platforms": ("upkeep.platforms", "Which platforms are read, and what an export's records are."),
    "config": ("config", "What batchlake.toml and the environment set."),
    "compact": ("upkeep.maintenance", "Fold small files into larger ones."),
    "vacuum": ("upkeep.maintenance", "Delete files that no kept state needs."),
    "check": ("upkeep.maintenance", "Look for anything wrong with the lake."),
    "forget": ("upkeep.forget", "Erase a person from every state and file, with proof."),
    "erasures": ("upkeep.forget", "Every erasure; --verify looks again."),
    "redact": ("upkeep.redact", "Redact a lake, and what comes in."),
    "completion": ("completion_script", "Completion for bash, zsh or fish."),
    "demo": ("demo", "The main job on the bundled sample."),
}

_OBJECTS_A_COLLECTION: Final = 200_000
"""After so many new objects Python looks for garbage among them; a short verb makes some 60,000."""


class _Verbs(click.Group):
    """A group that imports a verb's module when the verb is called, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"batchlake.cli.{VERBS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)  # noqa: S101 - every verb's module is ours
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise click.UsageError(
                f"No such option in front of the verb: {error.option_name}. Options stand behind it: "
                f"batchlake VERB {error.option_name} ...",
                ctx,
            ) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from batchlake.text.suggest import nearest_name

            nearest = nearest_name(args[0], VERBS)
            hint = f" Did you mean `{nearest}`?" if nearest else ""
            raise click.UsageError(f"No such verb: {args[0]!r}.{hint}", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Click would exit with 1, which is "not found" here.
            end_output()
            return SUCCESS

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, words) for verb, (_, words) in VERBS.items()])


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="batchlake")
def cli() -> None:
    """A local analytics engine over exported voice-call batches.

    Exports go in (`batchlake ingest PATH`), answers come out (`batchlake batch ID`).

    Exit statuses: 0 success, 1 not found or a faulty query, 2 an invalid request, 3 lake or export, 4 a time
    limit, 5 committed with problems, 70 a bug, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command line and exit."""
    open_streams()
    # What a short verb imports and builds stays until it ends: looking for garbage in it, while it comes and
    # once more at exit, is an eighth of its time.
    gc.set_threshold(_OBJECTS_A_COLLECTION)
    # Before it builds the first model, pydantic looks for plug-ins of its own among the entry points of all
    # that is installed: 5 ms with 190 packages, and batchlake has no use for any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if "_BATCHLAKE_COMPLETE" in os.environ:
        # A shell asks what completes a line.
        importlib.import_module("batchlake.cli.arguments.shells").use()
    status = run_guarded(lambda: cli.main(prog_name="batchlake", standalone_mode=False))
    gc.freeze()
    sys.exit(status)
