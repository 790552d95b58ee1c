"""What batchlake answers with, as pydantic models."""
