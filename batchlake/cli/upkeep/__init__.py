"""The verbs that fill a lake and take care of it."""
