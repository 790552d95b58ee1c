"""The Delta tables of a lake: their logs, files and columns."""
