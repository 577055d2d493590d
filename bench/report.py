"""The table of the comparison, and what it says of the bounds the project holds itself to."""

#: What is held against each other: the work from the ledger to sealed notices, or to communications.
OURS = ("decide", "draft", "seal")
PEERS = ("compute", "mark ready", "communications")

#: What is held at this number of instalments and beyond.
BOUND_SIZE = 10_000
STATEMENTS_PER_1000_DEBTORS = 15
TIMES_LESS_CPU = 25

_HEAD = ("side", "open", "step", "of", "statements", "Python s", "database s", "clock s", "peak MB")
_FORMAT = "{:<6}{:>7}  {:<18}{:>7}{:>12}{:>10}{:>12}{:>9}{:>9}"


def lines(results, letters, peer):
    """Return the lines of the report.

    :param results: list of (side, number of instalments, result of ``ours.email`` or ``peer.email``)
    :param letters: result of ``ours.letters``
    """
    text = [
        f"ours: relance_fr; peer: {peer}",
        "Python s, database s: processor seconds of Odoo and of its database session (0 on a remote server);",
        "peak MB: memory above that of Odoo at rest. Rows copied by SQL from one invoice posted by the ORM.",
        "",
        _FORMAT.format(*_HEAD),
    ]
    for side, size, result in results:
        text += [_row(side, size, measured) for measured in result["steps"]]
        text.append(f"{'':<15}made: " + ", ".join(f"{count} {name}" for name, count in result["made"].items()))
    text += ["", *_letters(letters), ""]
    for size in sorted({size for _side, size, _result in results}):
        text += _bounds(size, {side: result for side, of_size, result in results if of_size == size})
    return [*text, *_growth(results)]


def missed(results):
    """Return a sentence for each bound that is not kept; see ``lines`` for ``results``."""
    found = []
    for size in sorted({size for _side, size, _result in results if size >= BOUND_SIZE}):
        sides = {side: result for side, of_size, result in results if of_size == size}
        count, times = _per_1000_debtors(sides["ours"]), _times_less_cpu(sides)
        if count > STATEMENTS_PER_1000_DEBTORS:
            found.append(f"{size}: {count:.1f} statements per 1 000 debtors, {STATEMENTS_PER_1000_DEBTORS} at most")
        if times is not None and times < TIMES_LESS_CPU:
            found.append(f"{size}: the peer takes {times:.0f} times our processor time, {TIMES_LESS_CPU} at least")
    return found


def _per_1000_debtors(ours):
    return 1000 * statements(ours, OURS) / ours["made"]["notices"]


def _times_less_cpu(sides):
    if "peer" not in sides:
        return None
    return cpu(sides["peer"], PEERS) / max(cpu(sides["ours"], OURS), 0.01)


def cpu(result, steps):
    """Return the processor seconds of some steps, Python's and the database's."""
    chosen = [measured for measured in result["steps"] if measured["step"] in steps]
    return sum(measured["python_s"] + measured["children_s"] + measured["database_s"] for measured in chosen)


def statements(result, steps):
    """Return the number of statements of some steps."""
    return sum(measured["statements"] for measured in result["steps"] if measured["step"] in steps)


def _row(side, size, measured):
    seconds = (measured["python_s"] + measured["children_s"], measured["database_s"], measured["clock_s"])
    return _FORMAT.format(
        side,
        size,
        measured["step"],
        measured["count"],
        measured["statements"],
        *(f"{value:.2f}" for value in seconds),
        f"{measured['peak_mb']:.0f}",
    )


def _letters(letters):
    [measured] = letters["steps"]
    count = letters["made"]["letters"]
    seconds = measured["python_s"] + measured["children_s"] + measured["database_s"]
    return [
        f"letters: {count} rendered and sealed, {1000 * measured['clock_s'] / count:.0f} ms a letter on the clock, "
        f"{1000 * seconds / count:.0f} ms of processor, {measured['statements']} statements"
    ]


def _bounds(size, results):
    ours = results["ours"]
    text = [
        f"{size}: {' + '.join(OURS)} take {statements(ours, OURS)} statements, "
        f"{_per_1000_debtors(ours):.1f} per 1 000 debtors (bound {STATEMENTS_PER_1000_DEBTORS}), "
        f"and {cpu(ours, OURS):.2f} s of processor"
    ]
    if "peer" in results:
        theirs = results["peer"]
        text.append(
            f"{size}: {' + '.join(PEERS)} take {statements(theirs, PEERS)} statements and "
            f"{cpu(theirs, PEERS):.2f} s: {_times_less_cpu(results):.0f} times ours (bound {TIMES_LESS_CPU} at 10 000)"
        )
        mails = {
            side: 1000 * cpu(results[side], ("email",)) / _count(results[side], "email") for side in ("ours", "peer")
        }
        text.append(f"{size}: an e-mail takes {mails['ours']:.0f} ms of processor, the peer's {mails['peer']:.0f} ms")
    return text


def _count(result, name):
    return next(measured["count"] for measured in result["steps"] if measured["step"] == name)


def _growth(results):
    """Say how the processor time of each step grows with the rows: 1.0 is as the work."""
    text = []
    for side in ("ours", "peer"):
        mine = sorted((size, result) for of_side, size, result in results if of_side == side)
        for (small, before), (large, after) in zip(mine, mine[1:], strict=False):
            steps = [measured["step"] for measured in before["steps"] if not measured["step"].startswith("email with")]
            factors = []
            for name in steps:
                ratio = _per_thing(after, name) / max(_per_thing(before, name), 1e-9)
                factors.append(f"{name} {ratio:.1f}")
            text.append(f"{side}, {small} to {large}: processor time a thing x " + ", ".join(factors))
    return text


def _per_thing(result, name):
    return max(cpu(result, (name,)), 0.01) / _count(result, name)
