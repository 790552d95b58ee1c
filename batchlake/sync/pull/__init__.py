"""A pull: what is fetched from a platform, landed, remembered and reported."""
