"""A report as a workbook of a spreadsheet."""
