"""`python -m batchlake`."""

from batchlake.cli.main import main

main()
