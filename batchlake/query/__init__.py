"""Asking a lake in SQL: its state, its relations, a person's session, the rows of an answer."""
