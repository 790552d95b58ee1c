"""The `batchlake` command."""
