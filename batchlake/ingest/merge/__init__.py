"""From typed rows to the lake: the newest value of each field, and only what changed written."""
