"""A local analytics engine over exported voice-call batches."""

__version__ = "0.1.0"
