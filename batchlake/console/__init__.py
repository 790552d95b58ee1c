"""The interactive SQL console of `batchlake sql`."""
