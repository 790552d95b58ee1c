"""Reports of a selection of calls, to forward, to open in a spreadsheet and to print."""
