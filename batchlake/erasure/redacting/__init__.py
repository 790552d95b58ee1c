"""A lake that holds plain values, redacted where it is."""
