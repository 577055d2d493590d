"""The addon and its best open peer, side by side on the same rows: ``make bench``."""


def main(arguments):
    """Run the comparison and print it; see :func:`bench.compare.main`."""
    from . import compare

    return compare.main(arguments)
