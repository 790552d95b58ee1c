"""The `batchlake` command."""

from batchlake.cli.main import main

__all__ = ["main"]
