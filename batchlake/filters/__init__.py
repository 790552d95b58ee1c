"""Filters: read, checked, compiled to SQL, put into words."""
