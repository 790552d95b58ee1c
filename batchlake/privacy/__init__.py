"""What is known of personal values: how numbers are written and spoken, the key, tombstones, redaction."""
