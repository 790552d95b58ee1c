"""The landing: what is cleaned in it, and what may land at all."""

from typing import Final

STATE_FOLDER: Final = ".state"
"""The folder in a platform's landing that holds what its pulls remember."""
