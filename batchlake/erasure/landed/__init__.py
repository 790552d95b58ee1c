"""The landing: what is cleaned in it, and what may land at all."""
