"""Rows and documents written to a file, in each format."""
