"""What a verb is given: its options, the selection they make, and the request as a whole."""
