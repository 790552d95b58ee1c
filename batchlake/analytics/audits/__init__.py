"""What a platform reported against what its calls amount to."""
