"""Helpers without models: how letters write figures and dates, and how their pages become PDF files."""
