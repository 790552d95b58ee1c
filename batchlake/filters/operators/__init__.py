"""What the keys of a filter mean, in SQL and in English."""
