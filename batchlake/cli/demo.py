"""`demo`: the main job on the bundled sample, each command shown before it runs."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import Final

import click

from batchlake.cli.failures import WITH_PROBLEMS
from batchlake.cli.parameters import option
from batchlake.engine.sql_files import bundled

_FILTER: Final = '{"status": ["completed", "failed"], "duration": {"min": 30, "max": 300}}'

_STEPS: Final = (
    ("Exports go in; what can't be used is kept and named.", ["ingest", "{sample}"]),
    ("The same exports again change nothing.", ["ingest", "{sample}"]),
    ("What could not be used, and why.", ["problems"]),
    ("The batches.", ["batches"]),
    (
        "One batch with a filter, every figure recomputed from its calls.",
        ["batch", "batch_xyz789", "--include-analytics", "--include-transcripts", "--filter", _FILTER],
    ),
    ("Reported figures against recomputed ones.", ["audit", "batch_xyz789", "--format", "table"]),
    (
        "Anything else, in SQL.",
        ["sql", "-c", "select status, count(*) as calls from calls group by all order by 2 desc"],
    ),
)


@click.command("demo")
@option("--lake", "lake_path", metavar="DIR",
        help="Keep the demo's lake there; by default it is thrown away.")  # fmt: skip
def demo_command(lake_path: str | None) -> None:
    """Show the main job on the bundled sample: ingest, ask, check, each command before its output."""
    if lake_path is not None:
        _show(lake_path)
        return
    with tempfile.TemporaryDirectory(prefix="batchlake-demo-") as folder:
        _show(str(Path(folder) / "lake"))


def _show(lake_path: str) -> None:
    from batchlake.cli.main import cli

    for words, step in _STEPS:
        arguments = [
            part.format(sample=bundled("sample_data")) if part == "{sample}" else part for part in step
        ]
        shown = ["sample_data/" if part == "{sample}" else part for part in step]
        click.echo(f"\n# {words}\n$ batchlake {shlex.join(shown)} --lake {shlex.quote(lake_path)}")
        status = cli.main([*arguments, "--lake", lake_path], prog_name="batchlake", standalone_mode=False)
        if status == WITH_PROBLEMS:
            click.echo(f"(exit status {status}: committed, but something could not be used)")
