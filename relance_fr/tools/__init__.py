"""Helpers without models: how letters are written and become PDF files, how CSV files are read."""
