"""Texts as they are compared: folded utterances and folded labels."""
