"""The report as a page: one file that opens anywhere, without scripts and without the network; and as a PDF."""
