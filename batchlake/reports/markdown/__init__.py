"""A report as GitHub's Markdown."""
