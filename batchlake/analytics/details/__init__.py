"""Batches and calls as documents."""
