"""From an export's bytes to records: what each is, and what its fields say."""
