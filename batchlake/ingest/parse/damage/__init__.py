"""Texts that are not quite JSON: what of them can be read."""
