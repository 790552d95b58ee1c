"""The figures of a report: each by itself, compared, and with its interval."""
