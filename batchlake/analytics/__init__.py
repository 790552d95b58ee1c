"""Metrics, audits, progress and documents, computed from the calls held."""
