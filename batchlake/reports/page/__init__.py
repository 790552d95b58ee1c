"""The report as a page: one file that opens anywhere, without scripts or the network; and on paper."""
