"""Searches files for what is erased: every column, dictionaries as such, several files at once."""
