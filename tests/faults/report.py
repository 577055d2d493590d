"""The figures of a run of the fault tests, as the table the documentation quotes."""

import json
from pathlib import Path

_COLUMNS = ("fault", "notices", "kills", "restarts", "came twice", "seconds")


def write(path, rows):
    """Keep the figures of the tests in a file, for :func:`lines`."""
    Path(path).write_text(json.dumps(rows), encoding="utf-8")


def lines(path):
    """Return the table as lines of Markdown, and the notes below it; nothing when no test left figures."""
    path = Path(path)
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if not rows:
        return []
    cells = [[_text(row.get(name)) for name in _COLUMNS] for row in rows]
    table = [list(_COLUMNS), ["---"] + ["---:"] * (len(_COLUMNS) - 1), *cells]
    notes = [f"{row['fault']}: {row['note']}" for row in rows if row.get("note")]
    return ["| " + " | ".join(row) + " |" for row in table] + notes


def _text(value):
    """Return a cell.

    >>> _text(12.34), _text(3), _text(None)
    ('12.3', '3', '')
    """
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
