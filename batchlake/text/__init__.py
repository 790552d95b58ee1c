"""A value as text, once: numbers, times, tables, what is safe to show."""
