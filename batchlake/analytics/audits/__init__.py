"""What a platform reported, beside what its calls amount to."""
