"""`demo`: what batchlake is for, on one screen, from the bundled sample; each command shown before its
answer."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path
from typing import Final

import click

from batchlake.cli.arguments.parameters import option
from batchlake.engine.sql_files import bundled

# With six groups all of the demo's answers fit a terminal of 24 lines.
_STEPS: Final = (
    ["analytics", "--by", "source,batch", "--columns", "calls,success,median", "--limit", "6"],
    ["audit", "batch_xyz789", "--only-differences"],
    ["said", "transfer me", "--limit", "1"],
)


@click.command("demo")
@option("--lake", "lake_path", metavar="DIR",
        help="Keep the demo's lake there; by default it is thrown away.")  # fmt: skip
def demo_command(lake_path: str | None) -> None:
    """What batchlake is for, on one screen: platforms and their batches, the bill checked, who said what.

    \b
    batchlake demo
    batchlake demo --lake demo-lake
    """
    if lake_path is not None:
        _show(lake_path)
        return
    with tempfile.TemporaryDirectory(prefix="batchlake-demo-") as folder:
        _show(str(Path(folder) / "lake"))


def _show(lake_path: str) -> None:
    from batchlake.cli.main import cli
    from batchlake.lake import Lake

    click.echo(_typed(["ingest", "sample_data"]))
    report = Lake(lake_path).ingest(bundled("sample_data"))
    click.echo(
        f"{report.exports_read} exports read in {report.seconds:.1f} s: {report.calls_new} calls and "
        f"{report.batches_new} batches are new. {report.problems} problems are kept."
    )
    before = os.environ.get("BATCHLAKE_LAKE")
    os.environ["BATCHLAKE_LAKE"] = lake_path
    try:
        for step in _STEPS:
            click.echo(f"\n{_typed(step)}")
            cli.main([*step, "--no-pager", "-q"], prog_name="batchlake", standalone_mode=False)
    finally:
        if before is None:
            del os.environ["BATCHLAKE_LAKE"]
        else:
            os.environ["BATCHLAKE_LAKE"] = before
    click.echo("\nNext: batchlake ingest YOUR_EXPORTS, then batchlake analytics. All else: --help")


def _typed(words: list[str]) -> str:
    return f"$ batchlake {shlex.join(words).replace(chr(39), chr(34))}"
