"""Erasing a person: which calls, every place cleaned, proof; below the rooms that people hold."""
