"""The verbs that ask a lake."""
