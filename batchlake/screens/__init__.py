"""Answers as people read them at a terminal: screens, and rows with their numbers masked."""
