"""The interactive SQL console of `batchlake sql`."""

from batchlake.console.loop import run_console

__all__ = ["run_console"]
