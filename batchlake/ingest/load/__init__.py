"""From records to typed rows: the staging tables of one run, and its transcripts."""
