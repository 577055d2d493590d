"""The addon and its best open peer, side by side on the same rows: ``make bench``."""


def main(arguments):
    """Run the comparison and print it; see :func:`bench.compare.main`.

    ``score``: the nightly job of scores instead; ``simulation``: the simulator.
    """
    if arguments[:1] == ["score"]:
        from . import bench_score

        return bench_score.main(arguments[1:])
    if arguments[:1] == ["simulation"]:
        from . import bench_simulation

        return bench_simulation.main(arguments[1:])
    from . import compare

    return compare.main(arguments)
