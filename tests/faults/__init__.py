"""Faults that really happen: processes killed, servers that hang up, disks that are full, rates that are missing.

``docs/faults.md`` says what is tested and how to regenerate its figures.
"""
