"""The lake that keeps itself current: what is pulled from platforms, landed, watched for and scheduled."""
