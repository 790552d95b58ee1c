"""The lake that keeps itself current: what is pulled from platforms, landed, watched for and scheduled."""

from typing import Final

CONFIGURATION_FILE: Final = "batchlake.toml"
"""Read from the working folder where no other file is named."""
