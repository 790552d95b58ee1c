"""What a report is filled with: its subject, and what the lake holds about it beyond the analytics."""
