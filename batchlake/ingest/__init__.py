"""Exports in, a committed run out: find them, parse them, load their records, merge and write."""
