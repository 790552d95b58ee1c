"""A platform's API over HTTP: its requests, answers and pages."""
