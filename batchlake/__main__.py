"""`python -m batchlake`."""

from batchlake.cli import main

main()
